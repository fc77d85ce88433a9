"""`mehealth fetch`: show download progress, then one row per source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table

from mehealth_rag.cli.context import Common, console, note, print_json
from mehealth_rag.cli.progress import PATIENCE, TerminalProgress
from mehealth_rag.fetching.fetcher import fetch
from mehealth_rag.fetching.outcomes import Row, Status


def run(common: Common, ids: Sequence[str], *, force: bool) -> int:
    """Fetch and print the report; return exit code 1 if a source failed."""
    with TerminalProgress(patience=PATIENCE) as progress:
        rows = fetch(common.settings, ids, progress, force=force)
    if common.json:
        print_json([asdict(row) for row in rows])
    else:
        _print(rows)
    return int(any(row.status is Status.FAILED for row in rows))


def _print(rows: tuple[Row, ...]) -> None:
    table = Table("source", "status", "file", "size", "remark")
    for row in rows:
        size = f"{row.bytes:,}" if row.bytes is not None else ""
        table.add_row(row.id, row.status, row.file or "", size, row.remark)
    console().print(table)
    if any(row.status is Status.FETCHED for row in rows):
        note("to have what was fetched searched, run: mehealth ingest")
