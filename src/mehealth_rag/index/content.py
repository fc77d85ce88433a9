"""Documents, pages and passages of a generation, in SQLite."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mehealth_rag.guide.document_guide import Guide
from mehealth_rag.index.folder import damaged
from mehealth_rag.types import Document, DocumentProblem, Page, Passage, Quote, Source

FILE = "content.sqlite"
_COMPRESSION = 3
_SCHEMA = """
create table documents (
    ordinal integer primary key, id text unique not null, data text not null);
create table pages (
    document text not null, number integer not null, data blob not null,
    primary key (document, number)) without rowid;
create table passages (
    ordinal integer primary key, id text unique not null, document text not null,
    page integer not null, data text not null);
create table words (word text primary key, passages integer not null) without rowid;
create table acronyms (acronym text primary key, expansion text not null) without rowid;
create table guides (document text primary key, data text not null) without rowid;
create table problems (ordinal integer primary key, data text not null);
"""


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A document of the index: its source, its size, where its passages begin.

    Its passages have the ordinals `first` up to `first + passages`. `names` are the ids of other
    sources that are the same file.
    """

    source: Source
    sha256: str
    pages: int
    passages: int
    first: int
    metadata: Mapping[str, str]
    names: tuple[str, ...] = ()


def same_file(first: str) -> str:
    """Say that a source is the same file as another."""
    return f"the same file as {first}"


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any type of the project
    """Return pydantic's adapter of a type; it is cached, since making one takes milliseconds."""
    return TypeAdapter(kind)


class ContentWriter:
    """Writes the content of one generation; readers see nothing before `close`."""

    def __init__(self, generation: Path) -> None:
        self._database = sqlite3.connect(generation / FILE, isolation_level=None)
        self._database.execute("pragma journal_mode = off")  # an interrupted build is discarded
        self._database.execute("pragma synchronous = off")  # and a finished one is flushed
        self._database.executescript(_SCHEMA)
        self._database.execute("begin")
        self._documents = 0
        self.passages = 0

    def add(
        self, document: Document, passages: Sequence[Passage], names: tuple[str, ...] = ()
    ) -> None:
        """Add a document with its pages, passages and other names, after those before it."""
        row = IndexedDocument(
            source=document.source,
            sha256=document.sha256,
            pages=len(document.pages),
            passages=len(passages),
            first=self.passages,
            metadata=dict(document.metadata),
            names=names,
        )
        name = document.source.id
        self._database.execute(
            "insert into documents values (?, ?, ?)", (self._documents, name, as_text(row))
        )
        self._database.executemany(
            "insert into pages values (?, ?, ?)",
            ((name, page.number, packed(page)) for page in document.pages),
        )
        self._database.executemany(
            "insert into passages values (?, ?, ?, ?, ?)",
            (
                (self.passages + i, p.id, p.document, p.page, as_text(p))
                for i, p in enumerate(passages)
            ),
        )
        self._documents += 1
        self.passages += len(passages)

    def add_findings(
        self,
        problems: Iterable[DocumentProblem],
        words: Mapping[str, int],
        acronyms: Mapping[str, str],
    ) -> None:
        """Add the problems, the number of passages that contain each word, and the acronyms."""
        many = self._database.executemany
        many("insert into problems (data) values (?)", ((as_text(p),) for p in problems))
        many("insert into words values (?, ?)", sorted(words.items()))
        many("insert into acronyms values (?, ?)", sorted(acronyms.items()))

    def add_guide(self, guide: Guide[Quote]) -> None:
        """Add the guide to a document."""
        row = (guide.document, as_text(guide, Guide[Quote]))
        self._database.execute("insert into guides values (?, ?)", row)

    def passages_at(self, ordinals: Sequence[int]) -> list[Passage]:
        """Return passages added so far, by their rising ordinals."""
        marks = ",".join("?" * len(ordinals))
        query = f"select data from passages where ordinal in ({marks}) order by ordinal"  # noqa: S608
        rows = self._database.execute(query, tuple(ordinals))
        return [adapter(Passage).validate_json(data) for (data,) in rows]

    def each_passage(self, size: int) -> Iterator[list[Passage]]:
        """Yield the passages added so far in order, `size` at a time."""
        for start in range(0, self.passages, size):
            rows = self._database.execute(
                "select data from passages where ordinal >= ? and ordinal < ? order by ordinal",
                (start, start + size),
            )
            yield [adapter(Passage).validate_json(data) for (data,) in rows]

    def close(self, keep: bool = True) -> None:
        """Close the file; without `keep` nothing is written."""
        if keep:
            self._database.execute("commit")
        self._database.close()


