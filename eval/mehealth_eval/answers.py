"""Answers in the batch format: JSON Lines, each with an id and an answer or an error.

Our own answers take the same form, so that they and another system's are scored alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mehealth_eval.records import Outcome, Quoted, Reply, ReplyStatement
from mehealth_rag.errors import UsageError


class _Loose(BaseModel):
    """Ignores unknown keys: another system may report more than we read."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _AnswerLine(_Loose):
    schema_: Literal[1] = Field(1, alias="schema")
    status: Literal["answered", "not_found"]
    answer: str
    statements: tuple[ReplyStatement, ...] = ()
    citations: tuple[Quoted, ...] = ()
    nearest: tuple[Quoted, ...] = ()
    conflicts: tuple[dict[str, Any], ...] = ()
    standalone_question: str = ""
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    engine: str = ""
    timings_ms: dict[str, float] = Field(default_factory=dict)
    notice: str = ""
    dropped: tuple[dict[str, Any], ...] = ()
    tokens: dict[str, int] = Field(default_factory=dict)


class _Id(_Loose):
    id: str | int
    error: str | None = None


M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """The replies of an answer file by question id, and a message for each unusable line."""

    replies: Mapping[str, Reply]
    problems: tuple[str, ...]


def read_answers(path: Path, wanted: Iterable[str]) -> AnswerFile:
    """Read an answer file; `wanted` are the ids of the questions that were asked.

    A line that is invalid, answers no question or repeats an id becomes a problem; the others are
    read.

    Raises:
        UsageError: the file cannot be read.
    """
    known, replies, problems = set(wanted), dict[str, Reply](), list[str]()
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            key, reply = _parse(line)
            _check_id(key, known, replies)
        except ValueError as error:
            problems.append(f"{path}:{number}: {error}")
        else:
            replies[key] = reply
    return AnswerFile(replies, tuple(problems))


def reply_of(line: Mapping[str, Any]) -> Reply:
    """Convert an object of the batch format to a reply. Raises ValueError, with one line."""
    error = line.get("error")
    if error is not None:
        return Reply(Outcome.ERROR, problem=" ".join(str(error).split()))
    answer = _validated(_AnswerLine, line)
    return Reply(
        outcome=Outcome(answer.status),
        text=answer.answer,
        statements=answer.statements,
        quotes=answer.citations,
        nearest=answer.nearest,
        conflicts=len(answer.conflicts),
        standalone_question=answer.standalone_question,
        confidence=answer.confidence,
        milliseconds=answer.timings_ms.get("total"),
        engine=answer.engine,
        notice=answer.notice,
        dropped=len(answer.dropped),
        tokens=answer.tokens.get("written", 0),
        first_words=answer.timings_ms.get("first_words"),
    )


def write_answers(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Write answers in the batch format. Raises UsageError if the file cannot be written."""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    try:  # a lone surrogate has no UTF-8 form: it is escaped, as in JSON
        path.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror}); check --write-answers"
        ) from error


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace").split("\n")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check --answers") from error


def _parse(line: str) -> tuple[str, Reply]:
    try:
        value: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at character {error.pos + 1}") from error
    if not isinstance(value, dict):
        raise ValueError("is no JSON object; give one answer a line")  # noqa: TRY004 - of the line
    return str(_validated(_Id, value).id), reply_of(value)


def _check_id(key: str, known: set[str], replies: Mapping[str, Reply]) -> None:
    if key not in known:
        raise ValueError(f"id '{key}' is no question of this set; check --set")
    if key in replies:
        raise ValueError(f"id '{key}' was answered on an earlier line; that one counts")


def _validated(model: type[M], value: Mapping[str, Any]) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise ValueError(f"{where}: {fault['msg'][:1].lower()}{fault['msg'][1:]}") from error
