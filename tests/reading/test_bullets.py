"""Bullets that are drawn as shapes, as browsers print them."""

from __future__ import annotations

import pytest
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.types import BlockKind
from tests.reading.drawing import ReadPage, rows_at, text_at
from tests.reading.reading_helpers import of_kind

ITEMS = [
    ["A commitment of at least ten years"],
    ["One apprentice for every five million pounds that is", "invested. Large firms take two"],
    ["Open data on emissions at berth"],
]


@pytest.mark.parametrize(
    ("shape", "size", "aside", "bullets"),
    [
        ("circle", 3.0, 8.0, True),
        ("circle", 4.5, 14.0, True),
        ("square", 4.0, 9.0, True),
        pytest.param("square", 14.0, 16.0, False, id="a picture"),
        pytest.param("square", 3.0, 60.0, False, id="far away"),
        pytest.param("square", 0.8, 8.0, False, id="a speck"),
    ],
)
def test_small_shapes_close_to_lines_begin_items(
    read_page: ReadPage, shape: str, size: float, aside: float, bullets: bool
) -> None:
    def draw(canvas: Canvas) -> None:
        y = 715.0
        for lines in ITEMS:
            if shape == "circle":
                canvas.circle(80 - aside, y + 3.5, size / 2, fill=1)
            else:
                canvas.rect(80 - aside - size / 2, y + 3.5 - size / 2, size, size, stroke=0, fill=1)
            text_at(80, y, *lines)(canvas)
            y -= 13 * len(lines)

    page = read_page(text_at(60, 740, "We ask three things of all who wish to join us:"), draw)
    assert of_kind(page, BlockKind.ITEM) == (
        [" ".join(lines) for lines in ITEMS] if bullets else []
    )


def test_a_leader_of_drawn_dots_is_no_bullet(read_page: ReadPage) -> None:
    dues = ("Pilotage dues", "412"), ("Berth dues", "96")

    def leaders(canvas: Canvas) -> None:
        for y in (702, 686):
            for x in range(140, 294, 5):
                canvas.circle(x, y, 0.9, stroke=0, fill=1)

    page = read_page(rows_at((60, 300), 700, *dues, size=10, leading=16), leaders)
    assert of_kind(page, BlockKind.ROW) == ["\t".join(row) for row in dues]
