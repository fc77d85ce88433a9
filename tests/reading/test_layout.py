"""Reading order, columns, headings, rows."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth

from mehealth_rag.reading.blocks import draft_pages, measure
from mehealth_rag.reading.layout import arrange
from mehealth_rag.reading.runs import Frame, RawPage, Run
from mehealth_rag.reading.tidy import Vocabulary, clean, compose
from mehealth_rag.types import BlockKind, Page
from tests.reading.drawing import BOLD, ITALIC, Draw, ReadPage, all_of, rows_at, text_at
from tests.reading.reading_helpers import check_invariants, of_kind

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
WIDEST = max(stringWidth(line, "Helvetica", 10) for line in LEFT)
SALES, INCOME = ("Net sales", "3,226", "2,729"), ("Net income", "340", "289")


@pytest.mark.parametrize(
    "drawn",
    [
        pytest.param([text_at(72, 700, *LEFT), text_at(310, 700, *RIGHT)], id="wide"),
        *(
            [text_at(72, 700, *LEFT), text_at(72 + WIDEST + gutter, 700, *RIGHT)]
            for gutter in (6.0, 9.5, 14.0)
        ),
        pytest.param(
            [rows_at((72, 310), 700, *zip(LEFT, RIGHT, strict=True), size=10)], id="line by line"
        ),
    ],
)
def test_columns_are_read_one_after_the_other(read_page: ReadPage, drawn: list[Draw]) -> None:
    page = read_page(*drawn)
    assert of_kind(page, BlockKind.PARAGRAPH) == [" ".join([*LEFT, *RIGHT])]
    assert [line.span.of(page.text) for line in page.lines] == [*LEFT, *RIGHT]


def test_a_heading_over_both_columns_comes_first_and_a_line_below_last(read_page: ReadPage) -> None:
    title, note = "A history of the harbour and of its pier", "Printed for the board by the press."
    page = read_page(
        text_at(72, 600, *LEFT[:5]),
        text_at(310, 600, *RIGHT[3:], *RIGHT[:1]),
        text_at(72, 650, title, font=BOLD, size=20),
        text_at(72, 480, note),
    )
    first, second, *_, last = page.text.split("\n")
    assert of_kind(page, BlockKind.HEADING) == [first] == [title]
    assert second.startswith("The left column")
    assert last == note


def test_side_headings_go_with_their_columns(read_page: ReadPage) -> None:
    page = read_page(
        text_at(72, 730, "The harbour", font=BOLD, size=14),
        text_at(310, 730, "The pier", font=BOLD, size=14),
        text_at(72, 700, *LEFT[:5]),
        text_at(310, 700, *RIGHT[2:]),
    )
    assert [block.kind for block in page.blocks] == [BlockKind.HEADING, BlockKind.PARAGRAPH] * 2
    assert of_kind(page, BlockKind.HEADING) == ["The harbour", "The pier"]


def test_headings_over_several_lines_are_one_and_have_levels(read_page: ReadPage) -> None:
    title = ["The harbour and", "what became of it"]
    page = read_page(
        text_at(72, 760, *title, size=24, leading=28.8),
        text_at(72, 692.4, "Its early", size=14),
        text_at(72, 665.6, *LEFT[:4]),
        text_at(72, 605.6, "Ships of the time", font=BOLD),
        text_at(72, 592.6, *RIGHT[2:]),
    )
    headings = [(b.level, b.span.of(page.text)) for b in page.blocks if b.level]
    assert headings == [(1, " ".join(title)), (2, "Its early"), (3, "Ships of the time")]


@pytest.mark.parametrize(
    ("drawn", "headings"),
    [
        pytest.param(
            [text_at(72, 700, "The harbour is closed to all ships.", font=BOLD),
             text_at(72, 687, *LEFT[:4])],
            [],
            id="a bold sentence is none",
        ),
        pytest.param(
            [text_at(72, 700, "Subscription", font=ITALIC), text_at(72, 687, *LEFT[:4]),
             text_at(72, 625, "John Smith, harbour master", font=ITALIC)],
            ["Subscription"],
            id="a line in italics opens its section, a name does not",
        ),
    ],
)  # fmt: skip
def test_headings(read_page: ReadPage, drawn: list[Draw], headings: list[str]) -> None:
    assert of_kind(read_page(*drawn), BlockKind.HEADING) == headings


def test_paragraphs_are_parted_by_a_gap_an_indent_or_a_short_last_line(read_page: ReadPage) -> None:
    parts = [
        ["The first paragraph of the text runs over two full lines of the page and ends", "here."],
        ["Another one follows right below it, told only by the short line above that is", "it."],
        ["This one stands after a gap, and its own end is as wide as all of the lines above."],
        ["An indent opens the last one of them, which is longer than it"],
    ]
    page = read_page(
        text_at(72, 700, *parts[0], *parts[1]),
        text_at(72, 638, *parts[2]),
        text_at(92, 625, *parts[3]),
    )
    assert page.text.split("\n") == [" ".join(lines) for lines in parts]


def test_page_drawn_upside_down_is_read_downwards(read_page: ReadPage) -> None:
    page = read_page(text_at(72, 635, *reversed(LEFT), leading=-13))
    assert page.text == " ".join(LEFT)


@pytest.mark.parametrize(
    ("drawn", "rows"),
    [
        pytest.param(
            [text_at(250, 700, "January 28,", "2023", size=9, leading=11),
             text_at(350, 700, "January 29,", "2022", size=9, leading=11),
             rows_at((72, 250, 350), 670, SALES, INCOME, leading=12)],
            ["January 28, 2023\tJanuary 29, 2022", "\t".join(SALES), "\t".join(INCOME)],
            id="column headings in stacks",
        ),
        pytest.param(
            [text_at(72, 700, "Re-issuance of treasury stock", size=9),
             text_at(80, 690, "under stock compensation plans", size=9),
             rows_at((250, 350), 690, ("(56)", "(478)"))],
            ["Re-issuance of treasury stock under stock compensation plans\t(56)\t(478)"],
            id="a label that wraps",
        ),
        pytest.param(
            [text_at(72, 700, "Reported income by segment from continuing", size=9),
             text_at(72, 691, "operations", size=9),
             rows_at((350, 420), 700, ("4,402", "1,409"))],
            ["Reported income by segment from continuing operations\t4,402\t1,409"],
            id="figures beside the first line of a label",
        ),
        pytest.param(
            [rows_at((72,), 700, ("Comparable constant currency",), ("Growth %",), leading=8),
             rows_at((300, 380), 696, ("(5)", "(4)"), size=8),
             rows_at((72, 300, 380), 676, ("Volume %", "(7)", "(6)"), size=8)],
            ["Comparable constant currency Growth %\t(5)\t(4)", "Volume %\t(7)\t(6)"],
            id="figures at the middle of a label",
        ),
        pytest.param(
            [text_at(72, 700, "Litigation related", size=9),
             rows_at((250, 350), 690, ("6,900", "7,100"))],
            ["Litigation related\t6,900\t7,100"],
            id="figures under their label",
        ),
        pytest.param(
            [text_at(x, 700, *cells, size=9, leading=14)
             for x, cells in zip((72, 250, 350), zip(SALES, INCOME, strict=True), strict=True)],
            ["\t".join(SALES), "\t".join(INCOME)],
            id="figures drawn column by column",
        ),
        pytest.param(
            [text_at(270, 712, "Year ended 31 December", size=9),
             rows_at((72, 300), 700, ("Net sales", "$ 3,226 $ 2,729"), ("Net income", "340"),
                     leading=12)],
            ["Year ended 31 December", "Net sales\t$ 3,226\t$ 2,729", "Net income\t340"],
            id="a line over the columns",
        ),
        pytest.param(
            [rows_at((72, 380), 700,
                     ("Depreciation and amortisation expense", "$245 million to $250 million"),
                     ("Share of the harbour's own funds spent", "approximately 24.6%"))],
            ["Depreciation and amortisation expense\t$245 million to $250 million",
             "Share of the harbour's own funds spent\tapproximately 24.6%"],
            id="ranges of figures",
        ),
        pytest.param(
            [text_at(72, 760, "At a glance", font=BOLD, size=16),
             text_at(72, 700, "BY NET PROFIT", font=BOLD, size=9),
             text_at(72, 676, "£678 million", size=20),
             text_at(72, 640, "NEW JOBS", font=BOLD, size=9), text_at(72, 616, "2,328", size=20)],
            ["BY NET PROFIT\t£678 million", "NEW JOBS\t2,328"],
            id="large figures under their labels",
        ),
    ],
)  # fmt: skip
def test_rows(read_page: ReadPage, drawn: list[Draw], rows: list[str]) -> None:
    assert of_kind(read_page(*drawn), BlockKind.ROW) == rows


def test_a_large_heading_ends_the_columns_above_it(read_page: ReadPage) -> None:
    start = "In the {} part the {} column"
    parts = [
        all_of(
            text_at(72, top, start.format(part, "left"), *LEFT[1:5]),
            text_at(310, top, start.format(part, "right"), *RIGHT[3:]),
        )
        for top, part in ((700, "first"), (500, "second"))
    ]
    page = read_page(*parts, text_at(72, 560, "The second part", font=BOLD, size=16))
    assert [" ".join(text.split()[:6]) for text in page.text.split("\n")] == [
        "In the first part the left",
        "In the first part the right",
        "The second part",
        "In the second part the left",
        "In the second part the right",
    ]


def test_text_on_its_side_is_kept(read_page: ReadPage) -> None:
    page = read_page(
        text_at(72, 700, *LEFT), lambda canvas: canvas.rotate(90), text_at(200, -560, "Margin")
    )
    assert page.text.split("\n") == [" ".join(LEFT), "Margin"]


_WORDS = st.lists(
    st.sampled_from(
        ["harbour", "the", "£3bn", "2021", "inter-", "national", "•", "(1)", "end.", "A"]
    ),
    min_size=1,
    max_size=8,
).map(" ".join)


@st.composite
def _runs(draw: st.DrawFn) -> Run:
    text, size, bold = draw(_WORDS), draw(st.sampled_from([8.0, 10.0, 16.0])), draw(st.booleans())
    x, baseline = draw(st.floats(0, 500)), 780.0 - 12 * draw(st.integers(0, 60))
    box = (x, baseline - 2, x + 0.5 * size * len(text), baseline + 0.8 * size)
    return Run(clean(text), box, baseline, size, 0, bold, bold)


@settings(max_examples=150, deadline=None)
@given(st.lists(_runs(), max_size=40))
def test_any_page_keeps_every_character(drawn: list[Run]) -> None:
    runs = tuple(run._replace(order=order) for order, run in enumerate(drawn))
    regions = arrange(RawPage(1, (600, 800), runs))
    (drafts,) = draft_pages([regions], measure(regions))
    text, blocks, lines = compose(drafts, Vocabulary.of(()))
    check_invariants(Page(1, "1", text, blocks, lines))

    def letters(string: str) -> Counter[str]:
        return Counter(char for char in string if not char.isspace() and char != "-")

    before, after = letters(" ".join(run.text for run in runs)), letters(text)
    assert before <= after
    # Only a label of several rows is repeated, in each of them.
    assert before == after or any(block.kind is BlockKind.ROW for block in blocks)


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


CARDS = (
    ["Captain Isla Drummond", "Harbour Master", "harbour@firth.example", "+44 1632 960 140"],
    ["Rowan Achterberg, the director", "invest@firth.example", "+44 1632 960 118"],
)


def test_a_figure_that_ends_a_text_is_no_cell_of_the_text_beside_it(read_page: ReadPage) -> None:
    left, right = [*LEFT, RIGHT[0]], [*RIGHT, "2027."]
    page = read_page(text_at(72, 700, *left), text_at(310, 700, *right))
    assert page.text.replace("\n", " ") == " ".join([*left, *right])
    assert of_kind(page, BlockKind.ROW) == []


def test_cards_side_by_side_are_read_one_after_the_other(read_page: ReadPage) -> None:
    page = read_page(
        text_at(290, 30, "9", size=8),  # drawn before the rest of the page
        text_at(72, 730, "The harbour trust is a company limited by guarantee."),
        text_at(72, 700, "Ports", font=BOLD, size=12),
        text_at(72, 686, *CARDS[0]),
        text_at(310, 700, "Investment", font=BOLD, size=12),
        text_at(310, 686, *CARDS[1]),
    )
    words = page.text.replace("\n", " ")
    assert " ".join(["Ports", *CARDS[0], "Investment", *CARDS[1]]) in words
    assert of_kind(page, BlockKind.ROW) == []
    assert words.endswith("9")


def test_text_of_three_columns_below_text_of_two(read_page: ReadPage) -> None:
    # The widest line of a lower column nearly reaches the gutter of the columns above.
    column = ["have cut cleaning time by half"] * 4
    column += ["and chemicals by one fifth. Budget:", "seven million until 2027."]
    right = ["Members may book any", "plant for a day, half", "of the price", "that a maker asks."]
    page = read_page(
        text_at(68, 740, *LEFT, *LEFT),
        text_at(390, 740, *right),
        *(text_at(x, 540, *column) for x in (68, 236, 404)),
    )
    assert page.text.replace("\n", " ").endswith(" ".join(column * 3))


def test_a_row_of_figures_below_columns_is_no_part_of_them(read_page: ReadPage) -> None:
    column = ["Blades for the turbines left", "the firth in May. A tower",
              "factory opened at the point", "and another will be built"]  # fmt: skip
    figures = ((60, "3", "ports"), (222, "61%", "exports"), (384, "7", "firms"))
    page = read_page(
        *(text_at(x, 700, *column) for x, _, _ in figures),
        *(
            all_of(text_at(x, 625, figure, size=17), text_at(x, 611, caption, size=8))
            for x, figure, caption in figures
        ),
    )
    lines = page.text.replace("\n", " ")
    assert lines.endswith("and another will be built 3 ports 61% exports 7 firms")
