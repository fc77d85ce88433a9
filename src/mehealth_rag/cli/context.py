"""Shared by all commands: options, settings, one-line errors, JSON and console output."""

from __future__ import annotations

import contextlib
import errno
import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from mehealth_rag.errors import MehealthError

if TYPE_CHECKING:
    from rich.console import Console

    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Settings

Corpus = Annotated[Path | None, typer.Option("--corpus", help="folder with the documents")]
Index = Annotated[Path | None, typer.Option("--index", help="folder of the index")]
Json = Annotated[bool, typer.Option("--json", help="print JSON and nothing else")]
Debug = Annotated[bool, typer.Option("--debug", help="show the traceback of an error")]
Engine = Annotated[
    str | None, typer.Option("--engine", help="who writes: extractive or generative")
]

_SETTINGS: dict[str, Any] = {
    "engine": Engine,
    "ui_host": Annotated[str | None, typer.Option("--host", help="address to listen on")],
    "ui_port": Annotated[int | None, typer.Option("--port", help="port to listen on")],
    "log_level": Annotated[
        str | None, typer.Option("--log-level", help="debug, info, warning or error")
    ],
    "ui_auth": Annotated[Path | None, typer.Option("--file", help="the password file")],
    "corpus": Corpus,
    "index": Index,
}
"""Options that override a setting of the same name."""

Work = Callable[..., int | None]
"""The body of a command: takes the settings and its own options, returns the exit code."""

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters except tabs and line ends, and marks that reverse text."""

_UNCUT = 1_000_000
"""Console width if standard output is no terminal, so that no line is wrapped or cut."""


@dataclass(frozen=True, slots=True)
class Common:
    """Arguments of every command: the settings, and whether to print JSON."""

    settings: Settings
    json: bool


def registering(app: typer.Typer) -> Callable[..., Callable[[Work], Work]]:
    """Return a decorator that makes a function a command of `app`.

    The decorator takes the names of the settings that the command has an option for, and `name` if
    the command is not called like the function. Shared options are added automatically.
    """

    def command(*flags: str, name: str | None = None) -> Callable[[Work], Work]:
        return partial(_register, app, (*flags, "corpus", "index"), name)

    return command


def _register(app: typer.Typer, flags: tuple[str, ...], name: str | None, work: Work) -> Work:
    def run(*, json: bool, debug: bool, **options: Any) -> None:  # noqa: ANN401
        with guarded(debug):
            settings = made(**{flag: options.pop(flag) for flag in flags})
            code = work(Common(settings, json), **options)
        raise typer.Exit(code or 0)

    parameters = list(inspect.signature(work, eval_str=True).parameters.values())[1:]
    shared = [_option(flag, _SETTINGS[flag], None) for flag in flags]
    switches = [_option("json", Json, False), _option("debug", Debug, False)]
    run.__doc__ = work.__doc__
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined] # typer reads it
        [*parameters, *shared, *switches]
    )
    app.command(name or work.__name__)(run)
    return work


def _option(name: str, annotation: Any, default: Any) -> inspect.Parameter:  # noqa: ANN401
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


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


def printable(text: str) -> str:
    """Return a text without terminal controls, which file names and quotes may contain."""
    return _STEERING.sub(lambda odd: odd[0].encode("unicode_escape").decode(), text)


def console() -> Console:
    """Return a console on standard output: in colour on a terminal, plain and uncut in a pipe."""
    from rich.console import Console
    from rich.segment import Segment
    from rich.text import Text

    class Safe(Console):
        """Prints terminal controls as their codes."""

        def render_str(self, text: str, **more: Any) -> Text:  # noqa: ANN401 - rich's own
            return super().render_str(printable(text), **more)

        def render(self, *parts: Any, **more: Any) -> Iterator[Segment]:  # noqa: ANN401 - rich's own
            for s in super().render(*parts, **more):
                yield s if s.control else s._replace(text=printable(s.text))

    piped = not sys.stdout.isatty()
    width = _UNCUT if piped else None
    return Safe(highlight=False, markup=False, emoji=False, width=width, soft_wrap=piped)


def print_json(value: object) -> None:
    """Print a JSON value on one line of standard output."""
    print(json.dumps(value, ensure_ascii=False))


def note(text: str) -> None:
    """Print a line for people on standard error."""
    print(printable(text), file=sys.stderr)


def open_assistant(common: Common) -> Assistant:
    """Open the assistant; build the index first if need be, and warn if it is stale."""
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.cli.documents import build
    from mehealth_rag.wiring import changed_sources, why_build

    if reason := why_build(common.settings):
        build(common.settings, reason)
    assistant = Assistant.open(common.settings)
    changed = changed_sources(assistant.index, assistant.known_sources)
    if changed and assistant.known_sources:
        names = ", ".join(changed[:3]) + (" and others" if len(changed) > 3 else "")
        note(f"the corpus has changed since it was indexed ({names}); run: mehealth ingest")
    return assistant


def fail(line: str, code: int) -> NoReturn:
    """Exit with one line on standard error."""
    print(f"mehealth: {printable(line)}", file=sys.stderr)
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
