"""How a function becomes a command: the options that commands share, and settings as options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from mehealth_rag.cli.context import Common, guarded, made

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


def registering(app: typer.Typer) -> Callable[..., Callable[[Work], Work]]:
    """A decorator that makes a function a command of `app`.

    It takes the names of settings of which the command has an option, and as `name` the command's
    own where that is not the function's. The shared options come by themselves.
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
