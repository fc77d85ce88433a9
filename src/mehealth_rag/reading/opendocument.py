"""OpenDocument (ODT, ODS, ODP): text, sheets and slides from `content.xml`.

The file stores cells as the program displayed them, so numbers need no formatting.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.equations import mathml
from mehealth_rag.reading.faults import noted
from mehealth_rag.reading.flow import (
    Cell,
    FlowBlock,
    Grid,
    Node,
    Read,
    Visible,
    as_it_stands,
    flow_pages,
    name_of,
    page_of,
    with_running,
)
from mehealth_rag.reading.packages import metadata_of, opened, parse
from mehealth_rag.reading.sheets import Sheet, sheet_pages
from mehealth_rag.reading.wire import beat
from mehealth_rag.types import BlockKind, Page

_TEXT, _TABLE, _DRAW, _OFFICE, _STYLE, _SHOWS = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}"
    for name in ("text", "table", "drawing", "office", "style", "presentation")
)
_LINK = "{http://www.w3.org/1999/xlink}href"
_UNSEEN = frozenset(
    ("", "tracked-changes", "annotation", "note-citation", "sequence-decls", "forms",
     "hidden-text", "event-listeners")
)  # fmt: skip
_APART = frozenset(("note", "frame", "custom-shape", "g"))
"""Elements inside a paragraph whose text is not part of it: notes and boxes."""
_META = {"title": "title", "author": "initial-creator", "created": "creation-date",
         "modified": "date"}  # fmt: skip
_MOST_REPEATED = 1_000
"""Maximum repetitions that are read of a row or cell stored once for several."""


@dataclass(slots=True)
class _Reader:
    """State while reading a document: its styles, and the notes so far.

    `cut` holds the numbers of repetitions that were too many to read.
    """

    styles: Mapping[str, Node]
    notes: list[FlowBlock] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)

    def blocks(self, element: Node, kind: BlockKind = BlockKind.PARAGRAPH) -> Iterator[FlowBlock]:
        """Yield the blocks of a body or of any container of paragraphs in it."""
        for child in element:
            match name_of(child):
                case "p" | "h":
                    yield from self._paragraph(child, kind)
                case "table":
                    grid = Grid()
                    for _, heads, cells in self.rows(child):
                        yield grid.block(cells, int(heads))
                case "soft-page-break":
                    yield FlowBlock(kind, Visible(), 0, new_page=True)
                case "list":
                    yield from self.blocks(child, BlockKind.ITEM)
                case name if name not in _UNSEEN:
                    yield from self.blocks(child, kind)

    def _paragraph(self, element: Node, kind: BlockKind) -> Iterator[FlowBlock]:
        level, style = 0, element.get(f"{_TEXT}style-name") or ""
        if name_of(element) == "h":
            kind, level = BlockKind.HEADING, int(element.get(f"{_TEXT}outline-level") or 1)
        elif "Title" in (style, self._parent(style)):
            kind, level = BlockKind.HEADING, 1
        words = Visible()
        apart: list[Node] = []
        self._collect(element, words, apart, None)
        yield FlowBlock(kind, words, level)
        for box in apart:
            if name_of(box) == "note":
                self.notes += self.blocks(box)
            else:
                yield from self.blocks(box)
        if element.find(f".//{_TEXT}soft-page-break") is not None:
            yield FlowBlock(kind, Visible(), 0, new_page=True)

    def _collect(self, element: Node, words: Visible, apart: list[Node], url: str | None) -> None:
        """Collect the text of a paragraph in `words`, and its notes and boxes in `apart`."""
        words.add(element.text, url)
        for child in element:
            name = name_of(child)
            if name in _APART:
                apart.append(child)
            elif name in ("s", "tab", "line-break"):
                words.add(" ")
            elif not len(child) and (place := self._place(child)):
                words.add(as_it_stands(child.text or "", place, words.text), url)
            elif name not in _UNSEEN:
                self._collect(child, words, apart, child.get(_LINK) or url)
            words.add(child.tail, url)

    def _place(self, span: Node) -> str:
        """Return the text position in a span's style or its parents ("super 58%"), or ""."""
        style = span.get(f"{_TEXT}style-name")
        visited: set[str] = set()
        while style and style not in visited:
            if place := self.property(style, f"{_STYLE}text-position"):
                return place
            visited.add(style)
            style = self._parent(style)
        return ""

    def _parent(self, style: str) -> str | None:
        element = self.styles.get(style)
        name: str | None = None if element is None else element.get(f"{_STYLE}parent-style-name")
        return name

    def property(self, style: str | None, name: str) -> str | None:
        """Return a property set in a style itself, not in its parents."""
        return next((p.get(name) for p in self.styles.get(style or "", ()) if p.get(name)), None)

    def rows(self, table: Node) -> Iterator[tuple[Node, bool, list[Cell]]]:
        """Yield each row of a table, whether it is a header row, and its cells."""
        deep: Counter[int] = Counter()
        for row, heads in _table_rows(table):
            cells: list[Cell] = []
            for cell in row:
                at, covered = len(cells), name_of(cell) == "covered-table-cell"
                goes_on = covered and deep[at] > 0
                spanned = int(cell.get(f"{_TABLE}number-rows-spanned") or 1)
                deep[at] = deep[at] - 1 if goes_on else spanned - 1
                words = self._cell(cell)
                cells += [Cell(words, goes_on)] * self.times(cell, "columns", full=bool(words.text))
            yield row, heads, cells

    def times(self, element: Node, what: str, *, full: bool) -> int:
        """Return how often to read a row or cell that is stored once for several.

        An empty one (not `full`) that is repeated very often only fills the rest of the sheet.
        """
        count = int(element.get(f"{_TABLE}number-{what}-repeated") or 1)
        if count <= _MOST_REPEATED:
            return count
        if full:
            self.cut.append(count)
        return _MOST_REPEATED if full else 1

    def _cell(self, element: Node) -> Visible:
        words = Visible()
        for block in self.blocks(element):
            words.join(block.words)
        return words.stripped()


