"""Typesets written documents: as Markdown, as PDF in one or two columns, as Word files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import docx
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from mehealth_eval.written_data import Part, WrittenDocument, blocks, markdown, table_rows

FORMS = ("md", "pdf", "docx")

ONE_COLUMN = frozenset(
    "agritech annual-report city-budget drought-plan housing loan-terms offshore-wind "
    "statistics-bulletin".split()
)
TWO_COLUMNS = frozenset(
    "airport broadband creative-quarter hydrogen-valley national-park research-paper "
    "sustainability-report".split()
)
"""Documents that are also set as PDF, in one or in two columns, and as Word files."""

_MARGIN = 50
_GUTTER = 24
_HEAD = 780
"""Height of the running head above the foot of the page, in points."""


def forms_of(name: str) -> tuple[str, ...]:
    """The formats that a document is set in."""
    return FORMS if name in ONE_COLUMN | TWO_COLUMNS else FORMS[:1]


def set_document(document: WrittenDocument, form: str, folder: Path) -> Path:
    """Write a document to `folder` in one format and return the file's path.

    Raises:
        ValueError: the format is unknown.
    """
    path = folder / f"{document.name}.{form}"
    match form:
        case "md":
            path.write_text(markdown(document), encoding="utf-8")
        case "pdf":
            _set_pdf(document, path, 2 if document.name in TWO_COLUMNS else 1)
        case "docx":
            _set_word(document, path)
        case _:
            raise ValueError(f"no form {form!r}; there are {', '.join(FORMS)}")
    return path


def _set_pdf(document: WrittenDocument, path: Path, columns: int) -> None:
    """Each page of the document starts a new page of the PDF, and may fill several."""
    width = (A4[0] - 2 * _MARGIN - _GUTTER * (columns - 1)) / columns
    frames = [
        Frame(_MARGIN + n * (width + _GUTTER), _MARGIN, width, _HEAD - _MARGIN - 10, 0, 0, 0, 0)
        for n in range(columns)
    ]
    running = partial(_running_head, title=_title(document))
    template = BaseDocTemplate(str(path), pagesize=A4, invariant=True, title=_title(document))
    template.addPageTemplates([PageTemplate("page", frames, onPage=running)])
    story: list[Flowable] = []
    for page in range(1, document.pages + 1):
        for number, block in enumerate(blocks(document.parts, page)):
            story += _flowables(block, width, boxed=number % 7 == 5)
        story.append(PageBreak())
    template.build(story)


def _running_head(canvas: Canvas, template: BaseDocTemplate, title: str) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.drawString(_MARGIN, _HEAD, title[:60])
    canvas.drawRightString(A4[0] - _MARGIN, 30, str(template.page))


def _flowables(block: Sequence[Part], width: float, *, boxed: bool) -> Iterator[Flowable]:
    styles = getSampleStyleSheet()
    body = ParagraphStyle("body", parent=styles["BodyText"], fontSize=9.5, leading=12)
    first = block[0]
    if first.kind == "heading":
        yield Paragraph(escape(first.text), styles[f"Heading{min(first.level, 3)}"])
    elif first.kind == "item":
        for part in block:
            yield Paragraph(escape(part.text), body, bulletText="•")
    elif first.kind == "row":
        yield _table(block, width, ParagraphStyle("cell", parent=body, fontSize=8, leading=9.5))
        yield Spacer(0, 8)
    else:
        text = Paragraph(" ".join(escape(part.text) for part in block), body)
        yield _box(text, width) if boxed else text


def _table(block: Sequence[Part], width: float, cell: ParagraphStyle) -> Table:
    rows = [[Paragraph(escape(text), cell) for text in row] for row in table_rows(block)]
    lines: list[tuple[Any, ...]] = [
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.grey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    widths = [width / len(rows[0])] * len(rows[0])
    return Table(rows, widths, style=TableStyle(lines), repeatRows=1)


def _box(text: Paragraph, width: float) -> Table:
    return Table([[text]], [width], style=TableStyle([("BOX", (0, 0), (-1, -1), 0.7, colors.grey)]))


def _set_word(document: WrittenDocument, path: Path) -> None:
    file: Any = docx.Document()
    file.core_properties.title = _title(document)
    for page in range(1, document.pages + 1):
        for block in blocks(document.parts, page):
            _add_to_word(file, block)
        if page < document.pages:
            file.add_page_break()
    file.save(str(path))


def _add_to_word(file: Any, block: Sequence[Part]) -> None:  # noqa: ANN401 - python-docx has no types
    first = block[0]
    if first.kind == "heading":
        file.add_heading(first.text, min(first.level, 3))
    elif first.kind == "item":
        for part in block:
            file.add_paragraph(part.text, style="List Bullet")
    elif first.kind == "row":
        rows = table_rows(block)
        table = file.add_table(len(rows), len(rows[0]))
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    else:
        file.add_paragraph(" ".join(part.text for part in block))


def _title(document: WrittenDocument) -> str:
    return document.parts[0].text
