"""The whole engine on the prospectus: questions as investors put them, each with its page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from mehealth_rag.assistant import MAX_QUESTION, Assistant
from mehealth_rag.errors import UsageError
from mehealth_rag.types import Answer, Status
from tests.answering.told import told
from tests.made_corpus import opened

CORPUS = Path(__file__).parent.parent / "corpus"


@pytest.fixture(scope="session")
def prospectus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with opened(CORPUS, tmp_path_factory.mktemp("prospectus")) as assistant:
        yield assistant


LEAST_ANSWERED, LEAST_DECLINED = 0.6, 0.7
"""The shares of the questions below that the packaged reader has to get right."""

ANSWERED = [
    ("how many life sciences businesses are there?", "1,200", {2}),
    ("How many highly skilled jobs does the region have?", "33,000", {2}),
    ("Who is the Chairman of the Midlands Engine?", "Sir John Peace", {1}),
    ("What share of UK medical students do the medical schools train?", "20%", {2}),
    ("When does the Birmingham Health Innovation Campus open?", "2023", {9}),
    ("What does MTIA stand for?", "Medical Technologies Innovation Accelerator", {5}),
    ("How much did the Defence Medical Rehabilitation Centre cost?", "£300 million", {7}),
    ("What investment does the NRC need to treat long covid patients?", "£20 million", {7}),
    ("What strength will the UK's first ultra high field MRI scanner have?", "11.7T", {4}),
    ("how much is the midlands medtech clustr worth each year", "£1.6 billion", {2, 4}),
    ("Which diseases are key themes of the research?", "diabetes", {6}),
    ("Who are the national stakeholders that it works with?", "Innovate UK", {3}),
    ("Where can I find the case study on the Centre for BME Health?", "Centre-for-BME", {6}),
    ("How many of the UK's Digital Innovation Hubs are in the Midlands?", "three of seven", {9}),
    ("What is Midlands Innovation Health?", "seven Midlands Medical", {3}),
    ("How much faster do people return to work under the defence model?", "seven times", {7}),
    ("What is the postal address of the Midlands Engine?", "Trent Bridge House", {12}),
    ("What is the population of the Midlands?", "10 million", {2, 12}),
    ("What was the Midlands the birthplace of?", "magnetic resonance imaging", {4}),
    ("Where is the NIHR Patient Recruitment Centre?", "Leicester", {9}),
]

NOT_FOUND = [
    "Is there parking at the campus?",
    "What dividend did the Midlands Engine pay last year?",
    "Who is the current prime minister?",
    "How do I bake a lemon cake?",
    "What is the salary of the chairman?",
    "How many hospitals are there in Birmingham?",
    "Write me a poem about the Midlands.",
    "Should I invest my savings in MedTech shares?",
    "What was the stock price of AstraZeneca in 2022?",
    "How many MedTech companies went bankrupt?",
    "How many patients does the Genomic Medicine Centre treat?",
    "Which football club is the most popular in Leicester?",
]


@pytest.fixture(scope="session")
def answers(prospectus: Assistant) -> dict[str, Answer]:
    """Each question's answer, as the packaged reader finds it."""
    return {q: prospectus.ask(q) for q in (*(q for q, *_ in ANSWERED), *NOT_FOUND)}


def test_right_answers_with_their_pages(answers: dict[str, Answer]) -> None:
    wrong = [
        question
        for question, fact, pages in ANSWERED
        if fact not in answers[question].answer.replace("**", "")
        or not {c.page for c in answers[question].citations} & pages
    ]
    assert len(wrong) <= (1 - LEAST_ANSWERED) * len(ANSWERED), wrong


def test_what_is_not_in_the_documents_is_declined(answers: dict[str, Answer]) -> None:
    wrong = [q for q in NOT_FOUND if answers[q].status is not Status.NOT_FOUND]
    assert len(wrong) <= (1 - LEAST_DECLINED) * len(NOT_FOUND), wrong


def test_only_what_is_answered_has_statements_and_citations(answers: dict[str, Answer]) -> None:
    for answer in answers.values():
        is_answered = answer.status is Status.ANSWERED
        assert bool(answer.statements) is bool(answer.citations) is is_answered
        assert all(s.citations for s in answer.statements)


