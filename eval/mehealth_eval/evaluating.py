"""`mehealth eval` at work: score a question set and write the report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console

from mehealth_eval.answers import write_answers
from mehealth_eval.conversations import evaluate_conversations
from mehealth_eval.reader_alone import evaluate_reader
from mehealth_eval.report import report_json, write_report
from mehealth_eval.run import Plan, Report, Request, evaluate, prepare
from mehealth_eval.terminal import show, show_conversations, show_reader, show_written
from mehealth_eval.written_replies import evaluate_replies
from mehealth_eval.written_run import evaluate_written
from mehealth_rag.assistant import Assistant
from mehealth_rag.cli.context import console, made, note, print_json
from mehealth_rag.cli.documents import TerminalProgress, build
from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.settings import Settings, default_index

_MOST_PROBLEMS = 20
"""Number of problems printed on standard error; the report lists all of them."""

F = TypeVar("F")


def run(request: Request) -> int:
    """Evaluate, print and write the report; return 1 if a figure is under its floor."""
    if request.written is not None:
        _run_written(request, request.written)
        return 0
    if request.conversations is not None:
        settings = made(corpus=request.corpus, index=request.index, engine=request.engine)
        with TerminalProgress() as progress:
            turns = evaluate_conversations(request.conversations, settings, progress)
        _print(request, turns, turns.as_json(), show_conversations)
        return 0
    _check(request)
    plan = prepare(request)
    settings = _settings(plan, request)
    if not request.reader_only:
        try:  # fail now rather than after all questions were asked
            request.report.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MehealthError(
                f"{request.report}: cannot be made ({error.strerror}); name another with --report"
            ) from error
    build(settings)
    if request.reader_only:
        with TerminalProgress() as progress:
            figures = evaluate_reader(plan.set.items, Assistant.open(settings), progress)
        _print(request, figures, asdict(figures), show_reader)
        return 0
    with TerminalProgress() as progress:
        report = evaluate(plan, Assistant.open(settings), progress)
    _hand_over(report, request)
    return int(bool(report.under_floors))


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
    with TerminalProgress() as progress:
        figures = (
            evaluate_replies(folder, settings, progress, request.sample)
            if generative
            else evaluate_written(
                folder, settings, progress, reader_only=request.reader_only, sample=request.sample
            )
        )
    _print(request, figures, asdict(figures), show_written)


def _print(
    request: Request, figures: F, value: dict[str, Any], show_figures: Callable[[Console, F], None]
) -> None:
    """Print the figures of a run; `value` is the same as JSON."""
    if request.json:
        print_json(value)
    else:
        show_figures(console(), figures)


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
    corpus, index = plan.set.corpus, request.index
    if corpus is not None:
        index = index or default_index(corpus)
    return made(corpus=corpus or request.corpus, index=index, engine=request.engine)


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
    problems = report.problems[:_MOST_PROBLEMS]
    if more := len(report.problems) - len(problems):
        problems += (f"and {more} more; the report holds all",)
    for line in (*problems, *report.under_floors):
        note(f"mehealth: {line}")
    note(f"the report: {page}")
