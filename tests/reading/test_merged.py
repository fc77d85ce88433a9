"""Tables whose cells are merged over rows, or stored once for many."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import docx
import pytest
from openpyxl import Workbook
from pptx import Presentation

from mehealth_rag.types import BlockKind
from tests.reading.made_files import odf
from tests.reading.reading_helpers import of_kind, read

if TYPE_CHECKING:
    from pathlib import Path


def _written(folder: Path, form: str, content: bytes) -> Path:
    path = folder / f"fares.{form}"
    path.write_bytes(content)
    return path


def _header_over_two_rows(form: str) -> bytes:
    """Make a table whose header cells all reach down into the second row."""
    if form == "html":
        heads = "<tr><th rowspan=2>Route</th><th rowspan=2>Fare</th></tr><tr></tr>"
        rows = f"<table>{heads}<tr><td>Amble</td><td>4</td></tr></table>"
        return f"<h1>Fares</h1><p>Fares are valid from May on every ferry.</p>{rows}".encode()
    if form in ("odt", "ods"):
        deep = (
            '<table:table-cell table:number-rows-spanned="2"><text:p>{}</text:p></table:table-cell>'
        )
        cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
        rows = (
            [deep.format("Route"), deep.format("Fare")],
            ["<table:covered-table-cell/>"] * 2,
            [cell.format("Amble"), cell.format("4")],
        )
        made_rows = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
        kind = "text" if form == "odt" else "spreadsheet"
        return odf(kind, f"<table:table>{made_rows}</table:table>")
    saved = io.BytesIO()
    if form == "xlsx":
        book = Workbook()
        for row in (("Route", "Fare"), (None, None), ("Amble", 4)):
            book.active.append(row)
        book.active.merge_cells("A1:A2")
        book.active.merge_cells("B1:B2")
        book.save(saved)
        return saved.getvalue()
    file = docx.Document() if form == "docx" else Presentation()
    if form == "docx":
        table = file.add_table(rows=3, cols=2)
    else:
        shapes = file.slides.add_slide(file.slide_layouts[6]).shapes
        table = shapes.add_table(3, 2, 0, 0, 900, 900).table
    for row, cells in enumerate((("Route", "Fare"), ("", ""), ("Amble", "4"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    for column in range(2):
        table.cell(0, column).merge(table.cell(1, column))
    file.save(saved)
    return saved.getvalue()


@pytest.mark.parametrize("form", ["html", "odt", "ods", "xlsx", "docx", "pptx"])
def test_a_row_that_only_repeats_merged_headings_is_left_out(tmp_path: Path, form: str) -> None:
    (page,) = read(_written(tmp_path, form, _header_over_two_rows(form))).pages
    assert of_kind(page, BlockKind.ROW) == ["Route\tFare", "Amble\t4"]


def test_a_row_repeated_very_often_is_bounded_and_reported(tmp_path: Path) -> None:
    cell = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>"
    wide = cell.format(' table:number-columns-repeated="1200"', "x")
    often = '<table:table-row table:number-rows-repeated="{}">{}</table:table-row>'
    rows = (
        often.format(1, cell.format("", "Tool") + cell.format("", "Share"))
        + often.format(1200, cell.format("", "Rake") + cell.format("", "1"))
        + often.format(1, wide)
        + often.format(1_048_000, "<table:table-cell/>")
    )
    table = f'<table:table table:name="Tools">{rows}</table:table>'
    pages = read(_written(tmp_path, "ods", odf("spreadsheet", table))).pages
    texts = [row for page in pages for row in of_kind(page, BlockKind.ROW)]
    assert texts.count("Rake\t1") == 1000
    assert texts[-1] == "\t".join("x" * 1000)
    note = "rows or cells are repeated up to 1,200 times; 1,000 of each were read"
    assert pages[0].problem == note
