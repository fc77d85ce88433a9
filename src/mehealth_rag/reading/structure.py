"""What a PDF says about itself: printed page labels, links, title and author.

Asked of pdfium, which has the file open for its text anyway: reading the same by a second library
took a sixth of all the time that a filing needs. What is broken in the file is left out.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import pypdfium2 as pdfium
from pypdfium2 import raw

from mehealth_rag.reading.runs import Frame
from mehealth_rag.types import Link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mehealth_rag.types import Box


def page_label(document: pdfium.PdfDocument, index: int) -> str:
    """Read the printed number of a page (`index` from 0); a page without one keeps its count."""
    label: str = document.get_page_label(index)
    return label.strip() or str(index + 1)


def page_links(page: pdfium.PdfPage, frame: Frame) -> tuple[Link, ...]:
    """Read the links of a page to addresses, in the file's order; boxes as displayed."""
    return tuple(_links(page, frame))


def addresses(document: pdfium.PdfDocument) -> tuple[str, ...]:
    """Read the addresses that a document links to, page by page; a broken page has none."""
    found: list[str] = []
    for index in range(len(document)):
        try:
            page = document[index]
        except pdfium.PdfiumError:
            continue
        found += [link.url for link in page_links(page, Frame((0.0, 0.0, 0.0, 0.0)))]
        page.close()
    return tuple(found)


def metadata(document: pdfium.PdfDocument) -> dict[str, str]:
    """Read title, author and the like, names in lower case; only what is not empty."""
    try:
        entries: dict[str, str] = document.get_metadata_dict(skip_empty=True)
    except UnicodeDecodeError:  # a text that is none; what else it says goes with it
        return {}
    found = {name.lower(): text.strip() for name, text in entries.items()}
    return {name: text for name, text in found.items() if text}


def _links(page: pdfium.PdfPage, frame: Frame) -> Iterator[Link]:
    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    while raw.FPDFLink_Enumerate(page.raw, position, link):
        url = _address(page, link)
        if url:
            yield Link(url, _box(link, frame))


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
