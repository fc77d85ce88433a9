"""Reading what the command line printed."""

from __future__ import annotations

import json
import subprocess
from typing import Any

Done = subprocess.CompletedProcess[str]


def the_json(done: Done) -> Any:  # noqa: ANN401 - JSON
    """The one JSON value that standard output holds; nothing else may stand there."""
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("\n")
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def json_lines(text: str) -> list[dict[str, Any]]:
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def the_error(done: Done, code: int) -> str:
    """The error's text: one line on standard error, the exit code, and no output."""
    assert done.returncode == code, done
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("mehealth: ")
    return lines[0].removeprefix("mehealth: ")


def last_line(done: Done, code: int) -> str:
    """The error's text where progress came before it: still one line, and no traceback."""
    assert done.returncode == code, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    *_, last = done.stderr.splitlines()
    assert last.startswith("mehealth: "), done.stderr
    return last.removeprefix("mehealth: ")


TEXT, NUMBER = (str, type(None)), (int, type(None))
"""Kinds of values that may be null."""

CITATION = {
    "number": int, "document": str, "title": str, "page": int, "page_label": str, "quote": str,
    "boxes": list, "url": TEXT, "dated": TEXT,
}  # fmt: skip
ANSWER = {
    "schema": int, "question": str, "standalone_question": str, "status": str, "answer": str,
    "statements": list, "citations": list, "conflicts": list, "nearest": list, "related": list,
    "confidence": float, "engine": str, "index": str, "timings_ms": dict, "notice": str,
    "dropped": list, "tokens": dict, "verdict": TEXT,
}  # fmt: skip
VERDICT = {
    "schema": int, "claim": str, "verdict": str, "explanation": str, "evidence": list,
    "confidence": float, "index": str, "timings_ms": dict,
}  # fmt: skip
HIT = {
    "document": str, "page": int, "page_label": str, "heading": str, "text": str, "score": float,
    "dense_rank": NUMBER, "lexical_rank": NUMBER,
}  # fmt: skip


def assert_shape(value: dict[str, Any], shape: dict[str, Any]) -> None:
    """Exactly these keys, in this order, of these types."""
    assert list(value) == list(shape)
    for key, kind in shape.items():
        assert isinstance(value[key], kind), (key, value[key])


def assert_answer(value: dict[str, Any]) -> None:
    """An answer as the contract has it."""
    assert_shape(value, ANSWER)
    assert value["schema"] == 1
    assert value["status"] in {"answered", "not_found"}
    assert 0 <= value["confidence"] <= 1
    assert {"rewrite", "retrieve", "answer", "total"} >= set(value["timings_ms"]) >= {"total"}
    if value["engine"] == "extractive" and not value["notice"]:
        assert value["dropped"] == []
        assert value["tokens"] == {}
    for citation in (*value["citations"], *value["nearest"]):
        assert_shape(citation, CITATION)
        assert all(len(box) == 4 for box in citation["boxes"])
    numbers = [c["number"] for c in value["citations"]]
    assert numbers == list(range(1, len(numbers) + 1))
    for statement in value["statements"]:
        assert_shape(statement, {"text": str, "citations": list})
        assert set(statement["citations"]) <= set(numbers)
    for related in value["related"]:
        assert_shape(related, {"source": str, "title": str, "url": TEXT, "indexed": bool})
    if value["status"] == "not_found":
        assert value["statements"] == value["citations"] == []
        assert len(value["nearest"]) <= 3
    else:
        assert value["statements"]
        assert value["citations"]


def assert_verdict(value: dict[str, Any], shape: dict[str, Any] = VERDICT) -> None:
    """A verdict as the contract has it."""
    assert_shape(value, shape)
    assert value["schema"] == 1
    assert value["verdict"] in {"supported", "contradicted", "not_found"}
    assert 0 <= value["confidence"] <= 1
    assert {"rewrite", "retrieve", "answer", "total"} >= set(value["timings_ms"]) >= {"total"}
    for citation in value["evidence"]:
        assert_shape(citation, CITATION)
    numbers = [c["number"] for c in value["evidence"]]
    assert numbers == list(range(1, len(numbers) + 1))


def without_timings(value: dict[str, Any]) -> str:
    """The bytes of an answer, timings and batch id aside."""
    kept = {k: v for k, v in value.items() if k not in {"timings_ms", "id"}}
    return json.dumps(kept, ensure_ascii=False)
