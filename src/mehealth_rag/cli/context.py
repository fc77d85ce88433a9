"""Shared by all commands: settings from flags, one-line errors, JSON and console output."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from mehealth_rag.errors import MehealthError

if TYPE_CHECKING:
    from rich.console import Console

    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Settings

_UNCUT = 1_000_000
"""Console width in columns if standard output is no terminal, so that no line is wrapped or cut."""


@dataclass(frozen=True, slots=True)
class Common:
    """Arguments of every command: the settings, and whether to print JSON."""

    settings: Settings
    json: bool


def made(**flags: Any) -> Settings:  # noqa: ANN401 - a flag has the type of its setting
    """Load the settings from environment, settings file and flags."""
    from mehealth_rag.settings import Settings

    return Settings.load(flags)


@contextlib.contextmanager
def guarded(debug: bool) -> Iterator[None]:
    """Turn an exception into one line on standard error and an exit code."""
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
    """Return a console on standard output: in colour on a terminal, plain and uncut in a pipe."""
    from rich.console import Console

    piped = not sys.stdout.isatty()
    width = _UNCUT if piped else None
    return Console(highlight=False, markup=False, emoji=False, width=width, soft_wrap=piped)


def print_json(value: object) -> None:
    """Print a JSON value on one line of standard output."""
    print(json.dumps(value, ensure_ascii=False))


def note(text: str) -> None:
    """Print a message for the user on standard error."""
    print(text, file=sys.stderr)


def open_assistant(common: Common) -> Assistant:
    """Open the assistant; build the index first if there is none, and warn if it is stale."""
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.cli.corpus import build
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
    """Print one line on standard error and exit with `code`."""
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
    """Discard unwritten output, so that Python does not report a broken pipe at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
