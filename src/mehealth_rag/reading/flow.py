"""Formats without a page layout: cuts blocks into pages at page breaks or sections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

from mehealth_rag.reading.raised import lowered, raised
from mehealth_rag.reading.runs import NO_TEXT, Draft, Piece
from mehealth_rag.reading.tidy import Vocabulary, clean, compose
from mehealth_rag.types import BlockKind, Fault, Link, Page, Span

Node: TypeAlias = Any
"""An element of lxml, or of a library on top of it; neither has type annotations."""

Read: TypeAlias = tuple[tuple[Page, ...], Mapping[str, str]]
"""What every format's reader returns: the pages of a file and its metadata."""

LONG_CELL = 120
"""Maximum characters of a merged cell that is repeated in its rows; a longer one is no label."""
_SECTION_LEVEL = 2
"""Deepest heading level that starts a page in a file without page breaks."""
_PAGE_NUMBER = re.compile(
    r"\W*(?:pages?|p|seite|página|pagina|pág)?\W*\d*(?:\s*(?:of|von|de|di|sur|/)\s*\d*)?\W*",
    re.IGNORECASE,
)
"""A header or footer that is only a page number, which would be wrong on all other pages."""
_HEADS = (BlockKind.HEADING, BlockKind.FURNITURE)


@dataclass(slots=True)
class Visible:
    """The visible text of a block, and its links as (address, start, end)."""

    text: str = ""
    links: list[tuple[str, int, int]] = field(default_factory=list)

    def add(self, source: str | None, url: str | None = None) -> None:
        """Append text with white space collapsed; `url` is its link target."""
        if not source:
            return
        start = len(self.text)
        text = clean(source)
        before = source[:1].isspace() and self.text and not self.text.endswith(" ")
        after = source[-1:].isspace() and (text or before)
        if before and text:
            text = " " + text
        if after and (text or self.text) and not (self.text + text).endswith(" "):
            text += " "
        self.text += text
        if url:
            start += self.text[start:].startswith(" ")
            self.links.append((url, start, len(self.text.rstrip())))

    def join(self, other: Visible) -> None:
        """Append other text after a space."""
        self.add(" ")
        at = len(self.text)
        self.text += other.text
        self.links += [(url, at + start, at + end) for url, start, end in other.links]

    def stripped(self) -> Visible:
        """Return the same without trailing spaces."""
        return Visible(self.text.rstrip(" "), self.links)


def row_of(cells: Iterable[Visible]) -> Visible:
    """Join cells into a table row, separated by tabs.

    An empty cell between others keeps its tab, so that the next cell keeps its column.
    """
    row = Visible()
    pending = 0
    for cell in cells:
        part = cell.stripped()
        if part.text:
            row.text += "\t" * pending
            at = len(row.text)
            row.links += [(url, at + start, at + end) for url, start, end in part.links]
            row.text += part.text
            pending = 0
        pending += bool(row.text)
    return row


def name_of(element: Node) -> str:
    """Return an element's name without its namespace; empty for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def as_it_stands(text: str, place: str | None, before: str) -> str:
    """Return text, which follows `before`, raised, lowered or unchanged.

    `place` is the vertical position in an Office format: "superscript", "sub 58%", "-25000", "0%".
    """
    position = (place or "").split(" ")[0]
    if position.startswith(("sub", "-")):
        return lowered(text, before)
    return text if position.strip("0%") in ("", "baseline") else raised(text)


def running(blocks: Iterable[FlowBlock], known: set[str]) -> Iterator[FlowBlock]:
    """Yield headers and footers that are not in `known` yet, and add them; skip page numbers."""
    for block in blocks:
        words = block.words.text.strip()
        if words not in known and not _PAGE_NUMBER.fullmatch(words):
            known.add(words)
            yield replace(block, kind=BlockKind.FURNITURE, level=0, new_page=False)


def with_running(blocks: Iterable[FlowBlock], heads: Iterable[FlowBlock]) -> list[FlowBlock]:
    """Insert each header and footer text once, on the first page of a document's blocks."""
    full = [block for block in blocks if block.words.text.strip() or block.new_page]
    known = {block.words.text.strip() for block in full}
    return [*full[:1], *running(heads, known), *full[1:]]


