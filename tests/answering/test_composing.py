"""How answers are put together on a small corpus made for it: overviews, conflicts, comparisons."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mehealth_rag.answering.comparing import compared
from mehealth_rag.answering.doubts import NO_CONTACT, doubts
from mehealth_rag.answering.marking import decisive
from mehealth_rag.answering.parts import parts
from mehealth_rag.assistant import Assistant
from mehealth_rag.language.overviews import overview_subject
from mehealth_rag.questions import analyse
from mehealth_rag.types import Status
from tests.answering.made_pages import candidate_with
from tests.made_corpus import assistant_over

TOWN = """\
# The town of Kelmore

Kelmore is the largest market town of the valley and a place where 52,000 people live.

## Roads and bridges

The ring road was finished in 1988. Three bridges cross the river. The oldest of them is of stone.

### The footbridge

The footbridge is closed in winter.

## Water and power

The town burns waste for heat. A solar park is planned.
"""

REPORT = """\
# Report on the valley

Around 55,000 inhabitants of Kelmore were counted by the council's own staff.

The mill of Kelmore makes paper from rags.

The mill of Orton makes paper from straw.

Two of the seven mills of the valley are driven by water.
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    files = {"town.md": TOWN, "report.md": REPORT}
    with assistant_over(tmp_path_factory.mktemp("town"), files) as assistant:
        yield assistant


def test_an_overview_is_what_stands_under_the_heading(town: Assistant) -> None:
    answer = town.ask("Tell me about the roads and bridges.")
    said = [s.text for s in answer.statements]
    assert said[:2] == ["The ring road was finished in 1988", "Three bridges cross the river"]
    assert "The town burns waste for heat" not in said
    assert answer.answer.startswith("Roads and bridges\n")


@pytest.mark.parametrize(
    "question",
    [
        "Please give me a short overview of the roads and bridges.",
        "I would be glad of some general information on the roads and bridges.",
        "Could you give us a brief account of the bridges and roads?",
    ],
)
def test_the_words_that_ask_for_an_overview_are_no_part_of_it(
    town: Assistant, question: str
) -> None:
    answer = town.ask(question)
    assert answer.answer.startswith("Roads and bridges\n")
    assert len(answer.statements) > 1


def test_an_overview_without_a_heading_begins_where_its_subject_is_introduced(
    town: Assistant,
) -> None:
    answer = town.ask("Could you give us a short account of the mill of Orton?")
    assert [s.text for s in answer.statements][:1] == ["The mill of Orton makes paper from straw"]


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("Please give me a short overview of the old mill.", "the old mill"),
        ("What is there to know about the weir?", "the weir"),
        ("Our members would like a brief account of the river.", "the river"),
        ("Describe the footbridge.", "the footbridge"),
        ("Please explain what the ring road is.", ""),
        ("On account of what was the footbridge closed?", ""),
        ("Which mills are driven by water?", ""),
    ],
)
def test_the_subject_of_an_overview(question: str, subject: str) -> None:
    assert overview_subject(question) == subject


def test_pages_that_count_in_other_words_are_both_shown(town: Assistant) -> None:
    answer = town.ask("How many people live in Kelmore?")
    assert "52,000" in answer.answer
    assert "55,000" in answer.answer
    assert len(answer.conflicts) == 1
    assert {c.document for c in answer.citations} == {"town", "report"}


def test_both_sides_of_a_comparison_are_told(town: Assistant) -> None:
    answer = town.ask("How do the mill of Kelmore and the mill of Orton differ?")
    said = " ".join(s.text for s in answer.statements)
    assert "from rags" in said
    assert "from straw" in said


def test_what_a_name_is_says_a_sentence_with_the_whole_name(town: Assistant) -> None:
    answer = town.ask("What is the Mill of Orton?")
    assert answer.statements[0].text == "The mill of Orton makes paper from straw"


