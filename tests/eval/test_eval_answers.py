"""Answers in the batch format, another system's or ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mehealth_eval.answers import read_answers, reply_of, write_answers
from mehealth_eval.records import Outcome
from mehealth_rag.errors import UsageError
from mehealth_rag.serialise import answer_json
from mehealth_rag.types import Answer, Citation, Statement, Status

ANSWER = Answer(
    question="How tall?",
    standalone_question="How tall is it?",
    status=Status.ANSWERED,
    answer="It is **42 metres** tall [1].",
    statements=(Statement("It is 42 metres tall", (1,)),),
    citations=(Citation(1, "guide", "A guide", 2, "ii", "42 metres tall"),),
    confidence=0.75,
    timings_ms={"total": 12.5},
)


def test_our_own_answers_are_read_as_they_are_written(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    write_answers(file, [{"id": "a", **answer_json(ANSWER)}, {"id": 2, "error": "it\nfailed"}])
    assert file.read_text().startswith('{"id": "a", "schema": 1, "question"')
    found = read_answers(file, ["a", "2"])
    assert found.problems == ()
    reply = found.replies["a"]
    assert (reply.outcome, reply.confidence, reply.milliseconds) == (Outcome.ANSWERED, 0.75, 12.5)
    assert (reply.standalone_question, reply.engine) == ("How tall is it?", "extractive")
    assert reply.quotes[0].place == ("guide", 2)
    assert reply.statements[0].citations == (1,)
    assert (found.replies["2"].outcome, found.replies["2"].problem) == (Outcome.ERROR, "it failed")


def test_an_answer_may_say_little() -> None:
    reply = reply_of({"status": "not_found", "answer": "No."})
    assert (reply.outcome, reply.confidence, reply.milliseconds) == (Outcome.NOT_FOUND, None, None)


def test_a_bad_line_is_a_problem_and_the_rest_go_on(tmp_path: Path) -> None:
    good = {"id": "g", "status": "not_found", "answer": "No."}
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
    found = read_answers(file, ["g"])
    assert list(found.replies) == ["g"]
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
        "id 'g' was answered on an earlier line; that one counts",
    ):
        assert part in told


def test_files_that_cannot_be_used_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.jsonl: cannot be read .*; check --answers"):
        read_answers(tmp_path / "none.jsonl", [])
    with pytest.raises(UsageError, match=r"cannot be written .*; check --write-answers"):
        write_answers(tmp_path / "no" / "file.jsonl", [])
