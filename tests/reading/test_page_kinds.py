"""Pages of real documents: columns, sidebars, notes, front matter, the full and the empty."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.constants import PageLabelStyle
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth

from mehealth_rag.passages.splitting import split
from mehealth_rag.types import BlockKind
from tests.reading.reading_helpers import check_invariants, lines_at, of_kind, read

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Maker = Callable[..., Path]

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


def test_three_columns_are_read_one_after_the_other(make_pdf: Maker) -> None:
    columns = [filled(150, 12, start) for start in (0, 9, 23)]

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 18)
        canvas.drawString(50, 760, "The harbour in three parts")
        for x, lines in zip((50, 222, 394), columns, strict=True):
            lines_at(canvas, (x, 720), lines)

    (page,) = read(make_pdf(draw)).pages
    text = page.text.replace("\n", " ")
    assert text == " ".join(["The harbour in three parts", *chain(*columns)])
    check_invariants(page)


def test_three_columns_drawn_line_by_line(make_pdf: Maker) -> None:
    columns = [filled(150, 10, start) for start in (0, 9, 23)]

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for at, lines in enumerate(zip(*columns, strict=True)):
            for x, line in zip((50, 222, 394), lines, strict=True):
                canvas.drawString(x, 720 - 13 * at, line)

    (page,) = read(make_pdf(draw)).pages
    assert page.text.replace("\n", " ") == " ".join(chain(*columns))


def test_a_sidebar_stands_apart_from_the_text_beside_it(make_pdf: Maker) -> None:
    main = filled(330, 24)
    side = [
        "Opening hours of",
        "the harbour office",
        "are nine to five,",
        "and ten to noon on",
        "Sundays.",
    ]

    def draw(canvas: Canvas) -> None:
        lines_at(canvas, (60, 740), main)
        canvas.setFont("Helvetica-Bold", 11)
        canvas.drawString(430, 700, "At the office")
        lines_at(canvas, (430, 684), side)

    (page,) = read(make_pdf(draw)).pages
    assert " ".join(main) in page.text
    assert " ".join(side) in page.text
    assert "At the office" in of_kind(page, BlockKind.HEADING)


def test_a_footnote_stands_after_the_text_and_by_itself(make_pdf: Maker) -> None:
    body = filled(430, 10)

    def draw(canvas: Canvas) -> None:
        lines_at(canvas, (72, 740), body)
        canvas.setFont("Helvetica", 6)
        canvas.drawString(72, 124, "1")
        canvas.setFont("Helvetica", 8)
        canvas.drawString(76, 120, "Dues are in pounds of the year 2020, as the board has them.")

    (page,) = read(make_pdf(draw)).pages
    *texts, note = page.text.split("\n")
    assert " ".join(texts) == " ".join(body)
    assert note.replace(" ", "").startswith("1Duesareinpounds")


def test_running_heads_and_notes_do_not_part_what_goes_on_over_the_page(make_pdf: Maker) -> None:
    pages = [filled(430, 20, start) for start in (0, 7, 16)]

    def draw(number: int) -> Callable[[Canvas], None]:
        def on(canvas: Canvas) -> None:
            canvas.setFont("Helvetica", 8)
            canvas.drawString(72, 805, "A history of the harbour")
            canvas.drawString(290, 30, str(number))
            lines_at(canvas, (72, 760), pages[number - 1])

        return on

    document = read(make_pdf(draw(1), draw(2), draw(3)))
    for page, lines in zip(document.pages, pages, strict=True):
        assert of_kind(page, BlockKind.FURNITURE) == ["A history of the harbour", str(page.number)]
        assert of_kind(page, BlockKind.PARAGRAPH) == [" ".join(lines)]


def test_a_word_broken_at_a_column_s_end_is_whole(make_pdf: Maker) -> None:
    left = [*filled(210, 8), "and so the whole inter-"]
    right = ["national trade of the town went", *filled(210, 8, 5)]

    def draw(canvas: Canvas) -> None:
        lines_at(canvas, (60, 720), left)
        lines_at(canvas, (320, 720), right)
        lines_at(
            canvas, (60, 560), ["The word international stands on this page once more, whole."]
        )

    (page,) = read(make_pdf(draw)).pages
    assert "the whole international trade of the town" in page.text
    check_invariants(page)


def test_a_word_broken_at_a_page_s_end_stays_as_each_page_has_it(make_pdf: Maker) -> None:
    first = [*filled(430, 6), "and then it was known as the inter-"]
    second = [
        "national harbour, for ships came from all over the world to its quays.",
        *filled(430, 4),
    ]
    document = read(
        make_pdf(
            lambda canvas: void(lines_at(canvas, (72, 740), first)),
            lambda canvas: void(lines_at(canvas, (72, 740), second)),
        )
    )
    assert document.pages[0].text.endswith("known as the inter-")
    assert document.pages[1].text.startswith("national harbour,")


def void(_: float) -> None:
    """Take a drawing's result away: a page's drawing gives none."""


def test_front_matter_has_roman_numbers_and_keeps_its_text(make_pdf: Maker, tmp_path: Path) -> None:
    def draw(label: str, start: int) -> Callable[[Canvas], None]:
        def on(canvas: Canvas) -> None:
            lines_at(canvas, (72, 740), filled(430, 12, start))
            canvas.setFont("Helvetica", 9)
            canvas.drawCentredString(297, 40, label)

        return on

    labels = ["i", "ii", "iii", "1", "2"]
    made = make_pdf(*(draw(label, 3 * at) for at, label in enumerate(labels)))
    writer = PdfWriter(clone_from=PdfReader(made))
    writer.set_page_label(0, 2, style=PageLabelStyle.LOWERCASE_ROMAN)
    writer.set_page_label(3, 4, style=PageLabelStyle.DECIMAL)
    path = tmp_path / "labelled.pdf"
    writer.write(path)
    document = read(path)
    assert [page.label for page in document.pages] == labels
    assert [of_kind(page, BlockKind.FURNITURE) for page in document.pages] == [[x] for x in labels]
    passages = split(document)
    assert {passage.page_label for passage in passages} == set(labels)


def test_a_page_of_ten_thousand_characters_and_one_of_none(make_pdf: Maker) -> None:
    lines = filled(530, 80, size=6.0)

    def full(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 6)
        for at, line in enumerate(lines):
            canvas.drawString(30, 820 - 10 * at, line)

    document = read(make_pdf(full, lambda _: None))
    first, second = document.pages
    assert len(first.text) > 10_000
    assert first.text.replace("\n", " ") == " ".join(lines)
    assert (second.text, second.blocks) == ("", ())
    assert second.problem
    assert " ".join(p.text for p in split(document)).split() == first.text.split()


def test_columns_over_a_table_are_one_row_whatever_their_letters(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 9)
        for x, words in ((200, "Three Months Ended June 30"), (400, "Twelve Months Ended June 30")):
            canvas.drawString(x, 712, words)
        canvas.setFont("Helvetica", 9)
        for at, label in enumerate(("Net sales", "Net income")):
            canvas.drawString(72, 694 - 13 * at, label)
            for x in (220, 300, 420, 500):
                canvas.drawString(x, 694 - 13 * at, f"{x + at},{x + at}")
        lines_at(canvas, (72, 640), filled(450, 6))

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.HEADING) == []
    assert of_kind(page, BlockKind.ROW)[0] == (
        "Three Months Ended June 30\tTwelve Months Ended June 30"
    )


def test_figures_at_the_middle_of_a_label_of_two_lines(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(72, 700, "Comparable constant currency")
        canvas.drawString(72, 692, "Growth %")
        canvas.drawString(300, 696, "(5)")
        canvas.drawString(380, 696, "(4)")
        canvas.drawString(72, 676, "Volume %")
        canvas.drawString(300, 676, "(7)")
        canvas.drawString(380, 676, "(6)")

    (page,) = read(make_pdf(draw)).pages
    assert page.text.split("\n") == [
        "Comparable constant currency Growth %\t(5)\t(4)",
        "Volume %\t(7)\t(6)",
    ]


def test_ranges_of_figures_are_cells(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        for at, (label, cell) in enumerate(
            (
                ("Depreciation and amortisation expense", "$245 million to $250 million"),
                ("Share of the harbour's own funds spent", "approximately 24.6%"),
            )
        ):
            canvas.drawString(72, 700 - 13 * at, label)
            canvas.drawString(380, 700 - 13 * at, cell)

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.ROW) == [
        "Depreciation and amortisation expense\t$245 million to $250 million",
        "Share of the harbour's own funds spent\tapproximately 24.6%",
    ]


def test_a_numbered_title_is_a_heading_though_a_full_stop_ends_it(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 10)
        canvas.drawString(72, 740, "Item 5.02.")
        canvas.drawString(150, 740, "Departure of the Harbour Master.")
        lines_at(canvas, (72, 715), filled(430, 8))

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.HEADING) == ["Item 5.02. Departure of the Harbour Master."]


def test_headings_stacked_line_by_line_over_figures_are_cells(make_pdf: Maker) -> None:
    heads = (
        ("Quoted Prices", 300, 700),
        ("Significant", 400, 700),
        ("in Active", 300, 691),
        ("Other", 400, 691),
        ("Significant", 500, 691),
        ("Total", 220, 682),
        ("Markets", 300, 682),
        ("Observable", 400, 682),
        ("Unobservable", 500, 682),
    )

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawCentredString(360, 716, "Fair Value Measurements at Reporting Date Using")
        for words, x, y in heads:
            canvas.drawCentredString(x, y, words)
        canvas.drawString(60, 668, "Assets:")
        for at, label in enumerate(("Money market funds", "Time deposits")):
            canvas.drawString(70, 654 - 13 * at, label)
            for x in (220, 300, 400, 500):
                canvas.drawRightString(x + 15, 654 - 13 * at, f"{x + at}")

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.ROW)[0].split("\t") == [
        "Total",
        "Quoted Prices in Active Markets",
        "Significant Other Observable",
        "Significant Unobservable",
    ]
    assert "Fair Value Measurements at Reporting Date Using" in page.text.split("\n")


def test_a_heading_over_several_columns_is_none_of_theirs(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawCentredString(300, 696, "Percent Change")
        for words, x in (("Total", 220), ("Operations", 300), ("Currency", 380)):
            canvas.drawCentredString(x, 682, words)
        for at, label in enumerate(("Consumer", "Medical")):
            canvas.drawString(70, 668 - 13 * at, label)
            for x in (220, 300, 380):
                canvas.drawRightString(x + 15, 668 - 13 * at, f"{x + at}")

    (page,) = read(make_pdf(draw)).pages
    assert page.text.split("\n")[:2] == ["Percent Change", "Total\tOperations\tCurrency"]


@pytest.mark.parametrize("degrees", [90, 270])
def test_a_page_whose_text_stands_on_its_side_is_read_as_it_is_meant(
    make_pdf: Maker, degrees: int
) -> None:
    def draw(canvas: Canvas) -> None:
        width, height = A4
        canvas.rotate(degrees)
        canvas.translate(*((0, -width) if degrees == 90 else (-height, 0)))
        lines_at(canvas, (72, 520), filled(640, 4))
        canvas.setFont("Helvetica", 9)
        for at, (label, *figures) in enumerate(
            (("Berth", "2022", "2023"), ("East pier", "4,602", "4,386"), ("West", "318", "291"))
        ):
            canvas.drawString(72, 420 - 14 * at, label)
            for x, figure in zip((400, 500), figures, strict=True):
                canvas.drawString(x, 420 - 14 * at, figure)

    (page,) = read(make_pdf(draw)).pages
    check_invariants(page)
    assert of_kind(page, BlockKind.PARAGRAPH) == [" ".join(filled(640, 4))]
    assert of_kind(page, BlockKind.ROW) == [
        "Berth\t2022\t2023",
        "East pier\t4,602\t4,386",
        "West\t318\t291",
    ]
    assert page.size == pytest.approx(A4, abs=0.5)
    first = page.lines[0].box
    assert first is not None
    left, bottom, right, top = first
    assert right - left < 12  # as displayed: a line that runs up or down
    assert top - bottom > 600
    across = A4[0] - 520 if degrees == 90 else 520
    assert left - 3 <= across <= right + 3
