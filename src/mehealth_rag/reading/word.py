"""Word documents (DOCX): headings, paragraphs, list items, table rows, notes and links.

python-docx opens the package and knows its styles; the text is taken from the XML itself, because
content controls, insertions and notes are not among its paragraphs. Pages are those of the last
time that Word laid the document out; a file without any is cut by section.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import docx
from docx.oxml.ns import qn

from mehealth_rag.reading.equations import equation, symbol, typed
from mehealth_rag.reading.faults import hidden_words
from mehealth_rag.reading.flow import FlowBlock, Node, Visible, flow_pages, row_of, running
from mehealth_rag.reading.packages import opened, parse, transitional
from mehealth_rag.reading.raised import lowered, raised
from mehealth_rag.reading.sniffing import NAMES
from mehealth_rag.types import BlockKind, Fault, Page

_COLUMNS = 64
"""No table of Word has more columns; a damaged file may say so."""
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_CONTENTS = ("toc ", "table of figures", "contents heading")
"""How the names of the styles begin that tables of contents are set in."""
_META = ("title", "author", "subject", "keywords", "category", "comments")
_DAYS = ("created", "modified")
_HOLDERS = frozenset(qn(f"w:{name}") for name in ("sdt", "sdtContent", "ins", "customXml", "body"))
_SKIPPED = frozenset(qn(f"w:{name}") for name in ("del", "moveFrom", "pPr", "delText", "instrText"))
_BREAKS = frozenset((qn("w:br"), qn("w:lastRenderedPageBreak")))
_RUNNING = frozenset((qn("w:headerReference"), qn("w:footerReference")))
_EQUATION = "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath"
_LETTERS = frozenset((_EQUATION, *map(qn, ("w:t", "w:sym", "w:tab", "w:cr", "w:noBreakHyphen"))))
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


@dataclass(slots=True)
class _Line:
    """The words of a paragraph between two page breaks, or before and after a text box."""

    words: Visible = field(default_factory=Visible)
    new_page: bool = False


@dataclass(slots=True)
class _Reader:
    """What reading a document knows of it, and the hidden words that it has met."""

    styles: Mapping[str, str]
    targets: Mapping[str, str]
    hidden: list[str] = field(default_factory=list)

    def blocks(self, element: Node) -> Iterator[FlowBlock]:
        """Blocks of a body or of what holds part of it."""
        for child in element:
            if child.tag == qn("w:p"):
                yield from self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                yield from self._table(child)
            elif child.tag in _HOLDERS:
                yield from self.blocks(child)

    def _paragraph(self, element: Node) -> Iterator[FlowBlock]:
        kind, level, breaks = self._look(element)
        lines = [_Line(new_page=breaks)]
        self._collect(element, lines, None)
        for line in lines:
            yield FlowBlock(kind, line.words, level, line.new_page)

    def _look(self, element: Node) -> tuple[BlockKind, int, bool]:
        """Kind and level of a paragraph, and whether a new page is asked for before it."""
        properties = element.find(qn("w:pPr"))
        if properties is None:
            return BlockKind.PARAGRAPH, 0, False
        name = self.styles.get(_told(properties, "pStyle") or "", "").lower()
        breaks = _is_on(properties, "pageBreakBefore")
        if name.startswith(_CONTENTS):
            return BlockKind.CONTENTS, 0, breaks
        if match := _HEADING.match(name):
            return BlockKind.HEADING, int(match[1]), breaks
        if name == "title":
            return BlockKind.HEADING, 1, breaks
        listed = properties.find(qn("w:numPr")) is not None or name.startswith("list ")
        return (BlockKind.ITEM if listed else BlockKind.PARAGRAPH), 0, breaks

    def _collect(self, element: Node, lines: list[_Line], url: str | None) -> None:
        """Gather the words below an element; page breaks and text boxes open new lines."""
        for child in element:
            tag = child.tag
            if tag in _LETTERS:
                lines[-1].words.add(_letters(child, lines[-1].words.text), url)
            elif tag in _BREAKS:
                _break(child, lines)
            elif tag in _SKIPPED or tag == _FALLBACK:
                continue
            elif tag == qn("w:r") and _is_hidden(child):
                self.hidden.append("".join(t.text or "" for t in child.iter(qn("w:t"))))
            elif tag == qn("w:p"):  # of a text box: words of their own
                lines.append(_Line())
                self._collect(child, lines, url)
                lines.append(_Line())
            else:
                self._collect(child, lines, self._target(child) or url)

    def _target(self, element: Node) -> str | None:
        if element.tag != qn("w:hyperlink"):
            return None
        return self.targets.get(element.get(qn("r:id")) or "")

    def _table(self, element: Node) -> Iterator[FlowBlock]:
        """Rows of a table, each followed by the tables that stand in its cells."""
        above: list[Visible] = []
        for row in _inside(element, "w:tr"):
            if row.find(f"{qn('w:trPr')}/{qn('w:del')}") is not None:
                continue
            cells = [Visible() for _ in range(_before(row))]
            nested: list[Node] = []
            for cell in _inside(row, "w:tc"):
                width, goes_on = _merging(cell)
                place = len(cells)
                merged = goes_on and place < len(above)
                words = above[place] if merged else self._cell(cell, nested)
                cells += [words, *(Visible() for _ in range(width - 1))]
            yield FlowBlock(BlockKind.ROW, row_of(cells))
            above = cells
            for table in nested:
                yield from self._table(table)

    def _cell(self, element: Node, nested: list[Node]) -> Visible:
        """Words of a cell; tables that stand in it are put to `nested`."""
        words = Visible()
        for child in element:
            if child.tag == qn("w:tbl"):
                nested.append(child)
            elif child.tag in _HOLDERS:
                words.join(self._cell(child, nested))
            elif child.tag == qn("w:p"):
                lines = [_Line()]
                self._collect(child, lines, None)
                for line in lines:
                    words.join(line.words)
        return words


def read_docx(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the pages of a Word document and its metadata.

    Deleted and hidden words are not used. Raises ReadingError where the file is damaged.
    """
    with opened(path, content, NAMES["docx"], "[Content_Types].xml"):
        document = docx.Document(io.BytesIO(transitional(content)))
        styles = {style.style_id: str(style.name or "") for style in document.styles}
        related = document.part.rels.items()
        targets = {key: str(r.target_ref) for key, r in related if r.is_external}
        reader = _Reader(styles, targets)
        blocks = [*_sections(document, reader), *_notes(document, reader)]
        said = {b.words.text.strip() for b in blocks if b.kind is not BlockKind.FURNITURE}
        properties = document.core_properties
        metadata = {key: str(getattr(properties, key) or "").strip() for key in _META}
        metadata |= {key: _day(getattr(properties, key)) for key in _DAYS}
    pages = flow_pages(
        b for b in blocks if b.kind is not BlockKind.FURNITURE or b.words.text.strip() not in said
    )
    if words := " ".join(" ".join(reader.hidden).split()):
        pages = (replace(pages[0], problem=hidden_words(words), fault=Fault.HIDDEN), *pages[1:])
    return pages, {key: value for key, value in metadata.items() if value}


