"""`mehealth eval`: scores a question set and writes the report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mehealth_eval.answers import write_answers
from mehealth_eval.conversations import evaluate_conversations
from mehealth_eval.reader_alone import evaluate_reader
from mehealth_eval.report import report_json, write_report
from mehealth_eval.run import Options, Plan, Report, evaluate, prepare
from mehealth_eval.terminal import show, show_conversations, show_reader, show_written
from mehealth_eval.written_replies import ReplyFigures, evaluate_replies
from mehealth_eval.written_run import evaluate_written
from mehealth_eval.written_scores import WrittenFigures
from mehealth_rag.assistant import Assistant
from mehealth_rag.cli.context import console, made, note, print_json
from mehealth_rag.cli.corpus import build
from mehealth_rag.cli.progress import TerminalProgress
from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.settings import Settings, default_index

_MOST_PROBLEMS = 20
"""How many problems are told one by one on standard error; the report holds all."""


@dataclass(frozen=True, slots=True)
class Request(Options):
    """What the command's options ask for; None stands for one that was not given."""

    report: Path = Path("eval-report")
    write_answers: Path | None = None
    written: Path | None = None
    conversations: Path | None = None
    reader_only: bool = False
    corpus: Path | None = None
    index: Path | None = None
    engine: str | None = None
    json: bool = False


def run(request: Request) -> int:
    """Evaluate, print, write the report; 1 where a figure is under its floor."""
    if request.written is not None:
        _run_written(request, request.written)
        return 0
    if request.conversations is not None:
        _run_conversations(request, request.conversations)
        return 0
    _check(request)
    plan = prepare(request)
    settings = _settings(plan, request)
    if request.reader_only:
        _run_reader(plan, settings, json=request.json)
        return 0
    try:  # before the questions are asked: if it cannot be, say so now
        request.report.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MehealthError(
            f"{request.report}: cannot be made ({error.strerror}); name another with --report"
        ) from error
    build(settings)
    with TerminalProgress() as progress:
        report = evaluate(plan, Assistant.open(settings), progress)
    _hand_over(report, request)
    return int(bool(report.under_floors))


def _run_reader(plan: Plan, settings: Settings, *, json: bool) -> None:
    """Score the reader alone: its best sentence, and what it declines."""
    build(settings)
    with TerminalProgress() as progress:
        found = evaluate_reader(plan.set.items, Assistant.open(settings), progress)
    if json:
        print_json(found.as_json())
    else:
        show_reader(console(), found)


def _run_written(request: Request, folder: Path) -> None:
    """Score written documents; their corpus and index are made for the run.

    With the engine `generative`: what is shown of a good model's and a liar's replies.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; check --written")
    settings = made(engine=request.engine)
    generative = settings.engine == "generative"
    if request.reader_only and generative:
        raise UsageError("--reader-only asks no language model; leave out --engine generative")
    found: ReplyFigures | WrittenFigures
    sample = request.sample
    with TerminalProgress() as progress:
        if generative:
            found = evaluate_replies(folder, settings, progress, sample)
        else:
            alone = request.reader_only
            found = evaluate_written(folder, settings, progress, reader_only=alone, sample=sample)
    if request.json:
        print_json(found.as_json())
    else:
        show_written(console(), found)


def _run_conversations(request: Request, path: Path) -> None:
    """Hold the conversations of a file, and tell how many turns were answered rightly."""
    settings = made(corpus=request.corpus, index=request.index, engine=request.engine)
    with TerminalProgress() as progress:
        found = evaluate_conversations(path, settings, progress)
    if request.json:
        print_json(found.as_json())
    else:
        show_conversations(console(), found)


def _check(request: Request) -> None:
    """Refuse, before any file is read, options that do not go together."""
    wanted, written = request.set, request.write_answers
    if wanted is not None and not wanted.exists():
        raise UsageError(f"{wanted}: there is no such file or folder; check --set")
    if wanted is not None and wanted.is_dir() and request.corpus is not None:
        raise UsageError(
            f"--set {wanted} has a corpus of its own; leave out --corpus {request.corpus}"
        )
    if written is not None and request.answers is not None:
        raise UsageError("--answers are another's: there are none of ours for --write-answers")
    if written is not None and not written.parent.is_dir():
        raise UsageError(f"{written}: there is no folder {written.parent}; check --write-answers")


def _settings(plan: Plan, request: Request) -> Settings:
    """The settings of the run: a set's own corpus has an index of its own, kept for the next run.

    An index that environment or settings file name is that of another corpus: it is left alone.
    """
    engine, index, own = request.engine, request.index, plan.set.corpus
    if own is None:
        return made(corpus=request.corpus, index=index, engine=engine)
    return made(corpus=own, index=index or default_index(own), engine=engine)


def _hand_over(report: Report, request: Request) -> None:
    """Write the files; print the figures; tell problems and where the report is."""
    value = report_json(report)
    page = write_report(request.report, report, value)
    if request.write_answers is not None:
        write_answers(request.write_answers, report.lines)
    if request.json:
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
