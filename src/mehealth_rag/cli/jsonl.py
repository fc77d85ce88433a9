"""JSON Lines in and out: a bad line is an error row, and the rest go on."""

from __future__ import annotations

import json
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from mehealth_rag.errors import MehealthError, UsageError


class Row(BaseModel):
    """One line of a batch. Unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore")

    id: str | int


class QuestionRow(Row):
    """One question: its history as pairs of earlier question and answer."""

    question: str
    history: tuple[tuple[str, str], ...] = ()
    documents: tuple[str, ...] = ()


class QueryRow(Row):
    """One search; a question file can be searched too."""

    query: str | None = None
    question: str | None = None
    history: tuple[tuple[str, str], ...] = ()
    documents: tuple[str, ...] = ()


class ClaimRow(Row):
    """One claim."""

    claim: str
    documents: tuple[str, ...] = ()


R = TypeVar("R", bound=Row)


def process_noted(
    batch: Path,
    output: Path | None,
    row_type: type[R],
    answer: Callable[[R], dict[str, Any]],
    workers: int = 1,
) -> None:
    """Do what `process` does, and say on standard error how many lines failed."""
    failed = process(batch, output, row_type, answer, workers)
    if failed:
        print(f"lines of {batch} with an error: {failed}; see them in the output", file=sys.stderr)


def process(
    batch: Path,
    output: Path | None,
    row_type: type[R],
    answer: Callable[[R], dict[str, Any]],
    workers: int = 1,
) -> int:
    """Answer each line of `batch` in order, one line of `output` each, `workers` at a time.

    Returns how many lines failed. Raises UsageError when a file cannot be opened or written.
    """
    failed = 0
    with _reading(batch) as lines, _writing(output) as out, ThreadPoolExecutor(workers) as pool:
        numbered = ((n, line) for n, line in enumerate(lines, start=1) if line.strip())
        jobs = (pool.submit(_one, line, n, row_type, answer) for n, line in numbered)
        for result in _in_turn(jobs, 2 * workers):
            failed += "error" in result
            out.write(json.dumps(result, ensure_ascii=False) + "\n")
            out.flush()
    return failed


def _in_turn(jobs: Iterator[Future[dict[str, Any]]], ahead: int) -> Iterator[dict[str, Any]]:
    """The results in the jobs' order; no more than `ahead` jobs are begun before their turn."""
    begun = deque(islice(jobs, ahead))
    while begun:
        yield begun.popleft().result()
        begun.extend(islice(jobs, 1))


def _one(
    line: str, number: int, row_type: type[R], answer: Callable[[R], dict[str, Any]]
) -> dict[str, Any]:
    value: Any = None
    try:
        value = json.loads(line)
        row = row_type.model_validate(value)
        return {"id": value["id"], **answer(row)}
    except json.JSONDecodeError as error:
        reason = f"line {number} is not JSON: {error.msg} at character {error.pos + 1}"
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"]) or "the line"
        reason = f"line {number}: {where}: {first['msg']}"
    except MehealthError as error:
        reason = f"line {number}: {error}"
    except Exception as error:  # whatever one line meets, the others go on
        reason = f"line {number}: {type(error).__name__}: {error}"
    given = value.get("id") if isinstance(value, dict) else None
    return {"id": given, "error": reason}


def _reading(path: Path) -> TextIO:
    try:
        return path.open(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check --batch") from error


@contextmanager
def _writing(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    try:  # what UTF-8 cannot hold, a lone surrogate, is written as JSON escapes it
        with path.open("w", encoding="utf-8", errors="backslashreplace") as out:
            yield out
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); check --output") from error
