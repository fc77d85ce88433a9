"""Bullets that are drawn as shapes, as browsers print them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mehealth_rag.types import BlockKind
from tests.reading.reading_helpers import check_invariants, lines_at, of_kind, read

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Maker = Callable[..., Path]

ITEMS = [
    ["A commitment of at least ten years"],
    ["One apprentice for every five million pounds that is", "invested. Large firms take two"],
    ["Open data on emissions at berth"],
]


def _draw_list(canvas: Canvas, shape: str, size: float, aside: float) -> None:
    lines_at(canvas, (60, 740), ["We ask three things of all who wish to join us in this work:"])
    y = 715.0
    for lines in ITEMS:
        if shape == "circle":
            canvas.circle(80 - aside, y + 3.5, size / 2, fill=1)
        else:
            canvas.rect(80 - aside - size / 2, y + 3.5 - size / 2, size, size, stroke=0, fill=1)
        y = lines_at(canvas, (80, y), lines)


@pytest.mark.parametrize(
    ("shape", "size", "aside"), [("circle", 3.0, 8.0), ("circle", 4.5, 14.0), ("square", 4.0, 9.0)]
)
def test_drawn_bullets_begin_items(make_pdf: Maker, shape: str, size: float, aside: float) -> None:
    (page,) = read(make_pdf(lambda canvas: _draw_list(canvas, shape, size, aside))).pages
    assert of_kind(page, BlockKind.ITEM) == [" ".join(lines) for lines in ITEMS]
    check_invariants(page)


@pytest.mark.parametrize(
    ("size", "aside"),
    [(14.0, 16.0), (3.0, 60.0), (0.8, 8.0)],
    ids=["a picture", "far away", "a speck"],
)
def test_other_shapes_are_no_bullets(make_pdf: Maker, size: float, aside: float) -> None:
    (page,) = read(make_pdf(lambda canvas: _draw_list(canvas, "square", size, aside))).pages
    assert of_kind(page, BlockKind.ITEM) == []


def test_a_leader_of_drawn_dots_is_no_bullet(make_pdf: Maker) -> None:
    def draw(canvas: Canvas) -> None:
        for at, (name, number) in enumerate((("Pilotage dues", "412"), ("Berth dues", "96"))):
            y = 700 - 16 * at
            lines_at(canvas, (60, y), [name])
            lines_at(canvas, (300, y), [number])
            for x in range(140, 294, 5):
                canvas.circle(x, y + 2, 0.9, stroke=0, fill=1)

    (page,) = read(make_pdf(draw)).pages
    assert of_kind(page, BlockKind.ROW) == ["Pilotage dues\t412", "Berth dues\t96"]
