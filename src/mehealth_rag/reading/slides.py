"""PowerPoint (PPTX): one page per slide, with title, bullets, tables, charts and notes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE, PP_PLACEHOLDER
from pptx.exc import PythonPptxError

from mehealth_rag.reading.equations import equation
from mehealth_rag.reading.flow import (
    Cell,
    FlowBlock,
    Grid,
    Node,
    Read,
    Visible,
    as_it_stands,
    name_of,
    page_of,
    plain,
    row_of,
)
from mehealth_rag.reading.number_formats import shown
from mehealth_rag.reading.packages import opened, parse, properties, related, transitional
from mehealth_rag.reading.sniffing import NAMES
from mehealth_rag.types import BlockKind, Fault, Page

_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_TITLES = (PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE, PP_PLACEHOLDER.VERTICAL_TITLE)
_BULLETED = (PP_PLACEHOLDER.BODY, PP_PLACEHOLDER.OBJECT, PP_PLACEHOLDER.VERTICAL_BODY)
_PER_SLIDE = (PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER)
"""Placeholders that repeat on every slide; left out."""
_LABEL_WORDS = 6
"""Words in a line of a label at most."""
_PICTURE = "only a picture; save the slides as PDF to have it read by Tesseract"


def read_slides(path: Path, content: bytes) -> Read:
    """Read the pages of a presentation. Raises ReadingError if the file is damaged."""
    main = "ppt/presentation.xml"
    with opened(path, content, NAMES["pptx"], main, PythonPptxError) as package:
        deck = Presentation(io.BytesIO(transitional(content)))
        pages = tuple(_page(number, slide) for number, slide in enumerate(deck.slides, 1))
        return pages, properties(package)


def _page(number: int, slide: Node) -> Page:
    for wrapper in list(slide.element.iter("{*}AlternateContent")):  # python-pptx ignores these
        for shape in list(wrapper.find("./{*}Choice")):
            wrapper.addprevious(shape)
    shapes = list(_flat(slide.shapes))
    titles = [shape for shape in shapes if _placeholder(shape) in _TITLES]
    others = [shape for shape in shapes if _placeholder(shape) not in _TITLES]
    blocks = [block for shape in (*titles, *others) for block in _blocks(shape, slide)]
    if blocks and blocks[0].words.text == f"Slide {number}":  # a default title
        del blocks[0]
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.paragraphs
        blocks += [FlowBlock(BlockKind.PARAGRAPH, _words(p)) for p in notes]
    hidden = "slide" if slide.element.get("show") in ("0", "false") else ""
    page = page_of(number, [block for block in blocks if block.words.text], hidden=hidden)
    if page.fault and any(shape.shape_type == MSO_SHAPE_TYPE.PICTURE for shape in shapes):
        return replace(page, problem=_PICTURE, fault=Fault.PICTURE)
    return page


def _flat(shapes: Iterable[Node]) -> Iterator[Node]:
    """Yield shapes in reading order, including those in groups."""
    for shape in shapes:
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield from _flat(shape.shapes)
        else:
            yield shape


def _placeholder(shape: Node) -> Node:
    return shape.placeholder_format.type if shape.is_placeholder else None


def _blocks(shape: Node, slide: Node) -> Iterator[FlowBlock]:
    place = _placeholder(shape)
    if place in _PER_SLIDE:
        return
    if shape.has_text_frame:
        if place is None and (label := _label(shape.text_frame.paragraphs)) is not None:
            yield FlowBlock(BlockKind.PARAGRAPH, label)
            return
        bulleted = place in _BULLETED and len(shape.text_frame.paragraphs) > 1
        for paragraph in shape.text_frame.paragraphs:
            if place in _TITLES:
                yield FlowBlock(BlockKind.HEADING, _words(paragraph), 1)
            else:
                yield FlowBlock(_kind(paragraph, bulleted=bulleted), _words(paragraph))
    elif getattr(shape, "has_table", False):
        yield from _table(shape.table)
    elif getattr(shape, "has_chart", False):
        yield from _chart(shape.chart)
    elif (data := shape.element.find(".//{*}relIds")) is not None:
        yield from _diagram(data, slide)


def _label(paragraphs: Sequence[Node]) -> Visible | None:
    """Return the two short lines of a box, such as a role and a name, as one line, or None."""
    words = [_words(p) for p in paragraphs if _kind(p, bulleted=False) is BlockKind.PARAGRAPH]
    words = [line for line in words if line.text]
    short = all(len(w.text.split()) <= _LABEL_WORDS and w.text[-1] not in ".!?" for w in words)
    if len(paragraphs) != 2 or len(words) != 2 or not short:
        return None
    words[0].join(words[1])
    return words[0]


def _kind(paragraph: Node, *, bulleted: bool) -> BlockKind:
    """Return whether a paragraph is a list item, by its own bullet or `bulleted` by default."""
    settings = set(map(name_of, () if paragraph._p.pPr is None else paragraph._p.pPr))
    listed = settings & {"buChar", "buAutoNum"} or (bulleted and "buNone" not in settings)
    return BlockKind.ITEM if listed else BlockKind.PARAGRAPH


def _words(paragraph: Node) -> Visible:
    words = Visible()
    for child in paragraph._p:
        match name_of(child):
            case "br":
                words.add(" ")
            case "m":
                words.add("".join(map(equation, child)))
            case "r" | "fld":
                style = child.find(f"{_DRAWING}rPr")
                place = None if style is None else style.get("baseline")
                text = child.findtext(f"{_DRAWING}t") or ""
                words.add(as_it_stands(text, place, words.text), _target(child, paragraph))
    return words.stripped()


def _target(run: Node, paragraph: Node) -> str | None:
    link = run.find(f"{_DRAWING}rPr/{_DRAWING}hlinkClick")
    relation = None if link is None else paragraph.part.rels.get(related(link))
    return relation.target_ref if relation is not None and relation.is_external else None


def _table(table: Node) -> Iterator[FlowBlock]:
    grid = Grid()
    for number, row in enumerate(table.rows):
        cells: list[Cell] = []
        for cell in row.cells:
            words = Visible()
            for paragraph in () if cell.is_spanned else cell.text_frame.paragraphs:
                words.join(_words(paragraph))
            cells.append(Cell(words, bool(cell._tc.vMerge and not cell._tc.hMerge)))
        yield grid.block(cells, int(number == 0 and table.first_row))


def _chart(chart: Node) -> Iterator[FlowBlock]:
    """Yield a chart as a table: one row per category, one column per series."""
    if chart.has_title and chart.chart_title.has_text_frame:
        yield FlowBlock(BlockKind.PARAGRAPH, plain(chart.chart_title.text_frame.text))
    for plot in chart.plots:
        series = list(plot.series)
        yield FlowBlock(BlockKind.ROW, row_of([Visible(), *(plain(s.name) for s in series)]), 1)
        columns = [list(s.values) for s in series]
        for place, category in enumerate(plot.categories):
            values = (column[place] if place < len(column) else None for column in columns)
            cells = [plain(str(category)), *(plain(shown(value)) for value in values)]
            yield FlowBlock(BlockKind.ROW, row_of(cells))


def _diagram(ids: Node, slide: Node) -> Iterator[FlowBlock]:
    """Yield the text of a diagram (SmartArt), which is stored in its own file."""
    relation = slide.part.rels.get(related(ids, "dm"))
    if relation is None or not relation.reltype.endswith("/diagramData"):
        return
    for paragraph in parse(relation.target_part.blob).iter(f"{_DRAWING}p"):
        text = "".join(paragraph.itertext(f"{_DRAWING}t"))
        yield FlowBlock(BlockKind.ITEM, plain(text))
