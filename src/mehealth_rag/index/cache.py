"""Caches what a later build need not compute again: read files, vectors and guides, by content."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from mehealth_rag.encoder.embedding import EncoderInput, PassageVectors
from mehealth_rag.guide.document_guide import Guide
from mehealth_rag.index.content import packed, unpacked
from mehealth_rag.reading.describing import described
from mehealth_rag.types import Document, Page, Passage, Quote, Source

KEPT_BUILDS = 3
"""An entry that this many builds in a row did not use is forgotten."""

_VERSION = 3
_SCHEMA = """
create table documents (key blob primary key, data blob not null, used integer not null);
create table guides (key blob primary key, data blob not null, used integer not null);
create table vectors (key blob primary key, data blob not null, used integer not null);
create table builds (number integer not null);
insert into builds values (0);
"""
_TABLES = ("documents", "guides", "vectors")
_VECTORS = struct.Struct("<I?3x")
"""Header of an entry of vectors: their dimension, and whether the passage was truncated."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What reading and splitting made of a file."""

    pages: tuple[Page, ...]
    metadata: dict[str, str]
    passages: tuple[Passage, ...]


class BuildCache:
    """The cache of an index folder; hold the folder's lock to open it.

    A damaged cache is discarded and never an error, since all of it can be computed again. Each
    entry has zlib's checksum: otherwise damage of the cache would end up in a rebuilt index.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = self._open()
        self._database.execute("update builds set number = number + 1")
        self._build = int(self._database.execute("select number from builds").fetchone()[0])

    def document(
        self, key: bytes, source: Source, sha256: str
    ) -> tuple[Document, tuple[Passage, ...]] | None:
        """Return the document and passages that were read before under `key`."""
        read: ReadDocument | None = self._get("documents", key, ReadDocument)
        if read is None:
            return None
        return described(Document(source, sha256, read.pages, read.metadata)), read.passages

    def has_document(self, key: bytes) -> bool:
        """Return whether a document was read before under `key`."""
        return bool(self._rows("select 1 from documents where key = ?", (key,)))

    def put_document(self, key: bytes, document: Document, passages: Sequence[Passage]) -> None:
        """Keep what reading and splitting made of a file."""
        read = ReadDocument(document.pages, dict(document.metadata), tuple(passages))
        self._put("documents", {key: packed(read)})

    def guide(self, key: bytes) -> Guide[Quote] | None:
        """Return the guide that was made before under `key`."""
        guide: Guide[Quote] | None = self._get("guides", key, Guide[Quote])
        return guide

    def put_guide(self, key: bytes, guide: Guide[Quote]) -> None:
        """Keep a guide."""
        self._put("guides", {key: packed(guide, Guide[Quote])})

    def vectors(self, keys: Sequence[bytes]) -> dict[bytes, PassageVectors]:
        """Return the vectors that are known, by key."""
        marks = ",".join("?" * len(keys))
        query = f"select key, data from vectors where key in ({marks})"  # noqa: S608
        known = {}
        for key, data in self._rows(query, tuple(keys)):
            with contextlib.suppress(zlib.error, TypeError):  # a damaged row may be of any type
                known[key] = _from_blob(data)
        self._use("vectors", known)
        return known

    def put_vectors(self, vectors: Mapping[bytes, PassageVectors]) -> None:
        """Keep the vectors of passages, at once: they are expensive."""
        self._put("vectors", {key: _as_blob(item) for key, item in vectors.items()})
        self.commit()

    def commit(self) -> None:
        """Make durable what was put, so that an interrupted build goes on from there."""
        self._database.execute("commit")
        self._database.execute("begin")

    def close(self, prune: bool = False) -> None:
        """Close the cache; `prune` forgets what the last builds did not use."""
        for table in _TABLES if prune else ():
            self._write(
                f"delete from {table} where used <= ?",  # noqa: S608 - one of `_TABLES`
                [(self._build - KEPT_BUILDS,)],
            )
        if self._database.in_transaction:  # a full disk has already ended it
            with contextlib.suppress(sqlite3.Error):  # what is lost can be made again
                self._database.execute("commit")
        self._database.close()

    def _get(self, table: str, key: bytes, kind: type[T]) -> T | None:
        for (data,) in self._rows(f"select data from {table} where key = ?", (key,)):  # noqa: S608
            with contextlib.suppress(zlib.error, ValidationError):
                value: T = unpacked(kind, data)
                self._use(table, [key])
                return value
        return None

    def _put(self, table: str, entries: Mapping[bytes, bytes]) -> None:
        rows = [(key, data, self._build) for key, data in entries.items()]
        self._write(f"insert or replace into {table} values (?, ?, ?)", rows)  # noqa: S608

    def _use(self, table: str, keys: Iterable[bytes]) -> None:
        rows = [(self._build, key) for key in keys]
        self._write(f"update {table} set used = ? where key = ?", rows)  # noqa: S608

    def _rows(self, query: str, values: tuple[Any, ...]) -> list[Any]:
        with self._mending():
            return self._database.execute(query, values).fetchall()
        return []

    def _write(self, query: str, rows: list[tuple[Any, ...]]) -> None:
        with self._mending():
            self._database.executemany(query, rows)

    @contextlib.contextmanager
    def _mending(self) -> Iterator[None]:
        """Start with an empty cache where the file turns out to be damaged."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if type(error) is not sqlite3.DatabaseError:  # a full disk, say: no damage
                raise
            self._database.close()
            self._path.unlink(missing_ok=True)
            self._database = self._connect()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError:
            for path in self._path.parent.glob(f"{self._path.name}*"):
                path.unlink()
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, isolation_level=None)
        try:
            database.execute("pragma synchronous = normal")
            version = database.execute("pragma user_version").fetchone()[0]
            if version == 0:
                database.executescript(f"begin;{_SCHEMA}pragma user_version = {_VERSION};commit;")
            elif version != _VERSION:
                raise sqlite3.DatabaseError("another version of the cache")
            database.execute("select number from builds").fetchone()
            database.execute("begin immediate")
        except sqlite3.Error:
            database.close()
            raise
        return database


def vector_key(model: str, item: EncoderInput) -> bytes:
    """Return the key of a passage's vectors, which depend on model, text and spans."""
    spans = [(span.start, span.end) for span in item.sentences]
    return digest(model, item.text, spans)


def digest(*parts: object) -> bytes:
    """Return the SHA-256 of some values that JSON can represent."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).digest()


def _as_blob(item: PassageVectors) -> bytes:
    begin = _VECTORS.pack(len(item.passage), item.truncated)
    passage, sentences = item.passage.astype(np.float32), item.sentences.astype(np.float16)
    return zlib.compress(begin + passage.tobytes() + sentences.tobytes(), level=0)


def _from_blob(blob: bytes) -> PassageVectors:
    data = zlib.decompress(blob)
    dimension, truncated = _VECTORS.unpack_from(data)
    passage = np.frombuffer(data, np.float32, dimension, _VECTORS.size)
    sentences = np.frombuffer(data, np.float16, offset=_VECTORS.size + passage.nbytes)
    rows = sentences.reshape(-1, dimension).astype(np.float32)
    return PassageVectors(passage, rows, truncated)
