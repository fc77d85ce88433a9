"""`mehealth sources`: every source and whether it can be searched."""

from __future__ import annotations

from rich.table import Table

from mehealth_rag.cli.context import Common, console, open_assistant, print_json
from mehealth_rag.serialise import source_json


def run(common: Common) -> None:
    """List the sources of the corpus and of the index."""
    found = open_assistant(common).sources()
    if common.json:
        print_json([source_json(s) for s in found])
        return
    table = Table("source", "title", "pages", "passages", "state", "linked from", "address")
    for status in found:
        source = status.source
        linked = "; ".join(
            f"{x.document} p. {', '.join(str(n) for n in x.pages)}" for x in source.linked_from
        )
        state = f"{status.state}: {status.reason}" if status.reason else str(status.state)
        table.add_row(
            source.id,
            source.title,
            str(status.pages or ""),
            str(status.passages or ""),
            state,
            linked,
            source.url or "",
        )
    console().print(table)
