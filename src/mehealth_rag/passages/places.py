"""Where on a page the words of a link stand."""

from __future__ import annotations

from mehealth_rag.types import Box, Link, Page, Span


def words_at(page: Page, link: Link) -> Span | None:
    """The words that a link covers, None where it covers none."""
    if link.span is not None and link.span.end > link.span.start:
        return link.span
    under = [
        line.span for line in page.lines if line.box and link.box and _overlaps(line.box, link.box)
    ]
    return Span(under[0].start, under[-1].end) if under else None


def _overlaps(one: Box, other: Box) -> bool:
    height = min(one[3], other[3]) - max(one[1], other[1])
    width = min(one[2], other[2]) - max(one[0], other[0])
    return width > 0 and height > 0.3 * (one[3] - one[1])
