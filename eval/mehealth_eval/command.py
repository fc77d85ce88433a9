"""The options of `mehealth eval`; what scores is imported only when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mehealth_rag.cli.context import Corpus, Debug, Engine, Index, Json, guarded


def add_to(app: typer.Typer) -> None:
    """Add the command to those of `mehealth`."""
    app.command("eval")(evaluate)


def evaluate(  # noqa: PLR0913 - one parameter per option
    *,
    question_set: Annotated[
        Path | None, typer.Option("--set", help="questions, or a folder with corpus/ beside them")
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", min=1, help="ask so many of the questions, always the same"),
    ] = None,
    answers: Annotated[
        Path | None, typer.Option("--answers", help="score another system's answers (JSON Lines)")
    ] = None,
    engine_name: Annotated[
        str | None, typer.Option("--engine-name", help="what the report calls the engine")
    ] = None,
    write_answers: Annotated[
        Path | None, typer.Option("--write-answers", help="write our answers as JSON Lines")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option("--compare", help="the report.json of an earlier run")
    ] = None,
    fail_under: Annotated[
        Path | None, typer.Option("--fail-under", help="floors (TOML); exit 1 under one")
    ] = None,
    report: Annotated[
        Path, typer.Option("--report", help="folder that the report is written into")
    ] = Path("eval-report"),
    show_hidden: Annotated[
        bool, typer.Option("--show-reporting-half", help="its questions and answers too")
    ] = False,
    written: Annotated[
        Path | None, typer.Option("--written", help="folder of written documents to score")
    ] = None,
    conversations: Annotated[
        Path | None, typer.Option("--conversations", help="file of conversations to hold")
    ] = None,
    reader_only: Annotated[
        bool, typer.Option("--reader-only", help="score the reader alone over our search")
    ] = False,
    engine: Engine = None,
    corpus: Corpus = None,
    index: Index = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """Score a question set and write the report."""
    options = dict(locals())
    options["set"] = options.pop("question_set")
    with guarded(options.pop("debug")):
        from mehealth_eval.evaluating import run
        from mehealth_eval.run import Request

        code = run(Request(**options))
    raise typer.Exit(code)