def plain(text: str | None) -> Visible:
    """Return text without links, with white space collapsed."""
    words = Visible()
    words.add(text)
    return words.stripped()


@dataclass(frozen=True, slots=True)
class FlowBlock:
    """One block in reading order; `new_page` means that a page break precedes it.

    `level` is the level of a heading. For a table row it is 1 if the file marks it as a header row.
    """

    kind: BlockKind
    words: Visible
    level: int = 0
    new_page: bool = False


class Cell(NamedTuple):
    """A table cell; `goes_on` means that it is merged with the one above, `wide` spans columns."""

    words: Visible
    goes_on: bool = False
    wide: int = 1


class Grid:
    """Lays out the rows of one table, top to bottom: merged cells are repeated in each row."""

    def __init__(self) -> None:
        self._above: list[Visible] = []

    def row(self, cells: Iterable[Cell]) -> tuple[list[Visible], bool]:
        """Return the words of each column, and whether the row only repeats the one above."""
        row: list[Visible] = []
        merged, own = False, False
        for cell in cells:
            above = self._above[len(row) : len(row) + 1] if cell.goes_on else []
            merged |= bool(above)
            own |= not above and bool(cell.words.text.strip())
            row += [*(above or [cell.words]), *(Visible() for _ in range(cell.wide - 1))]
        self._above = row
        return row, merged and not own

    def block(self, cells: Iterable[Cell], level: int = 0, *, new_page: bool = False) -> FlowBlock:
        """Return a row as a block, which is empty if the row only repeats the one above."""
        words, repeats = self.row(cells)
        return FlowBlock(BlockKind.ROW, row_of(() if repeats else words), level, new_page)


def flow_pages(blocks: Iterable[FlowBlock]) -> tuple[Page, ...]:
    """Cut blocks into pages at page breaks, or before each section if there are none.

    Furniture is moved to the end of its page, so that it does not split the text.
    """
    full: list[FlowBlock] = []
    breaks = False
    for block in blocks:
        breaks |= block.new_page
        if block.words.text.strip():
            full.append(replace(block, words=block.words.stripped(), new_page=breaks))
            breaks = False
    has_breaks = any(block.new_page for block in full[1:])
    parts: list[list[FlowBlock]] = [[]]
    for block in full:
        opens = block.new_page if has_breaks else _opens_section(block, parts[-1])
        if opens and parts[-1]:
            parts.append([])
        parts[-1].append(block)
    ordered = (sorted(part, key=lambda b: b.kind is BlockKind.FURNITURE) for part in parts)
    return tuple(page_of(number, part) for number, part in enumerate(ordered, 1))


def _opens_section(block: FlowBlock, before: Sequence[FlowBlock]) -> bool:
    heads = block.kind is BlockKind.HEADING and block.level <= _SECTION_LEVEL
    return heads and any(b.kind not in _HEADS for b in before)


def page_of(number: int, blocks: Sequence[FlowBlock], label: str = "", *, hidden: str = "") -> Page:
    """Make a page from blocks; each block is one line, since the text has no line layout.

    `hidden` is "slide" or "sheet" if the program hides this one.
    """
    drafts = [Draft(b.kind, (Piece(b.words.text),), b.level) for b in blocks]
    text, composed, lines = compose(drafts, Vocabulary.of(()))
    links = tuple(
        Link(url, None, Span(placed.span.start + start, placed.span.start + end))
        for placed, block in zip(composed, blocks, strict=True)
        for url, start, end in block.words.links
        if start < end
    )
    problem = f"the {hidden} is hidden; it was read all the same" if hidden else None
    problem, fault = (problem, None) if text else (NO_TEXT, Fault.BLANK)
    name = label or str(number)
    return Page(number, name, text, composed, lines, links, None, problem, fault)
