"""Feedback: kept beside the index, handed out as evaluation questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mehealth_rag.cli.batch import QuestionRow
from mehealth_rag.errors import IndexStateError, UsageError
from mehealth_ui.messages import Judged
from mehealth_ui.people import feedback
from mehealth_ui.people.feedback import FeedbackStore, Place, write_questions

ANSWER = {
    "question": "When was it lit?",
    "standalone_question": "When was the lighthouse lit?",
    "status": "answered",
    "answer": "In 1871 [1].",
    "citations": [
        {
            "number": 1,
            "document": "harbour-guide",
            "title": "A guide",
            "page": 2,
            "page_label": "iv",
            "quote": "lit in 1871",
        }
    ],
    "index": "abc",
}


def judged(**feedback: str) -> Judged:
    turn: dict[str, Any] = {"id": "t1", "question": "When was it lit?", "answer": ANSWER}
    history = [("How tall is the lighthouse?", "42 metres [1].")]
    return Judged.model_validate({"turn": turn, "history": history, "feedback": feedback})


def test_a_verdict_becomes_a_question_of_the_batch_format(tmp_path: Path) -> None:
    store = FeedbackStore.beside(tmp_path)
    wrong = judged(verdict="wrong", reason="page", comment="ünlit <b>")
    store.save(wrong, Place("harbour-guide", 3), "ada")
    assert write_questions(store, tmp_path / "out.jsonl") == 1
    line = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    row = QuestionRow.model_validate(line)
    assert (row.id, row.question) == ("feedback-t1", "When was it lit?")
    assert row.history == (("How tall is the lighthouse?", "42 metres [1]."),)
    assert (line["verdict"], line["document"], line["pages"]) == ("wrong", "harbour-guide", [3])
    assert line["comment"] == "ünlit <b>"


def test_a_right_answer_keeps_its_own_pages(tmp_path: Path) -> None:
    store = FeedbackStore.beside(tmp_path)
    store.save(judged(verdict="right"), Place())
    assert store.rows()[0]["pages"] == [2]


def test_a_second_verdict_takes_the_place_of_the_first(tmp_path: Path) -> None:
    store = FeedbackStore.beside(tmp_path)
    store.save(judged(verdict="right"), Place())
    store.save(judged(verdict="wrong", reason="wrong"), Place())
    assert [(r["verdict"], r["pages"]) for r in store.rows()] == [("wrong", [])]


def test_a_stranger_overwrites_no_verdict(tmp_path: Path) -> None:
    store = FeedbackStore.beside(tmp_path)
    store.save(judged(verdict="right"), Place(), "browser one")
    with pytest.raises(UsageError, match="another visitor has judged"):
        store.save(judged(verdict="wrong"), Place(), "browser two")
    assert [r["verdict"] for r in store.rows()] == ["right"]
    store.save(judged(verdict="wrong"), Place(), "browser one")
    assert [r["verdict"] for r in store.rows()] == ["wrong"]


def test_a_verdict_and_the_store_are_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FeedbackStore.beside(tmp_path)
    large = judged(verdict="right")
    large.turn.answer["answer"] = "x" * feedback.FEEDBACK_BYTES
    with pytest.raises(UsageError, match="over 200,000 bytes"):
        store.save(large, Place())
    monkeypatch.setattr(feedback, "FEEDBACK_STORE_BYTES", 1)
    with pytest.raises(UsageError, match=r"feedback\.sqlite is full"):
        store.save(judged(verdict="right"), Place())
    assert store.rows() == []


def test_no_feedback_is_no_line(tmp_path: Path) -> None:
    assert FeedbackStore.beside(tmp_path).rows() == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexStateError, match="check the folder"):
        FeedbackStore.beside(tmp_path / "file").save(judged(verdict="right"), Place())
