"""Documents that are ZIP packages of XML: opened, checked and parsed with care."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from lxml import etree

from mehealth_rag.errors import ReadingError

if TYPE_CHECKING:
    from pathlib import Path

UNPACKED = 300_000_000
"""Bytes that a file may unpack to; a real one of a thousand pages has some ten million."""
_PROPERTIES = "docProps/core.xml"
_TOLD = {"title": "title", "author": "creator", "created": "created", "modified": "modified"}
BROKEN = (KeyError, ValueError, AttributeError, TypeError, IndexError, etree.LxmlError,
          zipfile.BadZipFile, NotImplementedError, RecursionError, EOFError, OSError)  # fmt: skip
"""What zipfile, lxml and the libraries on top of them raise over a damaged package."""


def check_package(path: Path, content: bytes, kind: str, member: str) -> None:
    """Refuse what is no package of `kind`, and what would unpack to more than memory holds.

    `member` is a file that every such package has. Raises ReadingError.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
    except BROKEN as error:
        raise damaged(path, kind, error) from error
    if sum(info.file_size for info in members) > UNPACKED:
        limit = UNPACKED // 1_000_000
        raise ReadingError(f"{path}: unpacks to over {limit} MB; no real document is that large")
    names = {info.filename for info in members}
    if "EncryptedPackage" in names or member not in names:
        raise ReadingError(f"{path}: a ZIP archive, not {kind}; get the document as {kind}")


def parse(content: bytes) -> Any:  # noqa: ANN401 - lxml has no types
    """The root of an XML file; entities are not resolved and nothing outside it is opened."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.fromstring(content, parser)


def properties(package: zipfile.ZipFile) -> dict[str, str]:
    """Title, author and days of an Office file, as its package tells them."""
    if _PROPERTIES not in package.namelist():
        return {}
    root = parse(package.read(_PROPERTIES))
    told = {key: root.findtext(f"./{{*}}{name}") for key, name in _TOLD.items()}
    return {key: " ".join(value.split()) for key, value in told.items() if value}


def damaged(path: Path, kind: str, error: BaseException) -> ReadingError:
    """The one line that says that a file is damaged."""
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return ReadingError(f"{path}: {kind} that is damaged ({reason}); get the file again")
