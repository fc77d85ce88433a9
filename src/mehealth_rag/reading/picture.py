"""Pictures of PDF pages, and where boxes of the text fall on them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pypdfium2 as pdfium

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.opening import open_pdf

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_WIDEST = 4000
"""Pixels; a wider picture helps nobody and costs memory."""


def render_page(path: Path, number: int, width: int, passwords: Sequence[str] = ()) -> bytes:
    """One page of a PDF as a PNG picture `width` pixels wide. `number` counts from 1.

    A box of the text, in points from the displayed page's bottom left, falls on the picture at the
    scale `width / page width`, measured from the bottom. `passwords` are tried on a locked file.
    Raises ReadingError.
    """
    if not 1 <= width <= _WIDEST:
        raise ReadingError(f"{path}: a picture {width} pixels wide; ask for 1 to {_WIDEST}")
    try:
        document = open_pdf(path, passwords)
    except OSError as error:
        raise ReadingError(f"{path}: cannot be shown ({error}); get the file again") from error
    try:
        return _render(document, path, number, width)
    except pdfium.PdfiumError as error:
        raise ReadingError(f"{path}: page {number} cannot be shown ({error})") from error
    finally:
        document.close()


def _render(document: pdfium.PdfDocument, path: Path, number: int, width: int) -> bytes:
    if not 1 <= number <= len(document):
        raise ReadingError(f"{path}: no page {number}; the file has {len(document)}")
    page = document[number - 1]
    bitmap = page.render(scale=width / page.get_width())
    picture = io.BytesIO()
    bitmap.to_pil().save(picture, "PNG")
    page.close()
    return picture.getvalue()
