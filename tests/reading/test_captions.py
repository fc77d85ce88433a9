"""Large figures side by side become statements with their captions; rows of tables stay rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.types import BlockKind
from tests.reading.reading_helpers import check_invariants, of_kind, read

Maker = Callable[..., Path]
Words = tuple[float, float, float, str]
"""Left edge, baseline, size and text."""

FIGURES = ("2.5", "1st", "~70%")
CAPTIONS = (
    ("kilograms of carbon", "per barrel produced"),
    ("woman engineer on the", "platform was hired in 2020"),
    ("of the country's power", "comes from the two fields"),
)
STATEMENTS = [
    "2.5 kilograms of carbon per barrel produced",
    "1st woman engineer on the platform was hired in 2020",
    "~70% of the country's power comes from the two fields",
]
TITLE = (60.0, 780.0, 20.0, "Our year in figures")


def _strip(y: float, *, above: bool = False, bold: float = 12) -> list[Words]:
    """Three figures side by side with their captions, column by column in the file."""
    words: list[Words] = []
    for at, (figure, lines) in enumerate(zip(FIGURES, CAPTIONS, strict=True)):
        x = 60.0 + 170 * at
        words.append((x, y, 36, figure))
        first = y + 58 if above else y - 24
        words += [(x, first - 15 * line, bold, text) for line, text in enumerate(lines)]
    return words


def _drawn(words: Sequence[Words], font: str = "Helvetica") -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        for x, y, size, text in words:
            canvas.setFont(font, size)
            canvas.drawString(x, y, text)

    return draw


@pytest.mark.parametrize("font", ["Helvetica", "Helvetica-Bold"])
def test_captions_below(make_pdf: Maker, font: str) -> None:
    (page,) = read(make_pdf(_drawn([TITLE, *_strip(600)], font))).pages
    assert of_kind(page, BlockKind.ITEM) == STATEMENTS
    assert of_kind(page, BlockKind.HEADING) == [TITLE[3]]
    assert of_kind(page, BlockKind.ROW) == []
    check_invariants(page)


def test_a_page_with_as_many_figures_as_captions(make_pdf: Maker) -> None:
    words: list[Words] = []
    for at, (figure, caption) in enumerate(
        zip(("£678m", "~70%"), ("Profit", "Women"), strict=True)
    ):
        words += [(60.0 + 170 * at, 600, 36, figure), (60.0 + 170 * at, 576, 12, caption)]
    (page,) = read(make_pdf(_drawn([*words, (60, 480, 30, "£14"), (60, 515, 12, "Fee")]))).pages
    assert of_kind(page, BlockKind.ITEM) == ["£678m Profit", "~70% Women"]


def test_captions_that_the_file_has_row_by_row(make_pdf: Maker) -> None:
    words = sorted(_strip(600), key=lambda word: (-word[1], word[0]))
    (page,) = read(make_pdf(_drawn([TITLE, *words]))).pages
    assert of_kind(page, BlockKind.ITEM) == STATEMENTS


def test_captions_above(make_pdf: Maker) -> None:
    (page,) = read(make_pdf(_drawn([TITLE, *_strip(600, above=True)]))).pages
    texts = [f"{' '.join(lines)} {figure}" for figure, lines in zip(FIGURES, CAPTIONS, strict=True)]
    assert of_kind(page, BlockKind.ITEM) == texts


def test_one_row_of_figures_over_another(make_pdf: Maker) -> None:
    (page,) = read(make_pdf(_drawn([TITLE, *_strip(650), *_strip(568)]))).pages
    assert of_kind(page, BlockKind.ITEM) == STATEMENTS * 2


def test_a_unit_in_small_letters_stays_with_its_figure(make_pdf: Maker) -> None:
    words = [(60, 600, 36, "£3"), (105, 600, 16, "bn"), (60, 578, 12, "of sales"),
             (300, 600, 36, "12"), (300, 578, 12, "offices in Europe")]  # fmt: skip
    (page,) = read(make_pdf(_drawn([TITLE, *words]))).pages
    assert of_kind(page, BlockKind.ITEM) == ["£3bn of sales", "12 offices in Europe"]


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        (("2023", "2024"), (("Sales", "120", "140"), ("Costs", "90", "95"))),
        (("Staff", "Volunteers"), (("Kent", "12", "30"), ("Devon", "9", "41"))),
    ],
)
def test_a_table_stays_one(
    make_pdf: Maker, head: tuple[str, str], cells: Sequence[tuple[str, str, str]]
) -> None:
    words: list[Words] = [(200.0 + 100 * at, 700, 16, text) for at, text in enumerate(head)]
    for at, row in enumerate(cells):
        words += [(60.0 + 140 * x, 670.0 - 16 * at, 10, text) for x, text in enumerate(row)]
    (page,) = read(make_pdf(_drawn(words))).pages
    assert of_kind(page, BlockKind.ITEM) == []
    assert of_kind(page, BlockKind.ROW)[-2:] == ["\t".join(row) for row in cells]


def test_a_figure_without_a_caption_leaves_all_as_they_are(make_pdf: Maker) -> None:
    words = [word for word in _strip(600) if word[3] not in CAPTIONS[1]]
    (page,) = read(make_pdf(_drawn([TITLE, *words]))).pages
    assert of_kind(page, BlockKind.ITEM) == []


PLAIN = ("164", "£83m", "31%")
SHORT = (
    ("companies in membership,", "up from 139"),
    ("invested by members",),
    ("less water used per", "tonne of product"),
)
STEPS = [f"{figure} {' '.join(lines)}" for figure, lines in zip(PLAIN, SHORT, strict=True)]


@pytest.mark.parametrize("at_the_bottom", [False, True])
def test_captions_below_the_shapes_around_their_figures(
    make_pdf: Maker, at_the_bottom: bool
) -> None:
    words = [TITLE]
    for at, (figure, lines) in enumerate(zip(PLAIN, SHORT, strict=True)):
        middle = 120.0 + 170 * at
        words.append((middle - 10 * len(figure) / 2, 600, 19, figure))
        first = 564 if not at_the_bottom or len(lines) > 1 else 554
        words += [
            (middle - 4.1 * len(text) / 2, first - 10.0 * line, 8, text)
            for line, text in enumerate(lines)
        ]
    (page,) = read(make_pdf(_drawn(words))).pages
    assert of_kind(page, BlockKind.ITEM) == STEPS


@pytest.mark.parametrize("figures", [PLAIN, ("£0.9bn", "14", "5 years")])
def test_figures_of_a_side_bar_stand_above_their_captions(
    make_pdf: Maker, figures: tuple[str, str, str]
) -> None:
    text = [f"The harbour of the year {1900 + at} had many ships from abroad" for at in range(18)]
    words = [TITLE, *((60.0, 740 - 13.0 * at, 10.0, line) for at, line in enumerate(text))]
    words.append((420.0, 742, 13.0, "Emissions at berth"))
    for at, (figure, lines) in enumerate(zip(figures, SHORT, strict=True)):
        top = 701 - 65.0 * at  # on the baseline of a line of the text
        words += [(420.0, top, 26.0, figure)]
        words += [(420.0, top - 16 - 11.0 * n, 9.0, line) for n, line in enumerate(lines)]
    (page,) = read(make_pdf(_drawn(words))).pages
    items = [f"{figure} {' '.join(lines)}" for figure, lines in zip(figures, SHORT, strict=True)]
    assert of_kind(page, BlockKind.ITEM) == items
    assert of_kind(page, BlockKind.ROW) == []
    assert " ".join(text) in page.text


@pytest.mark.parametrize("head", ["Article {}", "{}.", "{} Light"])
def test_large_numbers_of_headings_are_no_figures_of_a_side_bar(make_pdf: Maker, head: str) -> None:
    words = [TITLE]
    for at in (1, 2, 3):
        words.append((60.0, 760 - 90.0 * at, 14.0, head.format(at)))
        words += [
            (60.0, 744 - 90.0 * at - 13.0 * n, 10.0, "The keeper shall light the lamp at dusk and")
            for n in range(4)
        ]
    (page,) = read(make_pdf(_drawn(words))).pages
    assert of_kind(page, BlockKind.ITEM) == []


def test_steps_are_read_from_left_to_right_whatever_their_lengths(make_pdf: Maker) -> None:
    captions = (("Apply", "online"), ("Meet an engineer", "of the harbour", "in May"), ("Pay",))
    words = [TITLE]
    for at, lines in reversed([*enumerate(captions)]):  # as the file may have them
        words.append((60.0 + 170 * at, 600, 15, str(at + 1)))
        words += [(60.0 + 170 * at, 586 - 11.0 * n, 9.0, text) for n, text in enumerate(lines)]
    words += [
        (60.0, 530, 9.0, "a Trials are insured. b The price leaves out cleaning of the yard.")
    ]
    (page,) = read(make_pdf(_drawn(words))).pages
    items = [f"{at} {' '.join(lines)}" for at, lines in enumerate(captions, 1)]
    assert of_kind(page, BlockKind.ITEM) == items
