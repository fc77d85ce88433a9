"""`mehealth conflicts`: figures that pages give differently for the same thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from mehealth_rag.cli.context import Common, console, open_assistant, print_json
from mehealth_rag.cli.ingest import TerminalProgress
from mehealth_rag.serialise import conflicts_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.types import Citation, ConflictReport, ConflictValue

NONE_FOUND = "no page gives another figure than a second one for the same thing"


def run(common: Common, documents: Sequence[str]) -> None:
    """List the conflicts of the whole corpus, or of some documents, surest first."""
    assistant = open_assistant(common)
    with TerminalProgress() as progress:
        report = assistant.conflicts(documents, progress)
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
            for shown, citation in zip(*_places(value, report.citations), strict=True):
                title = [citation.title] * several
                table.add_row(about, shown, citation.page_label, *title)
                about = ""
        table.add_section()
    return table


def _places(
    value: ConflictValue, citations: Sequence[Citation]
) -> tuple[list[str], list[Citation]]:
    """The pages of a value, each once; the value itself stands beside the first alone."""
    cited = (citations[number - 1] for number in value.citations)
    once = list({(c.document, c.page): c for c in cited}.values())
    return [value.value, *[""] * (len(once) - 1)], once
