"""What a file is by its first bytes, where that is not what its name says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mehealth_rag.errors import ReadingError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = 1024
"""Bytes at the beginning of a file that tell what it is."""

_WANTED = {
    "pdf": "a PDF",
    "docx": "a Word document",
    "html": "a web page",
    "md": "a text file",
    "txt": "a text file",
}
_SIGNATURES = {
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF87a": "a GIF picture",
    b"GIF89a": "a GIF picture",
    b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!\x1a": "a RAR archive",
    b"\x7fELF": "a program",
    b"\xd0\xcf\x11\xe0": "an old or locked Office file",
    b"{\\rtf": "a rich text (RTF) file",
    b"%PDF-": "a PDF",
}
_ZIP = b"PK\x03\x04"
_WEB = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def check_kind(path: Path, form: str, content: bytes) -> None:
    """Raise ReadingError, which says what it is, where `content` cannot be of format `form`."""
    wanted, found = _WANTED[form], kind_of(content)
    fits = found in (wanted, None) if form in ("html", "md", "txt") else found == wanted
    if form == "pdf" and b"%PDF-" in content[:HEAD]:
        return  # readers of PDF allow something before it
    if fits or (form in ("md", "txt") and found == "a web page"):
        return  # a text may show how a web page begins
    is_what = f"it is {found}" if found else "it does not start like one"
    endings = {"a PDF": ".pdf", "a Word document": ".docx", "a web page": ".html"}
    mend = f"get the document as {wanted}"
    if form != "pdf" and found in endings:
        mend = f"give the file the ending {endings[found]}"
    raise ReadingError(f"{path}: not {wanted} ({is_what}); {mend}")


def kind_of(content: bytes) -> str | None:
    """What a file is by its first bytes; None where they do not tell, as of plain text."""
    start = content[:HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(_ZIP):
        return "a Word document" if b"word/document.xml" in content else "a ZIP archive"
    for sign, kind in _SIGNATURES.items():
        if start.startswith(sign):
            return kind
    return "a web page" if _WEB.match(start) else None
