"""Opening a PDF with pdfium: locked, cut short and damaged files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2 as pdfium

from mehealth_rag.errors import ReadingError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_PAGES = 50_000
"""Pages of one file; the longest real ones have some ten thousand."""
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
            if getattr(error, "err_code", None) != _PASSWORD:
                raise _refused(path, error) from error
    tried = f"; none of the {len(passwords)} passwords given opens it" if passwords else ""
    raise ReadingError(
        f"{path}: the PDF is locked with a password{tried}; put its password into the file that "
        "pdf_passwords names, or save a copy without one"
    )


def check_size(path: Path, document: pdfium.PdfDocument) -> None:
    """Raise ReadingError where a PDF claims more pages than a document has."""
    if len(document) > MOST_PAGES:
        raise ReadingError(
            f"{path}: claims to have {len(document):,} pages; at most {MOST_PAGES:,} are read"
        )


def has_end(path: Path) -> bool:
    """Whether the mark that ends a PDF is there: else the file is cut short."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 2048))
        return b"%%EOF" in file.read()


def _refused(path: Path, error: pdfium.PdfiumError) -> ReadingError:
    if getattr(error, "err_code", None) == _SECURITY:
        return ReadingError(
            f"{path}: the PDF is locked in a way that is not known here; save a copy without"
        )
    if not has_end(path):
        return ReadingError(
            f"{path}: the PDF is cut short (its end is missing); get the file again"
        )
    return ReadingError(f"{path}: the PDF is damaged ({error}); get the file again")
