"""`mehealth ingest`: progress while it builds, then a row per document."""

from __future__ import annotations

from dataclasses import asdict
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from mehealth_rag.accounting import PageName, page_name, page_ranges
from mehealth_rag.cli.context import Common, console, note, print_json
from mehealth_rag.wiring import ingest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.index.report import IngestReport
    from mehealth_rag.settings import Settings
    from mehealth_rag.types import DocumentProblem


class TerminalProgress:
    """Shows the stages of a build on standard error, from the first one on, after `heading`."""

    def __init__(self, heading: str = "") -> None:
        self._heading = heading
        self._bars = Progress(
            TextColumn("{task.description:>10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True, markup=False, emoji=False, soft_wrap=True),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:  # else nothing was shown, and stopping would print a blank line
            self._bars.stop()

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of so many steps."""
        if self._task is None:
            self._announce()
            self._bars.start()
        self._task = self._bars.add_task(name, total=total)

    def advance(self, n: int = 1) -> None:
        """So many steps of the stage are done."""
        if self._task is not None:
            self._bars.advance(self._task, n)

    def message(self, text: str) -> None:
        """Something to tell on the way."""
        self._announce()
        self._bars.console.print(text)

    def _announce(self) -> None:
        if self._heading:
            self._bars.console.print(self._heading)
            self._heading = ""


def build(settings: Settings, heading: str = "", *, rebuild: bool = False) -> IngestReport:
    """Build the index and show how it goes, `heading` above it."""
    with TerminalProgress(heading) as progress:
        return ingest(settings, progress, rebuild=rebuild)


def run(common: Common, *, rebuild: bool) -> None:
    """Build, then print the report."""
    report = build(common.settings, rebuild=rebuild)
    if common.json:
        print_json(summary(report))
        return
    table = Table("document", "pages", "passages", "status", "reason")
    for row in report.documents:
        table.add_row(row.id, str(row.pages), str(row.passages), row.status, row.reason)
    console().print(table)
    for line in page_problems(report.problems):
        note(line)
    seconds = sum(report.seconds.values())
    console().print(
        f"{report.pages} pages, {report.passages} passages in {seconds:.1f} s"
        + ("" if report.changed else "; nothing had changed")
    )


def page_problems(problems: Sequence[DocumentProblem]) -> list[str]:
    """What is wrong with pages, a line for each reason of each document."""
    found: dict[tuple[str, str], list[PageName]] = {}
    for problem in problems:
        if (page := page_name(problem)) is not None:
            found.setdefault((problem.source, problem.reason), []).append(page)
    return [f"{name}, {page_ranges(pages)}: {why}" for (name, why), pages in found.items()]


def summary(report: IngestReport) -> dict[str, object]:
    """The report as JSON: documents, pages, passages, problems, seconds by stage."""
    return {
        "schema": 1,
        "documents": [asdict(row) for row in report.documents],
        "pages": report.pages,
        "passages": report.passages,
        "problems": [asdict(p) for p in report.problems],
        "truncated": report.truncated,
        "embedded": report.embedded,
        "changed": report.changed,
        "index": report.generation,
        "seconds": {stage: round(value, 3) for stage, value in report.seconds.items()},
    }
