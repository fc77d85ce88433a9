"""Letters drawn twice to look bold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.reading.reading_helpers import check_invariants, read

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

WORDS = "Filling limits of the illicit mill: 1111"


def _letter_by_letter(canvas: Canvas, y: float, aside: float, times: int) -> None:
    canvas.setFont("Helvetica", 12)
    at = 72.0
    for letter in WORDS:
        for again in range(times):
            canvas.drawString(at + again * aside, y, letter)
        at += canvas.stringWidth(letter, "Helvetica", 12)


@pytest.mark.parametrize("aside", [0.3, 0.6, 1.0, 1.2])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_letters_drawn_again_are_read_once(
    make_pdf: Callable[..., Path], aside: float, times: int
) -> None:
    aside = aside / max(times - 1, 1)
    made = make_pdf(lambda canvas: _letter_by_letter(canvas, 700, aside, times))
    (page,) = read(made).pages
    assert page.text == WORDS
    check_invariants(page)


@pytest.mark.parametrize("spread", [1.0, 2.2, 3.3])
def test_spread_letters_are_words(make_pdf: Callable[..., Path], spread: float) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        canvas.drawString(72, 650, "a b c d e f g")
        at = 72.0
        for letter in "INVESTMENT PROSPECTUS 2026":
            canvas.drawString(at, 700, letter)
            at += canvas.stringWidth(letter, "Helvetica", 11) + spread

    (page,) = read(make_pdf(draw)).pages
    assert sorted(page.text.split("\n"), reverse=True) == [
        "a b c d e f g",
        "INVESTMENT PROSPECTUS 2026",
    ]