def _day(time: datetime.datetime | None) -> str:
    return "" if time is None else time.date().isoformat()


def _sections(document: Node, reader: _Reader) -> Iterator[FlowBlock]:
    """The body, and in each section once what its headers and footers say."""
    body = document.element.body
    sections = body.iter(qn("w:sectPr"))
    seen: set[str] = set()
    heads = list(_running(document, reader, next(sections, None), seen))
    for child in body:
        blocks = list(reader.blocks([child]))
        yield from blocks
        if any(block.words.text.strip() for block in blocks):
            yield from heads
            heads = []
        if child.tag == qn("w:p") and child.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None:
            heads += _running(document, reader, next(sections, None), seen)
    yield from heads


def _running(document: Node, reader: _Reader, section: Node, seen: set[str]) -> Iterator[FlowBlock]:
    """What a section's headers and footers say that was not `seen` in those before it."""
    references = () if section is None else section
    for reference in references:
        if reference.tag not in _RUNNING or reference.get(qn("r:id")) not in document.part.rels:
            continue
        part = document.part.rels[reference.get(qn("r:id"))].target_part
        yield from running(reader.blocks(part.element), seen)


def _notes(document: Node, reader: _Reader) -> Iterator[FlowBlock]:
    """Footnotes and endnotes, after the text."""
    for relation in document.part.rels.values():
        if not relation.reltype.endswith(("/footnotes", "/endnotes")) or relation.is_external:
            continue
        for note in parse(relation.target_part.blob):
            if note.get(qn("w:type")) in (None, "normal"):
                yield from reader.blocks(p for p in note if not _is_mark(p))