def test_no_other_figure_of_another_thing_is_a_conflict(town: Assistant) -> None:
    answer = town.ask("How many of the valley's mills are driven by water?")
    assert "Two of the seven" in answer.answer.replace("**", "")
    assert answer.conflicts == ()


def test_a_telephone_number_that_stands_nowhere_is_not_found(town: Assistant) -> None:
    assert town.ask("What is the telephone number of the town?").status is Status.NOT_FOUND


@pytest.mark.parametrize(
    ("question", "text", "lacks"),
    [
        ("What is the phone number?", "Our office is in Mill Lane.", True),
        ("What is the phone number?", "Ring us on 0115 496 0000.", False),
        ("What's the e-mail address?", "Write to Mill Lane.", True),
        ("What's the e-mail address?", "Write to desk@example.org.", False),
        ("Which postcode has the office?", "Mill Lane, Kelmore", True),
        ("Which postcode has the office?", "Mill Lane, Kelmore, NG2 6BJ", False),
        ("How many phones are there?", "There are 12 phones.", False),
    ],
)
def test_ways_to_reach_somebody_have_a_form(
    town: Assistant, question: str, text: str, lacks: bool
) -> None:
    found = doubts(analyse(question), [candidate_with(text, text)], town.index, lambda *_: 0.0)
    assert (found >= NO_CONTACT) is lacks


def test_a_part_is_marked_with_its_whole() -> None:
    text = "Two of the seven mills of the valley are driven by water."
    (span,) = decisive(analyse("How many mills are driven by water?"), text)
    assert span.of(text) == "Two of the seven"


@pytest.mark.parametrize(
    ("question", "pieces"),
    [
        (
            "What is the difference between the old mill and the new mill?",
            ("What is the old mill?", "What is the new mill?"),
        ),
        (
            "Which is larger, the harbour or the marina?",
            ("the harbour is how large?", "the marina is how large?"),
        ),
        (
            "How does the fee for boats compare with the price of yachts?",
            ("What is the fee for boats?", "What is the price of yachts?"),
        ),
        (
            "Which of the two ferries carries more cars, the old one or the new one?",
            ("the old ferry carries how many cars?", "the new ferry carries how many cars?"),
        ),
        (
            "Which costs less per night, a berth at Orton or at Kelmore?",
            ("a berth at Orton costs how much per night?",
             "a berth at Kelmore costs how much per night?"),
        ),
        (
            "The mill and the forge - who owns each of them?",
            ("who owns The mill?", "who owns the forge?"),
        ),
        (
            "In what way do the mill and the forge differ in the sums they pay?",
            ("What are the sums the mill pay?", "What are the sums the forge pay?"),
        ),
        (
            "How do the roofs at Orton differ from those planned for Kelmore?",
            ("What are the roofs at Orton?", "What are the roofs planned for Kelmore?"),
        ),
        ("Who built the mill and the bridge?", ()),
        ("How does the mill compare?", ()),
    ],
)  # fmt: skip
def test_what_is_compared_is_asked_of_each(question: str, pieces: tuple[str, ...]) -> None:
    assert tuple(side.question for side in compared(question)) == pieces


@pytest.mark.parametrize(
    ("asked", "second"),
    [
        ("How deep is the pond at Orton and how deep at Kelmore?",
         "How deep is the pond at Kelmore?"),
        ("Who runs the old mill and who the new one?", "Who runs the new mill?"),
        ("How long did it take before the reform and how long in 2020?",
         "How long did it take in 2020?"),
    ],
)  # fmt: skip
def test_a_second_part_takes_what_it_leaves_out_of_the_first(asked: str, second: str) -> None:
    assert parts(asked)[1] == second


def test_a_question_without_a_verb_of_its_own_takes_the_one_before() -> None:
    asked = "Which fee is paid for boats and which for yachts?"
    assert parts(asked) == ("Which fee is paid for boats", "Which fee is paid for yachts?")
