"""`mehealth eval` at work: score a question set and write the report."""

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
from mehealth_rag.cli.documents import TerminalProgress, build
from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.settings import Settings, default_index

_MOST_PROBLEMS = 20
"""Number of problems printed on standard error; the report lists all of them."""


@dataclass(frozen=True, slots=True)
class Request(Options):
    """The options of the command; None means not given."""

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
    """Evaluate, print and write the report; return 1 if a figure is under its floor."""
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
    try:  # fail now rather than after all questions were asked
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
    """Score the reader alone: its top sentence, and its abstentions."""
    build(settings)
    with TerminalProgress() as progress:
        figures = evaluate_reader(plan.set.items, Assistant.open(settings), progress)
    if json:
        print_json(figures.as_json())
    else:
        show_reader(console(), figures)


def _run_written(request: Request, folder: Path) -> None:
    """Score the documents written for the evaluation, with a corpus and index made for this run.

    With the generative engine, score which replies of a truthful and of a lying model are shown.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder; check --written")
    settings = made(engine=request.engine)
    generative = settings.engine == "generative"
    if request.reader_only and generative:
        raise UsageError("--reader-only asks no language model; leave out --engine generative")
    figures: ReplyFigures | WrittenFigures
    sample = request.sample
    with TerminalProgress() as progress:
        if generative:
            figures = evaluate_replies(folder, settings, progress, sample)
        else:
            reader_only = request.reader_only
            figures = evaluate_written(
                folder, settings, progress, reader_only=reader_only, sample=sample
            )
    if request.json:
        print_json(figures.as_json())
    else:
        show_written(console(), figures)


def _run_conversations(request: Request, path: Path) -> None:
    """Run the conversations of a file and print how many turns were answered correctly."""
    settings = made(corpus=request.corpus, index=request.index, engine=request.engine)
    with TerminalProgress() as progress:
        figures = evaluate_conversations(path, settings, progress)
    if request.json:
        print_json(figures.as_json())
    else:
        show_conversations(console(), figures)


def _check(request: Request) -> None:
    """Raise UsageError for options that conflict, before any file is read."""
    question_set, answers_path = request.set, request.write_answers
    if question_set is not None and not question_set.exists():
        raise UsageError(f"{question_set}: there is no such file or folder; check --set")
    if question_set is not None and question_set.is_dir() and request.corpus is not None:
        raise UsageError(
            f"--set {question_set} has a corpus of its own; leave out --corpus {request.corpus}"
        )
    if answers_path is not None and request.answers is not None:
        raise UsageError("--answers are another's: there are none of ours for --write-answers")
    if answers_path is not None and not answers_path.parent.is_dir():
        raise UsageError(
            f"{answers_path}: there is no folder {answers_path.parent}; check --write-answers"
        )


def _settings(plan: Plan, request: Request) -> Settings:
    """Load the settings of the run.

    A question set with its own corpus gets that corpus's default index, which later runs reuse. An
    index from the environment or settings file belongs to another corpus and is left alone.
    """
    engine, index, corpus = request.engine, request.index, plan.set.corpus
    if corpus is None:
        return made(corpus=request.corpus, index=index, engine=engine)
    return made(corpus=corpus, index=index or default_index(corpus), engine=engine)


def _hand_over(report: Report, request: Request) -> None:
    """Write the report and answers; print figures, problems and the report's path."""
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
