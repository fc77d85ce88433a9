"""OpenDocument (ODT, ODS, ODP): text, sheets and slides out of one XML file, `content.xml`.

A cell's words stand in the file as the program showed them, so numbers need no formats.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.flow import (
    FlowBlock,
    Node,
    Visible,
    flow_pages,
    page_of,
    row_of,
    with_running,
)
from mehealth_rag.reading.packages import opened, parse, told
from mehealth_rag.reading.raised import lowered, raised
from mehealth_rag.reading.sheets import Sheet, sheet_pages
from mehealth_rag.reading.upkeep import beat
from mehealth_rag.types import BlockKind, Page

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _DRAW = f"{{{_NS}text:1.0}}", f"{{{_NS}table:1.0}}", f"{{{_NS}drawing:1.0}}"
_OFFICE, _STYLE = f"{{{_NS}office:1.0}}", f"{{{_NS}style:1.0}}"
_SHOWS = f"{{{_NS}presentation:1.0}}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_UNSEEN = frozenset(
    (f"{_TEXT}tracked-changes", f"{_OFFICE}annotation", f"{_TEXT}note-citation",
     f"{_TEXT}sequence-decls", f"{_OFFICE}forms", f"{_TEXT}hidden-text",
     f"{_OFFICE}event-listeners")
)  # fmt: skip
_SPACES = frozenset((f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"))
_APART = frozenset((f"{_TEXT}note", f"{_DRAW}frame", f"{_DRAW}custom-shape", f"{_DRAW}g"))
"""What stands in a line and holds words that are not of it: notes, boxes."""
_META = {
    "title": "title",
    "author": "initial-creator",
    "created": "creation-date",
    "modified": "date",
}
_MOST_REPEATED = 1_000
"""A cell or row that repeats more often fills the rest of an empty sheet."""


@dataclass(slots=True)
class _Reader:
    """What reading a document knows: its styles' parents, and the notes met so far."""

    styles: Mapping[str, Node]
    notes: list[FlowBlock] = field(default_factory=list)

    def blocks(self, element: Node, kind: BlockKind = BlockKind.PARAGRAPH) -> Iterator[FlowBlock]:
        """Blocks of a body, or of anything in it that holds paragraphs."""
        for child in element:
            tag = child.tag
            if tag in _UNSEEN or not isinstance(tag, str):
                continue
            if tag in (f"{_TEXT}p", f"{_TEXT}h"):
                yield from self._paragraph(child, kind)
            elif tag == f"{_TABLE}table":
                for row in self.grid(child):
                    yield FlowBlock(BlockKind.ROW, row_of(row.cells), int(row.heads))
            elif tag == f"{_TEXT}soft-page-break":
                yield FlowBlock(kind, Visible(), 0, new_page=True)
            elif tag == f"{_TEXT}list":
                yield from self.blocks(child, BlockKind.ITEM)
            else:
                yield from self.blocks(child, kind)

    def _paragraph(self, element: Node, kind: BlockKind) -> Iterator[FlowBlock]:
        level = 0
        if element.tag == f"{_TEXT}h":
            kind, level = BlockKind.HEADING, int(element.get(f"{_TEXT}outline-level") or 1)
        elif self._is_title(element.get(f"{_TEXT}style-name")):
            kind, level = BlockKind.HEADING, 1
        words = Visible()
        apart: list[Node] = []
        self._collect(element, words, apart, None)
        breaks = element.find(f".//{_TEXT}soft-page-break") is not None
        yield FlowBlock(kind, words, level)
        for box in apart:
            if box.tag == f"{_TEXT}note":
                self.notes += self.blocks(box)
            else:
                yield from self.blocks(box)
        if breaks:
            yield FlowBlock(kind, Visible(), 0, new_page=True)

    def _collect(self, element: Node, words: Visible, apart: list[Node], url: str | None) -> None:
        """Gather the words of a line; what is not of the line is put to `apart`."""
        words.add(element.text, url)
        for child in element:
            if child.tag in _APART:
                apart.append(child)
            elif child.tag in _SPACES:
                words.add(" ")
            elif not len(child) and (stands := self._stands(child)):
                text = child.text or ""
                words.add(lowered(text, words.text) if stands == "sub" else raised(text), url)
            elif child.tag not in _UNSEEN and isinstance(child.tag, str):
                self._collect(child, words, apart, child.get(_LINK) or url)
            words.add(child.tail, url)

    def _stands(self, span: Node) -> str:
        """Whether the words of a span stand raised ("super") or lowered ("sub"); else nothing."""
        name = span.get(f"{_TEXT}style-name")
        while (style := self.styles.get(name or "")) is not None:
            for properties in style:
                place = (properties.get(f"{_STYLE}text-position") or "").split(" ")[0]
                if place and place != "0%":
                    return "sub" if place == "sub" or place.startswith("-") else "super"
            parent = style.get(f"{_STYLE}parent-style-name")
            name = parent if parent != name else None
        return ""

    def _is_title(self, name: str | None) -> bool:
        """Whether a style is the document's title, or made from it."""
        style = self.styles.get(name or "")
        parent = None if style is None else style.get(f"{_STYLE}parent-style-name")
        return "Title" in (name, parent)

    def grid(self, table: Node) -> Iterator[_GridRow]:
        """The rows of a table; a cell over several rows is said in each of them."""
        reaching: dict[int, tuple[int, Visible]] = {}
        for row, heads in _table_rows(table):
            cells: list[Visible] = []
            wide = False
            for cell in row:
                words = self._cell(cell)
                left, above = reaching.pop(len(cells), (0, words))
                deep = int(cell.get(f"{_TABLE}number-rows-spanned") or 1) - 1
                if left and cell.tag == f"{_TABLE}covered-table-cell":
                    words, deep = above, left - 1
                if deep > 0:
                    reaching[len(cells)] = (deep, words)
                wide |= int(cell.get(f"{_TABLE}number-columns-spanned") or 1) > 1
                cells += [words] * _repeated(cell, "columns")
            yield _GridRow(cells, heads, wide, _repeated(row, "rows"))

    def _cell(self, element: Node) -> Visible:
        words = Visible()
        for block in self.blocks(element):
            words.join(block.words)
        return words.stripped()


