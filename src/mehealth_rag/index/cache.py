"""What a later build need not compute again: read files and vectors, by their content."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from mehealth_rag.encoder.embedding import PassageText, PassageVectors
from mehealth_rag.guide.document_guide import Guide
from mehealth_rag.index.content import packed, unpacked
from mehealth_rag.reading.describing import described
from mehealth_rag.types import Document, Page, Passage, Quote, Source

KEPT_BUILDS = 3
"""An entry that this many builds in a row did not use is forgotten."""

_VERSION = 2
_SCHEMA = """
create table vectors (key blob primary key, passage blob not null, sentences blob not null,
    truncated integer not null, checked integer not null, used integer not null) without rowid;
create table documents (key blob primary key, data blob not null, used integer not null);
create table guides (key blob primary key, data blob not null, used integer not null);
create table builds (number integer not null);
insert into builds values (0);
"""


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What reading and splitting made of a file."""

    pages: tuple[Page, ...]
    metadata: dict[str, str]
    passages: tuple[Passage, ...]


class BuildCache:
    """The cache of an index folder; only who holds the folder's lock may open it.

    A damaged cache is thrown away, never an error: it holds nothing that cannot be made again. Each
    entry has a checksum: else an index would be mended with the damage of the cache.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = self._open()
        self._database.execute("update builds set number = number + 1")
        self._build = int(self._database.execute("select number from builds").fetchone()[0])

    def document(self, key: bytes, source: Source, sha256: str) -> _Read | None:
        """Return the document and passages that were read before under `key`."""
        for (data,) in self._rows("select data from documents where key = ?", (key,)):
            with contextlib.suppress(zlib.error, ValidationError):
                read: ReadDocument = unpacked(ReadDocument, data)
                self._write("update documents set used = ? where key = ?", [(self._build, key)])
                document = described(Document(source, sha256, read.pages, read.metadata))
                return document, read.passages
        return None

    def has_document(self, key: bytes) -> bool:
        """Whether a document was read before under `key`."""
        return bool(self._rows("select 1 from documents where key = ?", (key,)))

    def put_document(self, key: bytes, document: Document, passages: Sequence[Passage]) -> None:
        """Keep what reading and splitting made of a file."""
        read = ReadDocument(document.pages, dict(document.metadata), tuple(passages))
        row = (key, packed(read), self._build)
        self._write("insert or replace into documents values (?, ?, ?)", [row])

    def guide(self, key: bytes) -> Guide[Quote] | None:
        """Return the guide that was made before under `key`."""
        for (data,) in self._rows("select data from guides where key = ?", (key,)):
            with contextlib.suppress(zlib.error, ValidationError):
                guide: Guide[Quote] = unpacked(Guide[Quote], data)
                self._write("update guides set used = ? where key = ?", [(self._build, key)])
                return guide
        return None

    def put_guide(self, key: bytes, guide: Guide[Quote]) -> None:
        """Keep a guide."""
        row = (key, packed(guide, Guide[Quote]), self._build)
        self._write("insert or replace into guides values (?, ?, ?)", [row])

    def vectors(self, keys: Sequence[bytes]) -> dict[bytes, PassageVectors]:
        """Return the vectors that are known, by key."""
        marks = ",".join("?" * len(keys))
        columns = "key, passage, sentences, truncated, checked"
        query = f"select {columns} from vectors where key in ({marks})"  # noqa: S608
        found = {row[0]: _from_blobs(*row[1:]) for row in self._rows(query, tuple(keys))}
        self._write(
            "update vectors set used = ? where key = ?", [(self._build, key) for key in found]
        )
        return {key: vectors for key, vectors in found.items() if vectors is not None}

    def put_vectors(self, vectors: dict[bytes, PassageVectors]) -> None:
        """Keep the vectors of passages, at once and for good: they are the dear part."""
        self._write(
            "insert or replace into vectors values (?, ?, ?, ?, ?, ?)",
            [(key, *_as_blobs(item), self._build) for key, item in vectors.items()],
        )
        self.commit()

    def commit(self) -> None:
        """Make durable what was put, so that an interrupted build goes on from there."""
        self._database.execute("commit")
        self._database.execute("begin")

    def close(self, prune: bool = False) -> None:
        """Close the cache; `prune` forgets what the last builds did not use."""
        for table in ("vectors", "documents", "guides") if prune else ():
            query = f"delete from {table} where used <= ?"  # noqa: S608 - the names above
            self._write(query, [(self._build - KEPT_BUILDS,)])
        if self._database.in_transaction:  # a full disk has ended it already
            with contextlib.suppress(sqlite3.Error):  # what is lost can be made again
                self._database.execute("commit")
        self._database.close()

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


_Read = tuple[Document, tuple[Passage, ...]]


def vector_key(model: str, item: PassageText) -> bytes:
    """Return the key of a passage's vectors: model, text and spans make them what they are."""
    spans = [(span.start, span.end) for span in item.sentences]
    return digest(model, item.text, spans)


def digest(*parts: object) -> bytes:
    """Return the SHA-256 of `parts`, which JSON can hold."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).digest()


def _as_blobs(item: PassageVectors) -> tuple[bytes, bytes, int, int]:
    passage = item.passage.astype(np.float32).tobytes()
    sentences = item.sentences.astype(np.float16).tobytes()
    return passage, sentences, int(item.truncated), _checksum(passage, sentences, item.truncated)


def _from_blobs(
    passage: bytes, sentences: bytes, truncated: int, checked: int
) -> PassageVectors | None:
    """Return the vectors of a row; None where it is not what was written."""
    with contextlib.suppress(TypeError):  # a damaged row may hold values of other types
        if checked == _checksum(passage, sentences, truncated):
            vector = np.frombuffer(passage, np.float32)
            rows = np.frombuffer(sentences, np.float16).reshape(-1, len(vector))
            return PassageVectors(vector, rows.astype(np.float32), bool(truncated))
    return None


def _checksum(passage: bytes, sentences: bytes, truncated: int) -> int:
    return zlib.crc32(bytes([bool(truncated)]), zlib.crc32(sentences, zlib.crc32(passage)))
