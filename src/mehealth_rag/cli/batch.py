"""Batch input and output as JSON Lines; a bad line gives an error row and the rest continue."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, TextIO, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from mehealth_rag.cli.context import note
from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.settings import Engine

STANDARD_INPUT = Path("-")
"""The `--batch` value for standard input."""

UNSUPPORTED = 4
"""Exit code of a strict check with an unsupported claim."""

ERROR, _SUPPORTED = "error", "supported"

_WANTED = {
    "model_type": 'is not an object; write one as {"key": "value"}',
    "tuple_type": 'write a list, as ["…"]',
}
"""Messages for validation errors whose pydantic message mentions Python types."""

BatchLine = tuple[int, str]
"""A line of a batch: its number, from 1, and its text."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A file of JSON Lines and the file for the results; None is standard output."""

    file: Path
    output: Path | None
    resume: bool

    @property
    def name(self) -> str:
        """The name of the input in messages."""
        return "standard input" if self.file == STANDARD_INPUT else str(self.file)


def command_input(
    what: str, text: str | None, batch: Path | None, output: Path | None, *, resume: bool
) -> str | Batch:
    """Return the command's input: its argument, or its batch file.

    Raises UsageError if the options do not go together, before anything heavy is loaded.
    """
    if text is not None and batch is not None:
        raise UsageError(f"both '{text[:40]}' and --batch {batch} are given; give one of them")
    if batch is not None:
        _check_files(batch, output, resume=resume)
        return Batch(batch, output, resume)
    if output is not None:
        raise UsageError(f"--output {output} goes with --batch; give a batch, or leave it out")
    if resume:
        raise UsageError("--resume goes with --batch and --output; give both, or leave it out")
    if text is None:
        raise UsageError(f"no {what} given; give one as an argument, or a file with --batch")
    if not text.strip():
        verb = "state" if what == "claim" else "ask"
        raise UsageError(f"the {what} is empty; {verb} something")
    return text


def _check_files(batch: Path, output: Path | None, *, resume: bool) -> None:
    if batch != STANDARD_INPUT and not batch.exists():
        raise UsageError(f"{batch}: there is no such file; check --batch")
    if output is None:
        if resume:
            raise UsageError("--resume needs the --output file to go on with; name it")
        return
    if batch.exists() and output.exists() and output.samefile(batch):
        raise UsageError(f"{output}: --output would overwrite the --batch file; name another")
    if not output.parent.is_dir():
        raise UsageError(f"{output}: there is no folder {output.parent}; check --output")


def check_alone(file: Path, *others: object) -> None:
    """Raise UsageError if `--file` is combined with other input or the file does not exist."""
    if any(others):
        raise UsageError(
            f"--file {file} goes without a claim, --batch, --output and --resume; leave them out"
        )
    if not file.is_file():
        raise UsageError(f"{file}: there is no such file; check --file")


class BatchRow(BaseModel):
    """One line of a batch; the line number stands in for a missing id. Ignores unknown keys."""

    model_config = ConfigDict(extra="ignore")

    id: str | int | None = None
    documents: tuple[str, ...] | None = None


class QuestionRow(BatchRow):
    """One question; `history` holds pairs of earlier question and answer."""

    question: str
    history: tuple[tuple[str, str], ...] | None = None
    engine: Engine | None = None


class QueryRow(BatchRow):
    """One search; `question` is accepted so that question files work too."""

    query: str = Field(validation_alias=AliasChoices("query", "question"))
    history: tuple[tuple[str, str], ...] | None = None


class ClaimRow(BatchRow):
    """One claim and, optionally, the question that it answers."""

    claim: str
    question: str | None = None


R = TypeVar("R", bound=BatchRow)


def process(
    batch: Batch, row_type: type[R], answer: Callable[[R], dict[str, Any]], workers: int = 1
) -> Counter[str]:
    """Answer the lines of `batch`, `workers` at a time, and write one result per line in order.

    Returns the number of lines per outcome, including those of a resumed earlier run, and reports
    failed lines on standard error. Raises UsageError if a file cannot be used.
    """
    with _reading(batch.file) as lines:
        outcomes, size = _resumed(batch, lines) if batch.resume else (Counter[str](), 0)
        with _writing(batch, size) as out, ThreadPoolExecutor(workers) as pool:
            jobs = (pool.submit(_result, line, row_type, answer) for line in lines)
            for result in _in_turn(jobs, 2 * workers):
                out.write(json.dumps(result, ensure_ascii=False) + "\n")
                out.flush()
                outcomes[_outcome(result)] += 1
    if failed := outcomes[ERROR]:
        note(f"lines of {batch.name} with an error: {failed}; see them in the output")
    return outcomes


