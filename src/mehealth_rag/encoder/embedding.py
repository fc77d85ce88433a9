"""The encoder's interface, its input and output, and late pooling of sentence vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.types import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Vectors: TypeAlias = NDArray[np.float32]
"""Unit vectors, one per row: float32 [n, dimension]."""


@dataclass(frozen=True, slots=True)
class PassageText:
    """A passage to embed: its text, and its sentences as spans of that text."""

    text: str
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PassageVectors:
    """The unit vectors of a passage, float32 [d], and of its sentences, float32 [k, d].

    `truncated` is true if the passage is longer than the model's window.
    """

    passage: Vectors
    sentences: Vectors
    truncated: bool


class PassageEncoder(Protocol):
    """An embedding model for passages and their sentences.

    A passage goes through the model once. A sentence's vector is the mean of its tokens' last
    hidden states (late pooling), so it depends on the passage around it.
    """

    def encode_passages(
        self, batch: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Return each passage's vectors, in order; `progress` gets how many more are done."""


class Encoder(PassageEncoder, Protocol):
    """An embedding model for questions too."""

    def encode(self, text: str) -> Vectors:
        """Return the unit vector of a question, float32 [d]."""


def token_spans(offsets: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return each token's start and end [t, 2]; (-1, -1) for special and padding tokens."""
    return np.where(inside[:, None] & (offsets[:, 1:] > offsets[:, :1]), offsets, -1)


def sentence_vectors(
    spans: Sequence[Span], states: Vectors, ends: NDArray[np.int64], passage: Vectors
) -> Vectors:
    """Return a unit vector per span [k, d]: the mean of the states of the tokens that overlap it.

    A span without tokens gets the passage's vector.
    """
    vectors = np.tile(passage, (len(spans), 1))
    for row, span in zip(vectors, spans, strict=True):
        overlapping = (ends[:, 0] < span.end) & (ends[:, 1] > span.start)
        if overlapping.any():
            row[:] = states[overlapping].mean(axis=0)
    return unit(vectors)


def unit(vectors: NDArray[Any]) -> Vectors:
    """Return `vectors` [n, d] with each row scaled to length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
