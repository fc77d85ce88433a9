"""`mehealth search`: ranked passages without an answer, read for one if that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mehealth_rag.cli.context import Batch, Common, console, open_assistant, print_json
from mehealth_rag.cli.jsonl import QueryRow, exit_code, process
from mehealth_rag.cli.show import show_hits, show_read_hits
from mehealth_rag.serialise import hit_json, read_hit_json

if TYPE_CHECKING:
    from mehealth_rag.answering.reading import ReadHit
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.types import Turn


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show of a search: how many passages, of which documents, and whether read."""

    documents: Sequence[str]
    top_k: int
    read: bool


def run(common: Common, asked: str | Batch, wanted: Wanted) -> int:
    """Search once, or for a batch in order; `wanted.documents` limits it where a line has none."""
    assistant = open_assistant(common)
    if isinstance(asked, Batch):
        return exit_code(process(asked, QueryRow, partial(_hits, assistant, wanted)))
    if wanted.read:
        read = _read(assistant, asked, wanted.documents, wanted.top_k)
        shown, rows = partial(show_read_hits, hits=read), [read_hit_json(h) for h in read]
    else:
        hits = assistant.search(asked, wanted.top_k, wanted.documents)
        shown, rows = partial(show_hits, hits=hits), [hit_json(h) for h in hits]
    if common.json:
        print_json({"id": None, "hits": rows})
    else:
        shown(console())
    return 0


def _hits(assistant: Assistant, wanted: Wanted, row: QueryRow) -> dict[str, Any]:
    """The hits for a line; they are read as a question is, after the turns before it."""
    query, documents = row.query or row.question or "", row.documents or wanted.documents
    if wanted.read:
        read = _read(assistant, query, documents, wanted.top_k, row.history or ())
        return {"hits": [read_hit_json(h) for h in read]}
    return {"hits": [hit_json(h) for h in assistant.search(query, wanted.top_k, documents)]}


def _read(
    assistant: Assistant,
    query: str,
    documents: Sequence[str],
    top_k: int,
    history: Sequence[Turn] = (),
) -> tuple[ReadHit, ...]:
    """The passages of a search with what the reader says of them, in its order."""
    read = assistant.read(query, history, documents, top_k)
    return assistant.reordered(query, read, documents)
