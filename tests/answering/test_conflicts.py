"""Which pages disagree, and above all which do not, on made texts."""

from __future__ import annotations

import pytest

from mehealth_rag.answering.conflicts import disagree
from mehealth_rag.answering.marking import decisive
from mehealth_rag.questions import analyse
from tests.answering.made_pages import candidate_with

QUESTION = "How many registered bell ringers did the guild have in 2019?"
FIRST = "At 30 June 2019 there were 412 registered bell ringers, most of them in the north."


def _disagree(other: str, words: str, question: str = QUESTION, first: str = FIRST) -> bool:
    text = f"The year of the guild\n\n{first}\n\fThe guild in brief\n\n{other}\n"
    ours = candidate_with(first.split(",", maxsplit=1)[0], text)
    return disagree(analyse(question), ours, candidate_with(words, text))


@pytest.mark.parametrize(
    "other",
    [
        "In 2019 the guild counted 409 registered bell ringers.",
        "The facts for 2019 are these.\n• 409 registered bell ringers in nine towers",
        "• 409 registered bell ringers at the end of June 2019",
    ],
)
def test_figures_that_all_but_agree_for_one_thing(other: str) -> None:
    assert _disagree(other, "409")


@pytest.mark.parametrize(
    "other",
    [
        "In 2018 the guild counted 409 registered bell ringers.",
        "In 2019 about 409 registered bell ringers went to church.",
        "In 2019 there were 410 registered bell towers.",
        "In 2019 Orton had 409 registered bell ringers.",
        "In 2019 there were 409 registered bell ringers after 412 in the spring.",
        "In 2019 there were 230 registered bell ringers.",
    ],
)
def test_figures_of_another_year_or_thing(other: str) -> None:
    words = next(w for w in ("409", "410", "230") if w in other)
    assert not _disagree(other, words)


def test_a_rounded_figure_agrees() -> None:
    assert not _disagree("In 2019 the guild counted 410 registered bell ringers.", "410 ")


TABLE = """\
Our instruments

{lead}

Tower             2019    2018
Bells cast (kg)    {cell}    7,950
Handbells          96      91
"""


@pytest.mark.parametrize(
    ("cell", "differs"), [("8,140", True), ("8,230", False), ("11,140", False), ("8,200", False)]
)
def test_a_cell_is_held_against_a_sentence(cell: str, differs: bool) -> None:
    table = TABLE.format(lead="The foundry lists what it cast.", cell=cell)
    first = "The foundry cast bells of 8,230 kg in all, its best year so far."
    question = "How many kg of bells were cast in 2019?"
    assert _disagree(table, "Bells cast", question, first) is differs


def test_a_cell_of_money_has_its_unit_in_the_columns_head() -> None:
    table = "What the works cost\n\nPart               £ million\nNew tower    6.4\nOrgan    1.2\n"
    first = "The new tower is expected to cost £6.2 million, half of it given."
    question = "What is the cost of the new tower?"
    assert _disagree(table, "New tower", question, first)
    euros = table.replace("£", "€")
    assert not _disagree(euros, "New tower", question, first)


def test_a_limit_and_another_things_figure_are_no_rivals() -> None:
    first = "The guild pays 31 sextons."
    other = "Damage has to be told within 24 hours, and sextons must be told first."
    assert not _disagree(other, "24 hours", "How many sextons are there?", first)
    deep = "The shaft lies between 40 and 52 metres deep."
    other = "The well is less than 45 metres deep."
    assert not _disagree(other, "45 metres", "How deep is the shaft?", deep)
    level = "The shaft is 45 metres deep."
    assert not _disagree(deep, "52 metres", "How deep is the shaft?", level)
    assert not _disagree(level, "45 metres", "How deep is the shaft?", deep)
    assert _disagree(level, "45 metres", "How deep is the shaft?", level.replace("45", "52"))


def test_the_day_of_a_date_measures_nothing() -> None:
    text = "On 30 June 2019 the guild had 412 ringers."
    (span,) = decisive(analyse("How large was the guild in 2019?"), text)
    assert span.of(text) == "412"
