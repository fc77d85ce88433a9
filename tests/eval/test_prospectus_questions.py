"""The prospectus question set holds together: shape, counts, and every fact on its page."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from mehealth_eval.questions import UNANSWERABLE_KINDS, Question, QuestionFileError, load_questions

ROOT = Path(__file__).parents[2]
QUESTIONS = load_questions(ROOT / "eval" / "mehealth_eval" / "prospectus.jsonl")
ANSWERABLE = [question for question in QUESTIONS if question.answerable]

MINIMUM_PER_KIND = {
    "figure": 20,
    "person": 8,
    "place-date": 10,
    "list": 20,
    "definition": 15,
    "why-how": 15,
    "yes-no": 15,
    "link": 8,
    "follow-up": 28,
    "false-premise": 12,
    "comparison": 8,
    "general": 5,
    "near-miss": 35,
    "later-event": 5,
    "other-topic": 5,
    "instruction": 5,
    "personal-advice": 5,
}

GOOD_LINE = {
    "id": "x-1",
    "split": "dev",
    "kind": "figure",
    "question": "How tall is it?",
    "answerable": True,
    "facts": [["42 metres"]],
    "pages": [2],
    "quote": "42 metres tall",
}


def normalised(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def read_pages(text: str) -> list[str]:
    """Cut at each line that starts with one space and another character (and at the first)."""
    parts = re.split(r"\n(?= \S)", text)
    return [normalised(part) for part in parts]


PAGES = read_pages((ROOT / "corpus" / "prospectus.txt").read_text(encoding="utf-8"))


def page_holds(page: int, form: str) -> bool:
    return normalised(form).casefold() in PAGES[page - 1].casefold()


def label(question: Question) -> str:
    return question.id


def test_the_prospectus_has_twelve_pages() -> None:
    assert len(PAGES) == 12
    assert "8 MIDLANDS ENGINE HEALTH" in PAGES[5]


def test_ids_are_unique() -> None:
    assert len({question.id for question in QUESTIONS}) == len(QUESTIONS)


def test_no_question_is_asked_twice() -> None:
    asked = Counter((question.history, question.question.casefold()) for question in QUESTIONS)
    assert [words for (_, words), count in asked.items() if count > 1] == []


def test_there_are_enough_questions() -> None:
    unanswerable = [question for question in QUESTIONS if not question.answerable]
    assert len(QUESTIONS) >= 230
    assert len(unanswerable) >= 65
    assert sum(question.conflict for question in QUESTIONS) >= 8
    assert any(question.kind == "follow-up" for question in unanswerable)


@pytest.mark.parametrize(("kind", "minimum"), MINIMUM_PER_KIND.items())
def test_there_are_enough_questions_of_each_kind(kind: str, minimum: int) -> None:
    assert sum(question.kind == kind for question in QUESTIONS) >= minimum


@pytest.mark.parametrize("kind", MINIMUM_PER_KIND)
def test_the_halves_of_a_kind_are_of_one_size(kind: str) -> None:
    halves = Counter(question.split for question in QUESTIONS if question.kind == kind)
    assert abs(halves["dev"] - halves["test"]) <= 2


@pytest.mark.parametrize("question", QUESTIONS, ids=label)
def test_only_answerable_questions_have_pages(question: Question) -> None:
    assert bool(question.pages) == question.answerable
    assert question.answerable == (question.kind not in UNANSWERABLE_KINDS) or (
        question.kind == "follow-up"
    )


@pytest.mark.parametrize("question", ANSWERABLE, ids=label)
def test_pages_exist_and_are_named_once(question: Question) -> None:
    assert list(question.pages) == sorted(set(question.pages))
    assert question.pages[-1] <= len(PAGES)


@pytest.mark.parametrize("question", ANSWERABLE, ids=label)
def test_the_quote_stands_on_a_listed_page(question: Question) -> None:
    assert question.quote == normalised(question.quote or "")
    assert any(question.quote in PAGES[page - 1] for page in question.pages)


@pytest.mark.parametrize("question", ANSWERABLE, ids=label)
def test_every_listed_page_holds_a_fact(question: Question) -> None:
    forms = [form for fact in question.facts for form in fact]
    bare = [page for page in question.pages if not any(page_holds(page, form) for form in forms)]
    assert bare == []


@pytest.mark.parametrize("question", ANSWERABLE, ids=label)
def test_every_fact_stands_on_a_listed_page(question: Question) -> None:
    missing = [
        fact
        for fact in question.facts
        if not any(page_holds(page, form) for page in question.pages for form in fact)
    ]
    assert missing == []


@pytest.mark.parametrize("question", ANSWERABLE, ids=label)
def test_no_forbidden_form_is_part_of_the_quote_or_of_a_fact(question: Question) -> None:
    texts = [question.quote or "", *(form for fact in question.facts for form in fact)]
    for form in question.forbidden:
        assert not any(form.casefold() in text.casefold() for text in texts)


@pytest.mark.parametrize(
    "question", [question for question in ANSWERABLE if question.conflict], ids=label
)
def test_a_conflict_has_two_sides(question: Question) -> None:
    assert len(question.facts) >= 2
    assert question.facts_needed == len(question.facts)


def test_a_good_line_loads(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text(json.dumps(GOOD_LINE) + "\n\n", encoding="utf-8")
    (question,) = load_questions(file)
    assert question.facts_needed == 1
    assert question.history == ()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"kind": "riddle"}, "kind: Input should be"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"facts": [[]]}, "facts.0: Tuple should have at least 1 item"),
        ({"quote": None}, "an answerable question needs facts, pages and a quote"),
        ({"answerable": False}, "an unanswerable question has no facts"),
        ({"kind": "near-miss"}, "kind near-miss is for unanswerable questions"),
        ({"min_facts": 2}, "min_facts is larger than the number of facts"),
        ({"history": [["Which pier?", "The north one."]]}, "follow-ups, and only they"),
        ({"kind": "follow-up"}, "follow-ups, and only they"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text("\n" + json.dumps(GOOD_LINE | change), encoding="utf-8")
    with pytest.raises(QuestionFileError) as caught:
        load_questions(file)
    message = str(caught.value)
    assert message.startswith(f"{file}:2: ")
    assert problem in message
    assert "correct this line" in message
    assert "\n" not in message


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text("{", encoding="utf-8")
    with pytest.raises(QuestionFileError, match=r":1: Invalid JSON"):
        load_questions(file)


def test_an_id_used_twice_is_named(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text(2 * (json.dumps(GOOD_LINE) + "\n"), encoding="utf-8")
    with pytest.raises(QuestionFileError, match=r":2: id x-1 stands on line 1 already"):
        load_questions(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionFileError, match=r"none\.jsonl: cannot be read .*; check the path"):
        load_questions(tmp_path / "none.jsonl")
