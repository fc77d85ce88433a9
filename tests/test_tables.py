"""What a table's row is about: columns, caption, units and the label of its group."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

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
    found = about(accounts.pages[0])
    columns = [
        "The harbour's income and costs were as follows (in thousands):",
        "Years ended 31 March",
        "2023\t2022",
    ]
    assert all(above == columns for _, above, _ in found)
    assert [(row, label) for row, _, label in found] == [
        ("Harbour dues", "Revenue:"),
        ("Pier tickets", "Revenue:"),
        ("Total revenue", "Revenue:"),
        ("Harbour dues", "Costs:"),
        ("Dredging", "Costs:"),
        ("Total costs", "Costs:"),
        ("Surplus", None),
    ]


def test_rows_of_columns_headings_are_headings_among_the_sentences(accounts: Document) -> None:
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


def test_what_is_repeated_is_bounded(berths: tuple[Passage, ...]) -> None:
    for passage in berths:
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


def test_the_headings_of_a_second_part_replace_the_first_s(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        for top, year in ((780, "2021"), (700, "2020")):
            canvas.drawString(330, top, f"Year ended May {year}")
            for at, name in enumerate(("Dues", "Tickets")):
                canvas.drawString(72, top - 14 - 14 * at, name)
                canvas.drawString(330, top - 14 - 14 * at, f"{top + at}")
                canvas.drawString(400, top - 14 - 14 * at, f"{top + 50 + at}")

    found = about(made(tmp_path / "parts.pdf", draw).pages[0])
    assert [(row, above) for row, above, _ in found] == [
        ("Dues", ["Year ended May 2021"]),
        ("Tickets", ["Year ended May 2021"]),
        ("Dues", ["Year ended May 2020"]),
        ("Tickets", ["Year ended May 2020"]),
    ]


def test_a_heading_over_a_group_of_rows_does_not_part_their_table(tmp_path: Path) -> None:
    path = tmp_path / "areas.md"
    path.write_text(
        "| | May 2021 | May 2020 |\n| --- | --- | --- |\n| Dues | 40 | 25 |\n\n# North\n\n"
        "| Sales | 70 | 60 |\n| --- | --- | --- |\n| Costs | 7 | 6 |\n\n# Ships\n\n"
        "| Length | 9 |\n| --- | --- |\n| Width | 3 |\n"
    )
    assert [(row, above) for row, above, _ in about(read(path).pages[0])] == [
        ("Dues", ["May 2021\tMay 2020"]),
        ("Sales", ["May 2021\tMay 2020"]),
        ("Costs", ["May 2021\tMay 2020"]),
        ("Length", []),
        ("Width", []),
    ]


def test_a_second_table_right_below_has_its_own_title(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        for top, title, year in ((780, "Dues of ships", "2021"), (700, "Tickets sold", "2020")):
            canvas.drawString(200, top, title)
            canvas.drawString(330, top - 14, f"May {year}")
            canvas.drawString(400, top - 14, f"June {year}")
            for at, name in enumerate(("East", "West")):
                canvas.drawString(72, top - 28 - 14 * at, name)
                canvas.drawString(330, top - 28 - 14 * at, f"{top + at}")
                canvas.drawString(400, top - 28 - 14 * at, f"{top + 50 + at}")

    found = about(made(tmp_path / "two.pdf", draw).pages[0])
    assert [above for _, above, _ in found] == [
        *2 * [["Dues of ships", "May 2021\tJune 2021"]],
        *2 * [["Tickets sold", "May 2020\tJune 2020"]],
    ]


def test_an_item_that_announces_a_table_is_its_caption(tmp_path: Path) -> None:
    path = tmp_path / "votes.md"
    path.write_text(
        "1. The members approved the new pier:\n\n| For | 112 |\n| --- | --- |\n| Against | 65 |\n"
    )
    found = about(read(path).pages[0])
    assert {above[0] for _, above, _ in found} == {"1. The members approved the new pier:"}


def test_tables_in_markdown_know_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "guide.md"
    path.write_text(
        "# Fees\n\nIn pounds a day:\n\n| Ship | Summer | Winter |\n| --- | --- | --- |\n"
        "| Yacht | 40 | 25 |\n| Trawler | 70 | 60 |\n"
    )
    found = about(read(path).pages[0])
    assert found == [
        ("Yacht", ["In pounds a day:", "Ship\tSummer\tWinter"], None),
        ("Trawler", ["In pounds a day:", "Ship\tSummer\tWinter"], None),
    ]


def test_a_table_of_words_has_its_first_row_for_headings(tmp_path: Path) -> None:
    path = tmp_path / "guide.md"
    path.write_text("| Berth | Keeper |\n| --- | --- |\n| East | Ada |\n| West | Bob |\n")
    found = about(read(path).pages[0])
    assert found == [("East", ["Berth\tKeeper"], None), ("West", ["Berth\tKeeper"], None)]


def test_a_row_of_amounts_in_any_unit_is_no_heading(tmp_path: Path) -> None:
    path = tmp_path / "guide.md"
    path.write_text(
        "| Port | Owner | Land |\n| --- | --- | --- |\n| Marrow | Brandreth | 120 acres |\n"
        "| Kessing | | 9 acres (planned) |\n"
    )
    found = about(read(path).pages[0])
    assert found == [
        ("Marrow", ["Port\tOwner\tLand"], None), ("Kessing", ["Port\tOwner\tLand"], None),
    ]  # fmt: skip


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


def test_prose_has_no_table(tmp_path: Path) -> None:
    path = tmp_path / "plain.txt"
    path.write_text("A boat pays 40 pounds.\n\nA ship pays 70 pounds in 2022.\n")
    assert row_contexts(read(path).pages[0]) == {}


def test_a_row_without_words_stays_whole() -> None:
    assert without_figures("Dues\t40\t25") == "Dues"
    assert without_figures("40\t25") == "40\t25"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """An assistant over two tables, one of them too long for one passage."""
    folder = tmp_path_factory.mktemp("assistant")
    (folder / "corpus").mkdir()
    made(folder / "corpus" / "book.pdf", draw_accounts, long_table)
    with opened(folder / "corpus", folder) as found:
        yield found


def test_a_row_is_found_by_its_name_and_its_column(assistant: Assistant) -> None:
    hits = assistant.search("tonnes of the 44th ship in summer 2022", top_k=1)
    assert "Berth of the 44th ship at the old pier\t5,221\t" in hits[0].passage.text
    assert "Summer 2022" not in hits[0].passage.text


def test_an_answer_that_is_a_row_quotes_its_columns(assistant: Assistant) -> None:
    answer = told(assistant, "Total revenue\t").ask("What was the total revenue in 2023?")
    quotes = [citation.quote for citation in answer.citations]
    assert quotes[0] == "Total revenue\t4,920\t4,677"
    assert "2023\t2022" in quotes
    assert answer.statements[0].citations == tuple(range(1, len(quotes) + 1))


def test_no_figure_of_a_row_is_marked(assistant: Assistant) -> None:
    answer = told(assistant, "Total revenue\t").ask("How much was the total revenue in 2023?")
    assert answer.citations[0].quote == "Total revenue\t4,920\t4,677"
    assert "**" not in answer.answer  # the first of the figures is not the one of every question
    assert answer.statements[0].text == "Total revenue – 2023: 4,920; 2022: 4,677"


def test_the_reader_is_given_a_row_with_what_stands_above_it(assistant: Assistant) -> None:
    hit = assistant.read("How many tonnes had the 44th ship in summer 2022?", top_k=1)[0]
    assert "Berth\tSummer 2022\tWinter 2023" in hit.text.context