def _is_mark(paragraph: Node) -> bool:
    """Whether a paragraph of a note is nothing but the note's own mark."""
    looks = paragraph.findall(f"{qn('w:r')}/{qn('w:rPr')}/{qn('w:rStyle')}")
    marks = [look for look in looks if look.get(qn("w:val")) == "FootnoteReference"]
    return 0 < len(marks) == len(paragraph.findall(f".//{qn('w:t')}"))


def _inside(element: Node, name: str) -> Iterator[Node]:
    """Rows of a table, or cells of a row, also those in content controls; not of nested tables."""
    for child in element:
        if child.tag == qn(name):
            yield child
        elif child.tag in _HOLDERS:
            yield from _inside(child, name)


def _before(row: Node) -> int:
    """How many columns stand empty before a row's first cell."""
    return min(int(_told(row, "trPr", "gridBefore") or 0), _COLUMNS)


def _merging(cell: Node) -> tuple[int, bool]:
    """How many columns a cell is wide, and whether it belongs to the one above it."""
    width = int(_told(cell, "tcPr", "gridSpan") or 1)
    merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
    goes_on = merge is not None and merge.get(qn("w:val")) in (None, "continue")
    return min(max(width, 1), _COLUMNS), goes_on


def _break(element: Node, lines: list[_Line]) -> None:
    rendered = element.tag == qn("w:lastRenderedPageBreak")
    if rendered or element.get(qn("w:type")) == "page":
        lines.append(_Line(new_page=True))
    else:
        lines[-1].words.add(" ")


def _letters(element: Node, before: str) -> str:
    """What stands for letters, as its run shows it: raised, lowered, in a font of symbols."""
    if element.tag == _EQUATION:
        return equation(element)
    if element.tag == qn("w:sym"):
        return symbol(element)
    if element.tag != qn("w:t"):
        return "-" if element.tag == qn("w:noBreakHyphen") else " "
    run = element.getparent()
    text = typed(element.text or "", _told(run, "rPr", "rFonts", name="ascii") or "")
    stands = _told(run, "rPr", "vertAlign")
    if stands == "superscript":
        return raised(text)
    return lowered(text, before) if stands == "subscript" else text


def _told(element: Node, *path: str, name: str = "val") -> str | None:
    """What an element below another one says; None where there is none, or it says nothing."""
    found = element.find("/".join(qn(f"w:{step}") for step in path))
    value: str | None = None if found is None else found.get(qn(f"w:{name}"))
    return value


def _is_on(properties: Node, name: str) -> bool:
    found = properties.find(qn(f"w:{name}"))
    return found is not None and found.get(qn("w:val")) not in ("0", "false", "off")


def _is_hidden(run: Node) -> bool:
    """Whether a run is formatted as hidden text, or in white on no ground of its own."""
    properties = run.find(qn("w:rPr"))
    if properties is None:
        return False
    white = (_told(properties, "color") or "").upper() == "FFFFFF"
    grounds = (qn("w:shd"), qn("w:highlight"))
    if white and not any(properties.find(ground) is not None for ground in grounds):
        return not _on_a_ground(run)
    return _is_on(properties, "vanish")


def _on_a_ground(run: Node) -> bool:
    """Whether something around a run may be coloured: its paragraph, its cell, a shape."""
    around = run.iterancestors(qn("w:p"), qn("w:tc"), qn("w:tbl"), qn("w:txbxContent"))
    return any(
        a.tag in (qn("w:tbl"), qn("w:txbxContent")) or a.find(f".//{qn('w:shd')}") is not None
        for a in around
    )
