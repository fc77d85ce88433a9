"""Comparisons, and answers that stand in the next sentence, on a small corpus made for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mehealth_rag.assistant import Assistant
from mehealth_rag.types import Answer
from tests.made_corpus import assistant_over

ORCHARD = """\
# The orchards of Vendel

The cider press at Hallby and the perry press at Torsby are open to visitors in autumn.

The cider press fills 900 bottles a day and is driven by water.

The perry press fills 350 bottles a day and is driven by a tractor.

Northfield has 1,200 trees, whereas Southfield has 640 trees. Both lie on the slope.

The harvest festival of 2019 drew visitors from the whole valley. It was opened by Ingrid Solberg, \
the head gardener. There was music until midnight.

The pear walk was closed in May. A survey had found rot in the oldest trunks. Visitors use the \
lower path.
"""


@pytest.fixture(scope="module")
def orchard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    files = {"orchard.md": ORCHARD}
    with assistant_over(tmp_path_factory.mktemp("orchard"), files) as assistant:
        yield assistant


def said(answer: Answer) -> list[str]:
    return [s.text for s in answer.statements]


def test_each_side_is_told_with_the_figure_that_is_asked_for(orchard: Assistant) -> None:
    answer = orchard.ask("Which fills more bottles a day, the cider press or the perry press?")
    assert said(answer) == [
        "The cider press fills 900 bottles a day and is driven by water",
        "The perry press fills 350 bottles a day and is driven by a tractor",
    ]


def test_one_sentence_that_tells_both_sides_is_the_answer(orchard: Assistant) -> None:
    answer = orchard.ask("Northfield and Southfield: how many trees has each of them?")
    assert said(answer) == ["Northfield has 1,200 trees, whereas Southfield has 640 trees"]


def test_who_did_it_is_told_by_the_next_sentence(orchard: Assistant) -> None:
    answer = orchard.ask("Who opened the harvest festival of 2019?")
    assert "Ingrid Solberg" in answer.answer.replace("**", "")
    answer = orchard.ask("Why was the pear walk closed?")
    assert said(answer) == [
        "The pear walk was closed in May",
        "A survey had found rot in the oldest trunks",
    ]


def test_a_comparative_that_the_corpus_lacks_is_no_typing_error(orchard: Assistant) -> None:
    assert orchard.speller.mend("Which is dearer?") == "Which is dearer?"
