"""Pages of real documents: columns, sidebars, notes, front matter, the full and the empty."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import pytest
from pypdf.constants import PageLabelStyle
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.passages.splitting import split
from mehealth_rag.types import BlockKind
from tests.reading.drawing import BOLD, Draw, MakePdf, ReadPage, all_of, rewritten, rows_at, text_at
from tests.reading.reading_helpers import of_kind, read

WORDS = (
    "the harbour was built by the town in the year of the great storm and it has served ships of "
    "every kind since then with its two piers and a light that can be seen from far out at sea "
).split()


def filled(width: float, count: int, start: int = 0, size: float = 10.0) -> list[str]:
    """Lines of running text, each about `width` points wide."""
    lines, line, at = [], "", start
    while len(lines) < count:
        word = WORDS[at % len(WORDS)]
        at += 1
        if stringWidth(f"{line} {word}", "Helvetica", size) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return lines


XS = (50, 222, 394)
COLUMNS = [filled(150, 12, start) for start in (0, 9, 23)]


@pytest.mark.parametrize(
    "drawn",
    [
        [text_at(x, 720, *lines) for x, lines in zip(XS, COLUMNS, strict=True)],
        [rows_at(XS, 720, *zip(*COLUMNS, strict=True), size=10)],
    ],
    ids=["column by column", "line by line"],
)
@pytest.mark.parametrize("title", ["", "The harbour in three parts"])
def test_three_columns_are_read_one_after_the_other(
    read_page: ReadPage, drawn: list[Draw], title: str
) -> None:
    page = read_page(text_at(50, 760, title, font=BOLD, size=18), *drawn)
    assert page.text.replace("\n", " ") == " ".join([title, *chain(*COLUMNS)]).strip()


def test_a_sidebar_stands_apart_from_the_text_beside_it(read_page: ReadPage) -> None:
    main = filled(330, 24)
    side = ["Opening hours of", "the harbour office", "are nine to five,", "and ten to noon on",
            "Sundays."]  # fmt: skip
    page = read_page(
        text_at(60, 740, *main),
        text_at(430, 700, "At the office", font=BOLD, size=11),
        text_at(430, 684, *side),
    )
    assert " ".join(main) in page.text
    assert " ".join(side) in page.text
    assert "At the office" in of_kind(page, BlockKind.HEADING)


def test_a_footnote_stands_after_the_text_and_by_itself(read_page: ReadPage) -> None:
    body, note = filled(430, 10), "Dues are in pounds of the year 2020, as the board has them."
    page = read_page(
        text_at(72, 740, *body), text_at(72, 124, "1", size=6), text_at(76, 120, note, size=8)
    )
    *texts, last = page.text.split("\n")
    assert " ".join(texts) == " ".join(body)
    assert last.removeprefix("1").strip() == note


def test_a_word_broken_at_a_column_s_end_is_whole(read_page: ReadPage) -> None:
    page = read_page(
        text_at(60, 720, *filled(210, 8), "and so the whole inter-"),
        text_at(320, 720, "national trade of the town went", *filled(210, 8, 5)),
        text_at(60, 560, "The word international stands on this page once more, whole."),
    )
    assert "the whole international trade of the town" in page.text


def test_a_word_broken_at_a_page_s_end_stays_as_each_page_has_it(make_pdf: MakePdf) -> None:
    first = [*filled(430, 6), "and then it was known as the inter-"]
    second = ["national harbour, for ships came from all over the world.", *filled(430, 4)]
    pages = read(make_pdf(text_at(72, 740, *first), text_at(72, 740, *second))).pages
    assert pages[0].text.endswith("known as the inter-")
    assert pages[1].text.startswith("national harbour,")


def test_front_matter_has_roman_numbers_and_keeps_its_text(make_pdf: MakePdf) -> None:
    labels = ["i", "ii", "iii", "1", "2"]
    drawn = [
        all_of(text_at(72, 740, *filled(430, 12, 3 * at)), text_at(295, 40, label, size=9))
        for at, label in enumerate(labels)
    ]
    with rewritten(path := make_pdf(*drawn)) as writer:
        writer.set_page_label(0, 2, style=PageLabelStyle.LOWERCASE_ROMAN)
        writer.set_page_label(3, 4, style=PageLabelStyle.DECIMAL)
    document = read(path)
    assert [page.label for page in document.pages] == labels
    assert [of_kind(page, BlockKind.FURNITURE) for page in document.pages] == [[x] for x in labels]
    assert {passage.page_label for passage in split(document)} == set(labels)


def test_a_page_of_ten_thousand_characters_and_one_of_none(make_pdf: MakePdf) -> None:
    lines = filled(530, 80, size=6.0)
    document = read(make_pdf(text_at(30, 820, *lines, size=6, leading=10), lambda _: None))
    first, second = document.pages
    assert len(first.text) > 10_000
    assert first.text.replace("\n", " ") == " ".join(lines)
    assert (second.text, second.blocks) == ("", ())
    assert second.problem
    assert " ".join(p.text for p in split(document)).split() == first.text.split()


def _figures(xs: Sequence[float], y: float, *labels: str) -> Draw:
    """Draw rows of labels at the left and of figures at `xs`."""
    cells = [[label, *(str(round(x) + at) for x in xs)] for at, label in enumerate(labels)]
    return rows_at((70, *xs), y, *cells, size=8)


def _centred(*heads: tuple[float, float, str]) -> Draw:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 8)
        for x, y, words in heads:
            canvas.drawCentredString(x, y, words)

    return draw


def test_columns_over_a_table_are_one_row_whatever_their_letters(read_page: ReadPage) -> None:
    heads = ("Three Months Ended June 30", "Twelve Months Ended June 30")
    page = read_page(
        text_at(200, 712, heads[0], font=BOLD, size=9),
        text_at(400, 712, heads[1], font=BOLD, size=9),
        rows_at((72, 220, 300, 420, 500), 694, *(("Net sales", "1,2", "3", "4", "5"),) * 2),
        text_at(72, 640, *filled(450, 6)),
    )
    assert of_kind(page, BlockKind.HEADING) == []
    assert of_kind(page, BlockKind.ROW)[0] == "\t".join(heads)


def test_a_numbered_title_is_a_heading_though_a_full_stop_ends_it(read_page: ReadPage) -> None:
    page = read_page(
        text_at(72, 740, "Item 5.02.", font=BOLD),
        text_at(150, 740, "Departure of the Harbour Master.", font=BOLD),
        text_at(72, 715, *filled(430, 8)),
    )
    assert of_kind(page, BlockKind.HEADING) == ["Item 5.02. Departure of the Harbour Master."]


def test_headings_stacked_line_by_line_over_figures_are_cells(read_page: ReadPage) -> None:
    title = "Fair Value Measurements at Reporting Date Using"
    heads = [
        (360, 716, title),
        (300, 700, "Quoted Prices"), (400, 700, "Significant"),
        (300, 691, "in Active"), (400, 691, "Other"), (500, 691, "Significant"),
        (220, 682, "Total"), (300, 682, "Markets"), (400, 682, "Observable"),
        (500, 682, "Unobservable"),
    ]  # fmt: skip
    figures = _figures((215, 295, 395, 495), 654, "Money market funds", "Time deposits")
    page = read_page(_centred(*heads), text_at(60, 668, "Assets:", size=8), figures)
    assert of_kind(page, BlockKind.ROW)[0].split("\t") == [
        "Total",
        "Quoted Prices in Active Markets",
        "Significant Other Observable",
        "Significant Unobservable",
    ]
    assert title in page.text.split("\n")


def test_a_heading_over_several_columns_is_none_of_theirs(read_page: ReadPage) -> None:
    heads = (220, 682, "Total"), (300, 682, "Operations"), (380, 682, "Currency")
    figures = _figures((225, 305, 385), 668, "Consumer", "Medical")
    page = read_page(_centred((300, 696, "Percent Change"), *heads), figures)
    assert page.text.split("\n")[:2] == ["Percent Change", "Total\tOperations\tCurrency"]


@pytest.mark.parametrize("degrees", [90, 270])
def test_a_page_whose_text_stands_on_its_side_is_read_as_it_is_meant(
    read_page: ReadPage, degrees: int
) -> None:
    width, height = A4
    lines = filled(640, 4)
    rows = [("Berth", "2022", "2023"), ("East pier", "4,602", "4,386"), ("West", "318", "291")]

    def turn(canvas: Canvas) -> None:
        canvas.rotate(degrees)
        canvas.translate(*((0, -width) if degrees == 90 else (-height, 0)))

    table = rows_at((72, 400, 500), 420, *rows, leading=14)
    page = read_page(turn, text_at(72, 520, *lines), table)
    assert of_kind(page, BlockKind.PARAGRAPH) == [" ".join(lines)]
    assert of_kind(page, BlockKind.ROW) == ["\t".join(row) for row in rows]
    assert page.size == pytest.approx(A4, abs=0.5)
    first = page.lines[0].box
    assert first is not None
    left, bottom, right, top = first
    assert right - left < 12  # as displayed: a line that runs up or down
    assert top - bottom > 600
    across = width - 520 if degrees == 90 else 520
    assert left - 3 <= across <= right + 3
