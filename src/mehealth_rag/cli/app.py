"""The commands of `mehealth`; each imports its heavy modules only when it runs."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mehealth_rag.cli.context import Common, fail, registering
from mehealth_rag.errors import UsageError

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

app = typer.Typer(
    name="mehealth",
    help="Ask a corpus of documents; every answer is proved by a quote and its page.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Documents = Annotated[
    list[str] | None,
    typer.Option(
        "--document", help="look only in this document, or collection: FOLDER/ (repeatable)"
    ),
]
Batch = Annotated[
    Path | None, typer.Option("--batch", help="JSON Lines, one object a line; - is standard input")
]
Output = Annotated[Path | None, typer.Option("--output", help="JSON Lines file for the results")]
Resume = Annotated[
    bool, typer.Option("--resume", help="continue after the lines that --output already has")
]

_command = registering(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"mehealth {version('mehealth-rag')}")
        raise typer.Exit


@app.callback()
def _program(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="show the version"),
    ] = False,
) -> None:
    """Ask a corpus of documents; every answer is proved by a quote and its page."""


@_command()
def ingest(
    common: Common,
    *,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="build anew even if unchanged")
    ] = False,
) -> None:
    """Read the corpus and build or refresh the index."""
    from mehealth_rag.cli.documents import run_ingest

    run_ingest(common, rebuild=rebuild)


@_command("engine")
def ask(
    common: Common,
    question: Annotated[str | None, typer.Argument(help="the question")] = None,
    *,
    document: Documents = None,
    batch: Batch = None,
    output: Output = None,
    resume: Resume = False,
) -> int:
    """Answer one question, or a file of them."""
    from mehealth_rag.cli.batch import command_input  # fail before heavy imports

    request = command_input("question", question, batch, output, resume=resume)
    from mehealth_rag.cli.ask import run_ask

    return run_ask(common, request, document or ())


@_command()
def search(  # noqa: PLR0913 - typer needs one parameter per option
    common: Common,
    query: Annotated[str | None, typer.Argument(help="what to look for")] = None,
    *,
    document: Documents = None,
    top_k: Annotated[int, typer.Option("--top-k", min=1, help="how many passages")] = 10,
    read: Annotated[bool, typer.Option("--read", help="show which sentences answer")] = False,
    batch: Batch = None,
    output: Output = None,
    resume: Resume = False,
) -> int:
    """Show the best passages, without an answer."""
    from mehealth_rag.cli.batch import command_input

    request = command_input("query", query, batch, output, resume=resume)
    from mehealth_rag.cli.ask import run_search

    return run_search(common, request, document or (), top_k, read=read)


@_command()
def check(  # noqa: PLR0913 - one parameter per option
    common: Common,
    claim: Annotated[str | None, typer.Argument(help="the claim")] = None,
    *,
    document: Documents = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="a draft, checked sentence by sentence")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit code 4 if a claim is not supported")
    ] = False,
    batch: Batch = None,
    output: Output = None,
    resume: Resume = False,
) -> int:
    """Say whether the documents support a claim, a draft, or a file of claims."""
    from mehealth_rag.cli.batch import check_alone, command_input  # fail before heavy imports

    if file is not None:
        check_alone(file, claim, batch, output, resume)
        from mehealth_rag.cli.ask import run_draft

        return run_draft(common, file, document or (), strict=strict)
    request = command_input("claim", claim, batch, output, resume=resume)
    from mehealth_rag.cli.ask import run_check

    return run_check(common, request, document or (), strict=strict)


@_command("engine")
def chat(common: Common, *, document: Documents = None) -> None:
    """Hold a conversation in the terminal."""
    from mehealth_rag.cli.ask import run_chat

    run_chat(common, document or ())


@_command()
def sources(
    common: Common,
    *,
    pages: Annotated[
        bool, typer.Option("--pages", help="account for every page of the documents")
    ] = False,
) -> None:
    """List every source: what it is, and whether it can be searched."""
    from mehealth_rag.cli.documents import run_pages, run_sources

    (run_pages if pages else run_sources)(common)


@_command()
def guide(
    common: Common,
    document: Annotated[str | None, typer.Argument(help="its id; all by default")] = None,
) -> None:
    """Show what a document is about: outline, sentences, figures, people, contacts."""
    from mehealth_rag.cli.documents import run_guide

    run_guide(common, document)


@_command()
def conflicts(common: Common, *, document: Documents = None) -> None:
    """List figures that pages give differently for the same thing."""
    from mehealth_rag.cli.documents import run_conflicts

    run_conflicts(common, document or ())


@_command()
def fetch(
    common: Common,
    ids: Annotated[list[str] | None, typer.Argument(help="the sources; all by default")] = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="fetch files that are here already, too")
    ] = False,
) -> int:
    """Download the linked sources that are missing or have changed."""
    from mehealth_rag.cli.documents import run_fetch

    return run_fetch(common, ids or (), force=force)


import_module("mehealth_eval.command").add_to(app)  # packages beside this one


@_command("ui_host", "ui_port", "log_level")
def ui(
    common: Common,
    *,
    show: Annotated[
        bool, typer.Option("--open/--no-open", help="open the page in the browser")
    ] = True,
) -> None:
    """Start the web page."""
    _serve(common.settings, show=show)


@_command("ui_host", "ui_port", "log_level")
def serve(common: Common) -> None:
    """Serve page, REST, OpenAI-compatible endpoint, health and metrics in one service."""
    _serve(common.settings, show=False)


def _serve(settings: Settings, *, show: bool) -> None:
    """Serve the page, an optional package, until interrupted; `show` opens it in the browser."""
    try:
        from mehealth_ui.serving.ending import ending
    except ImportError as error:
        raise _missing_package(error) from error
    with ending():
        try:
            import gradio  # noqa: F401 - only to see whether it is installed

            from mehealth_ui.serving.server import serve
        except ImportError as error:
            raise _missing_package(error) from error
        serve(settings, show=show)


def _missing_package(error: ImportError) -> UsageError:
    return UsageError(
        f"the web page needs a package that is missing ({error.name}); "
        "run: pip install 'mehealth-rag[ui]'"
    )


@_command()
def doctor(common: Common) -> int:
    """Check that everything configured is present, reachable and fast enough."""
    from mehealth_rag.cli.doctor import run

    return run(common)


import_module("mehealth_ui.commands").add_to(app)


def main() -> None:
    """Run the command line; a usage error prints one line and exits with 2."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            errors = "replace" if stream is sys.stdin else "backslashreplace"
            stream.reconfigure(encoding="utf-8", errors=errors)
    try:
        sys.exit(app(prog_name="mehealth", standalone_mode=False))
    except typer.TyperException as error:
        _bad_usage(error)


def _bad_usage(error: typer.TyperException) -> None:
    text = str(error.format_message() if hasattr(error, "format_message") else error)
    if text.startswith("Usage:"):  # called without arguments: print the help
        print(text, file=sys.stderr)
        sys.exit(error.exit_code)
    command = getattr(getattr(error, "ctx", None), "command_path", "mehealth")
    line = " ".join(text.split()).rstrip(".")
    fail(f"{line[:1].lower()}{line[1:]}; see: {command} --help", error.exit_code)
