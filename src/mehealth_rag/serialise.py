"""Converts the package's values to the JSON of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from mehealth_rag.answering.drafting import ReadHit
from mehealth_rag.guide.document_guide import Guide
from mehealth_rag.index.accounting import PageAccount, SourceStatus
from mehealth_rag.types import Answer, Citation, ConflictReport, Hit, Verdict

SCHEMA = 1


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return an answer, its keys in the contract's order."""
    return {"schema": SCHEMA, **asdict(answer)}


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict, its keys in the contract's order; `parts` only if there are any."""
    verdict_data = {"schema": SCHEMA, **asdict(verdict)}
    parts = verdict_data.pop("parts")
    if parts:
        keys = ("claim", "verdict", "explanation", "evidence", "confidence")
        verdict_data["parts"] = [{key: part[key] for key in keys} for part in parts]
    return verdict_data


def conflicts_json(report: ConflictReport) -> dict[str, Any]:
    """Return a corpus's conflicts, in the same form as in an answer."""
    return {"schema": SCHEMA, **asdict(report)}


def guides_json(guides: Sequence[Guide[Citation]], index: str) -> dict[str, Any]:
    """Return guides to documents; `index` is the index's fingerprint."""
    return {"schema": SCHEMA, "index": index, "guides": [asdict(guide) for guide in guides]}


def hit_json(hit: Hit) -> dict[str, Any]:
    """Return a search hit."""
    return {
        "document": hit.passage.document,
        "page": hit.passage.page,
        "page_label": hit.passage.page_label,
        "heading": hit.passage.heading,
        "text": hit.passage.text,
        "score": hit.score,
        "dense_rank": hit.dense_rank,
        "lexical_rank": hit.lexical_rank,
    }


def read_hit_json(read: ReadHit) -> dict[str, Any]:
    """Return a hit with the reader's probabilities, rounded to four places."""
    pairs = zip(read.text.sentences, read.reading.sentences, strict=True)
    sentences = [{"text": text, "answers": round(p, 4)} for text, p in pairs]
    return hit_json(read.hit) | {"answers": round(read.reading.answers, 4), "sentences": sentences}


def source_json(status: SourceStatus) -> dict[str, Any]:
    """Return a source, its state and the pages that link to it."""
    source = status.source
    return {
        "id": source.id,
        "title": source.title,
        "kind": source.kind,
        "format": source.format,
        "url": source.url,
        "state": str(status.state),
        "reason": status.reason,
        "pages": status.pages,
        "passages": status.passages,
        "unread_pages": [number for number, _ in status.unread],
        "unread_page_labels": [label for _, label in status.unread],
        "linked_from": [
            {
                "document": x.document,
                "pages": [number for number, _ in x.pages],
                "page_labels": [label for _, label in x.pages],
            }
            for x in status.linked_from
        ],
        "dated": source.dated,
        "collection": source.collection,
        "added": status.added,
    }


def pages_json(pages: Sequence[PageAccount]) -> dict[str, Any]:
    """Return the figures of every page of a document, and their totals."""
    figures = ("characters", "searched", "furniture", "passages")
    totals = {name: sum(getattr(page, name) for page in pages) for name in figures}
    totals["unaccounted"] = sum(page.unaccounted for page in pages)
    return {
        "each_page": [
            asdict(page) | {"page_label": page.label, "unaccounted": page.unaccounted}
            for page in pages
        ],
        "totals": {"pages": len(pages), **totals},
    }
