"""A PDF as a document: what pdfium says of it, put together page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mehealth_rag.reading.blocks import draft_pages, measure
from mehealth_rag.reading.collecting import uncollected
from mehealth_rag.reading.compose import compose
from mehealth_rag.reading.contents import led_apart
from mehealth_rag.reading.furniture import PageLines, mark_furniture
from mehealth_rag.reading.layout import arrange
from mehealth_rag.reading.options import PLAIN, ReadingOptions
from mehealth_rag.reading.pdf import read_pages
from mehealth_rag.reading.tidy import Vocabulary, ends_broken
from mehealth_rag.types import Line, Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mehealth_rag.reading.runs import Draft, RawPage


def read_pdf(
    path: Path, options: ReadingOptions = PLAIN
) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """All pages of a PDF in order, and its metadata.

    Boxes are in points on the page as it is displayed (crop box taken off, rotation applied), with
    the origin at its bottom left; `Page.size` is the displayed page's. Raises ReadingError.
    """
    with uncollected():
        raws, metadata = read_pages(path, options)
        return _pages(raws), metadata


def _pages(raws: Sequence[RawPage]) -> tuple[Page, ...]:
    arranged = [led_apart(arrange(raw)) for raw in raws]
    style = measure(region for regions in arranged for region in regions)
    lines = [
        PageLines(raw.number, raw.label, raw.height, tuple(regions))
        for raw, regions in zip(raws, arranged, strict=True)
    ]
    marked = mark_furniture(lines, style.body)
    drafts = draft_pages(marked, style)
    vocabulary = _vocabulary(line.text for page in marked for region in page for line in region)
    return tuple(_page(raw, blocks, vocabulary) for raw, blocks in zip(raws, drafts, strict=True))


def _vocabulary(lines: Iterable[str]) -> Vocabulary:
    """Count a document's words, which only what a line's end broke in two asks for."""
    texts = list(lines)
    return Vocabulary.of(texts if any(map(ends_broken, texts)) else ())


def _page(raw: RawPage, drafts: Sequence[Draft], vocabulary: Vocabulary) -> Page:
    text, blocks, lines = compose(drafts, vocabulary)
    return Page(
        number=raw.number,
        label=raw.label,
        text=text,
        blocks=blocks,
        lines=tuple(Line(line.span, raw.displayed(line.box)) for line in lines)
        if raw.turn
        else lines,
        links=raw.links,
        size=raw.size,
        problem=raw.problem,
        fault=raw.fault,
    )
