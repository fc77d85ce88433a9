"""What a table's row is about: columns, caption, units and the label of its group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import docx
import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag import Assistant
from mehealth_rag.index.build import embedding_text, lexical_text
from mehealth_rag.passages.splitting import MAX_PIECES, TABLE_PIECES, estimated_pieces, split
from mehealth_rag.passages.tables import row_contexts, without_figures
from mehealth_rag.reading import read_document
from mehealth_rag.types import BlockKind, Document, Page, Passage, Source
from tests.answering.told import told
from tests.made_corpus import opened

if TYPE_CHECKING:
    Draw = Callable[[Canvas], None]

ROWS = [
    ("Revenue:", 72, ()),
    ("Harbour dues", 80, ("4,602", "4,386")),
    ("Pier tickets", 80, ("318", "291")),
    ("Total revenue", 88, ("4,920", "4,677")),
    ("Costs:", 72, ()),
    ("Harbour dues", 80, ("1,120", "1,004")),
    ("Dredging", 80, ("640", "702")),
    ("Total costs", 88, ("1,760", "1,706")),
    ("Surplus", 72, ("3,160", "2,971")),
]


def draw_accounts(canvas: Canvas) -> None:
    canvas.setFont("Helvetica-Bold", 12)
    canvas.drawString(72, 780, "Statement of income")
    canvas.setFont("Helvetica", 9)
    canvas.drawString(72, 760, "The harbour's income and costs were as follows (in thousands):")
    canvas.drawString(340, 744, "Years ended 31 March")
    for x, year in ((330, "2023"), (420, "2022")):
        canvas.drawString(x, 728, year)
    for at, (label, x, figures) in enumerate(ROWS):
        canvas.drawString(x, 710 - 13 * at, label)
        for column, figure in zip((330, 420), figures, strict=False):
            canvas.drawString(column, 710 - 13 * at, figure)


def read(path: Path) -> Document:
    return read_document(Source("book", "The book", "report", path.suffix.lstrip("."), path=path))


def made(path: Path, *pages: Draw) -> Document:
    canvas = Canvas(str(path), pagesize=A4)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return read(path)


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Document:
    return made(tmp_path_factory.mktemp("tables") / "book.pdf", draw_accounts)


def about(page: Page) -> list[tuple[str, list[str], str | None]]:
    contexts = row_contexts(page)
    return [
        (
            block.span.of(page.text).split("\t")[0],
            [span.of(page.text) for span in contexts[place].columns],
            contexts[place].label.of(page.text) if contexts[place].label else None,  # type: ignore[union-attr]
        )
        for place, block in enumerate(page.blocks)
        if place in contexts and not contexts[place].heads
    ]


def test_each_row_knows_its_columns_units_and_group(accounts: Document) -> None:
    columns = [
        "The harbour's income and costs were as follows (in thousands):",
        "Years ended 31 March",
        "2023\t2022",
    ]
    groups = {
        "Revenue:": ("Harbour dues", "Pier tickets", "Total revenue"),
        "Costs:": ("Harbour dues", "Dredging", "Total costs"),
        None: ("Surplus",),
    }
    expected = [(row, columns, label) for label, rows in groups.items() for row in rows]
    assert about(accounts.pages[0]) == expected
    text = accounts.pages[0].text
    kinds = {s.span.of(text): s.kind for p in split(accounts) for s in p.sentences}
    assert kinds["2023\t2022"] is BlockKind.HEADING
    assert kinds["Surplus\t3,160\t2,971"] is BlockKind.ROW


def long_table(canvas: Canvas) -> None:
    canvas.setFont("Helvetica", 9)
    canvas.drawString(72, 800, "Ships by berth (tonnes)")
    for x, head in ((72, "Berth"), (330, "Summer 2022"), (420, "Winter 2023")):
        canvas.drawString(x, 786, head)
    for at in range(50):
        canvas.drawString(72, 772 - 14 * at, f"Berth of the {at + 11}th ship at the old pier")
        canvas.drawString(330, 772 - 14 * at, f"{4000 + 37 * at:,}")
        canvas.drawString(420, 772 - 14 * at, f"{3000 + 51 * at:,}")


@pytest.fixture(scope="module")
def berths(tmp_path_factory: pytest.TempPathFactory) -> tuple[Passage, ...]:
    return split(made(tmp_path_factory.mktemp("tables") / "berths.pdf", long_table))


def test_passages_of_a_long_table_repeat_its_columns(berths: tuple[Passage, ...]) -> None:
    assert len(berths) > 4
    assert berths[0].table == ()
    assert "Summer 2022" in berths[0].text
    for passage in berths[1:]:
        assert passage.table == (
            "Ships by berth (tonnes)",
            "Berth\tSummer 2022\tWinter 2023",
        )
        assert "Summer 2022" not in passage.text
        for text in (embedding_text(passage).text, lexical_text(passage)):
            assert text.startswith("Ships by berth (tonnes)\nBerth\tSummer 2022")
        assert estimated_pieces("\n".join(passage.table)) <= TABLE_PIECES
        assert estimated_pieces(passage.text) <= MAX_PIECES


def test_rows_are_embedded_without_figures_and_found_by_them(berths: tuple[Passage, ...]) -> None:
    made = embedding_text(berths[1])
    row = next(s for s in berths[1].sentences if s.kind is BlockKind.ROW)
    own = berths[1].text[: row.span.end - row.span.start]
    assert made.sentences[0].of(made.text) == own.split("\t")[0]
    assert own.split("\t")[1] not in made.text
    assert own.split("\t")[1] in lexical_text(berths[1])
    assert len(made.sentences) == len(berths[1].sentences)


def part(canvas: Canvas, top: int, heads: dict[int, str], names: tuple[str, ...]) -> None:
    """Draw rows of two figures below column headings, `heads` by their place across."""
    canvas.setFont("Helvetica", 9)
    for x, head in heads.items():
        canvas.drawString(x, top, head)
    for at, name in enumerate(names):
        for x, cell in ((72, name), (330, f"{top + at}"), (400, f"{top + 50 + at}")):
            canvas.drawString(x, top - 14 - 14 * at, cell)


def test_a_second_part_has_headings_of_its_own(tmp_path: Path) -> None:
    def parts(canvas: Canvas) -> None:
        for top, year in ((780, "2021"), (700, "2020")):
            part(canvas, top, {330: f"Year ended May {year}"}, ("Dues", "Tickets"))

    def tables(canvas: Canvas) -> None:
        for top, title, year in ((780, "Dues of ships", "2021"), (700, "Tickets sold", "2020")):
            canvas.setFont("Helvetica", 9)
            canvas.drawString(200, top, title)
            part(canvas, top - 14, {330: f"May {year}", 400: f"June {year}"}, ("East", "West"))

    first, second = made(tmp_path / "parts.pdf", parts, tables).pages
    assert about(first) == [
        (row, [f"Year ended May {year}"], None)
        for year in (2021, 2020)
        for row in ("Dues", "Tickets")
    ]
    assert [above for _, above, _ in about(second)] == [
        *2 * [["Dues of ships", "May 2021\tJune 2021"]],
        *2 * [["Tickets sold", "May 2020\tJune 2020"]],
    ]


def grid(*rows: str) -> str:
    """Return rows, with bars between their cells, as a table in Markdown."""
    heads = f"|{'---|' * (rows[0].count('|') + 1)}"
    first, *others = (f"|{row}|" for row in rows)
    return "\n".join([first, heads, *others]) + "\n\n"


MARKDOWN: dict[str, tuple[str, list[tuple[str, list[str]]]]] = {
    "captions and units": (
        "# Fees\n\nIn pounds a day:\n\n" + grid("Ship|Summer|Winter", "Yacht|40|25", "Boat|7|6"),
        [("Yacht Boat", ["In pounds a day:", "Ship\tSummer\tWinter"])],
    ),
    "words under the first row": (
        grid("Berth|Keeper", "East|Ada", "West|Bob"),
        [("East West", ["Berth\tKeeper"])],
    ),
    "amounts in any unit are no heading": (
        grid("Port|Owner|Land", "Marrow|Brandreth|120 acres", "Kessing||9 acres (planned)"),
        [("Marrow Kessing", ["Port\tOwner\tLand"])],
    ),
    "a heading over a group does not part a table": (
        grid("|May 2021|May 2020", "Dues|40|25") + "# North\n\n"
        + grid("Sales|70|60", "Costs|7|6") + "# Ships\n\n" + grid("Length|9", "Width|3"),
        [("Dues Sales Costs", ["May 2021\tMay 2020"]), ("Length Width", [])],
    ),
    "an item is a caption": (
        "1. The members approved the pier:\n\n" + grid("For|112", "Against|65"),
        [("For Against", ["1. The members approved the pier:"])],
    ),
}  # fmt: skip
"""Texts, and their rows with the lines above that each knows."""


@pytest.mark.parametrize("name", MARKDOWN)
def test_rows_in_markdown_know_their_columns(tmp_path: Path, name: str) -> None:
    text, expected = MARKDOWN[name]
    (tmp_path / "guide.md").write_text(text)
    contexts = about(read(tmp_path / "guide.md").pages[0])
    assert contexts == [(row, above, None) for rows, above in expected for row in rows.split()]


def test_prose_has_no_table(tmp_path: Path) -> None:
    path = tmp_path / "plain.txt"
    path.write_text("A boat pays 40 pounds.\n\nA ship pays 70 pounds in 2022.\n")
    assert row_contexts(read(path).pages[0]) == {}


@pytest.mark.parametrize(
    ("rows", "heads"),
    [
        # A duration is a value, not a heading for the rows below.
        (["Service|Works|Office", "Under 2 years|25 days|24 days", "Over 5 years|30 days|29 days"],
         ["Service\tWorks\tOffice"]),
        # The first row of values has no figure.
        (["Risk|Cost|Owner", "Flood|unknown|Ada", "Fire|£60|Bob"], ["Risk\tCost\tOwner"]),
        # A month at the start of a row of words.
        (["Month|Day|Night", "January|Ada|Bob", "May|Cy|Dee"], ["Month\tDay\tNight"]),
        # A second heading row below a merged cell, in a table of words.
        (["Area|Worn|", "Area|Gloves|Boots", "Quay|yes|no", "Store|no|yes"],
         ["Area\tWorn", "Area\tGloves\tBoots"]),
        # Names and values, which no row heads.
        (["Client|Orton Ltd", "Begun|14 June 2024", "Cost|£3m", "Task|Design"], []),
    ],
)  # fmt: skip
def test_a_table_of_cells_has_one_heading_row_unless_cells_span_columns(
    tmp_path: Path, rows: list[str], heads: list[str]
) -> None:
    document = docx.Document()
    width = rows[0].count("|") + 1
    table = document.add_table(len(rows), width)
    for cells, row in zip(table.rows, rows, strict=True):
        for cell, text in zip(cells.cells, row.split("|"), strict=True):
            cell.text = text
    document.save(str(tmp_path / "book.docx"))
    labels = [row.split("|")[0] for row in rows[len(heads) :]]
    contexts = about(read(tmp_path / "book.docx").pages[0])
    assert [(label, above) for label, above, _ in contexts] == [(label, heads) for label in labels]


def test_an_empty_cell_is_read_as_a_dash_and_left_out_of_an_answer(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "guide.md").write_text(
        "| Port | Owner | Depth | Land |\n| --- | --- | --- | --- |\n"
        "| Marrow | Brandreth | 15 m | 120 acres |\n| Kessing | | 9 m | |\n"
    )
    with opened(tmp_path / "corpus", tmp_path) as assistant:
        (hit,) = assistant.read("How deep is it at Kessing?")
        answer = told(assistant, "Kessing").ask("How deep is it at Kessing?")
    assert hit.text.sentences[-1] == "Kessing\t–\t9 m"
    assert answer.statements[0].text == "Kessing – Depth: 9 m"
    assert answer.citations[0].quote == "Kessing\t\t9 m"


def test_a_row_without_words_stays_whole() -> None:
    assert without_figures("Dues\t40\t25") == "Dues"
    assert without_figures("40\t25") == "40\t25"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """An assistant over two tables, one of them too long for one passage."""
    folder = tmp_path_factory.mktemp("assistant")
    (folder / "corpus").mkdir()
    made(folder / "corpus" / "book.pdf", draw_accounts, long_table)
    with opened(folder / "corpus", folder) as assistant:
        yield assistant


def test_a_row_is_found_by_its_name_and_its_column(assistant: Assistant) -> None:
    hits = assistant.search("tonnes of the 44th ship in summer 2022", top_k=1)
    assert "Berth of the 44th ship at the old pier\t5,221\t" in hits[0].passage.text
    assert "Summer 2022" not in hits[0].passage.text
    hit = assistant.read("How many tonnes had the 44th ship in summer 2022?", top_k=1)[0]
    assert "Berth\tSummer 2022\tWinter 2023" in hit.text.context


@pytest.mark.parametrize(
    ("question", "bold"),
    [
        ("How much was the total revenue?", ""),  # no figure of the row is that of every question
        ("How much was the total revenue in 2022?", "2023: 4,920; 2022: **4,677**"),
    ],
)
def test_an_answer_that_is_a_row_quotes_its_columns_and_marks_the_figure(
    assistant: Assistant, question: str, bold: str
) -> None:
    answer = told(assistant, "Total revenue\t").ask(question)
    quotes = [citation.quote for citation in answer.citations]
    assert quotes[0] == "Total revenue\t4,920\t4,677"
    assert "2023\t2022" in quotes
    assert answer.statements[0].citations == tuple(range(1, len(quotes) + 1))
    assert answer.statements[0].text == "Total revenue – 2023: 4,920; 2022: 4,677"
    assert bold in answer.answer if bold else "**" not in answer.answer


LAID_OUT: dict[str, tuple[tuple[int, ...], list[list[str]], list[tuple[str, list[str]]]]] = {
    "rows of words that name a time are no headings": (
        (72, 200, 300),
        [["Risk|Likelihood|What we do", "Traffic falls|Medium|Contracts; six months of interest",
          "Rates rise|Low|Fixed rates; hedges until 2030",
          "A borrower fails|Low|First charge on wagons"]],
        [(row, ["Risk\tLikelihood\tWhat we do"])
         for row in ("Traffic falls", "Rates rise", "A borrower fails")],
    ),
    "tables below their titles begin with headings of words": (
        (72, 200, 300),
        [["Table 1: Income", "Line|2023|2024", "Fees|142|169", "Hire|13|9"],
         ["Table 2: Fees", "Class|Staff|Fee", "Grower|11 to 100|£2,800"]],
        [("Fees", ["Table 1: Income", "Line\t2023\t2024"]),
         ("Hire", ["Table 1: Income", "Line\t2023\t2024"]),
         ("Grower", ["Table 2: Fees", "Class\tStaff\tFee"])],
    ),
    "rows of a timeline have no headings": (
        (72, 140),
        [["Early 2027|The second hall opens, with ten vessels of many litres, if funds allow",
          "2029|The pier is mended", "2030|All members are within reach of a plant"]],
        [("Early 2027", []), ("2029", []), ("2030", [])],
    ),
    "labels with figures have no headings": (
        (72, 200),
        [["Lease|25 to 99", "Notice|three months", "Rent|£4 a year", "Jobs|7"]],
        [(row, []) for row in ("Lease", "Notice", "Rent", "Jobs")],
    ),
    "labels with words have no headings": (
        (72, 200),
        [["Owner|Harrow Council", "Status|Open", "Area|94", "Jobs|7"]],
        [(row, []) for row in ("Owner", "Status", "Area", "Jobs")],
    ),
}  # fmt: skip
"""The columns and rows of drawn tables, and each row with the lines above that it knows."""


@pytest.mark.parametrize("name", LAID_OUT)
def test_rows_of_drawn_tables_know_their_columns(tmp_path: Path, name: str) -> None:
    columns, tables, expected = LAID_OUT[name]

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        y = 780
        for table in tables:
            for row in table:
                for x, cell in zip(columns, row.split("|"), strict=False):
                    canvas.drawString(x, y, cell)
                y -= 14
            y -= 6

    contexts = about(made(tmp_path / "book.pdf", draw).pages[0])
    assert contexts == [(row, above, None) for row, above in expected]
