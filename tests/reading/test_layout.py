"""Reading order, columns, headings, rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mehealth_rag.reading.blocks import draft_pages, measure
from mehealth_rag.reading.layout import arrange
from mehealth_rag.reading.runs import Frame, RawPage, Run
from mehealth_rag.reading.tidy import Vocabulary, clean, compose
from mehealth_rag.types import BlockKind, Page
from tests.reading.reading_helpers import check_invariants, lines_at, of_kind, read

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Maker = Callable[..., Path]

LEFT = [
    "The left column speaks of the harbour",
    "and of the ships that came to it over",
    "the years, until the railway took the",
    "trade away and the quays lay empty.",
    "Then the town turned to its beach,",
    "and what it found there was",
]
RIGHT = [
    "a trade of another kind, with bathers",
    "and brass bands and a pier of its own.",
    "The right column goes on with that,",
    "and with the winter of the great",
    "storm, which took the pier away.",
    "Nobody has built it again since.",
]


def test_columns_are_read_one_after_the_other(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        lines_at(canvas, (72, 700), LEFT)
        lines_at(canvas, (310, 700), RIGHT)

    (page,) = read(make_pdf(draw)).pages
    assert page.text == " ".join([*LEFT, *RIGHT])
    assert len(page.blocks) == 1
    assert [line.span.of(page.text) for line in page.lines] == [*LEFT, *RIGHT]
    check_invariants(page)


@pytest.mark.parametrize("gutter", [6.0, 9.5, 14.0])
def test_columns_with_a_narrow_gutter_are_not_spliced(make_pdf: Maker, gutter: float) -> None:
    def draw(canvas: Canvas) -> None:
        widest = max(canvas.stringWidth(line, "Helvetica", 10) for line in LEFT)
        lines_at(canvas, (72, 700), LEFT)
        lines_at(canvas, (72 + widest + gutter, 700), RIGHT)

    (page,) = read(make_pdf(draw)).pages
    assert page.text == " ".join([*LEFT, *RIGHT])


def test_columns_drawn_line_by_line_are_columns_too(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for at, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True)):
            canvas.drawString(72, 700 - 13 * at, left)
            canvas.drawString(310, 700 - 13 * at, right)

    (page,) = read(make_pdf(draw)).pages
    assert page.text == " ".join([*LEFT, *RIGHT])


def test_a_heading_over_both_columns_comes_first_and_a_line_below_last(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        lines_at(canvas, (72, 600), LEFT[:5])
        lines_at(canvas, (310, 600), RIGHT[3:] + RIGHT[:1])
        canvas.setFont("Helvetica-Bold", 20)
        canvas.drawString(72, 650, "A history of the harbour and of its pier")
        lines_at(canvas, (72, 480), ["Printed for the board by the town's own press in " + "1921."])

    (page,) = read(make_pdf(draw)).pages
    texts = page.text.split("\n")
    assert texts[0] == "A history of the harbour and of its pier"
    assert page.blocks[0].kind is BlockKind.HEADING
    assert texts[1].startswith("The left column")
    assert texts[-1].startswith("Printed for")


def test_side_headings_go_with_their_columns(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        for x, words in ((72, "The harbour"), (310, "The pier")):
            canvas.setFont("Helvetica-Bold", 14)
            canvas.drawString(x, 730, words)
        lines_at(canvas, (72, 700), LEFT[:5])
        lines_at(canvas, (310, 700), RIGHT[2:])

    (page,) = read(make_pdf(draw)).pages
    kinds = [block.kind for block in page.blocks]
    assert kinds == [
        BlockKind.HEADING,
        BlockKind.PARAGRAPH,
        BlockKind.HEADING,
        BlockKind.PARAGRAPH,
    ]
    assert of_kind(page, BlockKind.HEADING) == ["The harbour", "The pier"]


def test_headings_over_several_lines_are_one_and_have_levels(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        y = 760.0
        for size, lines in ((24, ["The harbour and", "what became of it"]), (14, ["Its early"])):
            for line in lines:
                canvas.setFont("Helvetica", size)
                canvas.drawString(72, y, line)
                y -= 1.2 * size
            y -= 10
        y = lines_at(canvas, (72, y), LEFT[:4]) - 8
        y = lines_at(canvas, (72, y), ["Ships of the time"], "Helvetica-Bold")
        lines_at(canvas, (72, y), RIGHT[2:])

    (page,) = read(make_pdf(draw)).pages
    headings = [(b.level, b.span.of(page.text)) for b in page.blocks if b.level]
    assert headings == [
        (1, "The harbour and what became of it"),
        (2, "Its early"),
        (3, "Ships of the time"),
    ]


def test_a_bold_sentence_is_no_heading(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        y = lines_at(canvas, (72, 700), ["The harbour is closed to all ships."], "Helvetica-Bold")
        lines_at(canvas, (72, y), LEFT[:4])

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.HEADING) == []


def test_paragraphs_are_parted_by_a_gap_an_indent_or_a_short_last_line(make_pdf: Maker) -> None:
    first = [
        "The first paragraph of the text runs over two full lines of the page and ends",
        "here.",
    ]
    second = [
        "Another one follows right below it, told only by the short line above that is",
        "it.",
    ]
    third = ["This one stands after a gap, and its own end is as wide as all of the lines above."]

    def draw(canvas: Canvas) -> None:
        y = lines_at(canvas, (72, 700), [*first, *second])
        y = lines_at(canvas, (72, y - 10), third)
        lines_at(canvas, (92, y), ["An indent opens the last one of them, which is longer than it"])

    (page,) = read(make_pdf(draw)).pages
    assert [text.split()[0] for text in page.text.split("\n")] == ["The", "Another", "This", "An"]


def test_page_drawn_upside_down_is_read_downwards(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        for at, line in reversed(list(enumerate(LEFT))):
            canvas.drawString(72, 700 - 13 * at, line)

    (page,) = read(make_pdf(draw)).pages
    assert page.text == " ".join(LEFT)


def test_stacked_column_headings_are_one_row(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        for x, stack in ((250, ("January 28,", "2023")), (350, ("January 29,", "2022"))):
            for at, line in enumerate(stack):
                canvas.drawString(x, 700 - 11 * at, line)
        for at, row in enumerate((("Net sales", "3,226", "2,729"), ("Net income", "340", "289"))):
            for x, cell in zip((72, 250, 350), row, strict=True):
                canvas.drawString(x, 670 - 12 * at, cell)

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.ROW) == [
        "January 28, 2023\tJanuary 29, 2022",
        "Net sales\t3,226\t2,729",
        "Net income\t340\t289",
    ]


def test_a_row_s_label_that_wraps_is_whole(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        canvas.drawString(72, 700, "Re-issuance of treasury stock")
        canvas.drawString(80, 690, "under stock compensation plans")
        canvas.drawString(250, 690, "(56)")
        canvas.drawString(350, 690, "(478)")

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.ROW) == [
        "Re-issuance of treasury stock under stock compensation plans\t(56)\t(478)"
    ]


def test_a_large_heading_ends_the_columns_above_it(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        for top, words in ((700, "first"), (500, "second")):
            lines_at(canvas, (72, top), [f"In the {words} part the left column", *LEFT[1:5]])
            lines_at(canvas, (310, top), [f"In the {words} part the right column", *RIGHT[3:]])
        canvas.setFont("Helvetica-Bold", 16)
        canvas.drawString(72, 560, "The second part")

    (page,) = read(make_pdf(draw)).pages
    starts = [" ".join(text.split()[:6]) for text in page.text.split("\n")]
    assert starts == [
        "In the first part the left",
        "In the first part the right",
        "The second part",
        "In the second part the left",
        "In the second part the right",
    ]


def test_figures_drawn_column_by_column_are_rows(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        columns = (("Net sales", "Net income"), ("3,226", "340"), ("2,729", "289"))
        for x, cells in zip((72, 250, 350), columns, strict=True):
            for at, cell in enumerate(cells):
                canvas.drawString(x, 700 - 14 * at, cell)

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.ROW) == ["Net sales\t3,226\t2,729", "Net income\t340\t289"]


def test_figures_under_their_label_are_its_row(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        canvas.drawString(72, 700, "Litigation related")
        canvas.drawString(250, 690, "6,900")
        canvas.drawString(350, 690, "7,100")

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.ROW) == ["Litigation related\t6,900\t7,100"]


def test_a_line_over_the_columns_of_a_table_is_a_row(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        canvas.drawString(270, 712, "Year ended 31 December")
        for at, row in enumerate((("Net sales", "$ 3,226 $ 2,729"), ("Net income", "340"))):
            canvas.drawString(72, 700 - 12 * at, row[0])
            canvas.drawString(300, 700 - 12 * at, row[1])

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.ROW) == [
        "Year ended 31 December",
        "Net sales\t$ 3,226\t$ 2,729",
        "Net income\t340",
    ]


def test_figures_beside_the_first_line_of_a_label_that_wraps(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 9)
        canvas.drawString(72, 700, "Reported income by segment from continuing")
        canvas.drawString(72, 691, "operations")
        canvas.drawString(350, 700, "4,402")
        canvas.drawString(420, 700, "1,409")

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.ROW) == [
        "Reported income by segment from continuing operations\t4,402\t1,409"
    ]


def test_a_line_in_italics_opens_its_section(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        y = lines_at(canvas, (72, 700), ["Subscription"], "Helvetica-Oblique")
        y = lines_at(canvas, (72, y), LEFT[:4]) - 10
        lines_at(canvas, (72, y), ["John Smith, harbour master"], "Helvetica-Oblique")

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.HEADING) == ["Subscription"]


def test_text_on_its_side_is_kept(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        lines_at(canvas, (72, 700), LEFT)
        canvas.rotate(90)
        canvas.drawString(200, -560, "Along the margin")

    (page,) = read(make_pdf(draw)).pages
    assert page.text.split("\n") == [" ".join(LEFT), "Along the margin"]
    check_invariants(page)


_WORDS = st.lists(
    st.sampled_from(
        ["harbour", "the", "£3bn", "2021", "inter-", "national", "•", "(1)", "end.", "A"]
    ),
    min_size=1,
    max_size=8,
).map(" ".join)
_RUNS = st.lists(
    st.tuples(
        _WORDS,
        st.floats(0, 500),
        st.integers(0, 60),
        st.sampled_from([8.0, 10.0, 16.0]),
        st.booleans(),
    ),
    max_size=40,
)


def _run(order: int, drawn: tuple[str, float, int, float, bool]) -> Run:
    text, x, row, size, bold = drawn
    baseline = 780.0 - 12 * row
    box = (x, baseline - 2, x + 0.5 * size * len(text), baseline + 0.8 * size)
    return Run(clean(text), box, baseline, size, order, bold, bold)


@settings(max_examples=150, deadline=None)
@given(_RUNS)
def test_any_page_keeps_every_character_once(
    drawn: list[tuple[str, float, int, float, bool]],
) -> None:
    runs = tuple(_run(order, one) for order, one in enumerate(drawn))
    regions = arrange(RawPage(1, (600, 800), runs))
    (drafts,) = draft_pages([regions], measure(regions))
    text, blocks, lines = compose(drafts, Vocabulary.of(()))
    check_invariants(Page(1, "1", text, blocks, lines))

    def letters(string: str) -> list[str]:
        return sorted(char for char in string if not char.isspace() and char != "-")

    assert letters(text) == letters(" ".join(run.text for run in runs))


@pytest.mark.parametrize(
    ("rotation", "point"),
    [(0, (40, 80)), (90, (80, 460)), (180, (460, 720)), (270, (720, 40))],
)
def test_frame_places_points_as_displayed(rotation: int, point: tuple[float, float]) -> None:
    frame = Frame((10, 20, 510, 820), rotation)
    assert frame.point(50, 100) == point
    left, bottom, right, top = frame.box((50, 100, 60, 120))
    assert left < right
    assert bottom < top


def test_a_large_figure_stands_with_the_label_over_it(make_pdf: Maker) -> None:
    facts = [("BY NET PROFIT", "£678 million"), ("NEW JOBS", "2,328"), ("Share of power", "~70%")]

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica-Bold", 16)
        canvas.drawString(72, 760, "The company at a glance")
        for at, (label, figure) in enumerate(facts):
            canvas.setFont("Helvetica-Bold", 9)
            canvas.drawString(72, 700 - 60 * at, label)
            canvas.setFont("Helvetica", 20)
            canvas.drawString(72, 676 - 60 * at, figure)

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.HEADING) == ["The company at a glance"]
    assert of_kind(page, BlockKind.ROW) == [f"{label}\t{figure}" for label, figure in facts]
    check_invariants(page)


CARDS = (
    ["Captain Isla Drummond", "Harbour Master", "harbour@firth.example", "+44 1632 960 140"],
    ["Rowan Achterberg, the director", "invest@firth.example", "+44 1632 960 118"],
)


def test_a_figure_that_ends_a_text_is_no_cell_of_the_text_beside_it(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        lines_at(canvas, (72, 700), [*LEFT, *RIGHT[:1]])
        lines_at(canvas, (310, 700), [*RIGHT, "2027."])

    (page,) = read(make_pdf(draw)).pages
    assert page.text.replace("\n", " ") == " ".join([*LEFT, *RIGHT[:1], *RIGHT, "2027."])
    assert of_kind(page, BlockKind.ROW) == []


def test_cards_side_by_side_are_read_one_after_the_other(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(290, 30, "9")  # drawn before the rest of the page
        lines_at(canvas, (72, 730), ["The harbour trust is a company limited by guarantee."])
        for x, title, lines in ((72, "Ports", CARDS[0]), (310, "Investment", CARDS[1])):
            canvas.setFont("Helvetica-Bold", 12)
            canvas.drawString(x, 700, title)
            lines_at(canvas, (x, 686), lines)

    (page,) = read(make_pdf(draw)).pages
    words = page.text.replace("\n", " ")
    assert " ".join(["Ports", *CARDS[0], "Investment", *CARDS[1]]) in words
    assert of_kind(page, BlockKind.ROW) == []
    assert words.endswith("9")


def test_text_of_three_columns_below_text_of_two(make_pdf: Maker) -> None:
    # The widest line of a lower column nearly reaches the gutter of the columns above.
    column = ["have cut cleaning time by half"] * 4
    column += ["and chemicals by one fifth. Budget:", "seven million until 2027."]

    def draw(canvas: Canvas) -> None:
        lines_at(canvas, (68, 740), [*LEFT, *LEFT])
        lines_at(
            canvas,
            (390, 740),
            ["Members may book any", "plant for a day, half", "of the price", "that a maker asks."],
        )
        for x in (68, 236, 404):
            lines_at(canvas, (x, 540), column)

    (page,) = read(make_pdf(draw)).pages
    assert page.text.replace("\n", " ").endswith(" ".join(column * 3))


def test_a_row_of_figures_below_columns_is_no_part_of_them(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        for x in (60, 222, 384):
            lines_at(
                canvas,
                (x, 700),
                [
                    "Blades for the turbines left",
                    "the firth in May. A tower",
                    "factory opened at the point",
                    "and another will be built",
                ],
            )
        for x, figure, caption in (
            (60, "3", "ports"),
            (222, "61%", "exports"),
            (384, "7", "firms"),
        ):
            canvas.setFont("Helvetica", 17)
            canvas.drawString(x, 625, figure)
            canvas.setFont("Helvetica", 8)
            canvas.drawString(x, 611, caption)

    (page,) = read(make_pdf(draw)).pages
    assert [page.text.index(item) for item in ("3 ports", "61% exports", "7 firms")] == sorted(
        page.text.index(item) for item in ("3 ports", "61% exports", "7 firms")
    )
    assert page.text.index("3 ports") > page.text.rindex("another will be built")
