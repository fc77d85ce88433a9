"""The packaged embedding model: 8-bit, on onnxruntime, without torch or padding."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mehealth_rag.encoder.embedding import pooled, unit
from mehealth_rag.encoder.shipped import REINSTALL, TOKENIZER, ShippedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from onnxruntime import InferenceSession  # type: ignore[import-untyped,unused-ignore]
    from tokenizers import Encoding, Tokenizer

    from mehealth_rag.encoder.embedding import EncoderInput, PassageVectors, Vectors

FOLDER = Path(__file__).parent
MODEL = "minilm.onnx"


class MiniLM:
    """Embeds texts with the packaged model. Safe to use from many threads.

    Each text goes through the model alone, so its vectors do not depend on the batch.
    """

    def __init__(self, session: InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer

    @classmethod
    def load(cls, threads: int = 2, folder: Path = FOLDER) -> MiniLM:
        """Load the model with `threads` per text; one is best for embedding many texts.

        Raises ModelError if a file is missing or the model does not match its card.
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
        self, batch: Sequence[EncoderInput], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Return each passage's vectors, in order; `progress` gets how many more are done.

        Passages are embedded in parallel, one per processor core.
        """
        embedded = []
        with ThreadPoolExecutor(_cores(), "embed") as pool:
            for vectors in pool.map(self._passage, batch):
                embedded.append(vectors)
                if progress:
                    progress(1)
        return embedded

    def _passage(self, item: EncoderInput) -> PassageVectors:
        tokens, states = self._read(item.text)
        offsets = np.asarray(tokens.offsets, np.int64)
        special = np.asarray(tokens.special_tokens_mask)
        return pooled(item, states, offsets, special, truncated=bool(tokens.overflowing))

    def _read(self, text: str) -> tuple[Encoding, Vectors]:
        """Return the tokens of `text` and their last hidden states, float32 [t, d]."""
        tokens = self._tokenizer.encode(text)
        feed = {"input_ids": np.asarray([tokens.ids], np.int64)}
        states: Vectors = self._session.run(None, feed)[0][0]
        return tokens, states


@cache
def packaged_id() -> str:
    """Return the packaged model's id: its name, the hash of its source and its quantisation.

    Another quantisation gives other vectors, so it is part of the id. Raises ModelError.
    """
    return str(_shipped(FOLDER).card()["id"])


def word_pieces() -> Iterable[str]:
    """Return the packaged model's vocabulary."""
    vocabulary: dict[str, int] = json.loads((FOLDER / TOKENIZER).read_bytes())["model"]["vocab"]
    return vocabulary


def _shipped(folder: Path) -> ShippedModel:
    return ShippedModel(folder, MODEL, "the embedding model", REINSTALL)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
