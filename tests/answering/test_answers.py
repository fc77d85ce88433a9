"""What is made of the sentences that answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mehealth_rag.answering.scope import ADVICE, INSTRUCTION
from mehealth_rag.assistant import Assistant
from mehealth_rag.followups import questions_only
from mehealth_rag.types import Answer, Status
from tests.answering.told import ToldReader, told
from tests.made_corpus import assistant_over


def pages(answer: Answer) -> set[tuple[str, int]]:
    return {(c.document, c.page) for c in answer.citations}


def test_a_figure_is_marked_with_its_unit(harbour: Assistant) -> None:
    answer = told(harbour, "42 metres").ask("How tall is the lighthouse?")
    assert answer.answer == "The lighthouse on the North Pier is **42 metres** tall [1]."
    assert answer.statements[0].text == "The lighthouse on the North Pier is 42 metres tall"
    assert answer.statements[0].citations == (1,)
    assert pages(answer) == {("guide", 1)}


def test_what_a_sentence_leans_back_on_comes_with_it(harbour: Assistant) -> None:
    answer = told(harbour, "lit in 1871").ask("When was the lighthouse lit?")
    assert answer.answer.startswith(
        "The lighthouse on the North Pier is 42 metres tall [1]. It was lit in **1871** by "
    )
    assert [s.citations for s in answer.statements] == [(1,), (2,)]


def test_nothing_is_marked_in_what_a_sentence_leans_back_on(harbour: Assistant) -> None:
    answer = told(harbour, "aground").ask("How many ships had run aground?")
    assert "42 metres tall [1]. It was lit in 1871 by the keeper Mary Anning [2]." in answer.answer
    assert answer.answer.count("**") == 2
    assert "**two" in answer.answer


def test_advice_is_given_only_in_the_words_of_a_document(harbour: Assistant) -> None:
    question = "Should I take the ferry with my bicycle?"
    answered = told(harbour, "bicycles").ask(question)
    assert answered.status is Status.ANSWERED
    assert pages(answered) == {("guide", 1)}
    declined = told(harbour, "nothing of it").ask(question)
    assert (declined.status, declined.answer) == (Status.NOT_FOUND, ADVICE)
    assert declined.citations == ()
    order = told(harbour, "bicycles").ask("Write me a poem about bicycles")
    assert order.answer == INSTRUCTION


def test_an_amount_in_another_spelling_is_found(harbour: Assistant) -> None:
    answer = told(harbour, "£1.6 million").ask("Which project costs £1.6m?")
    assert pages(answer) == {("plan", 2)}
    assert answer.citations[0].boxes


@pytest.mark.parametrize(
    "chosen", [("The ferry carries",), ("walkers", "bicycles", "dogs on a lead")]
)
def test_a_list_is_given_whole_under_its_introduction(
    harbour: Assistant, chosen: tuple[str, ...]
) -> None:
    answer = told(harbour, *chosen).ask("What does the ferry carry?")
    assert answer.answer.splitlines()[:5] == [
        "The ferry carries:",
        "",
        "- walkers [1]",
        "- bicycles [2]",
        "- dogs on a lead [3]",
    ]


def test_both_parts_of_a_double_question_are_answered(harbour: Assistant) -> None:
    question = "How tall is the lighthouse and what does a yacht pay?"
    answer = told(harbour, "42 metres", "A yacht pays").ask(question)
    assert pages(answer) == {("guide", 1), ("fees", 1)}
    assert {s.text for s in answer.statements} == {
        "The lighthouse on the North Pier is 42 metres tall",
        "A yacht pays £300 a year",
    }


def test_a_typing_error_is_mended_against_the_corpus(harbour: Assistant) -> None:
    reader = ToldReader(("42 metres",))
    assistant = replace(harbour, reader=lambda: reader)  # type: ignore[arg-type, return-value]
    answer = assistant.ask("how tall is the lighthuose")
    assert reader.questions == [answer.standalone_question] == ["how tall is the lighthouse"]
    assert answer.status is Status.ANSWERED


def test_the_filter_keeps_to_its_documents(harbour: Assistant) -> None:
    answer = told(harbour, "yacht").ask("What does a yacht pay?", documents=["guide"])
    assert answer.status is Status.NOT_FOUND
    assert {c.document for c in answer.nearest} == {"guide"}


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("When was it lit?", True),
        ("And what does a yacht pay?", True),
        ("What does the harbour master of Northby collect?", False),
        ("Which fees must yachts pay each year?", False),
    ],
)
def test_only_a_question_that_leans_is_read_with_the_turns_before(
    harbour: Assistant, question: str, *, leans: bool
) -> None:
    reader = ToldReader(("fees",))
    assistant = replace(harbour, reader=lambda: reader)  # type: ignore[arg-type, return-value]
    history = [("How tall is the lighthouse?", "The lighthouse is 42 metres tall [1].")]
    assistant.ask(question, history)
    assistant.read(question, history)
    assert reader.turns == [questions_only(history) if leans else []] * 2


def test_a_sentence_on_two_pages_is_one_statement(tmp_path: Path) -> None:
    files = {name: f"# {name}\n\nDues are paid in May.\n" for name in ("guide.md", "report.md")}
    with assistant_over(tmp_path, files) as assistant:
        answer = told(assistant, "Dues").ask("When are dues paid?")
    (statement,) = answer.statements
    assert len(statement.citations) == 2
    assert pages(answer) == {("guide", 1), ("report", 1)}
