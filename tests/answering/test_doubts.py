"""What speaks against an answer: a figure that is of another year than the one asked about."""

from __future__ import annotations

import pytest

from mehealth_rag.answering.doubts import WRONG_YEAR, doubts
from mehealth_rag.questions import analyse
from tests.answering.made_pages import candidate_with

SAID = "Some 240 visitors came in 2016."


class Words:
    """Statistics of an index in which every word stands somewhere."""

    passage_count = 9

    def document_frequency(self, _: str) -> int:
        return 3


def against(question: str, said: str, title: str = "yearbook") -> float:
    return doubts(analyse(question), [candidate_with(said, said, title)], Words(), lambda *_: 1.0)


@pytest.mark.parametrize(
    ("question", "said", "title", "doubted"),
    [
        ("How many visitors came in 2014?", SAID, "yearbook", True),
        ("How many visitors came in 2016?", SAID, "yearbook", False),
        ("How many visitors came?", SAID, "yearbook", False),
        ("How many visitors came in 2014?", SAID, "yearbook-2014", False),
        ("Who came in 2014?", SAID, "yearbook", False),
        ("How many visitors came in 2014?", "Some 240 visitors came.", "yearbook-2016", True),
        ("How many visitors came in 2015?", "Some 240 visitors came.", "yearbook-2016", False),
        ("How many visitors came in 2014?", "Some 240 visitors came.", "yearbook", False),
    ],
)
def test_a_figure_of_another_year(question: str, said: str, title: str, doubted: bool) -> None:
    assert (against(question, said, title) >= WRONG_YEAR) is doubted
