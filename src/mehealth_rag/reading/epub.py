"""Books (EPUB): a page is a file of the book, called what the table of contents calls it."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from lxml import html

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.faults import with_hidden
from mehealth_rag.reading.flow import page_of
from mehealth_rag.reading.hypertext import blocks_of
from mehealth_rag.reading.packages import opened, parse, told
from mehealth_rag.reading.sniffing import NAMES
from mehealth_rag.reading.upkeep import beat
from mehealth_rag.reading.web import decode_html
from mehealth_rag.types import BlockKind, Page

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_TEXTS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_TOLD = {"title": "title", "author": "creator", "published": "date"}
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_LABEL_WORDS = 12
"""A heading with more words is not what a person would call a chapter."""


def read_epub(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the pages of a book. Raises ReadingError where it is locked or damaged."""
    with opened(path, content, NAMES["epub"], _CONTAINER) as package:
        book = _Book(package)
        if book.is_locked():
            raise ReadingError(f"{path}: the book is locked (DRM); get a copy without")
        pages = tuple(book.page(path, n, file) for n, file in enumerate(book.texts(), 1))
        metadata = told(book.opf, _TOLD)
    if not pages:
        raise ReadingError(f"{path}: the book holds no text; get the file again")
    return pages, metadata


class _Book:
    """An open book: its package document, and the chapters' names by file."""

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
        """Whether any of its texts is encrypted; hidden fonts are no lock."""
        if _ENCRYPTION not in self._names:
            return False
        found = parse(self._package.read(_ENCRYPTION)).iterfind(".//{*}CipherReference")
        locked = {unquote(reference.get("URI") or "") for reference in found}
        return not locked.isdisjoint(self.texts())

    def texts(self) -> list[str]:
        """The files of the text, in reading order."""
        order = (i.get("idref") for i in self.opf.iterfind("./{*}spine/{*}itemref"))
        items = [self._items[name] for name in order if name in self._items]
        files = (self._path(i.get("href")) for i in items if i.get("media-type") in _TEXTS)
        return [file for file in files if file in self._names]

    def page(self, path: Path, number: int, file: str) -> Page:
        """One file of the text."""
        beat()
        source = decode_html(path, self._package.read(file)).text
        blocks, hidden = blocks_of(_DECLARATION.sub("", source), self._css)
        heads = (b.words.text.strip() for b in blocks if b.kind is BlockKind.HEADING)
        head = next((h for h in heads if len(h.split()) <= _LABEL_WORDS), "")
        page = page_of(number, blocks, self._titles.get(file) or head)
        return with_hidden((page,), hidden)[0]

    def _path(self, href: str | None, base: str | None = None) -> str:
        """A file of the package that another one names."""
        folder = posixpath.dirname(base or self._file)
        return posixpath.normpath(posixpath.join(folder, unquote((href or "").partition("#")[0])))

    def _contents(self) -> dict[str, str]:
        """What the tables of contents call the files; the first name of a file counts."""
        titles: dict[str, str] = {}
        for file, title in (*self._nav(), *self._ncx()):
            if words := " ".join(title.split()):
                titles.setdefault(file, words)
        return titles

    def _files(self, told: str, what: str) -> Iterator[tuple[str, bytes]]:
        """The files that the package says to be `what`, by the attribute `told`."""
        for item in self._items.values():
            file = self._path(item.get("href"))
            if what in (item.get(told) or "").split() and file in self._names:
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