def _table_rows(table: Node, *, heads: bool = False) -> Iterator[tuple[Node, bool]]:
    """Yield the rows of a table, without nested tables, and whether they are header rows."""
    for child in table:
        match name_of(child):
            case "table-row":
                yield child, heads
            case "table-header-rows":
                yield from _table_rows(child, heads=True)
            case "table-rows" | "table-row-group":
                yield from _table_rows(child, heads=heads)


def read_opendocument(path: Path, content: bytes) -> Read:
    """Read the pages of a text, or one page per sheet or slide.

    Raises ReadingError if the file is locked or damaged.
    """
    with opened(path, content, "an OpenDocument file", "content.xml") as package:
        if b"encryption-data" in package.read("META-INF/manifest.xml"):
            raise ReadingError(f"{path}: locked with a password; save a copy without one")
        names = set(package.namelist())
        files = ("styles.xml", "content.xml", "meta.xml")
        roots = {name: parse(package.read(name)) for name in files if name in names}
        _write_out_equations(roots["content.xml"], package)
        meta = roots.pop("meta.xml", None)
        styles = {
            s.get(f"{_STYLE}name"): s for r in roots.values() for s in r.iter(f"{_STYLE}style")
        }
        body = roots["content.xml"].find(f"{_OFFICE}body")[0]
        reader = _Reader(styles)
        pages = _pages(body, reader, roots.get("styles.xml"))
        if reader.cut:
            note = (
                f"rows or cells are repeated up to {max(reader.cut):,} times; "
                f"{_MOST_REPEATED:,} of each were read"
            )
            pages = noted(pages, note, None)
        return pages, {} if meta is None else metadata_of(meta, _META)


def _write_out_equations(root: Node, package: zipfile.ZipFile) -> None:
    """Replace equations, which are stored in files of their own, with text."""
    names = frozenset(package.namelist())
    for place in list(root.iter(f"{_DRAW}object")):
        file = f"{(place.get(_LINK) or '').removeprefix('./')}/content.xml"
        equation = parse(package.read(file)) if file in names else None
        if equation is not None and name_of(equation) == "math":
            frame = place.getparent()
            frame.clear(keep_tail=True)
            frame.tag, frame.text = f"{_TEXT}span", mathml(equation)


def _pages(body: Node, reader: _Reader, shared: Node) -> tuple[Page, ...]:
    match name_of(body):
        case "spreadsheet":
            return sheet_pages(_sheet(table, reader) for table in body.iterfind(f"{_TABLE}table"))
        case "presentation":
            slides = enumerate(body.iterfind(f"{_DRAW}page"), 1)
            return tuple(_slide(number, slide, reader) for number, slide in slides)
    blocks = with_running(reader.blocks(body), _heads(shared, reader))
    return flow_pages([*blocks, *reader.notes])


def _heads(shared: Node, reader: _Reader) -> Iterator[FlowBlock]:
    """Yield the headers and footers, which are stored with the styles."""
    pages = () if shared is None else shared.iter(f"{_STYLE}master-page")
    for element in (part for page in pages for part in page):
        if name_of(element).startswith(("header", "footer")):
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
    visibility = reader.property(slide.get(f"{_DRAW}style-name"), f"{_SHOWS}visibility")
    return page_of(number, blocks, hidden="slide" if visibility == "hidden" else "")


def _sheet(table: Node, reader: _Reader) -> Sheet:
    rows: list[list[str]] = []
    wide: set[int] = set()
    repeats: set[int] = set()
    grid = Grid()
    for element, _, cells in reader.rows(table):
        beat()
        words, only_repeats = grid.row(cells)
        row = [cell.text for cell in words]
        while row and not row[-1]:
            row.pop()
        if any(int(cell.get(f"{_TABLE}number-columns-spanned") or 1) > 1 for cell in element):
            wide.add(len(rows))
        if only_repeats:
            repeats.add(len(rows))
        rows += [row] * reader.times(element, "rows", full=bool(row))
    name = table.get(f"{_TABLE}name") or ""
    hidden = reader.property(table.get(f"{_TABLE}style-name"), f"{_TABLE}display") == "false"
    return Sheet(name, rows, frozenset(wide), frozenset(repeats), hidden)
