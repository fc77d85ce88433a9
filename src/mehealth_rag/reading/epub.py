"""Books (EPUB): a page is a file of the book, called what the table of contents calls it."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from lxml import html

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.faults import with_hidden
from mehealth_rag.reading.flow import Node, page_of
from mehealth_rag.reading.hypertext import blocks_of
from mehealth_rag.reading.packages import BROKEN, check_package, damaged, parse, told
from mehealth_rag.reading.upkeep import beat
from mehealth_rag.reading.web import decode_html
from mehealth_rag.types import BlockKind, Page

KIND = "an EPUB book"
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_TEXTS = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_LABEL_WORDS = 12
"""A heading with more words is not what a person would call a chapter."""


def read_epub(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the pages of a book. Raises ReadingError where it is locked or damaged."""
    check_package(path, content, KIND, _CONTAINER)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            book = _Book(package)
            if book.is_locked():
                raise ReadingError(f"{path}: the book is locked (DRM); get a copy without")
            pages = tuple(book.page(path, n, file) for n, file in enumerate(book.texts(), 1))
            metadata = book.metadata()
    except BROKEN as error:
        raise damaged(path, KIND, error) from error
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
        self._opf = parse(package.read(self._file))
        self._items = {i.get("id"): i for i in self._opf.iterfind("./{*}manifest/{*}item")}
        self._titles = dict(self._contents())
        self._css = "\n".join(self._styles())

    def is_locked(self) -> bool:
        """Whether any of its texts is encrypted; hidden fonts are no lock."""
        if _ENCRYPTION not in self._names:
            return False
        found = parse(self._package.read(_ENCRYPTION)).iterfind(".//{*}CipherReference")
        locked = {unquote(reference.get("URI") or "") for reference in found}
        return not locked.isdisjoint(self.texts())

    def texts(self) -> list[str]:
        """The files of the text, in reading order."""
        order = (
            self._items.get(i.get("idref")) for i in self._opf.iterfind("./{*}spine/{*}itemref")
        )
        texts = (i for i in order if i is not None and i.get("media-type") in _TEXTS)
        return [file for i in texts if (file := self._path(i.get("href"))) in self._names]

    def metadata(self) -> dict[str, str]:
        """Title, author and the day of publication."""
        return told(self._opf, {"title": "title", "author": "creator", "published": "date"})

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

    def _contents(self) -> Iterator[tuple[str, str]]:
        """The files that the table of contents names, with its names; the first one counts."""
        seen = set()
        for file, title in (*self._nav(), *self._ncx()):
            if title and file not in seen:
                seen.add(file)
                yield file, " ".join(title.split())

    def _styles(self) -> Iterator[str]:
        for item in self._items.values():
            file = self._path(item.get("href"))
            if item.get("media-type") == "text/css" and file in self._names:
                yield self._package.read(file).decode("utf-8", "replace")

    def _nav(self) -> Iterator[tuple[str, str]]:
        for item in self._items.values():
            file = self._path(item.get("href"))
            if "nav" in (item.get("properties") or "").split() and file in self._names:
                tree: Node = html.fromstring(self._package.read(file))
                for link in tree.iterfind(".//nav//a"):
                    yield self._path(link.get("href"), file), link.text_content()

    def _ncx(self) -> Iterator[tuple[str, str]]:
        for item in self._items.values():
            file = self._path(item.get("href"))
            if item.get("media-type") == "application/x-dtbncx+xml" and file in self._names:
                for point in parse(self._package.read(file)).iterfind(".//{*}navPoint"):
                    place, title = point.find("./{*}content"), point.find("./{*}navLabel/{*}text")
                    if place is not None and title is not None:
                        yield self._path(place.get("src"), file), title.text or ""
