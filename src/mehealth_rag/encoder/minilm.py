"""The packaged embedding model by onnxruntime, in 8-bit integers: no torch, no padding."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mehealth_rag.encoder.embedding import PassageVectors, sentence_vectors, token_spans, unit
from mehealth_rag.encoder.shipped import REINSTALL, TOKENIZER, ShippedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from onnxruntime import InferenceSession  # type: ignore[import-untyped,unused-ignore]
    from tokenizers import Encoding, Tokenizer

    from mehealth_rag.encoder.embedding import PassageText, Vectors

FOLDER = Path(__file__).parent
MODEL = "minilm.onnx"


class MiniLM:
    """Vectors of texts by the packaged model; safe to use from many threads.

    A text goes through the model once and alone, so its vectors depend on nothing else.
    """

    def __init__(self, session: InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, threads: int = 2, folder: Path = FOLDER) -> MiniLM:
        """Open the model; `threads` work on a text: one is best for many texts.

        Raises ModelError when a file is missing, or the model is not what its card describes.
        """
        session, tokenizer, card = _shipped(folder).open(threads)
        tokenizer.enable_truncation(int(card["max_tokens"]))
        return cls(session, tokenizer)

    def encode(self, text: str) -> Vectors:
        """Return the unit vector of `text`, float32 [d]."""
        _, states = self._read(text)
        vector: Vectors = unit(states.mean(axis=0, keepdims=True))[0]
        return vector

    def encode_passages(
        self, batch: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Return the vectors of each passage, in order; `progress` gets the number done.

        The processor's cores each take another passage.
        """
        found = []
        with ThreadPoolExecutor(_cores(), "embed") as pool:
            for vectors in pool.map(self._passage, batch):
                found.append(vectors)
                if progress:
                    progress(1)
        return found

    def _passage(self, item: PassageText) -> PassageVectors:
        tokens, states = self._read(item.text)
        passage = unit(states.mean(axis=0, keepdims=True))[0]
        inside = np.asarray(tokens.special_tokens_mask) == 0
        spans = token_spans(np.asarray(tokens.offsets, np.int64), inside)
        sentences = sentence_vectors(item.sentences, states, spans, passage)
        return PassageVectors(passage, sentences, truncated=bool(tokens.overflowing))

    def _read(self, text: str) -> tuple[Encoding, Vectors]:
        """The tokens of `text` and their last hidden states, float32 [t, d]."""
        tokens = self._tokenizer.encode(text)
        feed = {"input_ids": np.asarray([tokens.ids], np.int64)}
        states: Vectors = self._session.run(None, feed)[0][0]
        return tokens, states


@cache
def packaged_id() -> str:
    """The id of the packaged model: its name, its source's hash and the form that it is used in.

    Vectors of another form are other vectors. Raises ModelError.
    """
    return str(_shipped(FOLDER).card()["id"])


def word_pieces() -> Iterable[str]:
    """The vocabulary of the packaged model."""
    vocabulary: dict[str, int] = json.loads((FOLDER / TOKENIZER).read_bytes())["model"]["vocab"]
    return vocabulary


def _shipped(folder: Path) -> ShippedModel:
    return ShippedModel(folder, MODEL, "the embedding model", REINSTALL)


def _cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
