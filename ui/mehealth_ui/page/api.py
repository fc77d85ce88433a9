"""The JSON of the endpoints `ask`, `search`, `check` and `sources`, for Gradio and REST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mehealth_rag.errors import UsageError
from mehealth_rag.serialise import SCHEMA, answer_json, hit_json, source_json
from mehealth_ui.limits import HISTORY_TURNS, SEARCH_HITS
from mehealth_ui.page.handlers import check_question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_ui.desk import Desk


def ask(
    desk: Desk,
    question: str,
    history: list[list[str]] | None,
    documents: list[str] | None,
    engine: str = "",
) -> dict[str, Any]:
    """Return an answer. Raises UsageError."""
    check_question(desk, question)
    assistant = desk.edition.assistant_named(engine)
    turns = [(turn[0], turn[1]) for turn in (history or [])[-HISTORY_TURNS:] if len(turn) == 2]
    return answer_json(assistant.ask(question, turns, documents or []))


def search(desk: Desk, query: str, top_k: int, documents: Sequence[str] | None) -> dict[str, Any]:
    """Return ranked passages. Raises UsageError."""
    check_question(desk, query)
    hits = desk.edition.assistant.search(query, min(max(1, top_k), SEARCH_HITS), documents or [])
    return {"id": None, "hits": [hit_json(hit) for hit in hits]}


def check(desk: Desk, text: str, documents: list[str] | None, visitor: str) -> dict[str, Any]:
    """Return each sentence of a text with place and verdict, and the counts. Raises UsageError."""
    if not text.strip():
        raise UsageError("the text is empty; state something")
    assistant = desk.edition.assistant
    chosen = assistant.chosen(documents or [])
    desk.facts.slots.take(visitor)
    try:
        draft = desk.facts.read("", text.encode("utf-8", "replace"), pasted=True)
        *sentences, counts = draft.checked(assistant, chosen)
    finally:
        desk.facts.slots.free(visitor)
    return {"schema": SCHEMA, "sentences": sentences, **counts}


def sources(desk: Desk) -> list[dict[str, Any]]:
    """Return every source with its state."""
    return [source_json(status) for status in desk.edition.catalogue.values()]
