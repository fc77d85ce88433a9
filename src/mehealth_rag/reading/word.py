"""Word documents (DOCX): headings, paragraphs, list items, table rows, notes and links.

python-docx opens the package and knows its styles; the text is taken from the XML itself, because
content controls, insertions and notes are not among its paragraphs. Pages are those of the last
time that Word laid the document out; a file without any is cut by section.
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
    FlowBlock,
    Node,
    Visible,
    as_it_stands,
    flow_pages,
    name_of,
    row_of,
    running,
)
from mehealth_rag.reading.packages import opened, parse, properties, transitional
from mehealth_rag.reading.sniffing import NAMES
from mehealth_rag.types import BlockKind, Page

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_COLUMNS = 64
"""No table of Word has more columns; a damaged file may say so."""
_HEADING = re.compile(r"heading (\d)|title$")
_CONTENTS = ("toc ", "table of figures", "contents heading")
"""How the names of the styles begin that tables of contents are set in."""
_HOLDERS = frozenset(("sdt", "sdtContent", "ins", "customXml", "body"))
_SKIPPED = frozenset(("del", "moveFrom", "pPr", "delText", "instrText", "Fallback"))
_LETTERS = frozenset(("oMath", "t", "sym", "tab", "ptab", "cr", "noBreakHyphen", "fldChar"))


@dataclass(slots=True)
class _Reader:
    """What reading a document knows of it, and the hidden words that it has met."""

    styles: Mapping[str, str]
    places: Mapping[str, str | None]
    """Where the words of a style stand: raised, lowered or, by None, on the line."""
    targets: Mapping[str, str]
    hidden: list[str] = field(default_factory=list)

    def blocks(self, elements: Iterable[Node]) -> Iterator[FlowBlock]:
        """Blocks of a body or of what holds part of it."""
        for element in _inside(elements, "p", "tbl"):
            yield from self._lines(element) if name_of(element) == "p" else self._table(element)

    def _lines(self, paragraph: Node) -> list[FlowBlock]:
        """A paragraph, cut where a page breaks and where a text box stands in it."""
        lines = [self._look(paragraph)]
        self._collect(paragraph, lines, None)
        return lines

    def _look(self, paragraph: Node) -> FlowBlock:
        """Kind and level of a paragraph, without words, and whether it asks for a new page."""
        style = self.styles.get(_told(paragraph, "pPr", "pStyle") or "", "").lower()
        kind, level = BlockKind.PARAGRAPH, 0
        if style.startswith(_CONTENTS):
            kind = BlockKind.CONTENTS
        elif match := _HEADING.match(style):
            kind, level = BlockKind.HEADING, int(match[1] or 1)
        elif style.startswith("list ") or paragraph.find(f"{_W}pPr/{_W}numPr") is not None:
            kind = BlockKind.ITEM
        return FlowBlock(kind, Visible(), level, _is_on(paragraph, "pPr", "pageBreakBefore"))

    def _collect(self, element: Node, lines: list[FlowBlock], url: str | None) -> None:
        """Gather the words below an element; page breaks and text boxes open new lines."""

        def open_line(*, new_page: bool = False) -> None:
            lines.append(replace(lines[0], words=Visible(), new_page=new_page))

        for child in element:
            name = name_of(child)
            if name in _LETTERS:
                lines[-1].words.add(self._letters(child, lines[-1].words.text), url)
            elif name == "lastRenderedPageBreak" or (
                name == "br" and _says(child, "type") == "page"
            ):
                open_line(new_page=True)
            elif name == "br":
                lines[-1].words.add(" ")
            elif name == "r" and _is_hidden(child):
                self.hidden.append("".join(t.text or "" for t in child.iter(f"{_W}t")))
            elif name == "p":  # of a text box: words of their own
                open_line()
                self._collect(child, lines, url)
                open_line()
            elif name not in _SKIPPED:
                target = self.targets.get(child.get(_ID) or "") if name == "hyperlink" else None
                self._collect(child, lines, target or url)

    def _letters(self, element: Node, before: str) -> str:
        """What stands for letters, as its run shows it: raised, lowered, in a font of symbols."""
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
        text = typed(element.text or "", _told(run, "rPr", "rFonts", name="ascii") or "")
        style = self.places.get(_told(run, "rPr", "rStyle") or "")
        return as_it_stands(text, _place(run) or style, before)

    def _table(self, element: Node) -> Iterator[FlowBlock]:
        """Rows of a table, each followed by the tables that stand in its cells."""
        above: list[Visible] = []
        for row in _inside(element, "tr"):
            if row.find(f"{_W}trPr/{_W}del") is not None:
                continue
            before = min(int(_told(row, "trPr", "gridBefore") or 0), _COLUMNS)
            cells = [Visible() for _ in range(before)]
            for cell in _inside(row, "tc"):
                merge = cell.find(f"{_W}tcPr/{_W}vMerge")
                goes_on = merge is not None and _says(merge) in (None, "continue")
                merged = goes_on and len(cells) < len(above)
                width = min(int(_told(cell, "tcPr", "gridSpan") or 1), _COLUMNS)
                cells.append(above[len(cells)] if merged else self._cell(cell))
                cells += (Visible() for _ in range(width - 1))
            yield FlowBlock(BlockKind.ROW, row_of(cells))
            above = cells
            for cell in _inside(row, "tc"):
                for table in _inside(cell, "tbl"):
                    yield from self._table(table)

    def _cell(self, element: Node) -> Visible:
        words = Visible()
        for paragraph in _inside(element, "p"):
            for line in self._lines(paragraph):
                words.join(line.words)
        return words


def read_docx(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the pages of a Word document and its metadata.

    Deleted and hidden words are not used. Raises ReadingError where the file is damaged.
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
    said = {b.words.text.strip() for b in blocks if b.kind is not BlockKind.FURNITURE}
    pages = flow_pages(
        b for b in blocks if b.kind is not BlockKind.FURNITURE or b.words.text.strip() not in said
    )
    return with_hidden(pages, " ".join(reader.hidden).strip()), metadata


def _sections(document: Node, reader: _Reader) -> Iterator[FlowBlock]:
    """The body, and in each section once what its headers and footers say."""
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
        if name_of(child) == "p" and child.find(f"{_W}pPr/{_W}sectPr") is not None:
            heads += _running(document, reader, next(sections, ()), seen)
    yield from heads


def _running(
    document: Node, reader: _Reader, section: Iterable[Node], seen: set[str]
) -> Iterator[FlowBlock]:
    """What a section's headers and footers say that was not `seen` in those before it."""
    for reference in section:
        known = reference.get(_ID) in document.part.rels
        if known and name_of(reference) in ("headerReference", "footerReference"):
            part = document.part.rels[reference.get(_ID)].target_part
            yield from running(reader.blocks(part.element), seen)


