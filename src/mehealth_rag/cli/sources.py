"""`mehealth sources`: every source and whether it can be searched; every page, if asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from mehealth_rag.cli.context import Common, console, open_assistant, print_json
from mehealth_rag.dates import as_of
from mehealth_rag.serialise import pages_json, source_json
from mehealth_rag.types import SourceState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.accounting import PageAccount


def run(common: Common) -> None:
    """List the sources of the corpus and of the index."""
    found = open_assistant(common).sources()
    if common.json:
        print_json([source_json(s) for s in found])
        return
    names = ("source", "title", "dated", "pages", "passages", "state", "linked from", "address")
    table = Table(*names)
    for status in found:
        source = status.source
        linked = "; ".join(
            f"{x.document} p. {', '.join(label for _, label in x.pages)}"
            for x in status.linked_from
        )
        state = f"{status.state}: {status.reason}" if status.reason else str(status.state)
        table.add_row(
            source.id,
            source.title,
            as_of(source.dated),
            str(status.pages or ""),
            str(status.passages or ""),
            state,
            linked,
            source.url or "",
        )
    console().print(table)


def run_pages(common: Common) -> None:
    """Account for every page of every document, and for the documents that failed as a whole."""
    assistant = open_assistant(common)
    found = assistant.sources()
    indexed = [s for s in found if s.state is SourceState.INDEXED]
    if common.json:
        print_json(
            [source_json(s) | pages_json(assistant.pages(s.source.id)) for s in indexed]
            + [source_json(s) for s in found if s.state is SourceState.FAILED]
        )
        return
    table = Table("document", "page", "counted", "characters", "furniture", "passages", "problem")
    for status in indexed:
        _add_pages(table, status.source.id, assistant.pages(status.source.id))
    for status in found:
        if status.state is SourceState.FAILED:
            table.add_row(status.source.id, "", "", "", "", "", status.reason)
    console().print(table)


def _add_pages(table: Table, document: str, pages: Sequence[PageAccount]) -> None:
    for page in pages:
        lost = f"{page.unaccounted} characters in no passage" if page.unaccounted else ""
        figures = (page.label, page.page, page.characters, page.furniture, page.passages)
        remark = "; ".join(filter(None, (page.problem, lost)))
        table.add_row(document, *map(str, figures), remark)
    sums = (sum(getattr(p, x) for p in pages) for x in ("characters", "furniture", "passages"))
    table.add_row(document, f"all {len(pages)}", "", *map(str, sums), "", end_section=True)
