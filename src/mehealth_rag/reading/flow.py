"""Documents that flow, without a layout: blocks of words to pages, by page break or by section."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from mehealth_rag.reading.raised import lowered, raised
from mehealth_rag.reading.runs import NO_TEXT, Draft, Piece
from mehealth_rag.reading.tidy import Vocabulary, clean, compose
from mehealth_rag.types import BlockKind, Fault, Link, Page, Span

Node: TypeAlias = Any
"""An element of lxml, or of a library on top of it: they have no types."""

_SECTION_LEVEL = 2
"""Headings of this level and above begin a page where the file knows no page breaks."""
_PAGE_NUMBER = re.compile(
    r"\W*(?:pages?|p|seite|página|pagina|pág)?\W*\d*(?:\s*(?:of|von|de|di|sur|/)\s*\d*)?\W*",
    re.IGNORECASE,
)
"""What a header or footer says of the page alone; the figures stand there for every page."""
_HEADS = (BlockKind.HEADING, BlockKind.FURNITURE)


@dataclass(slots=True)
class Visible:
    """The words of a block that are seen, and the links among them: address, start, end."""

    text: str = ""
    links: list[tuple[str, int, int]] = field(default_factory=list)

    def add(self, source: str | None, url: str | None = None) -> None:
        """Add source text, white space made single; `url` is where its words lead."""
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
        """Add other words after these, with a space between."""
        self.add(" ")
        at = len(self.text)
        self.text += other.text
        self.links += [(url, at + start, at + end) for url, start, end in other.links]

    def stripped(self) -> Visible:
        """The same without white space at the end."""
        return Visible(self.text.rstrip(" "), self.links)


def row_of(cells: Iterable[Visible]) -> Visible:
    """A table's row, with a tab between its cells.

    A cell left empty between others keeps its place, so that the next one keeps its column.
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
    """An element's name without its namespace; nothing for a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def as_it_stands(text: str, place: str | None, before: str) -> str:
    """Words after `before` as they stand: raised, lowered or on the line.

    `place` is what an office format says of it: "superscript", "sub 58%", "-25000", "0%".
    """
    where = (place or "").split(" ")[0]
    if where.startswith(("sub", "-")):
        return lowered(text, before)
    return text if where.strip("0%") in ("", "baseline") else raised(text)


def running(blocks: Iterable[FlowBlock], seen: set[str]) -> Iterator[FlowBlock]:
    """What headers and footers say that was not `seen` before, page numbers aside."""
    for block in blocks:
        words = block.words.text.strip()
        if words not in seen and not _PAGE_NUMBER.fullmatch(words):
            seen.add(words)
            yield replace(block, kind=BlockKind.FURNITURE, level=0, new_page=False)


def with_running(blocks: Iterable[FlowBlock], heads: Iterable[FlowBlock]) -> list[FlowBlock]:
    """A document's blocks with what its headers and footers say, once, on the first page."""
    full = [block for block in blocks if block.words.text.strip() or block.new_page]
    said = {block.words.text.strip() for block in full}
    return [*full[:1], *running(heads, said), *full[1:]]


def plain(text: str | None) -> Visible:
    """Words without links, white space made single."""
    words = Visible()
    words.add(text)
    return words.stripped()


@dataclass(frozen=True, slots=True)
class FlowBlock:
    """One block in reading order. `new_page` is true where a page break stands before it.

    `level` counts heading levels; of a table's row it is 1 where the file tells that it heads the
    table.
    """

    kind: BlockKind
    words: Visible
    level: int = 0
    new_page: bool = False


def flow_pages(blocks: Iterable[FlowBlock]) -> tuple[Page, ...]:
    """Pages of blocks: cut at the page breaks, or where there is none before each section.

    Furniture comes last on its page, so that it parts nothing.
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
    """One page of blocks; each block is one line of it, since a flowing text has no lines.

    `hidden` names a slide or a sheet that its program does not show.
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
