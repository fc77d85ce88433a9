"""Opens PDFs, reads their links and metadata, and renders pages.

All of it uses pdfium, which has the file open for its text anyway; a second library took a sixth
of the total time for a financial filing. Broken parts of the file are left out.
"""

from __future__ import annotations

import ctypes
import io
import math
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.runs import Frame
from mehealth_rag.types import Box, Link

_PASSWORD, _SECURITY = 4, 5
"""Pdfium's error codes for a wrong password and an unknown cipher."""


def open_pdf(path: Path, passwords: Sequence[str] = ()) -> pdfium.PdfDocument:
    """Open a PDF without a password, else with the first of `passwords` that works.

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
    """Return whether a PDF has its end marker; without it the file is truncated."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 2048))
        return b"%%EOF" in file.read()


def page_links(page: pdfium.PdfPage, frame: Frame) -> tuple[Link, ...]:
    """Return a page's links to web addresses in file order, with boxes on the displayed page."""
    links: list[Link] = []
    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    while raw.FPDFLink_Enumerate(page.raw, position, link):
        if url := _address(page, link):
            links.append(Link(url, _box(link, frame)))
    return tuple(links)


def metadata(document: pdfium.PdfDocument) -> dict[str, str]:
    """Return the non-empty metadata entries, such as title and author, with lower-case names."""
    try:
        entries: dict[str, str] = document.get_metadata_dict(skip_empty=True)
    except UnicodeDecodeError:  # one invalid entry makes pdfium fail for all
        return {}
    stripped = {name.lower(): text.strip() for name, text in entries.items()}
    return {name: text for name, text in stripped.items() if text}


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
    """Call a pdfium function that fills a UTF-16 buffer, and return the text.

    `ask` takes `about`, a buffer and its size in bytes, and returns the size needed.
    """
    size = ask(*about, None, 0)
    buffer = (ctypes.c_ushort * max(size // 2, 1))()
    ask(*about, buffer, size)
    return bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")


_WIDEST = 4000
"""Maximum width of a rendered page in pixels, to bound memory."""
_MOST_PIXELS = 16_000_000
"""Maximum pixels of a rendered page; an ordinary page 1,600 pixels wide has 4 million."""
_NARROWEST = 100
"""Minimum useful width of a rendered page in pixels."""


def render_page(path: Path, number: int, width: int, passwords: Sequence[str] = ()) -> bytes:
    """Render page `number` (from 1) of a PDF as a PNG image `width` pixels wide.

    A very long page is rendered narrower to bound the number of pixels. Text boxes, in points from
    the bottom left of the displayed page, map to the image by the scale `image width / page width`,
    measured from the bottom. `passwords` are tried on a locked file. Raises ReadingError.
    """
    if not 1 <= width <= _WIDEST:
        raise ReadingError(f"{path}: a picture {width} pixels wide; ask for 1 to {_WIDEST}")
    picture = io.BytesIO()
    try:
        with closing(open_pdf(path, passwords)) as document:
            if not 1 <= number <= len(document):
                raise ReadingError(f"{path}: no page {number}; the file has {len(document)}")
            page = document[number - 1]
            scale = _scale(page.get_size(), width)
            if scale is None:
                raise ReadingError(f"{path}: page {number} is too long and narrow for a picture")
            page.render(scale=scale).to_pil().save(picture, "PNG")
    except OSError as error:
        raise ReadingError(f"{path}: cannot be shown ({error}); get the file again") from error
    except pdfium.PdfiumError as error:
        raise ReadingError(f"{path}: page {number} cannot be shown ({error})") from error
    return picture.getvalue()


def _scale(size: tuple[float, float], width: int) -> float | None:
    """Return pixels per point for an image of `width`, reduced to stay within `_MOST_PIXELS`.

    None if the image would then be too narrow to be useful.
    """
    page_width, page_height = size
    if page_width <= 0 or page_height <= 0:
        return None
    scale = min(width / page_width, math.sqrt(_MOST_PIXELS / (page_width * page_height)))
    return scale if scale * page_width >= min(width, _NARROWEST) - 1 else None
