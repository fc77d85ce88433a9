"""What is embedded of a passage, its vectors, and how sentences' are pooled from tokens'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mehealth_rag.types import Span

Vectors: TypeAlias = NDArray[np.float32]
"""Unit vectors, one a row: float32 [n, dimension]."""


@dataclass(frozen=True, slots=True)
class PassageText:
    """What is embedded of a passage: its text, and its sentences as spans of that text."""

    text: str
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PassageVectors:
    """Vectors of one passage: itself float32 [d], its sentences float32 [k, d], all of length 1.

    `truncated` says that the model's window ended before the passage did.
    """

    passage: Vectors
    sentences: Vectors
    truncated: bool


class Encoder(Protocol):
    """An embedding model: vectors of questions, of passages, and of passages' sentences.

    A passage goes through the model once; a sentence's vector is the mean of the last hidden
    states of its tokens, so it knows the passage around it.
    """

    def encode(self, text: str) -> Vectors:
        """Return the unit vector of a question, float32 [d]."""

    def encode_passages(
        self, batch: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Return the vectors of each passage, in order; `progress` gets the number done."""


def token_spans(offsets: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Start and end of each token in the text [t, 2]; (-1, -1) for special and padding tokens."""
    return np.where(inside[:, None] & (offsets[:, 1:] > offsets[:, :1]), offsets, -1)


def sentence_vectors(
    spans: Sequence[Span], states: Vectors, ends: NDArray[np.int64], passage: Vectors
) -> Vectors:
    """Average the token states of each span [k, d]; the passage's vector where it has none."""
    found = np.tile(passage, (len(spans), 1))
    for row, span in zip(found, spans, strict=True):
        own = (ends[:, 0] < span.end) & (ends[:, 1] > span.start)
        if own.any():
            row[:] = states[own].mean(axis=0)
    return unit(found)


def unit(vectors: NDArray[Any]) -> Vectors:
    """Return `vectors` [n, d] with every row scaled to length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
