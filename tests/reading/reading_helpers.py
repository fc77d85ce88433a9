"""What the tests of the readers share: reading a made file, and what holds for every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mehealth_rag.reading import read_document
from mehealth_rag.types import Block, BlockKind, Document, Page, Source

if TYPE_CHECKING:
    from pathlib import Path

    from reportlab.pdfgen.canvas import Canvas

LEADING = 13.0
SIZE = 10.0


def source(path: Path) -> Source:
    return Source(path.stem, path.stem, "report", path.suffix.lstrip("."), path=path)


def read(path: Path) -> Document:
    return read_document(source(path))


def words_of(block: Block, page: Page) -> str:
    return block.span.of(page.text)


def of_kind(page: Page, kind: BlockKind) -> list[str]:
    return [words_of(block, page) for block in page.blocks if block.kind is kind]


def lines_at(
    canvas: Canvas, at: tuple[float, float], lines: list[str], font: str = "Helvetica"
) -> float:
    """Draw lines from a point (x, y) downwards; gives the next free y."""
    x, y = at
    for line in lines:
        canvas.setFont(font, SIZE)
        canvas.drawString(x, y, line)
        y -= LEADING
    return y


def check_invariants(page: Page) -> None:
    """Spans in order and apart, blocks over all text, every line inside one block."""
    at = 0
    for block in page.blocks:
        between = page.text[at : block.span.start]
        assert between == ("\n" if at else "")
        assert block.span.start < block.span.end
        assert words_of(block, page) == words_of(block, page).strip()
        at = block.span.end
    assert at == len(page.text)
    at = 0
    homes = list(page.blocks)
    for line in page.lines:
        assert at <= line.span.start < line.span.end
        at = line.span.end
        while homes and homes[0].span.end < line.span.end:
            homes.pop(0)
        assert homes
        assert homes[0].span.start <= line.span.start
    assert "  " not in page.text
    covered = {i for line in page.lines for i in range(line.span.start, line.span.end)}
    assert all(i in covered or char.isspace() for i, char in enumerate(page.text))
