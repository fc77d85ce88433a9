"""The sets over documents written for them hold together; three are for reporting."""

from __future__ import annotations

from pathlib import Path

import pytest

from mehealth_eval.forms import held
from mehealth_eval.questions import Question, load_questions

SETS = Path(__file__).parents[2] / "eval" / "sets"
FOLDERS = sorted(path.parent for path in SETS.glob("*/questions.jsonl"))
REPORTING = {"museum", "foods", "software"}


def pages_of(folder: Path) -> dict[str, list[str]]:
    files = (folder / "corpus").glob("*.txt")
    return {path.stem: path.read_text(encoding="utf-8").split("\f") for path in files}


def plain(text: str) -> str:
    return " ".join(text.replace("’", "'").split())


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_there_are_eight_sets_and_three_are_for_reporting() -> None:
    assert len(FOLDERS) == 8
    assert {folder.name for folder in FOLDERS} > REPORTING


def test_what_answers_stands_on_its_pages(folder: Path) -> None:
    pages = pages_of(folder)
    for question in (q for q in load_questions(folder / "questions.jsonl") if q.answerable):
        texts = [pages[question.document or ""][number - 1] for number in question.pages]
        assert any(plain(question.quote or "") in plain(text) for text in texts), question.id
        there = held("\n".join(texts), question.facts).facts
        assert all(there) or question.kind == "link", question.id


def test_a_set_is_whole_and_of_one_half(folder: Path) -> None:
    questions = load_questions(folder / "questions.jsonl")
    assert len(questions) == 110
    half = "test" if folder.name in REPORTING else "dev"
    assert {q.split for q in questions} == {half}
    assert len({plain(q.question).lower() for q in _alone(questions)}) == len(_alone(questions))


def _alone(questions: list[Question]) -> list[Question]:
    return [q for q in questions if not q.history]