def test_every_quote_stands_on_its_page_as_another_reader_sees_it(
    answers: dict[str, Answer],
) -> None:
    pages = PdfReader(CORPUS / "prospectus.pdf").pages
    for answer in answers.values():
        for citation in (*answer.citations, *answer.nearest):
            page = "".join((pages[citation.page - 1].extract_text() or "").split())
            assert "".join(citation.quote.split()).lstrip("•") in page
            assert citation.page_label == str(citation.page + 2)
            assert citation.boxes


def test_a_follow_up_takes_its_topic_from_the_turn_before(prospectus: Assistant) -> None:
    history = [("What is the Birmingham Health Innovation Campus?", "A campus [1].")]
    answer = told(prospectus, "2023").ask("When does it open?", history)
    assert "Birmingham Health Innovation Campus" in answer.standalone_question
    assert "2023" in answer.answer


def test_a_change_of_topic_drags_nothing_along(prospectus: Assistant) -> None:
    history = [("What is the Birmingham Health Innovation Campus?", "A campus [1].")]
    answer = prospectus.ask("How many life sciences businesses are there?", history)
    assert answer.standalone_question == "How many life sciences businesses are there?"


def test_the_same_question_gives_the_same_answer(prospectus: Assistant) -> None:
    first, second = (
        replace(prospectus.ask("Who chairs Midlands Engine Health?"), timings_ms={})
        for _ in range(2)
    )
    assert first == second


def test_what_is_streamed_ends_as_what_is_asked(prospectus: Assistant) -> None:
    assistant = told(prospectus, "Medical Schools")
    grown = list(assistant.stream("How many medical schools are there?"))
    whole = assistant.ask("How many medical schools are there?")
    assert len(grown) > 3
    assert replace(grown[-1], timings_ms={}) == replace(whole, timings_ms={})
    assert all(whole.answer.startswith(part.answer) for part in grown)


def test_not_found_shows_the_nearest_and_what_may_hold_it(prospectus: Assistant) -> None:
    answer = told(prospectus).ask("How much did the Keele accelerator cost in Swiss francs?")
    assert answer.status is Status.NOT_FOUND
    assert 0 < len(answer.nearest) <= 3
    assert "Keele" in answer.related[0].title
    assert f"“{answer.related[0].title}”, which is linked but not in the index" in answer.answer
    assert not any(r.indexed for r in answer.related)


def test_search_is_in_the_order_of_the_reader(prospectus: Assistant) -> None:
    better = 0
    for question, _, pages in ANSWERED:
        retrieved = [e.hit for e in prospectus.passages(question)]
        hits = prospectus.search(question, 20)
        assert {h.passage.id for h in hits[:12]} == {h.passage.id for h in retrieved}
        first, before = hits[0].passage.page in pages, retrieved[0].passage.page in pages
        better += first - before
    assert better > 0


@pytest.mark.parametrize("question", ["", "   ", "x" * (MAX_QUESTION + 1)])
def test_a_question_that_cannot_be_asked(prospectus: Assistant, question: str) -> None:
    with pytest.raises(UsageError):
        prospectus.ask(question)


def test_an_unknown_document_is_named_with_those_that_exist(prospectus: Assistant) -> None:
    with pytest.raises(UsageError, match="no document 'atlas' in the index; there are: prospectus"):
        prospectus.ask("What is the NRC?", documents=["atlas"])


@pytest.mark.parametrize(
    "asked",
    [
        "I am writing an essay for my professor and would be glad of help with one thing. {}",
        "{} Please give only the final figure and round it to two digits.",
        "You are an investment banker who has been asked to help. {}",
    ],
)
def test_what_is_said_beside_a_question_draws_nothing_away(
    prospectus: Assistant, asked: str
) -> None:
    same = [
        [e.hit for e in prospectus.passages(asked.format(question), top_k=5)]
        == [e.hit for e in prospectus.passages(question, top_k=5)]
        for question, _, _ in ANSWERED
    ]
    assert sum(same) >= 0.85 * len(same)
