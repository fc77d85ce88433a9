"""An open index."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_rag.errors import IndexStateError, NoIndexError
from mehealth_rag.index.content import ContentReader, IndexedDocument
from mehealth_rag.index.dense import DenseIndex, SentenceVectors, open_client, without_password
from mehealth_rag.index.folder import LAYOUT_VERSION, MEND, IndexFolder, check_seal, read_manifest
from mehealth_rag.index.lexical import LexicalIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from sqlite3 import Connection
    from threading import Lock

    from numpy.typing import NDArray

    from mehealth_rag.types import Passage, Quote

FINGERPRINT_DIGITS = 16


class OpenIndex(ContentReader):
    """One generation, which many threads may query at once.

    It keeps to that generation while a new one is built. `other_names` maps the ids of duplicate
    sources to the id of the document that is the same file.
    """

    def __init__(self, generation: Path, manifest: dict[str, Any]) -> None:
        super().__init__(generation)
        self.generation = generation
        self.manifest = manifest
        self._lexical = LexicalIndex(generation)
        self._sentences = SentenceVectors(generation)
        self._documents = {d.source.id: d for d in super().documents()}
        self.other_names = {n: d.source.id for d in self._documents.values() for n in d.names}
        self._allowed = lru_cache(maxsize=32)(self._allowed_of)
        # Importing Chroma takes a second: the question encoder can load meanwhile.
        pool = ThreadPoolExecutor(1, "chroma")
        self._dense = pool.submit(self._open_dense)
        pool.shutdown(wait=False)

    @classmethod
    def open(cls, folder: IndexFolder, model: str, chroma_url: str | None = None) -> OpenIndex:
        """Open the current generation of `folder`; its vectors open in the background (`ready`).

        Raises NoIndexError if nothing was built yet, IndexStateError if it is damaged or was built
        with another model id or Chroma address.
        """
        generation = folder.current()
        if generation is None:
            raise NoIndexError(f"there is no index in {folder.root}: run: mehealth ingest")
        manifest = read_manifest(generation)
        _check(manifest, "layout", LAYOUT_VERSION, MEND)
        _check(manifest, "model", model, "run: mehealth ingest")
        _check(manifest, "chroma_url", chroma_url, "run: mehealth ingest")
        check_seal(generation, manifest.get("files", {}))
        return cls(generation, manifest)

    def _open_dense(self) -> DenseIndex:
        client = open_client(self.generation, self.manifest["chroma_url"])
        return DenseIndex(client, self.manifest["collection"], self.passage_count)

    def ready(self) -> None:
        """Wait for the vectors. Raises IndexStateError if they cannot be opened."""
        self._dense.result()

    @property
    def fingerprint(self) -> str:
        """The first digits of the fingerprint: `index` in answers."""
        return str(self.manifest["fingerprint"])[:FINGERPRINT_DIGITS]

    def documents(self) -> tuple[IndexedDocument, ...]:
        """Return the documents in the order of the corpus."""
        return tuple(self._documents.values())

    def passage(self, ordinal: int) -> Passage:
        """Return one passage. Raises KeyError."""
        return self.passages((ordinal,))[0]

    def passage_of(self, quote: Quote) -> Passage | None:
        """Return the passage that a quote begins in; None if it is in none."""
        document = self._documents[quote.document]
        places = range(document.first, document.first + document.passages)
        here = self.passages_on(places, quote.page)
        return next((p for p in here if p.span.start <= quote.span.start < p.span.end), None)

    def described(self, documents: Sequence[str]) -> list[IndexedDocument]:
        """Return those of some ids, or all where none is given, in their order. Raises KeyError."""
        return self._chosen(documents or list(self._documents))

    def document_ordinals(self, documents: Sequence[str]) -> NDArray[np.int64]:
        """Return the ordinals of the passages of `documents`, rising. Raises KeyError."""
        parts = [np.arange(d.first, d.first + d.passages) for d in self._chosen(documents)]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def dense(
        self, vector: NDArray[np.float32], k: int, documents: Sequence[str] | None = None
    ) -> list[tuple[int, float]]:
        """Return up to `k` (ordinal, cosine similarity), best first; of `documents` if given."""
        allowed = self._allowed(tuple(documents))[1] if documents else None
        return self._dense.result().query(vector, k, allowed)

    def lexical(
        self, tokens: Sequence[str], k: int, documents: Sequence[str] | None = None
    ) -> list[tuple[int, float]]:
        """Return up to `k` (ordinal, BM25 score above 0), best first; of `documents` if given."""
        allowed = self._allowed(tuple(documents))[0] if documents else None
        return self._lexical.query(tokens, k, allowed)

    def sentence_vectors(self, ordinal: int) -> NDArray[np.float32]:
        """Return the unit vectors of a passage's sentences, float32 [k, d]."""
        return self._sentences.of(ordinal)

    def holding(self, stem: str) -> NDArray[np.int64]:
        """Return the ordinals of the passages that contain a stem, rising."""
        return self._lexical.holding(stem)

    def close(self) -> None:
        """Close the files."""
        self.closing()()

    def closing(self) -> Callable[[], None]:
        """Return a function that closes the files and does not keep the index alive.

        A server calls it once no request uses the old index any more.
        """
        return partial(_close, self._dense, self._guard, self._database)

    def _allowed_of(self, documents: tuple[str, ...]) -> tuple[NDArray[np.int64], list[str]]:
        chosen = self._chosen(documents)
        names = [self.passage_ids(d.first, d.first + d.passages) for d in chosen]
        return self.document_ordinals(documents), [name for part in names for name in part]

    def _chosen(self, documents: Sequence[str]) -> list[IndexedDocument]:
        ids = {self.other_names.get(d, d) for d in documents}
        return sorted((self._documents[d] for d in ids), key=lambda d: d.first)


def _close(dense: Future[DenseIndex], guard: Lock, database: Connection) -> None:
    if dense.exception() is None:
        dense.result().close()
    with guard:
        database.close()


def _check(manifest: dict[str, Any], key: str, expected: object, mend: str) -> None:
    actual = manifest.get(key)
    if actual != expected:
        names = {"layout": "layout", "model": "embedding model", "chroma_url": "Chroma address"}
        built, set_now = (without_password(str(x or "none")) for x in (actual, expected))
        raise IndexStateError(
            f"the index was built with the {names[key]} {built} and {set_now} is asked for: {mend}"
        )
