"""The commands of `mehealth`. Nothing heavy is imported before the command that needs it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mehealth_rag.cli.context import Common, fail, given, guarded, made

app = typer.Typer(
    name="mehealth",
    help="Ask a corpus of documents; every answer is proved by a quote and its page.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
auth_app = typer.Typer(help="Who may use the web page.", no_args_is_help=True)
app.add_typer(auth_app, name="auth")

Corpus = Annotated[Path | None, typer.Option("--corpus", help="folder with the documents")]
Index = Annotated[Path | None, typer.Option("--index", help="folder of the index")]
Json = Annotated[bool, typer.Option("--json", help="print JSON and nothing else")]
Debug = Annotated[bool, typer.Option("--debug", help="show the traceback of an error")]
Documents = Annotated[
    list[str] | None, typer.Option("--document", help="look only in this document (repeatable)")
]
Engine = Annotated[
    str | None, typer.Option("--engine", help="who writes: extractive or generative")
]
Batch = Annotated[
    Path | None, typer.Option("--batch", help="JSON Lines, one object a line; - is standard input")
]
Output = Annotated[Path | None, typer.Option("--output", help="JSON Lines file for the results")]
Resume = Annotated[
    bool, typer.Option("--resume", help="go on after the lines that --output has already")
]
EngineName = Annotated[
    str | None, typer.Option("--engine-name", help="what the report calls the engine")
]
Floors = Annotated[
    Path | None, typer.Option("--fail-under", help="floors (TOML); exit 1 under one")
]
WriteAnswers = Annotated[
    Path | None, typer.Option("--write-answers", help="write our answers as JSON Lines")
]
ReaderOnly = Annotated[
    bool, typer.Option("--reader-only", help="score the reader over our search, without the rules")
]
Hidden = Annotated[
    bool, typer.Option("--show-reporting-half", help="its questions and answers too")
]


@app.command()
def ingest(
    *,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="build anew even if unchanged")
    ] = False,
    corpus: Corpus = None,
    index: Index = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Read the corpus and build or refresh the index."""
    from mehealth_rag.cli.ingest import run

    with guarded(debug):
        run(Common(made(corpus=corpus, index=index), json), rebuild=rebuild)


@app.command()
def ask(  # noqa: PLR0913 - one parameter an option: that is how typer is told of them
    question: Annotated[str | None, typer.Argument(help="the question")] = None,
    *,
    document: Documents = None,
    engine: Engine = None,
    batch: Batch = None,
    output: Output = None,
    resume: Resume = False,
    corpus: Corpus = None,
    index: Index = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Answer one question, or a file of them."""
    from mehealth_rag.cli.ask import run

    with guarded(debug):
        common = Common(made(corpus=corpus, index=index, engine=engine), json)
        asked = given("question", question, batch, output, resume=resume)
        code = run(common, asked, tuple(document or ()))
    raise typer.Exit(code)


@app.command()
def search(  # noqa: PLR0913 - one parameter an option
    query: Annotated[str | None, typer.Argument(help="what to look for")] = None,
    *,
    document: Documents = None,
    top_k: Annotated[int, typer.Option("--top-k", min=1, help="how many passages")] = 10,
    read: Annotated[bool, typer.Option("--read", help="tell which sentences answer")] = False,
    batch: Batch = None,
    output: Output = None,
    resume: Resume = False,
    corpus: Corpus = None,
    index: Index = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Show the passages that come nearest, without an answer."""
    from mehealth_rag.cli.search import Wanted, run

    with guarded(debug):
        common = Common(made(corpus=corpus, index=index), json)
        asked = given("query", query, batch, output, resume=resume)
        code = run(common, asked, Wanted(tuple(document or ()), top_k, read))
    raise typer.Exit(code)


@app.command()
def check(  # noqa: PLR0913 - one parameter an option
    claim: Annotated[str | None, typer.Argument(help="the claim")] = None,
    *,
    document: Documents = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="a draft, checked sentence by sentence")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit code 4 where a claim is not supported")
    ] = False,
    batch: Batch = None,
    output: Output = None,
    resume: Resume = False,
    corpus: Corpus = None,
    index: Index = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Say whether the documents bear out a claim, a draft, or a file of claims."""
    from mehealth_rag.cli.check import Wanted, run

    with guarded(debug):
        common = Common(made(corpus=corpus, index=index), json)
        wanted = Wanted(tuple(document or ()), strict)
        if file is None:
            asked = given("claim", claim, batch, output, resume=resume)
            code = run(common, asked, wanted)
        else:
            from mehealth_rag.cli.draft import check_alone, run_draft

            check_alone(file, claim, batch, output, resume)
            code = run_draft(common, file, wanted)
    raise typer.Exit(code)


@app.command()
def chat(
    *,
    document: Documents = None,
    engine: Engine = None,
    corpus: Corpus = None,
    index: Index = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Hold a conversation in the terminal."""
    from mehealth_rag.cli.chat import run

    with guarded(debug):
        common = Common(made(corpus=corpus, index=index, engine=engine), json)
        run(common, tuple(document or ()))


