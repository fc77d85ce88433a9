"""`mehealth search`: ranked passages without an answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mehealth_rag.cli.context import Common, console, open_assistant, print_json, require
from mehealth_rag.cli.jsonl import QueryRow, process_noted
from mehealth_rag.cli.show import show_hits
from mehealth_rag.serialise import hit_json


def run(common: Common, query: str | None, documents: Sequence[str], top_k: int) -> None:
    """Search once."""
    text = require(query, "query")
    hits = open_assistant(common).search(text, top_k, documents)
    if common.json:
        print_json({"id": None, "hits": [hit_json(h) for h in hits]})
    else:
        show_hits(console(), hits)


def run_batch(
    common: Common, batch: Path, output: Path | None, documents: Sequence[str], top_k: int
) -> None:
    """Search for a file of queries in order, in one process; `documents` if a line has none."""
    assistant = open_assistant(common)

    def one(row: QueryRow) -> dict[str, Any]:
        query = row.query or row.question or ""
        hits = assistant.search(query, top_k, row.documents or documents)
        return {"hits": [hit_json(h) for h in hits]}

    process_noted(batch, output, QueryRow, one)
