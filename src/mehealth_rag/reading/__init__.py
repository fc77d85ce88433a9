"""Reads files into pages: the options, and the reader for each format."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.contents import mark_contents
from mehealth_rag.reading.describing import described
from mehealth_rag.reading.faults import without_garbage
from mehealth_rag.reading.sniffing import check_kind
from mehealth_rag.types import Document, Source

__all__ = ["FORMATS", "NO_OCR", "PLAIN", "READER_VERSION", "ReadingOptions", "read_document"]

NO_OCR = "none"


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How documents are read.

    `passwords` are tried in order on locked PDFs. `ocr_languages` are Tesseract language names
    joined with a plus ("eng+deu"); "none" turns OCR off. `tesseract` is the installed version and
    its languages, empty if there is none; it is here because the text depends on it. Without
    `code`, code blocks in Markdown are left out.
    """

    passwords: tuple[str, ...] = ()
    ocr_languages: str = NO_OCR
    tesseract: str = ""
    code: bool = True

    def version(self, reader: int) -> int:
        """Combine the reader version with a hash of the options that can change the text."""
        reads_pictures = self.tesseract if self.ocr_languages != NO_OCR else ""
        if not self.passwords and not reads_pictures:
            return reader
        key = repr((self.passwords, self.ocr_languages, reads_pictures)).encode()
        return reader * 1_000_000 + int.from_bytes(hashlib.sha256(key).digest()[:8]) % 1_000_000


PLAIN = ReadingOptions()
"""Default options: no passwords and no OCR."""

READER_VERSION = 18
"""Increment when a reader may give another text for the same file, so that indexes are rebuilt."""

_READERS = {
    "docx": "word.read_docx",
    "pptx": "slides.read_slides",
    "xlsx": "workbook.read_workbook",
    "csv": "sheets.read_delimited",
    "tsv": "sheets.read_delimited",
    "odt": "opendocument.read_opendocument",
    "ods": "opendocument.read_opendocument",
    "odp": "opendocument.read_opendocument",
    "epub": "epub.read_epub",
    "rtf": "rtf.read_rtf",
    "eml": "mail.read_eml",
    "msg": "mail.read_msg",
    "rst": "markdown.read_restructured",
    "txt": "text.read_text",
}
"""Maps a format to "module.function" of its reader, for readers that need only the file."""

_OLD = ("doc", "ppt", "xls")
"""Legacy Office formats; their files are converted to DOCX, PPTX or XLSX first."""

FORMATS = ("pdf", "html", "md", *_READERS, *_OLD, "png", "jpg", "tiff")

MOST_BYTES = 500_000_000
"""Maximum size of a file in bytes; a file is read into memory whole."""

_SYNONYMS = {"plain": "txt"}

if TYPE_CHECKING:
    from mehealth_rag.reading.flow import Read


def read_document(source: Source, options: ReadingOptions = PLAIN) -> Document:
    """Read the file of a source into a document.

    Raises ReadingError with a one-line message that names the file, the problem and the remedy.
    """
    if source.path is None:
        raise ReadingError(f"{source.id}: its file is not here; fetch it or add it to the corpus")
    path = source.path
    form = _format(source, path)
    content = _content(path)
    pages, metadata = _read(source, path, form, content, options)
    digest = hashlib.sha256(content).hexdigest()
    return described(Document(source, digest, mark_contents(without_garbage(pages)), metadata))


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            limit = MOST_BYTES // 1_000_000
            raise ReadingError(f"{path}: over {limit:,} MB; divide it, or leave it out")
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ReadingError(f"{path}: no such file; put it there or take it off the list") from error
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise ReadingError(f"{path}: cannot be opened ({reason}); check its permissions") from error
    if not content:
        raise ReadingError(f"{path}: the file is empty (zero bytes); get it again")
    return content


def _format(source: Source, path: Path) -> str:
    """Return the key of `FORMATS` for a file; raise ReadingError if there is none."""
    name = (source.format or path.suffix).lower().lstrip(".")
    form = _SYNONYMS.get(name, name)
    if form not in FORMATS:
        from mehealth_rag.corpus import FORMATS as ENDINGS  # slow to import and rarely needed

        form = ENDINGS.get(f".{name}", name)
    if form not in FORMATS:
        known = ", ".join(FORMATS)
        kind = f"unknown format {form!r}" if form else "its name has no ending that tells a format"
        raise ReadingError(f"{path}: {kind}; save it as one of {known}, or leave it out")
    return form


def _read(source: Source, path: Path, form: str, content: bytes, options: ReadingOptions) -> Read:
    # The libraries of a format are imported only when such a file is read.
    check_kind(path, form, content)
    if form in _OLD:
        from mehealth_rag.reading.packages import converted

        return _read(source, path, f"{form}x", converted(path, content, form), options)
    match form:
        case "pdf":
            from mehealth_rag.reading.pdf import read_pdf

            read = read_pdf(path, options)
            if _content(path) != content:  # pdfium opens the file itself
                raise ReadingError(f"{path} changed while it was read; run: mehealth ingest")
            return read
        case "html":
            from mehealth_rag.reading.html import read_html

            return read_html(path, content, source.url)
        case "md":
            from mehealth_rag.reading.markdown import read_markdown

            return read_markdown(path, content, code=options.code)
        case "png" | "jpg" | "tiff":
            from mehealth_rag.reading.photo import read_photo

            return read_photo(path, content, options)
    module, _, function = _READERS[form].partition(".")
    reader: Callable[[Path, bytes], Read]
    reader = getattr(import_module(f"{__name__}.{module}"), function)
    return reader(path, content)
