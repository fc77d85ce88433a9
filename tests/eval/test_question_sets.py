"""Our question sets hold together: halves, and every fact and quote on its page."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from eval_helpers import PROSPECTUS, normalised

from mehealth_eval.forms import held
from mehealth_eval.questions import Question, load_questions
from mehealth_eval.sets import OWN_SET

FOLDERS = sorted(p.parent for p in (OWN_SET.parents[1] / "sets").glob("*/questions.jsonl"))
REPORTING = {"museum", "foods", "software"}

QUESTIONS = load_questions(OWN_SET)


def plain(text: str) -> str:
    return normalised(text.replace("’", "'")).casefold()


def ask_nothing_twice(questions: list[Question]) -> bool:
    return len({(q.history, plain(q.question)) for q in questions}) == len(questions)


def test_our_own_set_has_every_kind_in_both_halves() -> None:
    assert len(QUESTIONS) >= 230
    assert ask_nothing_twice(QUESTIONS)
    for kind in {question.kind for question in QUESTIONS}:
        halves = Counter(question.split for question in QUESTIONS if question.kind == kind)
        assert halves.total() >= 5, kind
        assert abs(halves["dev"] - halves["test"]) <= 2, kind


def test_what_answers_our_own_questions_stands_on_every_listed_page() -> None:
    for question in (q for q in QUESTIONS if q.answerable):
        pages = [plain(PROSPECTUS[number - 1]) for number in question.pages]
        quote = plain(question.quote or "")
        forms = [plain(form) for fact in question.facts for form in fact]
        assert any(quote in page for page in pages), question.id
        assert all(any(form in page for form in forms) for page in pages), question.id
        for fact in question.facts:
            assert any(plain(form) in page for form in fact for page in pages), question.id
        for form in question.forbidden:
            assert not any(plain(form) in text for text in (quote, *forms)), question.id
        if question.conflict:
            assert question.facts_needed == len(question.facts) >= 2, question.id


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_set_is_whole_and_what_answers_stands_on_its_pages(folder: Path) -> None:
    questions = load_questions(folder / "questions.jsonl")
    assert len(questions) == 110
    assert ask_nothing_twice(questions)
    assert {q.split for q in questions} == {"test" if folder.name in REPORTING else "dev"}
    files = (folder / "corpus").glob("*.txt")
    pages = {path.stem: path.read_text(encoding="utf-8").split("\f") for path in files}
    for question in (q for q in questions if q.answerable):
        texts = [pages[question.document or ""][number - 1] for number in question.pages]
        assert any(plain(question.quote or "") in plain(text) for text in texts), question.id
        there = held("\n".join(texts), question.facts).facts
        assert all(there) or question.kind == "link", question.id
