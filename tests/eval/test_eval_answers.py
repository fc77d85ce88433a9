"""Answers in the batch format, another system's or ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mehealth_eval.answers import read_answers, reply_of, write_answers
from mehealth_eval.records import Outcome
from mehealth_rag.errors import UsageError


def test_an_answer_may_say_little_and_an_error_is_one_line() -> None:
    reply = reply_of({"status": "not_found", "answer": "No."})
    assert (reply.outcome, reply.confidence, reply.milliseconds) == (Outcome.NOT_FOUND, None, None)
    reply = reply_of({"error": "it\nfailed"})
    assert (reply.outcome, reply.problem) == (Outcome.ERROR, "it failed")


def test_a_bad_line_is_a_problem_and_the_rest_go_on(tmp_path: Path) -> None:
    good = {"id": 7, "status": "not_found", "answer": "No."}
    lines = [
        "{",
        "[1]",
        json.dumps({"status": "not_found", "answer": "No."}),
        json.dumps(good | {"status": "maybe"}),
        json.dumps(good | {"confidence": 1.5}),
        json.dumps(good | {"citations": [{"document": "guide", "quote": "x"}]}),
        json.dumps(good | {"schema": 2}),
        json.dumps(good | {"id": "stranger"}),
        "",
        json.dumps(good),
        json.dumps(good),
    ]
    file = tmp_path / "theirs.jsonl"
    file.write_text("\n".join(lines))
    found = read_answers(file, ["7"])
    assert list(found.replies) == ["7"]
    assert [p.removeprefix(f"{file}:").split(":")[0] for p in found.problems] == [
        *"1234567",
        "8",
        "11",
    ]
    told = "\n".join(found.problems)
    assert len(told.splitlines()) == 9
    for part in (
        "is not JSON: Expecting property name",
        "is no JSON object; give one answer a line",
        "id: field required",
        "status: input should be 'answered' or 'not_found'",
        "confidence: input should be less than or equal to 1",
        "citations.0.page: field required",
        "schema: input should be 1",
        "id 'stranger' is no question of this set; check --set",
        "id '7' was answered on an earlier line; that one counts",
    ):
        assert part in told


def test_files_that_cannot_be_used_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.jsonl: cannot be read .*; check --answers"):
        read_answers(tmp_path / "none.jsonl", [])
    with pytest.raises(UsageError, match=r"cannot be written .*; check --write-answers"):
        write_answers(tmp_path / "no" / "file.jsonl", [])