def exit_code(outcomes: Counter[str], *, strict: bool = False) -> int:
    """Return 1 if every line failed, 4 if `strict` and any line is not supported, else 0."""
    if set(outcomes) == {ERROR}:
        return 1
    return UNSUPPORTED if strict and set(outcomes) - {_SUPPORTED} else 0


def _outcome(result: dict[str, Any]) -> str:
    """Return "error", the verdict, or "answered"."""
    return ERROR if ERROR in result else str(result.get("verdict", "answered"))


def _in_turn(jobs: Iterator[Future[dict[str, Any]]], ahead: int) -> Iterator[dict[str, Any]]:
    """Yield the results in order, with at most `ahead` jobs submitted at a time."""
    pending = deque(islice(jobs, ahead))
    while pending:
        yield pending.popleft().result()
        pending.extend(islice(jobs, 1))


def _result(
    line: BatchLine, row_type: type[R], answer: Callable[[R], dict[str, Any]]
) -> dict[str, Any]:
    number, text = line
    try:
        row = row_type.model_validate(json.loads(text))
        return {"id": _id_of(line), **answer(row)}
    except json.JSONDecodeError as error:
        reason = f"line {number} is not JSON: {error.msg} at character {error.pos + 1}"
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"]) or "the line"
        reason = f"line {number}: {where}: {_WANTED.get(first['type'], first['msg'])}"
    except MehealthError as error:
        reason = f"line {number}: {error}"
    except Exception as error:  # one bad line must not stop the batch
        reason = f"line {number}: {type(error).__name__}: {error}"
    return {"id": _id_of(line), ERROR: reason}


def _id_of(line: BatchLine) -> Any:  # noqa: ANN401 - a bad line may have any JSON as its id
    """Return the id of a line, or its number if it has none."""
    value = _parsed(line[1])
    row_id = value.get("id") if isinstance(value, dict) else None
    return line[0] if row_id is None else row_id


def _parsed(text: str | bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _resumed(batch: Batch, lines: Iterator[BatchLine]) -> tuple[Counter[str], int]:
    """Return the outcomes that an earlier run wrote and the size in bytes of its whole lines.

    Consumes the answered lines from `lines`. Raises UsageError if the output is of another batch.
    """
    path, outcomes, size = batch.output, Counter[str](), 0
    if path is None or not path.exists():
        return outcomes, size
    with _opened(path, "--output") as file:
        for number, text in enumerate(file, start=1):
            if not text.endswith(b"\n"):  # incomplete: answer this line again
                break
            result, line = _parsed(text), next(lines, None)
            has_id = isinstance(result, dict) and "id" in result
            if line is None or not has_id or result["id"] != _id_of(line):
                raise UsageError(
                    f"{path}: line {number} answers none of {batch.name}; name another --output, "
                    "or leave out --resume to write it anew"
                )
            outcomes[_outcome(result)] += 1
            size += len(text)
    return outcomes, size


@contextmanager
def _reading(path: Path) -> Iterator[Iterator[BatchLine]]:
    """Open a batch and give its non-blank lines."""
    with sys.stdin.buffer if path == STANDARD_INPUT else _opened(path, "--batch") as file:
        texts = (line.decode("utf-8", "replace").removeprefix("\ufeff") for line in file)
        yield ((n, text) for n, text in enumerate(texts, start=1) if text.strip())


def _opened(path: Path, option: str) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); check {option}") from error


@contextmanager
def _writing(batch: Batch, size: int) -> Iterator[TextIO]:
    """Open the output; when resuming, keep its first `size` bytes."""
    path = batch.output
    if path is None:
        yield sys.stdout
        return
    mode: Literal["a", "w"] = "a" if batch.resume else "w"
    try:  # backslashreplace writes a lone surrogate as JSON's \uXXXX escape
        with path.open(mode, encoding="utf-8", errors="backslashreplace") as out:
            if batch.resume:
                os.truncate(path, size)
            yield out
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); check --output") from error
