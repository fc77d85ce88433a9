"""EPUB books: each file of the book is a page, labelled with its title in the contents."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from lxml import html

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.faults import with_hidden
from mehealth_rag.reading.flow import Read, page_of
from mehealth_rag.reading.html import decode_html
from mehealth_rag.reading.hypertext import blocks_of
from mehealth_rag.reading.packages import metadata_of, opened, parse
from mehealth_rag.reading.sniffing import NAMES
from mehealth_rag.reading.wire import beat
from mehealth_rag.types import BlockKind, Page

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_TEXTS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_METADATA = {"title": "title", "author": "creator", "published": "date"}
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_LABEL_WORDS = 12
"""Maximum words of a heading that may serve as a page label."""


def read_epub(path: Path, content: bytes) -> Read:
    """Read the pages of a book. Raises ReadingError if it is locked, damaged or empty."""
    with opened(path, content, NAMES["epub"], _CONTAINER) as package:
        book = _Book(package)
        if book.is_locked():
            raise ReadingError(f"{path}: the book is locked (DRM); get a copy without")
        pages = tuple(book.page(path, n, file) for n, file in enumerate(book.texts(), 1))
        metadata = metadata_of(book.opf, _METADATA)
    if not pages:
        raise ReadingError(f"{path}: the book holds no text; get the file again")
    return pages, metadata


class _Book:
    """An open book: its package document and the chapter title of each file."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        self._names = frozenset(package.namelist())
        root = parse(package.read(_CONTAINER)).find(".//{*}rootfile")
        self._file = root.get("full-path")
        self.opf = parse(package.read(self._file))
        self._items = {i.get("id"): i for i in self.opf.iterfind("./{*}manifest/{*}item")}
        self._titles = self._contents()
        styles = (content for _, content in self._files("media-type", "text/css"))
        self._css = b"\n".join(styles).decode("utf-8", "replace")

    def is_locked(self) -> bool:
        """Return whether a text file is encrypted; encrypted fonts do not count."""
        if _ENCRYPTION not in self._names:
            return False
        references = parse(self._package.read(_ENCRYPTION)).iterfind(".//{*}CipherReference")
        encrypted = {unquote(reference.get("URI") or "") for reference in references}
        return not encrypted.isdisjoint(self.texts())

    def texts(self) -> list[str]:
        """Return the names of the text files in reading order."""
        order = (i.get("idref") for i in self.opf.iterfind("./{*}spine/{*}itemref"))
        items = [self._items[name] for name in order if name in self._items]
        files = (self._path(i.get("href")) for i in items if i.get("media-type") in _TEXTS)
        return [file for file in files if file in self._names]

    def page(self, path: Path, number: int, file: str) -> Page:
        """Read one text file as page `number`."""
        beat()
        source = decode_html(path, self._package.read(file)).text
        blocks, hidden = blocks_of(_DECLARATION.sub("", source), self._css)
        heads = (b.words.text.strip() for b in blocks if b.kind is BlockKind.HEADING)
        head = next((h for h in heads if len(h.split()) <= _LABEL_WORDS), "")
        page = page_of(number, blocks, self._titles.get(file) or head)
        return with_hidden((page,), hidden)[0]

    def _path(self, href: str | None, base: str | None = None) -> str:
        """Resolve a link in `base` (by default the package document) to a file of the package."""
        folder = posixpath.dirname(base or self._file)
        return posixpath.normpath(posixpath.join(folder, unquote((href or "").partition("#")[0])))

    def _contents(self) -> dict[str, str]:
        """Map each file to its title in the tables of contents; the first title wins."""
        titles: dict[str, str] = {}
        for file, title in (*self._nav(), *self._ncx()):
            if words := " ".join(title.split()):
                titles.setdefault(file, words)
        return titles

    def _files(self, attribute: str, value: str) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of the manifest's files whose `attribute` lists `value`."""
        for item in self._items.values():
            file = self._path(item.get("href"))
            if value in (item.get(attribute) or "").split() and file in self._names:
                yield file, self._package.read(file)

    def _nav(self) -> Iterator[tuple[str, str]]:
        for file, content in self._files("properties", "nav"):
            for link in html.fromstring(content).iterfind(".//nav//a"):
                yield self._path(link.get("href"), file), link.text_content()

    def _ncx(self) -> Iterator[tuple[str, str]]:
        for file, content in self._files("media-type", "application/x-dtbncx+xml"):
            for point in parse(content).iterfind(".//{*}navPoint"):
                place, title = point.find("./{*}content"), point.find("./{*}navLabel/{*}text")
                if place is not None and title is not None:
                    yield self._path(place.get("src"), file), title.text or ""
