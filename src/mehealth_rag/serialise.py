"""The package's values as the JSON of the contract."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mehealth_rag.types import Answer, Citation, ConflictReport, Hit, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.answering.reading import ReadHit
    from mehealth_rag.guide.values import Guide
    from mehealth_rag.index.accounting import PageAccount
    from mehealth_rag.index.sources import SourceStatus

SCHEMA = 1


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer, its keys in the contract's order."""
    return {"schema": SCHEMA, **asdict(answer)}


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict, its keys in the contract's order; `parts` where there are several sentences."""
    found = {"schema": SCHEMA, **asdict(verdict)}
    parts = found.pop("parts")
    if parts:
        kept = ("claim", "verdict", "explanation", "evidence", "confidence")
        found["parts"] = [{key: part[key] for key in kept} for part in parts]
    return found


def conflicts_json(report: ConflictReport) -> dict[str, Any]:
    """The conflicts of a corpus, in the form that they have in an answer."""
    return {"schema": SCHEMA, **asdict(report)}


def guides_json(guides: Sequence[Guide[Citation]], index: str) -> dict[str, Any]:
    """The guides to documents; `index` is its fingerprint."""
    return {"schema": SCHEMA, "index": index, "guides": [asdict(guide) for guide in guides]}


def hit_json(hit: Hit) -> dict[str, Any]:
    """A hit of a search."""
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
    """A hit with what the reader says of it: probabilities to four places."""
    pairs = zip(read.text.sentences, read.reading.sentences, strict=True)
    sentences = [{"text": text, "answers": round(p, 4)} for text, p in pairs]
    return hit_json(read.hit) | {"answers": round(read.reading.answers, 4), "sentences": sentences}


def source_json(status: SourceStatus) -> dict[str, Any]:
    """A source with its state and what links to it."""
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
    }


def pages_json(pages: Sequence[PageAccount]) -> dict[str, Any]:
    """Every page of a document in figures, and their totals."""
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
