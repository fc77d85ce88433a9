"""Raised figures, which on the line would change what is said; letters drawn twice or spread."""

from __future__ import annotations

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.language.words import words
from mehealth_rag.reading.marks import is_figure
from mehealth_rag.types import BlockKind
from tests.reading.drawing import Draw, ReadPage, text_at
from tests.reading.reading_helpers import of_kind


def _with_raised(x: float, y: float, line: str) -> Draw:
    """Draw a line whose parts between bars stand raised: "33,000|1| tonnes"."""

    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(x, y)
        for place, part in enumerate(line.split("|")):
            up = place % 2
            text.setFont("Helvetica", 6.5 if up else 10)
            text.setRise(4 if up else 0)
            text.textOut(part)
        canvas.drawText(text)

    return draw


@pytest.mark.parametrize(
    ("drawn", "right"),
    [
        ("The plant handled 33,000|1| tonnes.", "The plant handled 33,000¹ tonnes."),
        ("It held 10|6| bacteria, once 10|12|.", "It held 10⁶ bacteria, once 10¹²."),
        ("The hall covers 850 m|2| and is new.", "The hall covers 850 m² and is new."),
        ("The works|2,3| are closed.", "The works²,³ are closed."),
        ("It opened on the 1|st| of May 2021.", "It opened on the 1st of May 2021."),
        ("In all 29,500|2|", "In all 29,500²"),
        ("It held 10|−3| g, 5 kg ha|-1| or 20–35|2|.", "It held 10⁻³ g, 5 kg ha⁻¹ or 20–35²."),
    ],
)
def test_raised_figures_change_no_figure(read_page: ReadPage, drawn: str, right: str) -> None:
    assert read_page(_with_raised(72, 700, drawn)).text == right


def test_a_raised_figure_that_the_file_has_elsewhere_is_no_part_of_the_line(
    read_page: ReadPage,
) -> None:
    start = "The plant handled 33,000"
    end = 72 + stringWidth(start, "Helvetica", 10)
    line = [text_at(72, 700, start), text_at(end + 4, 700, "tonnes in 2023.")]
    page = read_page(*line, text_at(end + 0.3, 704, "1", size=6))
    assert page.text == f"{start} tonnes in 2023.\n¹"


def test_cells_with_marks_are_figures_of_a_row(read_page: ReadPage) -> None:
    first = text_at(72, 700, "2023"), _with_raised(300, 700, "33,000|1|")
    second = text_at(72, 686, "2022"), _with_raised(300, 686, "29,500|2|")
    rows = [row.replace(" ", "") for row in of_kind(read_page(*first, *second), BlockKind.ROW)]
    assert rows == ["2023\t33,000¹", "2022\t29,500²"]


def test_a_note_at_the_foot_keeps_its_sign(read_page: ReadPage) -> None:
    page = read_page(
        _with_raised(72, 700, "The plant handled 33,000|1| tonnes."),
        text_at(72, 303, "1", size=6),
        text_at(78, 300, "Including the Eastbrook works.", size=8),
    )
    assert page.text.endswith("\n1 Including the Eastbrook works.")


def test_a_mark_belongs_to_no_figure_and_to_no_word() -> None:
    assert words("33,000¹ tonnes of the works² on 850 m²") == [
        "33000", "1", "tonnes", "of", "the", "works", "2", "on", "850", "m2",
    ]  # fmt: skip
    assert is_figure("33,000¹")
    assert is_figure("£4.2m²,³")
    assert not is_figure("¹")
    text = "It closed in May.² The next one is new."
    assert [span.of(text) for span in sentence_spans(text)] == [text[:18], text[19:]]


TWICE = "Filling limits of the illicit mill: 1111"


def _letters(
    words: str, size: float, *, spread: float = 0, aside: float = 0, times: int = 1
) -> Draw:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", size)
        x = 72.0
        for letter in words:
            for again in range(times):
                canvas.drawString(x + again * aside, 700, letter)
            x += canvas.stringWidth(letter, "Helvetica", size) + spread

    return draw


@pytest.mark.parametrize("aside", [0.3, 0.6, 1.0, 1.2])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_letters_drawn_again_are_read_once(read_page: ReadPage, aside: float, times: int) -> None:
    page = read_page(_letters(TWICE, 12, aside=aside / max(times - 1, 1), times=times))
    assert page.text == TWICE


@pytest.mark.parametrize("spread", [1.0, 2.2, 3.3])
def test_spread_letters_are_words(read_page: ReadPage, spread: float) -> None:
    title = "INVESTMENT PROSPECTUS 2026"
    page = read_page(text_at(72, 650, "a b c d e f g", size=11), _letters(title, 11, spread=spread))
    assert sorted(page.text.split("\n")) == [title, "a b c d e f g"]
