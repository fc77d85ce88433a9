"""Sheets: values as displayed, column headings, long and merged tables, tables as text."""

from __future__ import annotations

import csv
import datetime
import time
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from mehealth_rag.errors import ReadingError
from mehealth_rag.passages.splitting import split
from mehealth_rag.passages.tables import row_contexts
from mehealth_rag.reading.number_formats import shown
from mehealth_rag.reading.sheets import PAGE_ROWS, Sheet, sheet_pages
from mehealth_rag.types import BlockKind
from tests.reading.reading_helpers import of_kind, read, words_of

if TYPE_CHECKING:
    from pathlib import Path

    from mehealth_rag.types import Page

NOON = datetime.datetime(2024, 5, 3, 14, 5, 9)


def heads(page: Page) -> list[str]:
    return [words_of(b, page) for b in page.blocks if b.kind is BlockKind.ROW and b.level]


def saved(folder: Path, book: Workbook) -> Path:
    path = folder / "book.xlsx"
    book.save(path)
    return path


def filled(*rows: tuple[object, ...]) -> tuple[Workbook, Any]:
    """Make a workbook with these rows, and return it with its sheet."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return book, book.active


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (9.5, "", "9.5"),
        (1200.0, "General", "1200"),
        (0.1 + 0.2, "", "0.3"),
        (1e20, "", "1e+20"),
        (True, "", "TRUE"),
        (None, "0.00", ""),
        ("Rake", "0.00", "Rake"),
        (0.125, "0%", "13%"),
        (0.125, "0.0%", "12.5%"),
        (1234567.5, "#,##0.00", "1,234,567.50"),
        (1234567.5, "#,##0,", "1,235"),
        (1234567.5, '0.0,,"M"', "1.2M"),
        (9.5, '"£"#,##0.00', "£9.50"),
        (9.5, "[$€-407] #,##0.00", "€ 9.50"),
        (9.5, "0.0#", "9.5"),
        (9.0, "0.##", "9"),
        (7.0, "000", "007"),
        (-1234.5, "#,##0.00", "-1,234.50"),
        (-1234.5, "#,##0;[Red](#,##0)", "(1,235)"),
        (-0.001, "0.00", "0.00"),
        (0.0, '0;-0;"none"', "none"),
        (5.0, "0 \\k\\m", "5 km"),
        (2.0, '_-* #,##0_-', "2"),
        (0.0, '_-* #,##0_-;-* #,##0_-;_-* "-"??_-', "-"),
        (0.0, "#,###", ""),
        (1234.5, "0.00E+00", "1234.5"),
        (0.5, "# ?/?", "0.5"),
        (NOON, "", "2024-05-03 14:05"),
        (NOON, "dd/mm/yyyy", "03/05/2024"),
        (NOON, "d mmm yy", "3 May 24"),
        (NOON, "dddd, d mmmm yyyy", "Friday, 3 May 2024"),
        (NOON, "h:mm AM/PM", "2:05 PM"),
        (NOON, "hh:mm:ss", "14:05:09"),
        (NOON, "yyyy-mm-dd;@", "2024-05-03"),
        (NOON.date(), "mm-dd-yy", "2024-05-03"),
        (NOON.time(), "h:mm", "14:05"),
        (datetime.timedelta(hours=30), "[h]:mm", "30:00"),
    ],
)  # fmt: skip
def test_values_are_as_they_are_shown(value: Any, code: str, text: str) -> None:  # noqa: ANN401
    assert shown(value, code) == text


@pytest.mark.parametrize(
    ("rows", "headings"),
    [
        (["Tool|Price", "Rake|9"], ["Tool\tPrice"]),
        (["Tool|2023|2024", "Rake|9|8"], ["Tool\t2023\t2024"]),
        (["Club|Day", "Chess|Monday", "Judo|Tuesday"], ["Club\tDay"]),
        (["Rake|9", "Spade|8"], []),
        (["Prices", "Tool|Price", "Rake|9"], ["Tool\tPrice"]),
        (["Tool|Price", "Rake|9", "", "Club|Day", "Judo|May 4"], ["Tool\tPrice", "Club\tDay"]),
        (["One", "Two", "Three"], []),
    ],
)
def test_the_first_row_of_words_heads_a_table(rows: list[str], headings: list[str]) -> None:
    (page,) = sheet_pages([Sheet("s", [row.split("|") for row in rows])])
    assert heads(page) == headings
    contexts = row_contexts(page)
    for place, block in enumerate(page.blocks):
        if block.kind is BlockKind.ROW and not block.level and headings:
            *_, last = (h for h in headings if page.text.index(h) < block.span.start)
            assert last in [span.of(page.text) for span in contexts[place].columns]
            assert not contexts[place].heads


def test_a_second_row_under_a_wide_cell_heads_the_table_too(tmp_path: Path) -> None:
    book, sheet = filled(("Tool", "Price", None), (None, "Members", "Guests"), ("Rake", 9, 12))
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("A1:A2")
    (page,) = read(saved(tmp_path, book)).pages
    assert heads(page) == ["Tool\tPrice", "Tool\tMembers\tGuests"]


def test_raised_figures_of_a_cell_do_not_join_those_before(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        up, down = (book.add_format({"font_script": script}) for script in (1, 2))
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Plant", "Tonnes"])
        sheet.write_rich_string(1, 0, "North, 12 m", up, "3", " of CO", down, "2", " ")
        sheet.write_rich_string(1, 1, "33,000", up, "1", "–35,000", up, "2")
    rows = of_kind(read(path).pages[0], BlockKind.ROW)
    assert rows == ["Plant\tTonnes", "North, 12 m³ of CO2\t33,000¹–35,000²"]

    mark = TextBlock(InlineFont(vertAlign="superscript"), "1")
    inline, _ = filled(("North", CellRichText("33,000", mark)))  # written into the sheet itself
    assert read(saved(tmp_path, inline)).pages[0].text == "North\t33,000¹"


def test_text_boxes_follow_the_cells_of_their_sheet(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        first, second = book.add_worksheet(), book.add_worksheet()
        first.write_row(0, 0, ["Rake", 9])
        second.insert_textbox(3, 3, "Pay by 1 June.\nNo cheques.")
    texts = [page.text for page in read(path).pages]
    assert texts == ["Rake\t9", "Pay by 1 June. No cheques."]


def test_a_long_sheet_is_cut_and_each_page_has_the_headings() -> None:
    rows = [["Tool", "Price"], *([f"Rake {n}", str(n)] for n in range(2, 2 * PAGE_ROWS + 3))]
    pages = sheet_pages([Sheet("Tools", rows), Sheet("Notes", [["One"]])])
    labels = ["Tools, rows 2–1000", "Tools, rows 1001–2000", "Tools, rows 2001–2002", "Notes"]
    assert [page.label for page in pages] == labels
    assert [page.number for page in pages] == [1, 2, 3, 4]
    assert all(heads(page) == ["Tool\tPrice"] for page in pages[:3])
    texts = [row for page in pages[:3] for row in of_kind(page, BlockKind.ROW)]
    assert [row for row in texts if row != "Tool\tPrice"] == ["\t".join(r) for r in rows[1:]]


def test_a_sheet_that_reaches_into_the_last_corner_is_an_error(tmp_path: Path) -> None:
    book, sheet = filled(("near",))
    sheet["XFD1048576"] = "far"
    with pytest.raises(ReadingError, match=r"the sheet 'Sheet' reaches over 17,179,869,184 cells"):
        read(saved(tmp_path, book))


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Tool,Price\nRake,9.50\n", ["Tool\tPrice", "Rake\t9.50"]),
        ("Tool;Price\r\nRake;9,50\r\nSpade;8,00\r\n", ["Tool\tPrice", "Rake\t9,50", "Spade\t8,00"]),
        ("Tool|Price\nRake|9\n", ["Tool\tPrice", "Rake\t9"]),
        ("sep=;\nTool;Price, all\nRake;9\n", ["Tool\tPrice, all", "Rake\t9"]),
        ('Tool,Note\nRake,"long,\nnew"\n', ["Tool\tNote", "Rake\tlong, new"]),
        ('Tool,Note\nRake,"said ""no"""\n', ["Tool\tNote", 'Rake\tsaid "no"']),
        ("Tool,,Price\nRake,,9\n", ["Tool\t\tPrice", "Rake\t\t9"]),
    ],
)
def test_the_delimiter_is_detected(tmp_path: Path, text: str, rows: list[str]) -> None:
    path = tmp_path / "tools.csv"
    path.write_text(text, encoding="utf-8", newline="")
    assert of_kind(read(path).pages[0], BlockKind.ROW) == rows