def _notes(document: Node, reader: _Reader) -> Iterator[FlowBlock]:
    """Footnotes and endnotes, after the text."""
    for relation in document.part.rels.values():
        if not relation.reltype.endswith(("/footnotes", "/endnotes")) or relation.is_external:
            continue
        for note in parse(relation.target_part.blob):
            if note.get(f"{_W}type") in (None, "normal"):
                yield from reader.blocks(p for p in note if not _is_mark(p))


def _is_mark(paragraph: Node) -> bool:
    """Whether a paragraph of a note is nothing but the note's own mark."""
    looks = map(_says, paragraph.iterfind(f"{_W}r/{_W}rPr/{_W}rStyle"))
    marks = list(looks).count("FootnoteReference")
    return 0 < marks == len(paragraph.findall(f".//{_W}t"))


def _inside(elements: Iterable[Node], *names: str) -> Iterator[Node]:
    """Elements of some names, also those in content controls; not those of nested tables."""
    for element in elements:
        name = name_of(element)
        if name in names:
            yield element
        elif name in _HOLDERS:
            yield from _inside(element, *names)


def _chosen(field: Node) -> str:
    """What a field of an old form shows: a box that is ticked or not, an entry of its list."""
    if (box := field.find(f"{_W}ffData/{_W}checkBox")) is not None:
        own = "default" if box.find(f"{_W}checked") is None else "checked"
        return "☒" if _is_on(box, own) else "☐"
    entries = field.findall(f"{_W}ffData/{_W}ddList/{_W}listEntry")
    at = int(_told(field, "ffData", "ddList", "result") or 0)
    return "".join(_says(entry) or "" for entry in entries[at : at + 1])


def _place(look: Node) -> str | None:
    """Where a run or a style says that words stand; LibreOffice says how far up small ones do."""
    lift = _told(look, "rPr", "position") if look.find(f"{_W}rPr/{_W}sz") is not None else None
    return _told(look, "rPr", "vertAlign") or lift


def _says(element: Node, name: str = "val") -> str | None:
    value: str | None = element.get(f"{_W}{name}")
    return value


def _told(element: Node, *path: str, name: str = "val") -> str | None:
    """What an element below another one says; None where there is none, or it says nothing."""
    found = element.find("/".join(f"{_W}{step}" for step in path))
    return None if found is None else _says(found, name)


def _is_on(element: Node, *path: str) -> bool:
    found = element.find("/".join(f"{_W}{step}" for step in path))
    return found is not None and _says(found) not in ("0", "false", "off")


def _is_hidden(run: Node) -> bool:
    """Whether a run is formatted as hidden text, or in white on no ground of its own."""
    if _is_on(run, "rPr", "vanish"):
        return True
    white = (_told(run, "rPr", "color") or "").upper() == "FFFFFF"
    return white and run.find(f"{_W}rPr/{_W}highlight") is None and not _on_a_ground(run)


def _on_a_ground(run: Node) -> bool:
    """Whether something at a run may be coloured: itself, its paragraph, its table, a shape."""
    if any(True for _ in run.iterancestors(f"{_W}tbl", f"{_W}txbxContent")):
        return True
    around = (run, *run.iterancestors(f"{_W}p"))
    return any(element.find(f".//{_W}shd") is not None for element in around)
