"""Large figures side by side become statements with their captions; rows of tables stay rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from mehealth_rag.types import BlockKind
from tests.reading.drawing import BOLD, Draw, ReadPage, all_of, rows_at, text_at
from tests.reading.reading_helpers import of_kind

Words = tuple[float, float, float, str]
"""Left edge, baseline, size and text."""

FIGURES = ("2.5", "1st", "~70%")
CAPTIONS = (
    ("kilograms of carbon", "per barrel produced"),
    ("woman engineer on the", "platform was hired in 2020"),
    ("of the country's power", "comes from the two fields"),
)
PLAIN = ("164", "£83m", "31%")
SHORT = (
    ("companies in membership,", "up from 139"),
    ("invested by members",),
    ("less water used per", "tonne of product"),
)
TITLE = text_at(60, 780, "Our year in figures", size=20)


def _statements(figures: Iterable[str], captions: Iterable[Sequence[str]]) -> list[str]:
    return [f"{figure} {' '.join(lines)}" for figure, lines in zip(figures, captions, strict=True)]


def _strip(y: float, *, above: bool = False) -> list[Words]:
    """Three figures side by side with their captions, column by column in the file."""
    words: list[Words] = []
    for at, (figure, lines) in enumerate(zip(FIGURES, CAPTIONS, strict=True)):
        x, first = 60.0 + 170 * at, y + 58 if above else y - 24
        words.append((x, y, 36, figure))
        words += [(x, first - 15 * line, 12, text) for line, text in enumerate(lines)]
    return words


def _drawn(words: Iterable[Words], font: str = "Helvetica") -> Draw:
    return all_of(*(text_at(x, y, text, font=font, size=size) for x, y, size, text in words))


STATEMENTS = _statements(FIGURES, CAPTIONS)
ABOVE = [f"{' '.join(lines)} {figure}" for figure, lines in zip(FIGURES, CAPTIONS, strict=True)]


@pytest.mark.parametrize(
    ("drawn", "items"),
    [
        pytest.param(_drawn(_strip(600)), STATEMENTS, id="below"),
        pytest.param(_drawn(_strip(600), BOLD), STATEMENTS, id="bold"),
        pytest.param(
            _drawn(sorted(_strip(600), key=lambda word: (-word[1], word[0]))),
            STATEMENTS,
            id="row by row in the file",
        ),
        pytest.param(_drawn(_strip(600, above=True)), ABOVE, id="above"),
        pytest.param(_drawn([*_strip(650), *_strip(568)]), STATEMENTS * 2, id="two rows"),
        pytest.param(
            _drawn(
                [(60, 600, 36, "£3"), (105, 600, 16, "bn"), (60, 578, 12, "of sales"),
                 (300, 600, 36, "12"), (300, 578, 12, "offices in Europe")]
            ),
            ["£3bn of sales", "12 offices in Europe"],
            id="a unit in small letters",
        ),
        pytest.param(
            _drawn(word for word in _strip(600) if word[3] not in CAPTIONS[1]),
            [],
            id="a figure without a caption",
        ),
    ],
)  # fmt: skip
def test_figures_side_by_side(read_page: ReadPage, drawn: Draw, items: list[str]) -> None:
    page = read_page(TITLE, drawn)
    assert of_kind(page, BlockKind.ITEM) == items
    if items:
        assert of_kind(page, BlockKind.HEADING) == ["Our year in figures"]
        assert of_kind(page, BlockKind.ROW) == []


def test_a_page_with_as_many_figures_as_captions(read_page: ReadPage) -> None:
    words = [(60, 600, 36, "£678m"), (60, 576, 12, "Profit"), (230, 600, 36, "~70%"),
             (230, 576, 12, "Women"), (60, 480, 30, "£14"), (60, 515, 12, "Fee")]  # fmt: skip
    assert of_kind(read_page(_drawn(words)), BlockKind.ITEM) == ["£678m Profit", "~70% Women"]


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        (("2023", "2024"), (("Sales", "120", "140"), ("Costs", "90", "95"))),
        (("Staff", "Volunteers"), (("Kent", "12", "30"), ("Devon", "9", "41"))),
    ],
)
def test_a_table_stays_one(
    read_page: ReadPage, head: tuple[str, str], cells: Sequence[tuple[str, str, str]]
) -> None:
    heads = rows_at((200, 300), 700, head, size=16)
    page = read_page(heads, rows_at((60, 200, 340), 670, *cells, size=10, leading=16))
    assert of_kind(page, BlockKind.ITEM) == []
    assert of_kind(page, BlockKind.ROW)[-2:] == ["\t".join(row) for row in cells]


@pytest.mark.parametrize("at_the_bottom", [False, True])
def test_captions_below_the_shapes_around_their_figures(
    read_page: ReadPage, at_the_bottom: bool
) -> None:
    words: list[Words] = []
    for at, (figure, lines) in enumerate(zip(PLAIN, SHORT, strict=True)):
        middle = 120.0 + 170 * at
        first = 564 if not at_the_bottom or len(lines) > 1 else 554
        words.append((middle - 10 * len(figure) / 2, 600, 19, figure))
        words += [
            (middle - 4.1 * len(text) / 2, first - 10.0 * line, 8, text)
            for line, text in enumerate(lines)
        ]
    assert of_kind(read_page(TITLE, _drawn(words)), BlockKind.ITEM) == _statements(PLAIN, SHORT)


@pytest.mark.parametrize("figures", [PLAIN, ("£0.9bn", "14", "5 years")])
def test_figures_of_a_side_bar_stand_above_their_captions(
    read_page: ReadPage, figures: tuple[str, str, str]
) -> None:
    text = [f"The harbour of the year {1900 + at} had many ships from abroad" for at in range(18)]
    side_bar = [text_at(420, 742, "Emissions at berth", size=13)]
    for at, (figure, lines) in enumerate(zip(figures, SHORT, strict=True)):
        top = 701 - 65.0 * at  # on the baseline of a line of the text
        side_bar.append(text_at(420, top, figure, size=26))
        side_bar.append(text_at(420, top - 16, *lines, size=9, leading=11))
    page = read_page(TITLE, text_at(60, 740, *text), *side_bar)
    assert of_kind(page, BlockKind.ITEM) == _statements(figures, SHORT)
    assert of_kind(page, BlockKind.ROW) == []
    assert " ".join(text) in page.text


@pytest.mark.parametrize("head", ["Article {}", "{}.", "{} Light"])
def test_large_numbers_of_headings_are_no_figures_of_a_side_bar(
    read_page: ReadPage, head: str
) -> None:
    lines = ["The keeper shall light the lamp at dusk and"] * 4
    articles = [
        all_of(text_at(60, y, head.format(at), size=14), text_at(60, y - 16, *lines))
        for at, y in enumerate((670, 580, 490), 1)
    ]
    assert of_kind(read_page(TITLE, *articles), BlockKind.ITEM) == []


def test_steps_are_read_from_left_to_right_whatever_their_lengths(read_page: ReadPage) -> None:
    captions = (("Apply", "online"), ("Meet an engineer", "of the harbour", "in May"), ("Pay",))
    steps = [
        all_of(text_at(x, 600, str(at), size=15), text_at(x, 586, *lines, size=9, leading=11))
        for at, (x, lines) in enumerate(zip((60, 230, 400), captions, strict=True), 1)
    ]
    note = "a Trials are insured. b The price leaves out cleaning of the yard."
    page = read_page(TITLE, *reversed(steps), text_at(60, 530, note, size=9))
    assert of_kind(page, BlockKind.ITEM) == _statements("123", captions)
