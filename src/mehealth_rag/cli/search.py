"""`mehealth search`: ranked passages without an answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mehealth_rag.cli.context import Common, console, note, open_assistant, print_json, require
from mehealth_rag.cli.jsonl import QueryRow, process
from mehealth_rag.cli.show import show_hits
from mehealth_rag.serialise import hit_json


def run(common: Common, query: str | None, documents: Sequence[str], top_k: int) -> None:
    """Search once."""
    hits = open_assistant(common).search(require(query, "query"), top_k, documents)
    if common.json:
        print_json({"id": None, "hits": [hit_json(h) for h in hits]})
    else:
        show_hits(console(), hits)


def run_batch(common: Common, batch: Path, output: Path | None, top_k: int) -> None:
    """Search for a file of queries in order, in one process."""
    assistant = open_assistant(common)

    def one(row: QueryRow) -> dict[str, Any]:
        query = row.query or row.question or ""
        return {"hits": [hit_json(h) for h in assistant.search(query, top_k, row.documents)]}

    failed = process(batch, output, QueryRow, one)
    if failed:
        note(f"{failed} lines of {batch} gave an error; see their 'error' in the output")
