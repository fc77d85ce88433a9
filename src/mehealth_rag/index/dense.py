"""Ranks passages by their vectors, with Chroma in the generation's folder or on a server."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from mehealth_rag.encoder.shipped import first_line
from mehealth_rag.errors import IndexStateError, MehealthError, UsageError
from mehealth_rag.index.folder import MEND, damaged
from mehealth_rag.offline import no_telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chromadb.api import ClientAPI
    from chromadb.config import Settings
    from numpy.typing import NDArray

    from mehealth_rag.types import Passage

FOLDER = "chroma"
_DATABASE = "chroma.sqlite3"
_SENTENCES = "sentences.npy"
_OFFSETS = "sentence_offsets.npy"
_EXACT = 2_000  # up to this size the search compares every passage
_SEARCH = 500  # candidates beyond it; they included all of the nearest 50 of 10,000
_SPARE = 32  # requested beyond k, so that ties at the edge are cut by ordinal
_DECIMALS = 6
_AT_ONCE = 4_000  # passages added to Chroma: some 10 MB for a server
_LOGIN = re.compile(r"^(\w+://)?.*@")


def open_client(generation: Path, url: str | None) -> ClientAPI:
    """Open Chroma: in the generation's folder, or its server. Raises IndexStateError."""
    no_telemetry()
    import chromadb  # 1 s
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if url is None:
        with _reported(f"the vectors in {generation / FOLDER} cannot be opened"):
            return _embedded_client(generation / FOLDER, settings)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        excerpt = without_password(url)
        raise UsageError(f"the Chroma address {excerpt!r} is none: give one like http://host:8000")
    secure = parts.scheme == "https"
    with _reported(f"no Chroma server answers at {without_password(url)}"):
        return chromadb.HttpClient(
            host=parts.hostname,
            port=parts.port or (443 if secure else 8000),
            ssl=secure,
            settings=settings,
        )


def without_password(url: str) -> str:
    """Return an address without the name and password in it, to be printed."""
    return _LOGIN.sub(r"\1…@", url)


def _embedded_client(folder: Path, settings: Settings) -> ClientAPI:
    """Open Chroma in a folder; in a copy of it where the folder can only be read."""
    import chromadb  # 1 s

    if all(os.access(path, os.W_OK) for path in (folder, folder / _DATABASE) if path.exists()):
        return chromadb.PersistentClient(str(folder), settings)
    copy = _writable_copy(folder)  # Chroma only opens what it may write
    try:
        client = chromadb.PersistentClient(str(copy), settings)
    except BaseException:
        shutil.rmtree(copy, ignore_errors=True)
        raise
    weakref.finalize(client, shutil.rmtree, copy, ignore_errors=True)
    return client


def _writable_copy(folder: Path) -> Path:
    """Copy a folder to where it may be written. Raises IndexStateError."""
    copy = None
    try:
        copy = Path(tempfile.mkdtemp(prefix="mehealth-chroma-"))
        # Without the modes: the copy of read-only files has to be writable.
        shutil.copytree(folder, copy, dirs_exist_ok=True, copy_function=shutil.copyfile)
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o700)
    except (OSError, shutil.Error) as error:  # the index itself is whole
        if copy is not None:
            shutil.rmtree(copy, ignore_errors=True)
        raise IndexStateError(
            f"the index can only be read, and its copy cannot be written ({first_line(error)}): "
            "set TMPDIR to a folder with room"
        ) from error
    return copy


def close_client(client: ClientAPI) -> None:
    """Close Chroma and its files."""
    for part in (client, getattr(client, "_admin_client", None)):
        session = getattr(getattr(part, "_server", None), "_session", None)
        if session is not None:  # Chroma does not close its connections to a server
            session.close()
    client.close()  # type: ignore[attr-defined]  # every client has it, their common type has not


@contextlib.contextmanager
def _reported(what: str) -> Iterator[None]:
    """Turn any error of Chroma into one line; its errors have no common base."""
    try:
        yield
    except MehealthError:
        raise
    except BaseException as error:
        # A panic in Chroma's Rust code is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise IndexStateError(f"{what} ({first_line(error)}): {MEND}") from error


def settle(generation: Path) -> None:
    """Stop Chroma from writing to a finished store, whose files are hashed.

    It marks each opening with a row in its table of locks, and does not need it.
    """
    with contextlib.closing(sqlite3.connect(generation / FOLDER / _DATABASE)) as database:
        database.execute(
            "create trigger unmarked before insert on acquire_write begin select raise(ignore); end"
        )


