"""Drawing pages and making PDFs of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pypdf
import pypdfium2
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.types import Page

Draw = Callable[[Canvas], None]
MakePdf = Callable[..., Path]
"""Makes a PDF with one page for each `Draw`."""
ReadPage = Callable[..., Page]
"""Reads one page on which every `Draw` is drawn."""

BOLD, ITALIC = "Helvetica-Bold", "Helvetica-Oblique"


def text_at(
    x: float, y: float, *lines: str, font: str = "Helvetica", size: float = 10, leading: float = 13
) -> Draw:
    """Draw lines from a point downwards."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont(font, size)
        for at, line in enumerate(lines):
            canvas.drawString(x, y - leading * at, line)

    return draw


def rows_at(
    xs: Sequence[float], y: float, *rows: Sequence[str], size: float = 9, leading: float = 13
) -> Draw:
    """Draw rows of cells at the left edges `xs`, row by row."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", size)
        for at, row in enumerate(rows):
            for x, cell in zip(xs, row, strict=True):
                canvas.drawString(x, y - leading * at, cell)

    return draw


def all_of(*draws: Draw) -> Draw:
    """Draw several things on one page."""

    def draw(canvas: Canvas) -> None:
        for part in draws:
            part(canvas)

    return draw


def rendered(path: Path) -> Image.Image:
    """The first page of a PDF as a grey picture of 200 dpi, as a scanner makes it."""
    with closing(pypdfium2.PdfDocument(path)) as document:
        return document[0].render(scale=200 / 72, grayscale=True).to_pil()


def picture(image: Image.Image, folder: Path) -> Draw:
    """Draw a picture over the whole page; it is written to the folder."""
    path = folder / "picture.png"
    image.save(path)
    return lambda canvas: canvas.drawImage(str(path), 0, 0, *A4)


@contextmanager
def rewritten(path: Path) -> Iterator[pypdf.PdfWriter]:
    """Change a PDF in place with pypdf."""
    writer = pypdf.PdfWriter(clone_from=path)
    yield writer
    writer.write(path)
