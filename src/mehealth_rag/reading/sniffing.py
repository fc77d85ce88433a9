"""Detects the format of a file from its content, and checks it against the expected one."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from mehealth_rag.errors import ReadingError

HEAD = 1024
"""Number of bytes at the start of a file to examine."""

NAMES = {
    "pdf": "a PDF",
    "docx": "a Word document",
    "pptx": "a PowerPoint presentation",
    "xlsx": "an Excel workbook",
    "doc": "an old Word document",
    "ppt": "an old PowerPoint presentation",
    "xls": "an old Excel workbook",
    "odt": "an OpenDocument text",
    "ods": "an OpenDocument workbook",
    "odp": "an OpenDocument presentation",
    "epub": "an EPUB book",
    "rtf": "a rich text (RTF) file",
    "msg": "an Outlook message",
    "html": "a web page",
    "png": "a PNG picture",
    "jpg": "a JPEG picture",
    "tiff": "a TIFF picture",
    "txt": "plain text",
    "md": "Markdown",
    "rst": "reStructuredText",
    "csv": "a table as text (CSV)",
    "tsv": "a table as text (TSV)",
    "eml": "an e-mail",
}
"""Maps a format to its name in messages."""
_MARKUP = frozenset(("md", "txt", "rst", "csv", "tsv", "eml"))
"""Text formats; such a file may start like a web page, for example to quote HTML."""
_ENDINGS = {kind: f".{form}" for form, kind in NAMES.items() if form not in _MARKUP}
_TEXT = "a text file"
_SIGNATURES = {
    b"\xff\xd8\xff": NAMES["jpg"],
    b"\x89PNG": NAMES["png"],
    b"GIF87a": "a GIF picture",
    b"GIF89a": "a GIF picture",
    b"II*\0": NAMES["tiff"],
    b"MM\0*": NAMES["tiff"],
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!\x1a": "a RAR archive",
    b"\x7fELF": "a program",
    b"{\\rtf": NAMES["rtf"],
    b"%PDF-": NAMES["pdf"],
}
"""Maps the first bytes of a file to its kind."""
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_IN_ZIP = {
    b"mimetypeapplication/epub+zip": NAMES["epub"],
    b"mimetypeapplication/vnd.oasis.opendocument.text": NAMES["odt"],
    b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet": NAMES["ods"],
    b"mimetypeapplication/vnd.oasis.opendocument.presentation": NAMES["odp"],
    b"word/document.xml": NAMES["docx"],
    b"ppt/presentation.xml": NAMES["pptx"],
    b"xl/workbook.xml": NAMES["xlsx"],
    b"META-INF/container.xml": NAMES["epub"],
}
"""Maps a `mimetype` entry or file name in a ZIP archive to its kind; the first match wins."""
_IN_OLE = {
    "EncryptedPackage": "an Office file locked with a password",
    "__properties_version1.0": NAMES["msg"],
    "WordDocument": NAMES["doc"],
    "PowerPoint Document": NAMES["ppt"],
    "Workbook": NAMES["xls"],
    "Book": NAMES["xls"],
}
"""Maps a stream name in an OLE compound file to its kind; the first match wins."""
_OLD = "a file of an old Microsoft program"
_WEB = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def check_kind(path: Path, form: str, content: bytes) -> None:
    """Raise ReadingError, naming the detected kind, if `content` cannot be of format `form`."""
    actual, is_text = kind_of(content), form in _MARKUP
    expected = _TEXT if is_text else NAMES[form]
    if actual == expected or (actual is None and (is_text or form == "html")):
        return
    if is_text and actual == NAMES["html"]:
        return
    if "picture" in expected and actual in _ENDINGS and "picture" in actual:
        return  # picture formats are interchangeable
    if form == "pdf" and b"%PDF-" in content[:HEAD]:
        return  # PDF readers allow other bytes before the header
    reason = f"it is {actual}" if actual else "it does not start like one"
    remedy = f"get the document as {expected}"
    if form != "pdf" and actual in _ENDINGS and "picture" not in actual:
        remedy = f"give the file the ending {_ENDINGS[actual]}"
    raise ReadingError(f"{path}: not {expected} ({reason}); {remedy}")


def kind_of(content: bytes) -> str | None:
    """Return the kind of a file by its content ("a PDF"); None if unknown, as for plain text."""
    start = content[:HEAD].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(_ZIP):
        return _in_zip(content)
    if start.startswith(_OLE):
        return _in_ole(content)
    if _WEB.match(start):
        return NAMES["html"]
    return next((kind for sign, kind in _SIGNATURES.items() if start.startswith(sign)), None)


def _in_ole(content: bytes) -> str:
    import olefile  # imported only if needed

    try:
        with olefile.OleFileIO(io.BytesIO(content)) as archive:
            # Top-level names only: embedded files have streams of their own.
            names = {path[0] for path in archive.listdir(storages=True)}
    except (OSError, ValueError, IndexError, TypeError, AttributeError):  # damaged
        names = {n for n in _IN_OLE if f"{n}\0".encode("utf-16-le") in content}
    return next((kind for name, kind in _IN_OLE.items() if name in names), _OLD)


def _in_zip(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = "\n".join(archive.namelist()).encode()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        names = content  # truncated: file names are also in the local headers
    searched = content[:HEAD] + names
    return next((kind for name, kind in _IN_ZIP.items() if name in searched), "a ZIP archive")
