"""Cells of several lines, and cells that stand for several rows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table, TableStyle

from mehealth_rag.reading.aligned import Cell, in_columns
from mehealth_rag.types import BlockKind
from tests.reading.drawing import Draw, ReadPage, text_at
from tests.reading.reading_helpers import of_kind

SHOPS = [
    ["Category", "Shops that take part"],
    [
        "Groceries",
        "Northgate Foods, Millbrook Farm\nShop, The Corner Larder, Parson\nStreet Market",
    ],
    ["Fuel", "All filling stations"],
    ["Coffee", "Blue Kettle, Station Roasters, Café\nMirabelle"],
]
DISCOUNTS = ["Discount", "10% on weekdays\n5% at the weekend", "none", "5%"]
HOURS = [
    ["Site", "Season", "Opening hours"],
    ["Castle", "Spring", "10 to 4"],
    ["", "Summer", "9 to 7"],
    ["", "Winter", "11 to 3"],
    ["Museum", "Spring", "9 to 5"],
    ["", "Summer", "9 to 8"],
]
PRICES = [
    ["Depot", "Monday", "Tuesday", "Cost"],
    ["North", "9 to 5", "10 to 4", "£1,200"],
    ["South", "", "21", "£300"],
    ["East", "8 to 2", "", "£90"],
    ["West", "", "", "£7"],
    ["Isle", "6", "14", ""],
]


def _table(
    cells: Sequence[Sequence[str]], widths: Sequence[int], *style: tuple[object, ...]
) -> Draw:
    def draw(canvas: Canvas) -> None:
        table = Table(cells, colWidths=widths)
        table.setStyle(TableStyle(style))
        table.wrapOn(canvas, 500, 500)
        table.drawOn(canvas, 100, 500)

    return draw


@pytest.mark.parametrize("align", ["TOP", "MIDDLE"])
@pytest.mark.parametrize(
    "table", [SHOPS, [[*row, cell] for row, cell in zip(SHOPS, DISCOUNTS, strict=True)]]
)
def test_cells_of_several_lines_stay_in_their_row(
    read_page: ReadPage, align: str, table: list[list[str]]
) -> None:
    widths = [90, 170, 90][: len(table[0])]
    page = read_page(_table(table, widths, ("VALIGN", (0, 0), (-1, -1), align)))
    rows = ["\t".join(" ".join(cell.split()) for cell in row) for row in table]
    assert of_kind(page, BlockKind.ROW) == rows


def test_each_row_has_the_label_that_stands_at_the_middle_of_several(read_page: ReadPage) -> None:
    spans = ("SPAN", (0, 1), (0, 3)), ("SPAN", (0, 4), (0, 5))
    page = read_page(_table(HOURS, [90, 170, 90], *spans, ("VALIGN", (0, 0), (-1, -1), "MIDDLE")))
    labels = ["Site", *["Castle"] * 3, *["Museum"] * 2]
    assert of_kind(page, BlockKind.ROW) == [
        "\t".join([label, *row[1:]]) for label, row in zip(labels, HOURS, strict=True)
    ]


def test_prose_beside_one_label_is_no_table(read_page: ReadPage) -> None:
    lines = ["The harbour lies on the coast and", "has two piers, a light and a", "slipway."]
    page = read_page(text_at(72, 700, "Harbour"), text_at(200, 700, *lines))
    assert of_kind(page, BlockKind.PARAGRAPH)[-1].endswith("has two piers, a light and a slipway.")


@pytest.mark.parametrize("align", ["LEFT", "RIGHT", "CENTER"])
def test_a_cell_keeps_its_column_where_those_before_it_are_empty(
    read_page: ReadPage, align: str
) -> None:
    page = read_page(_table(PRICES, [90] * 4, ("ALIGN", (1, 0), (-1, -1), align)))
    assert of_kind(page, BlockKind.ROW) == ["\t".join(row).rstrip("\t") for row in PRICES]


ABC, CROSSING = "a 0 10; b 20 30; c 40 50", "a 0 25; b 30 44; c 48 60"
RENT = "Rent 0 20; $ 30 32; 7 35 40; $ 50 52; 9 55 60; 4 70 74; % 75 78"
LOANS = "Borrower 0 30; Purpose 40 60; Loan 70 80"
LOAN = "Havelock 0 30; Locomotives 40 65; 58 70 80"
DEPOT = "Depot 40 52; 12 70 76"
PORT = "Staithe 0 30; 11 40 45; 240 60 70; Steel 90 99"
PORTS = "Port 0 20; Berths 40 62; Trade 90 110"


@pytest.mark.parametrize(
    ("rows", "at", "text"),
    [
        pytest.param([ABC, CROSSING, "a 0 5; c 42 48"], 2, "a\tc", id="no shared columns"),
        pytest.param([ABC, "a 0 5; c 42 48"], 1, "a\tc", id="only one full row"),
        pytest.param([ABC, ABC, "a 0 5; b and c 22 48"], 2, "a\tb and c", id="over two columns"),
        pytest.param([ABC, ABC, "a 0 5; c 42 48"], 2, "a\t\tc", id="an empty cell"),
        pytest.param(
            [RENT, RENT, "Fees 0 20; 3 35 40; 5 55 60; 6 70 74"], 0, "Rent\t$\t7\t$\t9\t4\t%",
            id="signs are no columns",
        ),
        pytest.param(
            [RENT, RENT, "Fines 0 20; 8 55 60"], 2, "Fines\t\t8", id="a cell below a sign's column"
        ),
        pytest.param([LOANS, LOAN, DEPOT, LOAN], 2, "Havelock\tDepot\t12", id="a label above"),
        pytest.param(
            [LOANS, LOAN, DEPOT, DEPOT, LOAN], 3, "Havelock\tDepot\t12", id="a label two above"
        ),
        pytest.param([LOANS, LOAN, "7 40 52; 12 70 76"], 2, "7\t12", id="a total has no label"),
        pytest.param(
            ["Year 55 62", "2023 40 50; 2022 70 80", LOANS, LOAN], 1, "2023\t2022",
            id="a heading over two columns",
        ),
        pytest.param(
            [PORTS, "Number 40 56; Length 60 80", PORT, PORT], 1, "Port\tNumber\tLength\tTrade",
            id="headings merged over two rows",
        ),
        pytest.param([PORTS, "7 40 56; 12 60 80", PORT, PORT], 1, "7\t12", id="figures below"),
        pytest.param(
            ["Risk 0 20; Chance 40 58; Cost 60 80; Act 90 99", "Number 40 56; Length 60 80", PORT],
            1, "Number\tLength", id="headings of every column",
        ),
    ],
)  # fmt: skip
def test_cells_in_columns(rows: list[str], at: int, text: str) -> None:
    cells = [[cell.rsplit(" ", 2) for cell in row.split("; ")] for row in rows]
    made = [[Cell(words, float(left), float(right)) for words, left, right in row] for row in cells]
    assert in_columns(made)[at] == text