@app.command()
def sources(
    *,
    pages: Annotated[
        bool, typer.Option("--pages", help="account for every page of the documents")
    ] = False,
    corpus: Corpus = None,
    index: Index = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List every source: what it is, and whether it can be searched."""
    from mehealth_rag.cli.sources import run, run_pages

    with guarded(debug):
        common = Common(made(corpus=corpus, index=index), json)
        if pages:
            run_pages(common)
        else:
            run(common)


@app.command()
def conflicts(
    *,
    document: Documents = None,
    corpus: Corpus = None,
    index: Index = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List figures that pages give differently for the same thing."""
    from mehealth_rag.cli.conflicts import run

    with guarded(debug):
        run(Common(made(corpus=corpus, index=index), json), tuple(document or ()))


@app.command()
def fetch(  # noqa: PLR0913 - one parameter an option
    ids: Annotated[list[str] | None, typer.Argument(help="the sources; all by default")] = None,
    *,
    force: Annotated[bool, typer.Option("--force", help="fetch also what is here already")] = False,
    mirror: Annotated[
        str | None, typer.Option("--mirror", help="address of a copy to fetch from instead")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--from", help="take files that were downloaded by hand")
    ] = None,
    corpus: Corpus = None,
    index: Index = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Download the linked sources that are missing or have changed."""
    from mehealth_rag.cli.fetch import run
    from mehealth_rag.fetching import Order

    with guarded(debug):
        order = Order(tuple(ids or ()), force, mirror, folder)
        code = run(Common(made(corpus=corpus, index=index), json), order)
    raise typer.Exit(code)


@app.command("eval")
def evaluate(  # noqa: PLR0913 - one parameter an option
    *,
    question_set: Annotated[
        Path | None, typer.Option("--set", help="questions, or a folder with corpus/ beside them")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", help="score another system's answers (JSON Lines)")
    ] = None,
    engine_name: EngineName = None,
    write_answers: WriteAnswers = None,
    compare: Annotated[
        Path | None, typer.Option("--compare", help="the report.json of an earlier run")
    ] = None,
    fail_under: Floors = None,
    report: Annotated[
        Path, typer.Option("--report", help="folder that the report is written into")
    ] = Path("eval-report"),
    show_reporting_half: Hidden = False,
    written: Annotated[
        Path | None, typer.Option("--written", help="folder of written documents to score")
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample", min=1, help="so many written questions and twins, always the same"
        ),
    ] = None,
    reader_only: ReaderOnly = False,
    engine: Engine = None,
    corpus: Corpus = None,
    index: Index = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Score a question set and write the report."""
    from mehealth_rag.cli.evaluate import Request, run, run_reader, run_written

    with guarded(debug):
        if written is not None:
            run_written(written, sample=sample, reader_only=reader_only, json=json, engine=engine)
            return
        if reader_only:
            run_reader(question_set, json=json, corpus=corpus, index=index)
            return
        request = Request(
            question_set=question_set,
            answers=answers,
            engine_name=engine_name,
            write_answers=write_answers,
            compare=compare,
            fail_under=fail_under,
            report=report,
            show_hidden=show_reporting_half,
        )
        run(request, json=json, corpus=corpus, index=index, engine=engine)


@app.command()
def ui(
    *,
    host: Annotated[str | None, typer.Option("--host", help="address to listen on")] = None,
    port: Annotated[int | None, typer.Option("--port", help="port to listen on")] = None,
    show: Annotated[
        bool, typer.Option("--open/--no-open", help="open the page in the browser")
    ] = True,
    corpus: Corpus = None,
    index: Index = None,
    debug: Debug = False,
) -> None:
    """Start the web page."""
    from mehealth_rag.cli.ui import run

    with guarded(debug):
        run(made(corpus=corpus, index=index, ui_host=host, ui_port=port), show=show)


@app.command()
def doctor(
    *,
    seconds: Annotated[
        float, typer.Option("--seconds", min=0, help="how long to measure the language model")
    ] = 60.0,
    corpus: Corpus = None,
    index: Index = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Look over what is installed, configured, reachable and fast enough."""
    from mehealth_rag.cli.doctor import run

    with guarded(debug):
        code = run(Common(made(corpus=corpus, index=index), json), seconds)
    raise typer.Exit(code)


@auth_app.command("add")
def add_person(
    name: Annotated[str, typer.Argument(help="the name to sign in with")],
    *,
    file: Annotated[Path | None, typer.Option("--file", help="the password file")] = None,
    debug: Debug = False,
) -> None:
    """Let a person sign in: asks for the password and keeps its hash."""
    from mehealth_rag.cli.ui import add_person as run

    with guarded(debug):
        run(made(), name, file)


def main() -> None:
    """Run the command line; bad usage is one line and exit code 2."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            errors = "replace" if stream is sys.stdin else "backslashreplace"
            stream.reconfigure(encoding="utf-8", errors=errors)
    try:
        sys.exit(app(standalone_mode=False))
    except typer.TyperException as error:
        _bad_usage(error)


def _bad_usage(error: typer.TyperException) -> None:
    text = str(error.format_message() if hasattr(error, "format_message") else error)
    if text.startswith("Usage:"):  # a command that was given nothing: its help is what helps
        print(text, file=sys.stderr)
        sys.exit(error.exit_code)
    command = getattr(getattr(error, "ctx", None), "command_path", "mehealth")
    line = " ".join(text.split()).rstrip(".")
    fail(f"{line[:1].lower()}{line[1:]}; see: {command} --help", error.exit_code)
