"""Vectors of passages by onnxruntime, each alone and several at a time: no torch, no padding.

For the packaged model. Its encoder is written once beside the index, in 8-bit integers, and serves
passages and questions alike.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_rag.encoder.embedding import PassageVectors, sentence_vectors, token_spans
from mehealth_rag.encoder.graph import write_encoder
from mehealth_rag.encoder.model_files import file_hash, model_folder, model_id
from mehealth_rag.encoder.question import MODEL, TOKENIZER, QuestionEncoder, publish, unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mehealth_rag.encoder.embedding import PassageText

RANGES = Path(__file__).with_name("ranges.npz")
"""How wide the channels of the packaged model run (`training/ranges.py`)."""

PROBE = "How many people live in the harbour district, and since when?"
_WINDOW = 256
"""Word pieces that the packaged model reads at the most."""
_LIKE = 0.99
"""Cosine to fp32 that the 8-bit form must have of the probe: it has 0.998, unless a processor
without instructions for it lets sums overflow. Then the fp32 form is written instead."""


class OnnxPassageEncoder:
    """Vectors of passages, and of their sentences by late pooling, of the packaged model.

    A passage goes through the model once and alone, so its vectors depend on nothing else; the
    processor's cores each take another one.
    """

    def __init__(self, encoder: QuestionEncoder, workers: int) -> None:
        self._encoder = encoder
        self._workers = workers

    @classmethod
    def load(cls, models: Path) -> OnnxPassageEncoder:
        """Open the encoder below `models`, written there first where it is missing.

        Raises:
            ModelError: the packaged model is missing or not the known one.
            OSError: the folder cannot be written.
        """
        folder = export(models)
        return cls(QuestionEncoder.load(folder, threads=1), cores())

    def encode(
        self, batch: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Return the vectors of each passage, in order; `progress` gets the number done."""
        found = []
        with ThreadPoolExecutor(self._workers, "embed") as pool:
            for vectors in pool.map(self._one, batch):
                found.append(vectors)
                if progress:
                    progress(1)
        return found

    def export(self, models: Path) -> Path:
        """Write the question encoder below `models` and return its folder: it is the same one."""
        return export(models)

    def _one(self, item: PassageText) -> PassageVectors:
        tokens, states = self._encoder.read(item.text)
        passage = unit(states.mean(axis=0, keepdims=True))[0]
        inside = np.asarray(tokens.special_tokens_mask) == 0
        spans = token_spans(np.asarray(tokens.offsets, np.int64), inside)
        sentences = sentence_vectors(item.sentences, states, spans, passage)
        return PassageVectors(passage, sentences, truncated=bool(tokens.overflowing))


def export(models: Path) -> Path:
    """Write the packaged model's encoder below `models`, if it is not there; return its folder.

    Raises ModelError and OSError.
    """
    return publish(models, model_id(), _write)


def cores() -> int:
    """How many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _write(folder: Path) -> dict[str, Any]:
    """Write model and tokenizer into a folder and return the card: in 8 bits if they do here."""
    model = model_folder()
    (folder / TOKENIZER).write_bytes((model / TOKENIZER).read_bytes())
    with np.load(RANGES) as ranges:
        write_encoder(model, folder / MODEL, ranges)
        card = _card(folder, "int8")
        found = QuestionEncoder.from_card(folder, card).encode(PROBE)
        if float(found @ ranges["probe"]) >= _LIKE:
            return card
    write_encoder(model, folder / MODEL, None)
    return _card(folder, "fp32")


def _card(folder: Path, form: str) -> dict[str, Any]:
    stat = (folder / MODEL).stat()
    return {
        "kind": "onnx",
        "form": form,
        "sha256": file_hash(folder / MODEL),
        "size": stat.st_size,
        "mtime_ns": stat.st_mtime_ns,
        "max_tokens": _WINDOW,
    }