class ContentReader:
    """Reads the content of one generation; many threads may ask at once."""

    def __init__(self, generation: Path) -> None:
        self._path = generation / FILE
        address = f"{self._path.resolve().as_uri()}?mode=ro&immutable=1"
        # One connection behind a lock: a look-up takes microseconds, and threads come and go.
        self._guard = threading.Lock()
        try:
            self._database = sqlite3.connect(address, uri=True, check_same_thread=False)
            self.passage_count = int(self._rows("select count(*) from passages")[0][0])
        except sqlite3.Error as error:
            raise damaged(self._path, error) from error

    def documents(self) -> tuple[IndexedDocument, ...]:
        """Return the documents in the order of the corpus."""
        rows = self._rows("select data from documents order by ordinal")
        return tuple(self._read(IndexedDocument, data) for (data,) in rows)

    def problems(self) -> tuple[DocumentProblem, ...]:
        """Return what could not be read of the corpus."""
        rows = self._rows("select data from problems order by ordinal")
        return tuple(self._read(DocumentProblem, data) for (data,) in rows)

    def page(self, document: str, number: int) -> Page:
        """Return a page (counted from 1). Raises KeyError where there is none."""
        rows = self._rows(
            "select data from pages where document = ? and number = ?", (document, number)
        )
        if not rows:
            raise KeyError(f"{document} has no page {number}")
        page: Page = self._read(Page, rows[0][0])
        return page

    def passages(self, ordinals: Sequence[int]) -> list[Passage]:
        """Return the passages of `ordinals`, in that order. Raises KeyError for an unknown one."""
        marks = ",".join("?" * len(ordinals))
        rows = dict(
            self._rows(
                f"select ordinal, data from passages where ordinal in ({marks})",  # noqa: S608
                tuple(ordinals),
            )
        )
        return [self._read(Passage, rows[ordinal]) for ordinal in ordinals]

    def passages_on(self, ordinals: range, page: int) -> list[Passage]:
        """Return a document's passages on a page, in order."""
        rows = self._rows(
            "select data from passages where ordinal >= ? and ordinal < ? and page = ? "
            "order by ordinal",
            (ordinals.start, ordinals.stop, page),
        )
        return [self._read(Passage, data) for (data,) in rows]

    def passage_ids(self, start: int, end: int) -> list[str]:
        """Return the ids of the passages `start` up to `end`, in order."""
        rows = self._rows(
            "select id from passages where ordinal >= ? and ordinal < ? order by ordinal",
            (start, end),
        )
        return [name for (name,) in rows]

    def words(self) -> dict[str, int]:
        """Return every surface word with the number of passages that contain it."""
        return dict(self._rows("select word, passages from words"))

    def acronyms(self) -> dict[str, str]:
        """Return the acronyms that the documents explain, each with its expansion."""
        return dict(self._rows("select acronym, expansion from acronyms order by acronym"))

    def guide(self, document: str) -> Guide[Quote]:
        """Return the guide to a document. Raises KeyError where there is none."""
        rows = self._rows("select data from guides where document = ?", (document,))
        if not rows:
            raise KeyError(f"there is no guide to {document}")
        guide: Guide[Quote] = self._read(Guide[Quote], rows[0][0])
        return guide

    def passages_with(self, word: str) -> int:
        """Return how many passages contain a surface word."""
        rows = self._rows("select passages from words where word = ?", (word,))
        return int(rows[0][0]) if rows else 0

    def close(self) -> None:
        """Close the file."""
        with self._guard:
            self._database.close()

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        try:
            with self._guard, contextlib.closing(self._database.execute(query, values)) as rows:
                return rows.fetchall()
        except sqlite3.Error as error:
            raise damaged(self._path, error) from error

    def _read(self, kind: Any, data: str | bytes) -> Any:  # noqa: ANN401 - any type of the project
        try:
            return unpacked(kind, data)
        except (zlib.error, ValidationError) as error:
            raise damaged(self._path, error) from error


def packed(value: Any, kind: Any = None) -> bytes:  # noqa: ANN401 - any type of the project
    """Return a value as compressed JSON with a checksum; `kind` is as in `as_text`."""
    own: Any = type(value)
    return zlib.compress(adapter(kind or own).dump_json(value), _COMPRESSION)


def unpacked(kind: Any, data: str | bytes) -> Any:  # noqa: ANN401 - any type of the project
    """Return a value from JSON, compressed or not. Raises zlib.error and ValidationError."""
    text = zlib.decompress(data) if isinstance(data, bytes) else data
    return adapter(kind).validate_json(text)


def as_text(value: Any, kind: Any = None) -> str:  # noqa: ANN401 - any type of the project
    """Return a value as JSON; `kind` is its type where that has parameters."""
    own: Any = type(value)
    return adapter(kind or own).dump_json(value).decode()
