"""Lists as pages give them: what a sentence announces, and the answers that are made of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mehealth_rag.answering.announcing import announced, announcement
from mehealth_rag.assistant import Assistant
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.reading.text import read_text
from mehealth_rag.types import BlockKind
from tests.made_corpus import assistant_over

HEADED = """\
The bakers' guild

Its rules

The guild has adopted three rules for its ovens.

Rule A: dry wood

Wood is to be stored for two winters under a roof before it is burnt in any oven.

Rule B: clean flues

A sweep comes in spring and in autumn, and the guild pays for the work that he does.

Rule C: cold ash

Ash is kept in iron bins for three days before it is carried away to the gardens.
"""

NUMBERED = """\
Becoming a baker

Whoever wants an oven goes through two stages.

Stage 1, apprentice: four years are spent with a master of the guild, who pays for the lodging.

Stage 2, journeyman: two more years are spent in three other towns, one of them by the sea.
"""

TABLE = """\
The ovens

The guild keeps two ovens of its own beside the market, both of them built of brick.

Oven     Built     Loaves
North oven     1911     400
South oven     1935     650
"""

SENTENCES = """\
Loaves

There are two reasons for salt. First, it slows the yeast down. Second, it keeps the crust thin.
"""

ITEMS = """\
Feasts

In May the guild holds its feast. It serves:

- plum cake
- rye rolls
- honey bread
"""


@pytest.mark.parametrize(
    ("text", "begins", "items"),
    [
        (HEADED, "The guild has", ["Rule A: dry wood", "Rule B: clean flues", "Rule C: cold ash"]),
        (NUMBERED, "Whoever", ["Stage 1", "Stage 2"]),
        (TABLE, "The guild keeps", ["North oven", "South oven"]),
        (SENTENCES, "There are", ["First, it slows", "Second, it keeps"]),
        (ITEMS, "It serves", ["- plum cake", "- rye rolls", "- honey bread"]),
        (HEADED.replace("three rules", "four rules"), "The guild has", []),
        (HEADED, "Wood is", []),
    ],
)
def test_what_a_sentence_announces_is_found_in_its_form(
    text: str, begins: str, items: list[str]
) -> None:
    (page,) = read_text(Path("made.txt"), text.encode())
    worded = [b for b in page.blocks if b.kind is BlockKind.PARAGRAPH]
    spans = [s for b in worded for s in sentence_spans(page.text, b.span)]
    said = announcement(page, next(s for s in spans if s.of(page.text).startswith(begins)))
    found = announced(page, said) if said else ()
    assert len(found) == len(items)
    assert all(s.of(page.text).startswith(i) for s, i in zip(found, items, strict=True))


@pytest.fixture(scope="module")
def guild(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    files = {"guild.txt": "\f".join((HEADED, NUMBERED, TABLE, SENTENCES, ITEMS))}
    with assistant_over(tmp_path_factory.mktemp("guild"), files) as assistant:
        yield assistant


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("What three rules has the guild adopted for its ovens?", ["dry wood", "cold ash"]),
        ("Could you list the stages of becoming a baker?", ["apprentice", "journeyman"]),
        ("Which ovens does the guild keep beside the market?", ["North oven", "South oven"]),
        ("Which cakes are served at the feast of the guild in May?", ["plum cake", "honey bread"]),
    ],
)
def test_a_list_question_is_answered_by_the_whole_list(
    guild: Assistant, question: str, told: list[str]
) -> None:
    answer = guild.ask(question).answer
    assert all(words in answer for words in told)


def test_one_thing_asked_for_is_not_answered_by_a_list(guild: Assistant) -> None:
    answer = guild.ask("When is ash carried away to the gardens?").answer
    assert "dry wood" not in answer
