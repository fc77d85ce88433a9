"""What the commands share: settings from flags, one-line errors, output as JSON or for people."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from mehealth_rag.errors import MehealthError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Settings

STANDARD_INPUT = Path("-")
"""The name that stands for standard input, as a batch."""

_UNCUT = 1_000_000
"""Columns of what is not a terminal: no line is broken or cut."""


@dataclass(frozen=True, slots=True)
class Common:
    """What every command is given: the settings, and whether to print JSON."""

    settings: Settings
    json: bool


def made(**flags: Any) -> Settings:  # noqa: ANN401 - flags are of whatever type their setting has
    """The settings of this call: environment, settings file, flags."""
    from mehealth_rag.settings import Settings

    return Settings.load(flags)


@contextlib.contextmanager
def guarded(debug: bool) -> Iterator[None]:
    """Turn an error into one line on standard error and its exit code."""
    try:
        yield
        sys.stdout.flush()
    except MehealthError as error:
        if debug:
            raise
        fail(" ".join(str(error).split()), error.exit_code)
    except KeyboardInterrupt:
        fail("stopped", 1)
    except BrokenPipeError:
        _drop_output()
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        fail(_unforeseen(error), 1)


def console() -> Console:
    """Standard output for people: in colour on a terminal; in a pipe plain and never cut."""
    from rich.console import Console

    piped = not sys.stdout.isatty()
    width = _UNCUT if piped else None
    return Console(highlight=False, markup=False, emoji=False, width=width, soft_wrap=piped)


def print_json(value: object) -> None:
    """One JSON value on one line of standard output."""
    print(json.dumps(value, ensure_ascii=False))


def note(text: str) -> None:
    """A line for people beside the output: on standard error."""
    print(text, file=sys.stderr)


@dataclass(frozen=True, slots=True)
class Batch:
    """A file of lines to work through and where the results go; None is standard output."""

    file: Path
    output: Path | None
    resume: bool

    @property
    def name(self) -> str:
        """What messages call the input."""
        return "standard input" if self.file == STANDARD_INPUT else str(self.file)


def given(
    what: str, text: str | None, batch: Path | None, output: Path | None, *, resume: bool
) -> str | Batch:
    """What to work on: the command's argument, or its batch file.

    Raises UsageError, before anything heavy is loaded, where they do not go together.
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


def open_assistant(common: Common) -> Assistant:
    """The assistant over the current index, which is built first where there is none."""
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.cli.ingest import build
    from mehealth_rag.wiring import changed_sources, has_index

    if not has_index(common.settings):
        build(common.settings, "there is no index of this corpus yet; building it")
    assistant = Assistant.open(common.settings)
    changed = changed_sources(assistant.index, assistant.known_sources)
    if changed and assistant.known_sources:
        names = ", ".join(changed[:3]) + (" and others" if len(changed) > 3 else "")
        note(f"the corpus has changed since it was indexed ({names}); run: mehealth ingest")
    return assistant


def fail(line: str, code: int) -> NoReturn:
    """End with one line on standard error."""
    print(f"mehealth: {line}", file=sys.stderr)
    try:
        sys.stdout.flush()
    except OSError:
        _drop_output()
    sys.exit(code)


def _unforeseen(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        place = error.filename or "standard output"
        return (
            f"{place} cannot be written ({error.strerror}); free the disk or choose another place"
        )
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}; run again with --debug for the traceback"


def _drop_output() -> None:
    """Let what standard output did not take be forgotten, not complained of at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