def test_a_quotation_mark_that_is_never_closed_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tools.csv"
    rows = "".join(f"Rake {n},{n}\n" for n in range(100_000))
    path.write_text(f'Tool,Price\nPlank 3" wide,4\n"Spade,5\n{rows}', encoding="utf-8")
    text = "\n".join(page.text for page in read(path).pages)
    assert "Rake 99999\t99999" in text
    assert '"Spade\t5' in text


@pytest.mark.parametrize("size", [200_000, 1_200_000])
def test_a_long_cell_is_read(tmp_path: Path, size: int) -> None:
    csv.field_size_limit(131_072)  # as in a new process
    path = tmp_path / "tools.csv"
    path.write_text(f"Tool,Note\nRake,{'x' * size}\n", encoding="utf-8")
    assert of_kind(read(path).pages[0], BlockKind.ROW) == ["Tool\tNote", f"Rake\t{'x' * size}"]


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_split_within_a_minute(tmp_path: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Stock")
    sheet.append(["Tool", "Price", "Since"])
    for n in range(100_000):
        sheet.append([f"Rake {n}", n / 100, "2024"])
    path = saved(tmp_path, book)
    started = time.process_time()
    passages = split(read(path))
    assert time.process_time() - started < 60
    assert sum(p.text.count("Rake") for p in passages) == 100_000
