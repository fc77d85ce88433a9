"""Our question sets hold together: shape, counts, and every fact on its page."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from eval_helpers import PROSPECTUS, normalised

from mehealth_eval.forms import held
from mehealth_eval.questions import Question, load_questions
from mehealth_eval.sets import OWN_SET

SETS = OWN_SET.parents[1] / "sets"
FOLDERS = sorted(path.parent for path in SETS.glob("*/questions.jsonl"))
REPORTING = {"museum", "foods", "software"}

QUESTIONS = load_questions(OWN_SET)
ANSWERABLE = [question for question in QUESTIONS if question.answerable]


def forms(question: Question) -> list[str]:
    return [form for fact in question.facts for form in fact]


def page_holds(page: int, form: str) -> bool:
    return normalised(form).casefold() in PROSPECTUS[page - 1].casefold()


def test_there_are_enough_questions_of_each_kind_and_half_of_them_for_reporting() -> None:
    assert len(QUESTIONS) >= 230
    assert len(QUESTIONS) - len(ANSWERABLE) >= 65
    assert len({(q.history, q.question.casefold()) for q in QUESTIONS}) == len(QUESTIONS)
    for kind in {question.kind for question in QUESTIONS}:
        halves = Counter(question.split for question in QUESTIONS if question.kind == kind)
        assert halves.total() >= 5, kind
        assert abs(halves["dev"] - halves["test"]) <= 2, kind


def test_the_quote_stands_on_a_listed_page() -> None:
    for question in ANSWERABLE:
        assert list(question.pages) == sorted(set(question.pages)), question.id
        assert question.quote == normalised(question.quote or "")
        assert any(question.quote in PROSPECTUS[page - 1] for page in question.pages), question.id


def test_every_fact_stands_on_a_listed_page_and_every_page_holds_one() -> None:
    for question in ANSWERABLE:
        for page in question.pages:
            assert any(page_holds(page, form) for form in forms(question)), (question.id, page)
        for fact in question.facts:
            stands = (page_holds(page, form) for page in question.pages for form in fact)
            assert any(stands), (question.id, fact)


def test_no_forbidden_form_is_part_of_the_quote_or_of_a_fact_and_a_conflict_has_two_sides() -> None:
    for question in ANSWERABLE:
        texts = [text.casefold() for text in (question.quote or "", *forms(question))]
        for form in question.forbidden:
            assert not any(form.casefold() in text for text in texts), question.id
        if question.conflict:
            assert question.facts_needed == len(question.facts) >= 2, question.id


def plain(text: str) -> str:
    return normalised(text.replace("’", "'"))


def test_there_are_eight_sets_and_three_are_for_reporting() -> None:
    assert len(FOLDERS) == 8
    assert {folder.name for folder in FOLDERS} > REPORTING


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_set_is_whole_and_what_answers_stands_on_its_pages(folder: Path) -> None:
    files = (folder / "corpus").glob("*.txt")
    pages = {path.stem: path.read_text(encoding="utf-8").split("\f") for path in files}
    for question in (q for q in load_questions(folder / "questions.jsonl") if q.answerable):
        texts = [pages[question.document or ""][number - 1] for number in question.pages]
        assert any(plain(question.quote or "") in plain(text) for text in texts), question.id
        there = held("\n".join(texts), question.facts).facts
        assert all(there) or question.kind == "link", question.id
    questions = load_questions(folder / "questions.jsonl")
    assert len(questions) == 110
    assert {q.split for q in questions} == {"test" if folder.name in REPORTING else "dev"}
    alone = [plain(q.question).lower() for q in questions if not q.history]
    assert len(set(alone)) == len(alone)
