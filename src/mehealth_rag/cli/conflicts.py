"""`mehealth conflicts`: figures that pages give differently for the same thing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.table import Table

from mehealth_rag.cli.context import Common, console, open_assistant, print_json
from mehealth_rag.cli.ingest import TerminalProgress
from mehealth_rag.serialise import conflicts_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.types import Citation, ConflictReport, ConflictValue

NONE_FOUND = "No two pages give different figures for the same thing."

PATIENCE = 2.0
"""Seconds after which whoever waits is told how far it is."""


class LateProgress:
    """Tells nothing of what is soon done; from then on shows the stage that goes on."""

    def __init__(self, shown: TerminalProgress) -> None:
        self._shown = shown
        self._begun = time.monotonic()
        self._waiting: tuple[str, int] | None = None
        self._done = 0

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of so many steps."""
        self._waiting, self._done = (name, total), 0
        self._show()

    def advance(self, n: int = 1) -> None:
        """So many steps of the stage are done."""
        self._done += n
        if self._waiting is None:
            self._shown.advance(n)
        else:
            self._show()

    def message(self, text: str) -> None:
        """Something to tell on the way."""
        self._shown.message(text)

    def _show(self) -> None:
        if self._waiting is not None and time.monotonic() - self._begun >= PATIENCE:
            self._shown.stage(*self._waiting)
            self._shown.advance(self._done)
            self._waiting = None


def run(common: Common, documents: Sequence[str]) -> None:
    """List the conflicts of the whole corpus, or of some documents, surest first."""
    assistant = open_assistant(common)
    with TerminalProgress() as shown:
        report = assistant.conflicts(documents, LateProgress(shown))
    if common.json:
        print_json(conflicts_json(report))
    elif report.conflicts:
        console().print(_table(report))
    else:
        console().print(NONE_FOUND)


def _table(report: ConflictReport) -> Table:
    """A row for each place of each value; documents are named where there are several."""
    several = len({c.document for c in report.citations}) > 1
    table = Table("about", "value", "page", *["document"] * several)
    for conflict in report.conflicts:
        about = conflict.about
        for value in conflict.values:
            for shown, citation in _places(value, report.citations):
                title = [citation.title] * several
                table.add_row(about, shown, citation.page_label, *title)
                about = ""
        table.add_section()
    return table


def _places(value: ConflictValue, citations: Sequence[Citation]) -> list[tuple[str, Citation]]:
    """The pages of a value, each once; the value itself stands beside the first alone."""
    cited = (citations[number - 1] for number in value.citations)
    once = {(c.document, c.page): c for c in reversed(list(cited))}
    return [(value.value * (not n), c) for n, c in enumerate(reversed(once.values()))]
