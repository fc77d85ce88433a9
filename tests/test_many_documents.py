"""Seventy-four reports whose pages do not name their companies: only titles and files do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from mehealth_eval.bench.many import Asked, companies, write_reports
from mehealth_rag.assistant import Assistant
from mehealth_rag.types import Hit, Status
from tests.answering.told import told
from tests.made_corpus import opened

COUNT, PAGES = 74, 2


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports' assistant, and every question that they answer."""

    assistant: Assistant
    asked: tuple[Asked, ...]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reports]:
    folder = tmp_path_factory.mktemp("reports")
    asked = write_reports(folder / "corpus", companies(COUNT), PAGES)
    with opened(folder / "corpus", folder) as assistant:
        yield Reports(assistant, asked)


def first(hits: Sequence[Hit]) -> tuple[str, int]:
    return hits[0].passage.document, hits[0].passage.page


def test_the_company_that_a_question_names_comes_first(reports: Reports) -> None:
    questions = reports.asked[::4]
    found = [reports.assistant.search(a.question, 5) for a in questions]
    right = [h[0].passage.document == a.document for h, a in zip(found, questions, strict=True)]
    pages = [first(h) == (a.document, a.page) for h, a in zip(found, questions, strict=True)]
    assert sum(right) / len(right) >= 0.95
    assert sum(pages) / len(pages) >= 0.95


def test_a_question_that_names_a_document_stays_in_it(reports: Reports) -> None:
    for asked in reports.asked[::37]:
        hits = reports.assistant.search(asked.question, 5)
        assert {h.passage.document for h in hits} == {asked.document}


def test_the_figure_is_the_named_company_s(reports: Reports) -> None:
    right = []
    for asked in reports.asked[::37]:
        answer = reports.assistant.ask(asked.question)
        right.append(asked.figure in answer.answer)
        assert {c.document for c in answer.citations} <= {asked.document}
    assert sum(right) >= 0.6 * len(right)


def test_a_comparison_draws_on_both_companies(reports: Reports) -> None:
    for one, other in pairwise(reports.asked[1::72]):
        names = [a.question.split(" did ")[1].removesuffix(" employ?") for a in (one, other)]
        question = f"Which of {names[0]} and {names[1]} employed more people?"
        answer = told(reports.assistant, "employed").ask(question)
        assert {c.document for c in answer.citations} == {one.document, other.document}
        assert one.figure in answer.answer
        assert other.figure in answer.answer
        titles = [c.title for c in answer.citations]
        assert all(f"{title}: " in answer.answer for title in titles)


def test_the_answer_names_its_document_where_the_question_does_not(reports: Reports) -> None:
    plain = told(reports.assistant, "employed").ask(reports.asked[1].question)
    assert plain.status is Status.ANSWERED
    assert "Source:" not in plain.answer
    question = "How many people did the company employ?"
    document, _ = first(reports.assistant.search(question, 1))
    employed = next(a for a in reports.asked if a.document == document and "employ" in a.question)
    answer = told(reports.assistant, f"employed {employed.figure} people").ask(question)
    assert answer.answer.endswith(f"Source: {answer.citations[0].title}.")
    assert not any("Source:" in statement.text for statement in answer.statements)
