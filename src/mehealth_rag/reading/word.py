"""Word documents (DOCX): headings, paragraphs, list items, table rows, notes and links.

python-docx opens the package and its styles; the text comes from the XML directly, because
python-docx's paragraphs lack content controls, insertions and notes. Page breaks are those that
Word last rendered; a file without them is cut by section.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import docx

from mehealth_rag.reading.equations import equation, symbol, typed
from mehealth_rag.reading.faults import with_hidden
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
    running,
)
from mehealth_rag.reading.packages import opened, parse, properties, transitional
from mehealth_rag.reading.sniffing import NAMES
from mehealth_rag.types import BlockKind

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_COLUMNS = 64
"""Maximum columns of a table, somewhat above Word's own limit of 63; damaged files claim more."""
_HEADING = re.compile(r"heading (\d)|title$")
_CONTENTS = ("toc ", "table of figures", "contents heading")
"""Prefixes of the style names used in tables of contents."""
_HOLDERS = frozenset(("sdt", "sdtContent", "ins", "customXml", "body"))
_SKIPPED = frozenset(("del", "moveFrom", "pPr", "delText", "instrText", "Fallback"))
_LETTERS = frozenset(("oMath", "t", "sym", "tab", "ptab", "cr", "noBreakHyphen", "fldChar"))


@dataclass(slots=True)
class _Reader:
    """State while reading a document: its styles and links, and the hidden words so far."""

    styles: Mapping[str, str]
    places: Mapping[str, str | None]
    """Vertical position by style id: raised, lowered or, if None, on the line."""
    targets: Mapping[str, str]
    hidden: list[str] = field(default_factory=list)

    def blocks(self, elements: Iterable[Node]) -> Iterator[FlowBlock]:
        """Yield the blocks of a body or of a part of it."""
        for element in _inside(elements, "p", "tbl"):
            yield from self._lines(element) if name_of(element) == "p" else self._table(element)

    def _lines(self, paragraph: Node) -> list[FlowBlock]:
        """Return the blocks of a paragraph, cut at page breaks and around text boxes."""
        lines = [self._look(paragraph)]
        self._collect(paragraph, lines, None)
        return lines

    def _look(self, paragraph: Node) -> FlowBlock:
        """Return an empty block with the kind, level and page break of a paragraph."""
        style = self.styles.get(_value(paragraph, "pPr", "pStyle") or "", "").lower()
        kind, level = BlockKind.PARAGRAPH, 0
        if style.startswith(_CONTENTS):
            kind = BlockKind.CONTENTS
        elif match := _HEADING.match(style):
            kind, level = BlockKind.HEADING, int(match[1] or 1)
        elif style.startswith("list ") or _find(paragraph, "pPr", "numPr") is not None:
            kind = BlockKind.ITEM
        return FlowBlock(kind, Visible(), level, _is_on(paragraph, "pPr", "pageBreakBefore"))

    def _collect(self, element: Node, lines: list[FlowBlock], url: str | None) -> None:
        """Append the text below an element to `lines`.

        Page breaks and text boxes start new lines. `url` is the link target around the element.
        """

        def open_line(*, new_page: bool = False) -> None:
            lines.append(replace(lines[0], words=Visible(), new_page=new_page))

        for child in element:
            name = name_of(child)
            if name in _LETTERS:
                lines[-1].words.add(self._letters(child, lines[-1].words.text), url)
            elif name == "lastRenderedPageBreak" or (
                name == "br" and _value(child, name="type") == "page"
            ):
                open_line(new_page=True)
            elif name == "br":
                lines[-1].words.add(" ")
            elif name == "r" and _is_hidden(child):
                self.hidden.append("".join(t.text or "" for t in child.iter(f"{_W}t")))
            elif name == "p":  # in a text box, so a block of its own
                open_line()
                self._collect(child, lines, url)
                open_line()
            elif name not in _SKIPPED:
                target = self.targets.get(child.get(_ID) or "") if name == "hyperlink" else None
                self._collect(child, lines, target or url)

    def _letters(self, element: Node, before: str) -> str:
        """Return the text of an inline element, with its run's position and symbol font applied."""
        match name_of(element):
            case "oMath":
                return equation(element)
            case "sym":
                return symbol(element)
            case "noBreakHyphen":
                return "-"
            case "fldChar":
                return _chosen(element)
            case "tab" | "ptab" | "cr":
                return " "
        run = element.getparent()
        text = typed(element.text or "", _value(run, "rPr", "rFonts", name="ascii") or "")
        style = self.places.get(_value(run, "rPr", "rStyle") or "")
        return as_it_stands(text, _place(run) or style, before)

    def _table(self, element: Node) -> Iterator[FlowBlock]:
        """Yield the rows of a table, each followed by the tables nested in its cells."""
        grid = Grid()
        for row in _inside(element, "tr"):
            if _find(row, "trPr", "del") is not None:
                continue
            before = min(int(_value(row, "trPr", "gridBefore") or 0), _COLUMNS)
            cells = [Cell(Visible())] * before
            for cell in _inside(row, "tc"):
                merge = _find(cell, "tcPr", "vMerge")
                goes_on = merge is not None and _value(merge) in (None, "continue")
                width = min(int(_value(cell, "tcPr", "gridSpan") or 1), _COLUMNS)
                cells.append(Cell(self._cell(cell), goes_on, width))
            yield grid.block(cells)
            for cell in _inside(row, "tc"):
                for table in _inside(cell, "tbl"):
                    yield from self._table(table)

    def _cell(self, element: Node) -> Visible:
        words = Visible()
        for paragraph in _inside(element, "p"):
            for line in self._lines(paragraph):
                words.join(line.words)
        return words


