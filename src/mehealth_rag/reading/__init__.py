"""Files to pages: one reader a format, chosen here."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mehealth_rag.errors import ReadingError
from mehealth_rag.types import Document, Page, Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FORMATS", "READER_VERSION", "read_document"]

READER_VERSION = 4
"""Raised whenever the same file may come out with another text, so that indexes are rebuilt."""

FORMATS = ("pdf", "txt", "md")


def read_document(source: Source) -> Document:
    """Read the document behind a source whose file is present.

    Raises ReadingError in one line that says what is wrong, with which file, and what to do.
    """
    if source.path is None:
        raise ReadingError(f"{source.id}: its file is not here; fetch it or add it to the corpus")
    path = source.path
    content = _content(path)
    pages, metadata = _read(path, _format(source, path), content)
    return Document(source, hashlib.sha256(content).hexdigest(), pages, metadata)


def _content(path: Path) -> bytes:
    try:
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
    name = (source.format or path.suffix).lower().lstrip(".")
    return {"text": "txt", "plain": "txt", "markdown": "md"}.get(name, name)


def _read(path: Path, form: str, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    # The PDF libraries are loaded only where a PDF is read: text files need neither.
    match form:
        case "pdf":
            from mehealth_rag.reading.assemble import read_pdf

            _refuse_other_kinds(path, content)
            return read_pdf(path)
        case "txt":
            from mehealth_rag.reading.text import read_text

            return read_text(path, content), {}
        case "md":
            from mehealth_rag.reading.markdown import read_markdown

            return read_markdown(path, content)
        case _:
            known = ", ".join(FORMATS)
            raise ReadingError(f"{path}: unknown format {form!r}; known are {known}")


_SIGNATURES = {
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"GIF8": "a GIF picture",
    b"PK\x03\x04": "a ZIP archive or an Office file",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
}


def _refuse_other_kinds(path: Path, content: bytes) -> None:
    if b"%PDF-" in content[:1024]:
        return
    start = content[:64].lstrip()
    kinds = [kind for sign, kind in _SIGNATURES.items() if start.lower().startswith(sign.lower())]
    is_what = f"it is {kinds[0]}" if kinds else "it does not start like one"
    raise ReadingError(f"{path}: not a PDF ({is_what}); get the document as a PDF")
