"""`mehealth fetch`: progress while it downloads, then a row per source and the links found."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn
from rich.table import Table

from mehealth_rag.cli.context import Common, console, note, print_json
from mehealth_rag.fetching import Order, Row, Status, Watcher, fetch, row_json


class TerminalWatcher(Watcher):
    """Shows on standard error, where that is a terminal, what is being downloaded."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            console=Console(
                stderr=True, markup=False, emoji=False, highlight=False, soft_wrap=True
            ),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> TerminalWatcher:
        if sys.stderr.isatty():
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars.live.is_started:
            self._bars.stop()

    def received(self, source: str, size: int, total: int | None) -> None:
        """Move the source's bar."""
        if source not in self._tasks:
            self._tasks[source] = self._bars.add_task(source, total=total)
        self._bars.update(self._tasks[source], completed=size, total=total)

    def ended(self, row: Row) -> None:
        """Take the source's bar away: its row comes in the report."""
        task = self._tasks.pop(row.id or "", None)
        if task is not None:
            self._bars.remove_task(task)

    def told(self, text: str) -> None:
        """Print a line above the bars."""
        self._bars.console.print(text)


def run(common: Common, order: Order) -> int:
    """Fetch, print the report, and give the exit code: 1 where a source failed."""
    with TerminalWatcher() as watcher:
        rows = fetch(common.settings, order, watcher)
    if common.json:
        print_json([row_json(row) for row in rows])
    else:
        _print(rows)
    return int(any(row.status is Status.FAILED for row in rows))


def _print(rows: tuple[Row, ...]) -> None:
    table = Table("source", "status", "file", "size", "remark")
    for row in rows:
        size = f"{row.bytes:,}" if row.bytes is not None else ""
        remark = row.remark
        if row.origin is not None and row.origin != "web":
            remark = "; ".join(part for part in (f"from the {row.origin}", remark) if part)
        table.add_row(row.id or "–", row.status, row.file or "", size, remark)
    console().print(table)
    for row in rows:
        if row.links:
            console().print(f"{row.id} links to what is no source yet:")
            for link in row.links:
                console().print(f"  {link}")
    if any(row.status is Status.FETCHED for row in rows):
        note("to have what was fetched searched, run: mehealth ingest")
