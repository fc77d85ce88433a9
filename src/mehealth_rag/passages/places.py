"""Find the words of a link on its page."""

from __future__ import annotations

from mehealth_rag.types import Box, Link, Page, Span


def words_at(page: Page, link: Link) -> Span | None:
    """Return the span a link covers; None if it covers no text."""
    if link.span is not None and link.span.end > link.span.start:
        return link.span
    spans = [
        line.span for line in page.lines if line.box and link.box and _overlaps(line.box, link.box)
    ]
    return Span(spans[0].start, spans[-1].end) if spans else None


def _overlaps(one: Box, other: Box) -> bool:
    height = min(one[3], other[3]) - max(one[1], other[1])
    width = min(one[2], other[2]) - max(one[0], other[0])
    return width > 0 and height > 0.3 * (one[3] - one[1])
