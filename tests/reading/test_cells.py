"""Cells of several lines, and cells that stand for several rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from reportlab.platypus import Table, TableStyle

from mehealth_rag.reading.aligned import Cell, in_columns
from mehealth_rag.types import BlockKind
from tests.reading.reading_helpers import check_invariants, lines_at, of_kind, read

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Maker = Callable[..., Path]

SHOPS = [
    ["Category", "Shops that take part"],
    [
        "Groceries",
        "Northgate Foods, Millbrook Farm\nShop, The Corner Larder, Parson\nStreet Market",
    ],
    ["Fuel", "All filling stations"],
    ["Coffee", "Blue Kettle, Station Roasters, Café\nMirabelle"],
]
HOURS = [
    ["Site", "Season", "Opening hours"],
    ["Castle", "Spring", "10 to 4"],
    ["", "Summer", "9 to 7"],
    ["", "Winter", "11 to 3"],
    ["Museum", "Spring", "9 to 5"],
    ["", "Summer", "9 to 8"],
]


def _table(canvas: Canvas, cells: list[list[str]], style: list[tuple[object, ...]]) -> None:
    table = Table(cells, colWidths=[90, 170, 90][: len(cells[0])])
    table.setStyle(TableStyle(style))
    table.wrapOn(canvas, 500, 500)
    table.drawOn(canvas, 100, 500)


@pytest.mark.parametrize("align", ["TOP", "MIDDLE"])
def test_a_cell_of_several_lines_stays_in_its_row(make_pdf: Maker, align: str) -> None:
    style = [("VALIGN", (0, 0), (-1, -1), align)]
    (page,) = read(make_pdf(lambda canvas: _table(canvas, SHOPS, [*style]))).pages
    assert of_kind(page, BlockKind.ROW) == [
        f"{label}\t{' '.join(cell.split())}" for label, cell in SHOPS
    ]
    check_invariants(page)


@pytest.mark.parametrize("align", ["TOP", "MIDDLE"])
def test_two_cells_of_several_lines_stay_in_their_row(make_pdf: Maker, align: str) -> None:
    discounts = ["Discount", "10% on weekdays\n5% at the weekend", "none", "5%", "two for one"]
    table = [[*row, discount] for row, discount in zip(SHOPS, discounts, strict=False)]
    style = [("VALIGN", (0, 0), (-1, -1), align)]
    (page,) = read(make_pdf(lambda canvas: _table(canvas, table, [*style]))).pages
    assert of_kind(page, BlockKind.ROW) == [
        "\t".join(" ".join(cell.split()) for cell in row) for row in table
    ]


def test_each_row_has_the_label_that_stands_at_the_middle_of_several(make_pdf: Maker) -> None:
    style = [
        ("SPAN", (0, 1), (0, 3)),
        ("SPAN", (0, 4), (0, 5)),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]
    (page,) = read(make_pdf(lambda canvas: _table(canvas, HOURS, [*style]))).pages
    assert of_kind(page, BlockKind.ROW) == [
        "Site\tSeason\tOpening hours",
        "Castle\tSpring\t10 to 4",
        "Castle\tSummer\t9 to 7",
        "Castle\tWinter\t11 to 3",
        "Museum\tSpring\t9 to 5",
        "Museum\tSummer\t9 to 8",
    ]
    check_invariants(page)


def test_prose_beside_one_label_is_no_table(make_pdf: Maker) -> None:
    lines = ["The harbour lies on the coast and", "has two piers, a light and a", "slipway."]

    def draw(canvas: Canvas) -> None:
        lines_at(canvas, (72, 700), ["Harbour"])
        lines_at(canvas, (200, 700), lines)

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.PARAGRAPH)[-1].endswith("has two piers, a light and a slipway.")


PRICES = [
    ["Depot", "Monday", "Tuesday", "Cost"],
    ["North", "9 to 5", "10 to 4", "£1,200"],
    ["South", "", "21", "£300"],
    ["East", "8 to 2", "", "£90"],
    ["West", "", "", "£7"],
    ["Isle", "6", "14", ""],
]
"""A table with empty cells."""

KEPT = ["\t".join(row).rstrip("\t") for row in PRICES]


@pytest.mark.parametrize("align", ["LEFT", "RIGHT", "CENTER"])
def test_a_cell_keeps_its_column_where_those_before_it_are_empty(
    make_pdf: Maker, align: str
) -> None:
    style: list[tuple[object, ...]] = [("ALIGN", (1, 0), (-1, -1), align)]

    def draw(canvas: Canvas) -> None:
        table = Table(PRICES, colWidths=[90, 90, 90, 90])
        table.setStyle(TableStyle(style))
        table.wrapOn(canvas, 500, 500)
        table.drawOn(canvas, 100, 500)

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.ROW) == KEPT
    check_invariants(page)


def test_rows_whose_cells_share_no_columns_stay_as_they_are() -> None:
    rows = [
        [Cell("a", 0, 10), Cell("b", 20, 30), Cell("c", 40, 50)],
        [Cell("a", 0, 25), Cell("b", 30, 44), Cell("c", 48, 60)],
        [Cell("a", 0, 5), Cell("c", 42, 48)],
    ]
    assert in_columns(rows) == ["a\tb\tc", "a\tb\tc", "a\tc"]
    assert in_columns([rows[0], rows[2]]) == ["a\tb\tc", "a\tc"]
    assert in_columns([rows[0], rows[0], [Cell("a", 0, 5), Cell("b and c", 22, 48)]])[-1] == (
        "a\tb and c"
    )


def test_signs_set_apart_from_their_figures_are_no_columns() -> None:
    first = [Cell("Rent", 0, 20), Cell("$", 30, 32), Cell("7", 35, 40), Cell("$", 50, 52),
             Cell("9", 55, 60), Cell("4", 70, 74), Cell("%", 75, 78)]  # fmt: skip
    plain = [Cell("Fees", 0, 20), Cell("3", 35, 40), Cell("5", 55, 60), Cell("6", 70, 74)]
    late = [Cell("Fines", 0, 20), Cell("8", 55, 60)]
    assert in_columns([first, first, plain, late]) == [
        "Rent\t$\t7\t$\t9\t4\t%", "Rent\t$\t7\t$\t9\t4\t%", "Fees\t3\t5\t6", "Fines\t\t8",
    ]  # fmt: skip


def test_a_row_that_lacks_only_its_label_shares_the_one_above() -> None:
    head = [Cell("Borrower", 0, 30), Cell("Purpose", 40, 60), Cell("Loan", 70, 80)]
    first = [Cell("Havelock", 0, 30), Cell("Locomotives", 40, 65), Cell("58", 70, 80)]
    second = [Cell("Depot", 40, 52), Cell("12", 70, 76)]
    assert in_columns([head, first, second, second, first])[2:4] == ["Havelock\tDepot\t12"] * 2
    total = [Cell("7", 40, 52), Cell("12", 70, 76)]
    assert in_columns([head, first, total])[-1] == "7\t12"
    halves = [Cell("2023", 40, 50), Cell("2022", 70, 80)]
    assert in_columns([[Cell("Year", 55, 62)], halves, head, first])[1] == "2023\t2022"


def test_a_second_row_of_headings_has_those_that_are_merged_over_both() -> None:
    row = [Cell("Staithe", 0, 30), Cell("11", 40, 45), Cell("240", 60, 70), Cell("Steel", 90, 99)]
    first = [Cell("Port", 0, 20), Cell("Berths", 40, 62), Cell("Trade", 90, 110)]
    second = [Cell("Number", 40, 56), Cell("Length", 60, 80)]
    assert in_columns([first, second, row, row])[1] == "Port\tNumber\tLength\tTrade"
    figures = [Cell("7", 40, 56), Cell("12", 60, 80)]
    assert in_columns([first, figures, row, row])[1] == "7\t12"
    whole = [Cell("Risk", 0, 20), Cell("Chance", 40, 58), Cell("Cost", 60, 80), Cell("Act", 90, 99)]
    assert in_columns([whole, second, row, row])[1] == "Number\tLength"
