"""Citations: a span of a page becomes a numbered quote with its boxes and its address."""

from __future__ import annotations

from mehealth_rag.types import Box, Citation, Line, Page, Source, Span


def cite(number: int, source: Source, page: Page, span: Span) -> Citation:
    """The citation of one span; the quote is a slice of the page's text and nothing else."""
    return Citation(
        number=number,
        document=source.id,
        title=source.title,
        page=page.number,
        page_label=page.label,
        quote=span.of(page.text),
        boxes=boxes(page, span),
        url=page_address(source, page.number),
        dated=source.dated,
    )


def boxes(page: Page, span: Span) -> tuple[Box, ...]:
    """One box per line of the quote, in PDF points, origin at the bottom left.

    A line that the span holds only in part is cut in proportion to its characters.
    """
    found = (_part(line, span) for line in page.lines)
    return tuple(box for box in found if box is not None)


def page_address(source: Source, page: int) -> str | None:
    """The source's address at one page, None where it has no address."""
    if source.url is None or source.format != "pdf":
        return source.url
    return f"{source.url}{'&' if '#' in source.url else '#'}page={page}"


def _part(line: Line, span: Span) -> Box | None:
    start, end = max(line.span.start, span.start), min(line.span.end, span.end)
    if line.box is None or start >= end:
        return None
    left, bottom, right, top = line.box
    unit = (right - left) / (line.span.end - line.span.start)
    from_left = left + (start - line.span.start) * unit
    return (
        round(from_left, 1),
        round(bottom, 1),
        round(from_left + (end - start) * unit, 1),
        round(top, 1),
    )