@dataclass(frozen=True, slots=True)
class _GridRow:
    """A row's cells; whether it heads the table, has a wide cell, and how often it stands there."""

    cells: list[Visible]
    heads: bool
    wide: bool
    times: int


def _table_rows(table: Node, *, heads: bool = False) -> Iterator[tuple[Node, bool]]:
    """Rows of a table itself, not of one in its cells, and whether they are its headings."""
    for child in table:
        if child.tag == f"{_TABLE}table-row":
            yield child, heads
        elif child.tag == f"{_TABLE}table-header-rows":
            yield from _table_rows(child, heads=True)
        elif child.tag in (f"{_TABLE}table-rows", f"{_TABLE}table-row-group"):
            yield from _table_rows(child, heads=heads)


def read_opendocument(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the pages of a text, one a sheet of a workbook, one a slide of a presentation.

    Raises ReadingError where the file is locked or damaged.
    """
    with opened(path, content, "an OpenDocument file", "content.xml") as package:
        if b"encryption-data" in package.read("META-INF/manifest.xml"):
            raise ReadingError(f"{path}: locked with a password; save a copy without one")
        names = package.namelist()
        root = parse(package.read("content.xml"))
        shared, meta = (
            parse(package.read(name)) if name in names else None
            for name in ("styles.xml", "meta.xml")
        )
        roots = [part for part in (shared, root) if part is not None]
        styles = {s.get(f"{_STYLE}name"): s for r in roots for s in r.iter(f"{_STYLE}style")}
        body = root.find(f"{_OFFICE}body")[0]
        return _pages(body, styles, shared), {} if meta is None else told(meta, _META)


def _pages(body: Node, styles: Mapping[str, Node], shared: Node) -> tuple[Page, ...]:
    if body.tag == f"{_OFFICE}spreadsheet":
        return sheet_pages(_sheet(table, styles) for table in body.iterfind(f"{_TABLE}table"))
    if body.tag == f"{_OFFICE}presentation":
        slides = enumerate(body.iterfind(f"{_DRAW}page"), 1)
        return tuple(_slide(number, slide, _Reader(styles)) for number, slide in slides)
    reader = _Reader(styles)
    blocks = with_running(reader.blocks(body), _heads(shared, reader))
    return flow_pages([*blocks, *reader.notes])


def _heads(shared: Node, reader: _Reader) -> Iterator[FlowBlock]:
    """What the headers and footers say; they stand with the styles."""
    pages = () if shared is None else shared.iter(f"{_STYLE}master-page")
    for element in (part for page in pages for part in page):
        if element.tag.startswith((f"{_STYLE}header", f"{_STYLE}footer")):
            yield from reader.blocks(element)


def _slide(number: int, slide: Node, reader: _Reader) -> Page:
    titles: list[FlowBlock] = []
    others: list[FlowBlock] = []
    for frame in slide:
        blocks = [block for block in reader.blocks(frame) if block.words.text.strip()]
        if frame.get(f"{_SHOWS}class") == "title":
            titles += (replace(block, kind=BlockKind.HEADING, level=1) for block in blocks)
        elif frame.get(f"{_SHOWS}class") not in ("footer", "date-time", "page-number"):
            others += blocks
    blocks = [replace(block, words=block.words.stripped()) for block in (*titles, *others)]
    seen = _property(slide, f"{_DRAW}style-name", f"{_SHOWS}visibility", reader.styles)
    return page_of(number, blocks, hidden="slide" if seen == "hidden" else "")


def _sheet(table: Node, styles: Mapping[str, Node]) -> Sheet:
    rows: list[list[str]] = []
    wide: set[int] = set()
    for row in _Reader(styles).grid(table):
        beat()
        cells = [words.text for words in row.cells]
        while cells and not cells[-1]:
            cells.pop()
        if row.wide:
            wide.add(len(rows))
        rows += [cells] * row.times
    display = _property(table, f"{_TABLE}style-name", f"{_TABLE}display", styles)
    return Sheet(table.get(f"{_TABLE}name") or "", rows, frozenset(wide), display == "false")


def _repeated(element: Node, what: str) -> int:
    told = int(element.get(f"{_TABLE}number-{what}-repeated") or 1)
    return told if told <= _MOST_REPEATED else 1


def _property(element: Node, own: str, name: str, styles: Mapping[str, Node]) -> str | None:
    """What the style of an element says of a property."""
    style = styles.get(element.get(own) or "")
    properties = () if style is None else style
    return next((p.get(name) for p in properties if p.get(name)), None)
