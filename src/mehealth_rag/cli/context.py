"""What the commands share: settings from flags, one-line errors, output as JSON or for people."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mehealth_rag.errors import MehealthError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Settings


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
    except MehealthError as error:
        if debug:
            raise
        _fail(" ".join(str(error).split()), error.exit_code)
    except KeyboardInterrupt:
        _fail("stopped", 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if debug:
            raise
        _fail(f"{type(error).__name__}: {error}; run again with --debug for the traceback", 1)


def console() -> Console:
    """Standard output for people: in colour on a terminal, plain in a pipe."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def print_json(value: object) -> None:
    """One JSON value on one line of standard output."""
    print(json.dumps(value, ensure_ascii=False))


def note(text: str) -> None:
    """A line for people beside the output: on standard error."""
    print(text, file=sys.stderr)


def require(text: str | None, what: str) -> str:
    """The argument that a command needs where no batch file is given."""
    if text is None:
        raise UsageError(f"no {what} given; give one as an argument, or a file with --batch")
    return text


def open_assistant(common: Common) -> Assistant:
    """The assistant over the current index, which is built first where there is none."""
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.cli.ingest import build
    from mehealth_rag.wiring import changed_sources, has_index

    if not has_index(common.settings):
        note("there is no index of this corpus yet; building it")
        build(common.settings)
    assistant = Assistant.open(common.settings)
    changed = changed_sources(assistant.index, assistant.known_sources)
    if changed and assistant.known_sources:
        names = ", ".join(changed[:3]) + (" and others" if len(changed) > 3 else "")
        note(f"the corpus has changed since it was indexed ({names}); run: mehealth ingest")
    return assistant


def _fail(line: str, code: int) -> None:
    print(f"mehealth: {line}", file=sys.stderr)
    sys.exit(code)