class DenseWriter:
    """Fills the collection of a generation that is being built.

    Chroma writes its whole graph after each addition, so as much is added at once as it takes.
    """

    def __init__(self, client: ClientAPI, name: str, size: int) -> None:
        self._next = 0
        self._most = min(_AT_ONCE, client.get_max_batch_size())
        self._waiting: list[tuple[Passage, NDArray[np.float32]]] = []
        search = min(max(size, 50), _EXACT) if size <= _EXACT else _SEARCH
        self._collection = client.create_collection(
            name,
            configuration={
                "hnsw": {
                    "space": "cosine",
                    "ef_construction": 200,
                    "ef_search": search,
                    "num_threads": 1,
                    # Save the graph, which is otherwise rebuilt and written at each opening.
                    "sync_threshold": 1,
                }
            },
            embedding_function=None,
        )

    def add(self, passages: Sequence[Passage], vectors: NDArray[np.float32]) -> None:
        """Add the next passages with their vectors [n, d]."""
        self._waiting += zip(passages, vectors, strict=True)
        while len(self._waiting) >= self._most:
            self._write(self._waiting[: self._most])
            del self._waiting[: self._most]

    def close(self) -> None:
        """Write what still waits."""
        if self._waiting:
            self._write(self._waiting)
            self._waiting = []

    def _write(self, rows: Sequence[tuple[Passage, NDArray[np.float32]]]) -> None:
        self._collection.add(
            ids=[passage.id for passage, _ in rows],
            embeddings=np.stack([vector for _, vector in rows]),
            metadatas=[
                {"document": passage.document, "page": passage.page, "ordinal": ordinal}
                for ordinal, (passage, _) in enumerate(rows, start=self._next)
            ],
        )
        self._next += len(rows)


class DenseIndex:
    """The collection of one generation. Safe to query from many threads."""

    def __init__(self, client: ClientAPI, name: str, size: int) -> None:
        self._client = client
        self._size = size
        with _reported("the index's vectors are not in Chroma"):
            self._collection = client.get_collection(name, embedding_function=None)
            count = self._collection.count()
        if count != size:
            close_client(client)
            raise IndexStateError(
                f"the index holds {size} passages and Chroma {count} vectors: {MEND}"
            )

    def query(
        self, vector: NDArray[np.float32], k: int, allowed: list[str] | None = None
    ) -> list[tuple[int, float]]:
        """Return up to `k` (ordinal, cosine similarity), best first, equal ones by ordinal.

        `allowed` are the ids of the passages to choose from; None for all.
        """
        size = self._size if allowed is None else len(allowed)
        if k < 1 or not size:
            return []
        depth = min(k + _SPARE, size)
        hits = self._nearest(vector, depth, allowed)
        # Ties (the same text on many pages) may reach beyond what was requested.
        while depth < size and len(hits) > k and hits[-1][1] == hits[k - 1][1]:
            depth = min(depth * 4, size)
            hits = self._nearest(vector, depth, allowed)
        return hits[:k]

    def _nearest(
        self, vector: NDArray[np.float32], k: int, allowed: list[str] | None
    ) -> list[tuple[int, float]]:
        with _reported("Chroma does not answer"):
            reply: Any = self._collection.query(
                query_embeddings=vector[None],
                n_results=k,
                ids=allowed,
                include=["metadatas", "distances"],
            )
        pairs = [
            (int(data["ordinal"]), round(1.0 - float(distance), _DECIMALS))
            for data, distance in zip(reply["metadatas"][0], reply["distances"][0], strict=True)
        ]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def close(self) -> None:
        """Close Chroma."""
        close_client(self._client)


def remove_collections(client: ClientAPI, prefix: str, keep: set[str]) -> None:
    """Delete a server's collections whose names begin with `prefix`, except those in `keep`."""
    for collection in client.list_collections():
        if collection.name.startswith(prefix) and collection.name not in keep:
            client.delete_collection(collection.name)


class SentenceWriter:
    """Writes the sentence vectors of a generation: float16 rows in the order of the passages."""

    def __init__(self, generation: Path, counts: Sequence[int]) -> None:
        self._path = generation / _SENTENCES
        offsets = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        np.save(generation / _OFFSETS, offsets.astype(np.int64))
        self._total = int(offsets[-1])
        self._rows: NDArray[np.float16] | None = None
        self._next = 0

    def add(self, vectors: NDArray[np.floating[Any]]) -> None:
        """Write the next rows [k, d]."""
        if self._rows is None:
            shape = (self._total, vectors.shape[1])
            self._rows = np.lib.format.open_memmap(self._path, "w+", np.float16, shape)
        self._rows[self._next : self._next + len(vectors)] = vectors
        self._next += len(vectors)

    def close(self) -> None:
        """Write the rows to disk."""
        if isinstance(self._rows, np.memmap):
            self._rows.flush()
        self._rows = None


class SentenceVectors:
    """The sentence vectors of one generation, mapped from disk."""

    def __init__(self, generation: Path) -> None:
        try:
            self._offsets: NDArray[np.int64] = np.load(generation / _OFFSETS, mmap_mode="r")
            self._rows: NDArray[np.float16] = np.load(generation / _SENTENCES, mmap_mode="r")
        except (OSError, ValueError, IndexError, EOFError) as error:
            raise damaged(generation / _SENTENCES, error) from error

    def of(self, ordinal: int) -> NDArray[np.float32]:
        """Return the unit vectors of a passage's sentences, float32 [k, d]."""
        start, end = self._offsets[ordinal], self._offsets[ordinal + 1]
        return np.asarray(self._rows[start:end], np.float32)
