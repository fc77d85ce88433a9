"""`mehealth eval`: scores a question set and writes the report."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_rag.cli.context import console, made, note, print_json
from mehealth_rag.errors import MehealthError, UsageError

if TYPE_CHECKING:
    from mehealth_eval.run import Plan, Report
    from mehealth_eval.written_replies import ReplyFigures
    from mehealth_eval.written_scores import WrittenFigures
    from mehealth_rag.settings import Settings

_MOST_PROBLEMS = 20
"""How many problems are told one by one on standard error; the report holds all."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the options ask for; None stands for one that was not given."""

    report: Path
    question_set: Path | None = None
    sample: int | None = None
    answers: Path | None = None
    engine_name: str | None = None
    write_answers: Path | None = None
    compare: Path | None = None
    fail_under: Path | None = None
    show_hidden: bool = False


def run(
    request: Request, *, json: bool, corpus: Path | None, index: Path | None, engine: str | None
) -> None:
    """Evaluate, print, write the report; exit 1 where a figure is under its floor."""
    _check(request, corpus)
    from mehealth_eval.run import Options, prepare

    plan = prepare(
        Options(
            set=request.question_set,
            sample=request.sample,
            answers=request.answers,
            engine_name=request.engine_name,
            compare=request.compare,
            fail_under=request.fail_under,
            show_hidden=request.show_hidden,
        )
    )
    settings = _settings(plan, corpus, index, engine)
    _make_folder(request.report)
    report = _evaluated(plan, settings)
    _hand_over(report, request, json=json)
    if report.under_floors:
        sys.stdout.flush()
        sys.exit(1)


def run_reader(
    question_set: Path | None, *, json: bool, corpus: Path | None, index: Path | None
) -> None:
    """Score the reader alone on a question set: its best sentence, and what it declines."""
    from mehealth_eval.reader_alone import evaluate_reader
    from mehealth_eval.run import Options, prepare
    from mehealth_eval.terminal import show_reader
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.cli.corpus import build
    from mehealth_rag.cli.progress import TerminalProgress

    plan = prepare(Options(set=question_set))
    settings = _settings(plan, corpus, index, None)
    build(settings)
    with TerminalProgress() as progress:
        found = evaluate_reader(plan.set.items, Assistant.open(settings), progress)
    if json:
        print_json(found.as_json())
    else:
        show_reader(console(), found)


def run_written(
    folder: Path, *, sample: int | None, reader_only: bool, json: bool, engine: str | None
) -> None:
    """Score written documents; their corpus and index are made for the run.

    With the engine `generative`: what is shown of a good model's and a liar's replies.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; check --written")
    settings = made(engine=engine)
    if reader_only and settings.engine == "generative":
        raise UsageError("--reader-only asks no language model; leave out --engine generative")
    from mehealth_eval.terminal import show_written
    from mehealth_eval.written_replies import evaluate_replies
    from mehealth_eval.written_run import evaluate_written
    from mehealth_rag.cli.progress import TerminalProgress

    found: ReplyFigures | WrittenFigures
    with TerminalProgress() as progress:
        if settings.engine == "generative":
            found = evaluate_replies(folder, settings, progress, sample)
        else:
            found = evaluate_written(
                folder, settings, progress, reader_only=reader_only, sample=sample
            )
    if json:
        print_json(found.as_json())
    else:
        show_written(console(), found)


def _check(request: Request, corpus: Path | None) -> None:
    """Refuse, before anything heavy is loaded, options that do not go together."""
    wanted, written = request.question_set, request.write_answers
    if wanted is not None and not wanted.exists():
        raise UsageError(f"{wanted}: there is no such file or folder; check --set")
    if wanted is not None and wanted.is_dir() and corpus is not None:
        raise UsageError(f"--set {wanted} has a corpus of its own; leave out --corpus {corpus}")
    if written is not None and request.answers is not None:
        raise UsageError("--answers are another's: there are none of ours for --write-answers")
    if written is not None and not written.parent.is_dir():
        raise UsageError(f"{written}: there is no folder {written.parent}; check --write-answers")


def _settings(plan: Plan, corpus: Path | None, index: Path | None, engine: str | None) -> Settings:
    """The settings of the run: a set's own corpus has an index of its own, kept for the next run.

    An index that environment or settings file name is that of another corpus: it is left alone.
    """
    from mehealth_rag.settings import default_index

    own = plan.set.corpus
    if own is None:
        return made(corpus=corpus, index=index, engine=engine)
    return made(corpus=own, index=index or default_index(own), engine=engine)


def _make_folder(folder: Path) -> None:
    """Make the report's folder before the questions are asked: if it cannot be, say so now."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MehealthError(
            f"{folder}: cannot be made ({error.strerror}); name another with --report"
        ) from error


def _evaluated(plan: Plan, settings: Settings) -> Report:
    from mehealth_eval.run import evaluate
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.cli.corpus import build
    from mehealth_rag.cli.progress import TerminalProgress

    build(settings)
    assistant = Assistant.open(settings)
    with TerminalProgress() as progress:
        return evaluate(plan, assistant, progress)


def _hand_over(report: Report, request: Request, *, json: bool) -> None:
    """Write the files; print the figures; tell problems and where the report is."""
    from mehealth_eval.answers import write_answers
    from mehealth_eval.report.write import write_report
    from mehealth_eval.report_json import report_json
    from mehealth_eval.terminal import show

    value = report_json(report)
    page = write_report(request.report, report, value)
    if request.write_answers is not None:
        write_answers(request.write_answers, report.lines)
    if json:
        print_json(value)
    else:
        show(console(), report)
    for line in report.problems[:_MOST_PROBLEMS]:
        note(f"mehealth: {line}")
    if len(report.problems) > _MOST_PROBLEMS:
        note(f"mehealth: and {len(report.problems) - _MOST_PROBLEMS} more; the report holds all")
    for line in report.under_floors:
        note(f"mehealth: {line}")
    note(f"the report: {page}")
