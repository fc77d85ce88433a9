"""A PDF as a document: text by pdfium, structure by pypdf, put together page by page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mehealth_rag.reading.blocks import draft_pages, measure
from mehealth_rag.reading.compose import compose
from mehealth_rag.reading.furniture import PageLines, mark_furniture
from mehealth_rag.reading.layout import arrange
from mehealth_rag.reading.pdf import read_pages
from mehealth_rag.reading.structure import Structure, read_structure
from mehealth_rag.reading.tidy import Vocabulary
from mehealth_rag.types import Link, Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from mehealth_rag.reading.runs import Draft, RawPage, Region


def read_pdf(path: Path) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """All pages of a PDF in order, and its metadata.

    Boxes are in points on the page as it is displayed (crop box taken off, rotation applied), with
    the origin at its bottom left; `Page.size` is the displayed page's. Raises ReadingError.
    """
    raws = read_pages(path)
    structure = read_structure(path, len(raws))
    arranged = [arrange(raw) for raw in raws]
    style = measure(region for regions in arranged for region in regions)
    lines = [
        PageLines(raw.number, label, raw.size[1], tuple(regions))
        for raw, label, regions in zip(raws, structure.labels, arranged, strict=True)
    ]
    marked = mark_furniture(lines, style.body)
    drafts = draft_pages(marked, style)
    vocabulary = Vocabulary.of(_texts(marked))
    pages = tuple(
        _page(raw, structure, blocks, vocabulary) for raw, blocks in zip(raws, drafts, strict=True)
    )
    return pages, structure.metadata


def _texts(pages: Sequence[Sequence[Region]]) -> Iterator[str]:
    return (line.text for regions in pages for region in regions for line in region)


def _page(
    raw: RawPage, structure: Structure, drafts: Sequence[Draft], vocabulary: Vocabulary
) -> Page:
    text, blocks, lines = compose(drafts, vocabulary)
    index = raw.number - 1
    return Page(
        number=raw.number,
        label=structure.labels[index],
        text=text,
        blocks=blocks,
        lines=lines,
        links=tuple(_placed(link, raw) for link in structure.links[index]),
        size=raw.size,
        problem=raw.problem,
    )


def _placed(link: Link, raw: RawPage) -> Link:
    return link if link.box is None else replace(link, box=raw.frame.box(link.box))
