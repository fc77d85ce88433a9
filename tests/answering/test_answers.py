"""The engine on a small made-up corpus: what each kind of question is answered with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mehealth_rag.assistant import Assistant
from mehealth_rag.settings import Settings
from mehealth_rag.types import Answer, Status
from tests.conftest import Library


@pytest.fixture(scope="module")
def harbour(library: Library) -> Iterator[Assistant]:
    flags = {"corpus": library.corpus, "index": library.index}
    assistant = Assistant.open(Settings.load(flags, environ={}))
    yield assistant
    assistant.index.close()


def pages(answer: Answer) -> set[tuple[str, int]]:
    return {(c.document, c.page) for c in answer.citations}


def test_a_figure_is_marked_with_its_unit(harbour: Assistant) -> None:
    answer = harbour.ask("How tall is the lighthouse?")
    assert answer.answer == "The lighthouse on the North Pier is **42 metres** tall [1]."
    assert answer.statements[0].text == "The lighthouse on the North Pier is 42 metres tall"
    assert answer.statements[0].citations == (1,)
    assert pages(answer) == {("guide", 1)}


def test_a_date_is_marked_and_its_subject_comes_with_it(harbour: Assistant) -> None:
    answer = harbour.ask("When was the lighthouse lit?")
    assert "in **1871**" in answer.answer
    assert "The lighthouse on the North Pier" in answer.answer  # "It was lit" leans back on it


def test_an_amount_in_another_spelling_is_found(harbour: Assistant) -> None:
    answer = harbour.ask("Which project costs £1.6m?")
    assert ("plan", 2) in pages(answer)
    assert "new fish market will cost £1.6 million" in answer.answer.replace("**", "")


def test_a_list_is_given_whole_under_its_introduction(harbour: Assistant) -> None:
    answer = harbour.ask("What does the ferry carry?")
    assert answer.answer.splitlines() == [
        "The ferry carries:",
        "",
        "- walkers [1]",
        "- bicycles [2]",
        "- dogs on a lead [3]",
    ]


def test_both_parts_of_a_double_question_are_answered(harbour: Assistant) -> None:
    answer = harbour.ask("How tall is the lighthouse and what does a yacht pay?")
    assert "42 metres" in answer.answer
    assert "£300" in answer.answer
    assert pages(answer) >= {("guide", 1), ("fees", 1)}


def test_a_typing_error_is_mended_against_the_corpus(harbour: Assistant) -> None:
    answer = harbour.ask("how tall is the lighthuose")
    assert answer.standalone_question == "how tall is the lighthouse"
    assert "42 metres" in answer.answer


def test_the_filter_keeps_to_its_documents(harbour: Assistant) -> None:
    answer = harbour.ask("What does a yacht pay?", documents=["guide"])
    assert all(c.document == "guide" for c in (*answer.citations, *answer.nearest))


@pytest.mark.parametrize(
    "question",
    ["How deep is the harbour basin in winter?", "Is there parking?", "Who is the mayor of Paris?"],
)
def test_what_is_not_there_is_not_found(harbour: Assistant, question: str) -> None:
    answer = harbour.ask(question)
    assert answer.status is Status.NOT_FOUND
    assert (answer.statements, answer.citations) == ((), ())


def test_a_count_is_not_answered_with_a_sum_of_money(harbour: Assistant) -> None:
    assert harbour.ask("How many yachts are there?").status is Status.NOT_FOUND


def test_a_linked_source_that_may_hold_it_is_named(harbour: Assistant) -> None:
    answer = harbour.ask("Which depths does the map show at the bar?")
    assert answer.status is Status.NOT_FOUND
    assert [(r.source, r.indexed) for r in answer.related] == [("map", False)]
    assert "Map of the harbour" in answer.answer


def test_a_refused_answer_is_not_given_again(harbour: Assistant) -> None:
    first = harbour.ask("What does a boat pay a year?")
    again = harbour.ask("no, the other one", [(first.question, first.answer)])
    assert first.statements[0].text not in [s.text for s in again.statements]


def test_a_quote_is_a_slice_of_its_page(harbour: Assistant) -> None:
    for question in ("What does a yacht pay?", "When does the new fish market open?"):
        for citation in harbour.ask(question).citations:
            assert citation.quote in harbour.page(citation.document, citation.page).text
