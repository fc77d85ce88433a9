"""The named endpoints for other programs: `ask`, `search`, `sources`, with the contract's JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mehealth_rag.serialise import answer_json, hit_json, source_json
from mehealth_ui.handlers import check_question
from mehealth_ui.limits import HISTORY_TURNS, SEARCH_HITS

if TYPE_CHECKING:
    from mehealth_ui.desk import Desk


def ask(
    desk: Desk,
    question: str,
    history: list[list[str]] | None,
    documents: list[str] | None,
    engine: str = "",
) -> dict[str, Any]:
    """One answer as the contract gives it. Raises UsageError."""
    check_question(desk, question)
    assistant = desk.edition.assistant_named(engine)
    turns = [(turn[0], turn[1]) for turn in (history or [])[-HISTORY_TURNS:] if len(turn) == 2]
    return answer_json(assistant.ask(question, turns, documents or []))


def search(desk: Desk, query: str, top_k: int, documents: list[str] | None) -> dict[str, Any]:
    """Ranked passages as the contract gives them. Raises UsageError."""
    check_question(desk, query)
    hits = desk.edition.assistant.search(query, min(max(1, top_k), SEARCH_HITS), documents or [])
    return {"id": None, "hits": [hit_json(hit) for hit in hits]}


def sources(desk: Desk) -> list[dict[str, Any]]:
    """Every source with its state."""
    return [source_json(status) for status in desk.edition.catalogue.values()]
