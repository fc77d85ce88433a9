"""Which of many sentences are near each other: products of blocks, so that memory is bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mehealth_rag.index.report import Progress

BLOCK = 1024
"""Sentences of a block: a product of two takes 4 MiB, however many sentences there are."""

NEIGHBOURS = 8
"""Later sentences that one is paired with at the most, the nearest."""

NEAR = 0.5
"""The least similarity of two sentences that may speak of one thing."""

_APART = np.float32(-2)


def near_pairs(
    vectors: NDArray[np.float16],
    pages: NDArray[np.int64],
    kinds: NDArray[np.int64],
    progress: Progress,
) -> Iterator[tuple[int, int, float]]:
    """Pairs of sentences that are near, each once with its similarity, the earlier one first.

    Sentences are not paired that stand on one page (`pages` are numbers) or measure nothing of one
    kind (`kinds` have a bit for each).
    """
    progress.stage("comparing", len(vectors))
    for start in range(0, len(vectors), BLOCK):
        rows = slice(start, min(start + BLOCK, len(vectors)))
        yield from _of_rows(rows, vectors, pages, kinds)
        progress.advance(rows.stop - rows.start)


def _of_rows(
    rows: slice,
    vectors: NDArray[np.float16],
    pages: NDArray[np.int64],
    kinds: NDArray[np.int64],
) -> Iterator[tuple[int, int, float]]:
    own = vectors[rows].astype(np.float32)
    best = np.full((len(own), NEIGHBOURS), _APART)
    places = np.zeros((len(own), NEIGHBOURS), np.int64)
    for start in range(rows.start, len(vectors), BLOCK):
        columns = slice(start, min(start + BLOCK, len(vectors)))
        similar = own @ vectors[columns].astype(np.float32).T
        may = (pages[rows, None] != pages[None, columns]) & (
            (kinds[rows, None] & kinds[None, columns]) != 0
        )
        if start == rows.start:
            may = np.triu(may, 1)
        similar[~may] = _APART
        best, places = _merged(best, places, similar, start)
    for row, place in np.argwhere(best >= NEAR).tolist():
        yield rows.start + row, int(places[row, place]), float(best[row, place])


def _merged(
    best: NDArray[np.float32], places: NDArray[np.int64], similar: NDArray[np.float32], start: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The nearest of those so far and of a further block, which begins at `start`."""
    if not (similar >= NEAR).any():
        return best, places
    both = np.concatenate([best, similar], axis=1)
    kept = np.argpartition(-both, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS]
    known = np.take_along_axis(places, np.minimum(kept, NEIGHBOURS - 1), axis=1)
    numbers = np.where(kept < NEIGHBOURS, known, kept - NEIGHBOURS + start)
    return np.take_along_axis(both, kept, axis=1), numbers
