"""`mehealth search`: ranked passages without an answer, read for one if that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mehealth_rag.cli.context import Common, console, open_assistant, print_json, require
from mehealth_rag.cli.jsonl import QueryRow, process_noted
from mehealth_rag.cli.show import show_hits, show_read_hits
from mehealth_rag.serialise import hit_json, read_hit_json


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show of a search: how many passages, of which documents, and whether read."""

    documents: Sequence[str]
    top_k: int
    read: bool


def run(common: Common, query: str | None, wanted: Wanted) -> None:
    """Search once."""
    text = require(query, "query")
    assistant = open_assistant(common)
    if wanted.read:
        read = assistant.read(text, (), wanted.documents, wanted.top_k)
        shown, rows = partial(show_read_hits, hits=read), [read_hit_json(h) for h in read]
    else:
        hits = assistant.search(text, wanted.top_k, wanted.documents)
        shown, rows = partial(show_hits, hits=hits), [hit_json(h) for h in hits]
    if common.json:
        print_json({"id": None, "hits": rows})
    else:
        shown(console())


def run_batch(common: Common, batch: Path, output: Path | None, wanted: Wanted) -> None:
    """Search for a file of queries in order, in one process; `documents` if a line has none.

    What is read is read as a question, after the turns before it where a line has any.
    """
    assistant = open_assistant(common)

    def one(row: QueryRow) -> dict[str, Any]:
        query, documents = row.query or row.question or "", row.documents or wanted.documents
        if wanted.read:
            read = assistant.read(query, row.history, documents, wanted.top_k)
            return {"hits": [read_hit_json(h) for h in read]}
        return {"hits": [hit_json(h) for h in assistant.search(query, wanted.top_k, documents)]}

    process_noted(batch, output, QueryRow, one)
