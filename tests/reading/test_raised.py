"""Raised figures: marks of notes, powers and units, which on the line would change what is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.language.words import words
from mehealth_rag.reading.marks import is_figure
from mehealth_rag.types import BlockKind
from tests.reading.reading_helpers import check_invariants, of_kind, read

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Maker = Callable[..., Path]


def _with_raised(canvas: Canvas, at: tuple[float, float], line: str) -> None:
    """Draw a line whose parts between bars stand raised: "33,000|1| tonnes"."""
    text = canvas.beginText(*at)
    for place, part in enumerate(line.split("|")):
        up = place % 2
        text.setFont("Helvetica", 6.5 if up else 10)
        text.setRise(4 if up else 0)
        text.textOut(part)
    canvas.drawText(text)


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
def test_raised_figures_change_no_figure(make_pdf: Maker, drawn: str, right: str) -> None:
    (page,) = read(make_pdf(lambda canvas: _with_raised(canvas, (72, 700), drawn))).pages
    assert page.text == right
    check_invariants(page)


def test_a_raised_figure_that_the_file_has_elsewhere_is_no_part_of_the_line(
    make_pdf: Maker,
) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 10)
        canvas.drawString(72, 700, "The plant handled 33,000")
        end = 72 + canvas.stringWidth("The plant handled 33,000", "Helvetica", 10)
        canvas.drawString(end + 4, 700, "tonnes in 2023.")
        canvas.setFont("Helvetica", 6)
        canvas.drawString(end + 0.3, 704, "1")

    (page,) = read(make_pdf(draw)).pages
    assert page.text == "The plant handled 33,000 tonnes in 2023.\n¹"


def test_cells_with_marks_are_figures_of_a_row(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        for y, label, figure in ((700, "2023", "33,000|1|"), (686, "2022", "29,500|2|")):
            canvas.setFont("Helvetica", 10)
            canvas.drawString(72, y, label)
            _with_raised(canvas, (300, y), figure)

    (page,) = read(make_pdf(draw)).pages
    rows = [row.replace(" ", "") for row in of_kind(page, BlockKind.ROW)]
    assert rows == ["2023\t33,000¹", "2022\t29,500²"]


def test_a_note_at_the_foot_keeps_its_sign(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        _with_raised(canvas, (72, 700), "The plant handled 33,000|1| tonnes.")
        canvas.setFont("Helvetica", 6)
        canvas.drawString(72, 303, "1")
        canvas.setFont("Helvetica", 8)
        canvas.drawString(78, 300, "Including the Eastbrook works.")

    (page,) = read(make_pdf(draw)).pages
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
