"""Ranks passages by their words: BM25 over stems."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.index.folder import damaged

FOLDER = "lexical"
_K1, _B = 1.2, 0.75
_DECIMALS = 5


class LexicalWriter:
    """Indexes the stems of each passage, in the order of the passages (at least one).

    Stems are stored as four-byte numbers: the words of a large corpus do not fit in memory.
    """

    def __init__(self) -> None:
        self._vocabulary: dict[str, int] = {}
        self._passages: list[array[int]] = []

    def add(self, tokens: Sequence[str]) -> None:
        """Add the stems of the next passage."""
        known = self._vocabulary
        # A passage without words needs an entry; the empty word matches no question.
        ids = (known.setdefault(token, len(known)) for token in tokens or ("",))
        self._passages.append(array("i", ids))

    def write(self, generation: Path) -> None:
        """Write the index below the generation."""
        bm25s = _bm25()
        index = bm25s.BM25(k1=_K1, b=_B, method="lucene")
        words = bm25s.tokenization.Tokenized(ids=self._passages, vocab=self._vocabulary)
        index.index(words, show_progress=False)
        index.save(generation / FOLDER, show_progress=False)


class LexicalIndex:
    """BM25 of one generation, its arrays mapped from disk. Safe to query from many threads."""

    def __init__(self, generation: Path) -> None:
        try:
            self._index = _bm25().BM25.load(
                generation / FOLDER, mmap=True, load_corpus=False, show_progress=False
            )
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise damaged(generation / FOLDER, error) from error
        self._vocabulary: dict[str, int] = self._index.vocab_dict
        self._ends: NDArray[np.int64] = np.asarray(self._index.scores["indptr"])

    def query(
        self, tokens: Sequence[str], k: int, allowed: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """Return up to `k` (ordinal, score above 0), best first, equal scores by ordinal.

        `allowed` are the ordinals to choose from; None for all.
        """
        known = [token for token in tokens if token and token in self._vocabulary]
        if not known or k < 1:
            return []
        scores = np.round(self._index.get_scores(known), _DECIMALS)
        candidates = np.flatnonzero(scores > 0) if allowed is None else allowed
        values = scores[candidates]
        if len(values) > k:  # only what can be among the first k is sorted
            least = np.partition(values, len(values) - k)[len(values) - k]
            candidates, values = candidates[values >= least], values[values >= least]
        order = np.lexsort((candidates, -values))[:k]
        return [(int(candidates[i]), float(values[i])) for i in order if values[i] > 0]

    def holding(self, stem: str) -> NDArray[np.int64]:
        """Return the ordinals of the passages that contain a stem, rising."""
        row = self._vocabulary.get(stem)
        if row is None:
            return np.zeros(0, np.int64)
        ordinals = self._index.scores["indices"][self._ends[row] : self._ends[row + 1]]
        return np.sort(np.asarray(ordinals, np.int64))


def _bm25() -> Any:  # noqa: ANN401 - bm25s has no types
    import bm25s  # slow, and it brings a logger

    logging.getLogger("bm25s").setLevel(logging.WARNING)  # importing it sets DEBUG
    return bm25s
