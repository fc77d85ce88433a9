"""The interface of an encoder, and how the vectors of sentences are pooled."""

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
class EncoderInput:
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
        self, batch: Sequence[EncoderInput], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Return each passage's vectors, in order; `progress` gets how many more are done."""


class Encoder(PassageEncoder, Protocol):
    """An embedding model for questions too."""

    def encode(self, text: str) -> Vectors:
        """Return the unit vector of a question, float32 [d]."""


def pooled(
    item: EncoderInput,
    states: Vectors,
    offsets: NDArray[np.int64],
    special: NDArray[np.int64],
    *,
    truncated: bool,
) -> PassageVectors:
    """Average the last hidden states of a passage's tokens [t, d], and of each sentence's tokens.

    `offsets` [t, 2] are the tokens' places in the text; a token with 1 in `special` has none. A
    sentence without tokens gets the passage's vector.
    """
    passage = unit(states.mean(axis=0, keepdims=True))[0]
    starts, ends = offsets.T
    in_text = (special == 0) & (ends > starts)
    sentences = np.tile(passage, (len(item.sentences), 1))
    for row, span in zip(sentences, item.sentences, strict=True):
        overlapping = in_text & (starts < span.end) & (ends > span.start)
        if overlapping.any():
            row[:] = states[overlapping].mean(axis=0)
    return PassageVectors(passage, unit(sentences), truncated)


def unit(vectors: NDArray[Any]) -> Vectors:
    """Return `vectors` [n, d] with each row scaled to length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
