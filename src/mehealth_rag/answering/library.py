"""Look up pages and sources, and turn quotes into numbered citations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mehealth_rag.guide.document_guide import Guide
from mehealth_rag.index.accounting import PageName
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.types import Box, Citation, Line, Page, PageOf, Quote, Source, Span


@dataclass(frozen=True, slots=True)
class Library:
    """The pages and sources that composing looks up.

    `plain` are documents an answer need not name: the question names them, or no other comes close.
    `named` has, for each document name in the question, the documents it fits.
    """

    page: PageOf
    sources: Mapping[str, Source]
    unread: Mapping[str, tuple[PageName, ...]] = field(default_factory=dict)
    """Unreadable pages of the documents searched, by document."""
    plain: frozenset[str] = frozenset()
    named: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, index: OpenIndex, known: Sequence[Source]) -> Library:
        """Return the library of an index; its sources replace those in `known`."""
        indexed = {d.source.id: d.source for d in index.documents()}
        return cls(index.page, {s.id: s for s in known} | indexed)

    def citation(self, number: int, quote: Quote) -> Citation:
        """Return the numbered citation of a quote."""
        page = self.page(quote.document, quote.page)
        return cite(number, self.sources[quote.document], page, quote.span)

    def cited(self, guide: Guide[Quote]) -> Guide[Citation]:
        """Return a guide with citations numbered from 1; equal quotes share a number."""
        numbers: dict[Quote, int] = {}
        source = self.sources[guide.document]

        def cited(quote: Quote) -> Citation:
            return self.citation(numbers.setdefault(quote, len(numbers) + 1), quote)

        return replace(guide.proved(cited), title=source.title, dated=source.dated)


def cite(number: int, source: Source, page: Page, span: Span) -> Citation:
    """Return the citation of a span; its quote is an exact slice of the page's text."""
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
    """Return one box per line of the quote, in PDF points, origin at the bottom left.

    A line covered in part is cut in proportion to its characters.
    """
    parts = (_covered(line, span) for line in page.lines)
    return tuple(box for box in parts if box is not None)


def page_address(source: Source, page: int) -> str | None:
    """Return the source's URL, for a PDF with the page; None if it has no URL."""
    if source.url is None or source.format != "pdf":
        return source.url
    return f"{source.url}{'&' if '#' in source.url else '#'}page={page}"


def _covered(line: Line, span: Span) -> Box | None:
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
