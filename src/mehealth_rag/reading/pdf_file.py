"""A PDF as a file: opened, what it says about itself, pictures of its pages.

Asked of pdfium, which has the file open for its text anyway: reading the same by a second library
took a sixth of all the time that a filing needs. What is broken in the file is left out.
"""

from __future__ import annotations

import ctypes
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.runs import Frame
from mehealth_rag.types import Box, Link

_PASSWORD, _SECURITY = 4, 5
"""Pdfium's error codes for a password that is wrong, and for a cipher that it does not know."""


def open_pdf(path: Path, passwords: Sequence[str] = ()) -> pdfium.PdfDocument:
    """Open a PDF with no password, else with the first of `passwords` that fits.

    Raises ReadingError.
    """
    for password in ("", *passwords):
        try:
            return pdfium.PdfDocument(path, password=password or None)
        except pdfium.PdfiumError as error:
            code = getattr(error, "err_code", None)
            if code == _PASSWORD:
                continue
            if code == _SECURITY:
                reason = "locked in a way that is not known here; save a copy without"
            elif not has_end(path):
                reason = "cut short (its end is missing); get the file again"
            else:
                reason = f"damaged ({error}); get the file again"
            raise ReadingError(f"{path}: the PDF is {reason}") from error
    tried = f"; none of the {len(passwords)} passwords given opens it" if passwords else ""
    raise ReadingError(
        f"{path}: the PDF is locked with a password{tried}; put its password into the file that "
        "pdf_passwords names, or save a copy without one"
    )


def has_end(path: Path) -> bool:
    """Whether the mark that ends a PDF is there: else the file is cut short."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 2048))
        return b"%%EOF" in file.read()


def page_label(document: pdfium.PdfDocument, index: int) -> str:
    """Read the printed number of a page (`index` from 0); a page without one keeps its count."""
    label: str = document.get_page_label(index)
    return label.strip() or str(index + 1)


def page_links(page: pdfium.PdfPage, frame: Frame) -> tuple[Link, ...]:
    """Read the links of a page to addresses, in the file's order; boxes as displayed."""
    links: list[Link] = []
    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    while raw.FPDFLink_Enumerate(page.raw, position, link):
        if url := _address(page, link):
            links.append(Link(url, _box(link, frame)))
    return tuple(links)


def metadata(document: pdfium.PdfDocument) -> dict[str, str]:
    """Read title, author and the like, names in lower case; only what is not empty."""
    try:
        entries: dict[str, str] = document.get_metadata_dict(skip_empty=True)
    except UnicodeDecodeError:  # a text that is none; what else it says goes with it
        return {}
    found = {name.lower(): text.strip() for name, text in entries.items()}
    return {name: text for name, text in found.items() if text}


def _address(page: pdfium.PdfPage, link: raw.FPDF_LINK) -> str:
    action = raw.FPDFLink_GetAction(link)
    if not action or raw.FPDFAction_GetType(action) != raw.PDFACTION_URI:
        return ""
    length = raw.FPDFAction_GetURIPath(page.pdf.raw, action, None, 0)
    buffer = ctypes.create_string_buffer(max(length, 1))
    raw.FPDFAction_GetURIPath(page.pdf.raw, action, buffer, length)
    url = buffer.value.decode("utf-8", "replace").strip()
    return url if url.isprintable() and "\ufffd" not in url else ""


def _box(link: raw.FPDF_LINK, frame: Frame) -> Box | None:
    rect = raw.FS_RECTF()
    placed = raw.FPDFLink_GetAnnotRect(link, rect)
    left, right = sorted((rect.left, rect.right))
    bottom, top = sorted((rect.bottom, rect.top))
    if not placed or (left == right and bottom == top):
        return None
    return frame.box((left, bottom, right, top))


def wide_text(ask: Callable[..., int], *about: object) -> str:
    """Ask pdfium for a text that it gives in units of two bytes."""
    size = ask(*about, None, 0)
    buffer = (ctypes.c_ushort * max(size // 2, 1))()
    ask(*about, buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")


_WIDEST = 4000
"""Pixels; a wider picture helps nobody and costs memory."""

_MOST_PIXELS = 16_000_000
"""Of a picture: a page of the usual form has 4 million at 1,600 pixels wide."""

_NARROWEST = 100
"""Pixels: on a narrower picture nobody sees anything."""


def render_page(path: Path, number: int, width: int, passwords: Sequence[str] = ()) -> bytes:
    """One page of a PDF as a PNG picture `width` pixels wide. `number` counts from 1.

    A very long page is drawn narrower, so that the picture stays in bounds. A box of the text, in
    points from the displayed page's bottom left, falls on the picture at the scale
    `picture width / page width`, measured from the bottom. `passwords` are tried on a locked file.
    Raises ReadingError.
    """
    if not 1 <= width <= _WIDEST:
        raise ReadingError(f"{path}: a picture {width} pixels wide; ask for 1 to {_WIDEST}")
    try:
        document = open_pdf(path, passwords)
    except OSError as error:
        raise ReadingError(f"{path}: cannot be shown ({error}); get the file again") from error
    try:
        if not 1 <= number <= len(document):
            raise ReadingError(f"{path}: no page {number}; the file has {len(document)}")
        page = document[number - 1]
        scale = _scale(page.get_size(), width)
        if scale is None:
            raise ReadingError(f"{path}: page {number} is too long and narrow for a picture")
        picture = io.BytesIO()
        page.render(scale=scale).to_pil().save(picture, "PNG")
    except pdfium.PdfiumError as error:
        raise ReadingError(f"{path}: page {number} cannot be shown ({error})") from error
    finally:
        document.close()
    return picture.getvalue()


def _scale(size: tuple[float, float], width: int) -> float | None:
    """Pixels for a point: for the wanted width, or as many as a picture may have at the most.

    None where nothing could be seen then.
    """
    wide, high = size
    if wide <= 0 or high <= 0:
        return None
    scale = min(width / wide, math.sqrt(_MOST_PIXELS / (wide * high)))
    return scale if scale * wide >= min(width, _NARROWEST) - 1 else None