def read_docx(path: Path, content: bytes) -> Read:
    """Read the pages of a Word document and its metadata, without deleted and hidden words.

    Raises ReadingError if the file is damaged.
    """
    with opened(path, content, NAMES["docx"], "[Content_Types].xml") as package:
        document = docx.Document(io.BytesIO(transitional(content)))
        styles = {style.style_id: str(style.name or "") for style in document.styles}
        places = {style.style_id: _place(style.element) for style in document.styles}
        related = document.part.rels.items()
        targets = {key: str(r.target_ref) for key, r in related if r.is_external}
        reader = _Reader(styles, places, targets)
        blocks = [*_sections(document, reader), *_notes(document, reader)]
        metadata = properties(package)
    body = {b.words.text.strip() for b in blocks if b.kind is not BlockKind.FURNITURE}
    pages = flow_pages(
        b for b in blocks if b.kind is not BlockKind.FURNITURE or b.words.text.strip() not in body
    )
    return with_hidden(pages, " ".join(reader.hidden).strip()), metadata


def _sections(document: Node, reader: _Reader) -> Iterator[FlowBlock]:
    """Yield the blocks of the body, with each section's new headers and footers once."""
    body = document.element.body
    sections = body.iter(f"{_W}sectPr")
    seen: set[str] = set()
    heads = list(_running(document, reader, next(sections, ()), seen))
    for child in body:
        blocks = list(reader.blocks([child]))
        yield from blocks
        if any(block.words.text.strip() for block in blocks):
            yield from heads
            heads = []
        if name_of(child) == "p" and _find(child, "pPr", "sectPr") is not None:
            heads += _running(document, reader, next(sections, ()), seen)
    yield from heads


def _running(
    document: Node, reader: _Reader, section: Iterable[Node], seen: set[str]
) -> Iterator[FlowBlock]:
    """Yield a section's headers and footers that are not in `seen` yet, and add them."""
    for reference in section:
        known = reference.get(_ID) in document.part.rels
        if known and name_of(reference) in ("headerReference", "footerReference"):
            part = document.part.rels[reference.get(_ID)].target_part
            yield from running(reader.blocks(part.element), seen)


def _notes(document: Node, reader: _Reader) -> Iterator[FlowBlock]:
    """Yield the footnotes and endnotes."""
    for relation in document.part.rels.values():
        if not relation.reltype.endswith(("/footnotes", "/endnotes")) or relation.is_external:
            continue
        for note in parse(relation.target_part.blob):
            if note.get(f"{_W}type") in (None, "normal"):
                yield from reader.blocks(p for p in note if not _is_mark(p))


def _is_mark(paragraph: Node) -> bool:
    """Return whether a paragraph of a note is only the note's own mark."""
    styles = map(_value, paragraph.iterfind(f"{_W}r/{_W}rPr/{_W}rStyle"))
    marks = list(styles).count("FootnoteReference")
    return 0 < marks == len(paragraph.findall(f".//{_W}t"))


def _inside(elements: Iterable[Node], *names: str) -> Iterator[Node]:
    """Yield elements with one of `names`, also in content controls but not in nested tables."""
    for element in elements:
        name = name_of(element)
        if name in names:
            yield element
        elif name in _HOLDERS:
            yield from _inside(element, *names)


def _chosen(field: Node) -> str:
    """Return what a legacy form field shows: a check box, or the selected entry of a list."""
    if (box := _find(field, "ffData", "checkBox")) is not None:
        state = "default" if _find(box, "checked") is None else "checked"
        return "☒" if _is_on(box, state) else "☐"
    entries = field.findall(f"{_W}ffData/{_W}ddList/{_W}listEntry")
    at = int(_value(field, "ffData", "ddList", "result") or 0)
    return "".join(_value(entry) or "" for entry in entries[at : at + 1])


def _place(element: Node) -> str | None:
    """Return the vertical position set by a run or style, or None.

    LibreOffice writes superscripts as small text with a raised `position`.
    """
    lift = _value(element, "rPr", "position") if _find(element, "rPr", "sz") is not None else None
    return _value(element, "rPr", "vertAlign") or lift


def _find(element: Node, *path: str) -> Node:
    """Return the element at `path`, itself if the path is empty, or None."""
    return element.find("/".join(f"{_W}{step}" for step in path)) if path else element


def _value(element: Node, *path: str, name: str = "val") -> str | None:
    """Return an attribute of the element at `path`; None if either is missing."""
    target = _find(element, *path)
    value: str | None = None if target is None else target.get(f"{_W}{name}")
    return value


def _is_on(element: Node, *path: str) -> bool:
    switch = _find(element, *path)
    return switch is not None and _value(switch) not in ("0", "false", "off")


def _is_hidden(run: Node) -> bool:
    """Return whether a run is hidden text, or white without a background of its own."""
    if _is_on(run, "rPr", "vanish"):
        return True
    white = (_value(run, "rPr", "color") or "").upper() == "FFFFFF"
    return white and _find(run, "rPr", "highlight") is None and not _may_be_shaded(run)


def _may_be_shaded(run: Node) -> bool:
    """Return whether a run may be on colour: its own, or that of its paragraph, table or shape."""
    if any(True for _ in run.iterancestors(f"{_W}tbl", f"{_W}txbxContent")):
        return True
    elements = (run, *run.iterancestors(f"{_W}p"))
    return any(element.find(f".//{_W}shd") is not None for element in elements)
