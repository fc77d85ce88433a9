"""Vectors of passages and their sentences by sentence-transformers: any model but the packaged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_rag.encoder.model_files import PACKAGED, load_model, model_id
from mehealth_rag.encoder.question import publish, unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

    from mehealth_rag.encoder.question import Vectors
    from mehealth_rag.types import Span

_PASSAGE_PROMPTS = ("document", "passage", "corpus")


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


class PassageEncoder:
    """Vectors of passages in bulk, and of their sentences by late pooling.

    A passage goes through the model once; a sentence's vector is the mean of the last hidden
    states of its tokens, so it knows the passage around it.
    """

    def __init__(self, model: SentenceTransformer, setting: str) -> None:
        self._model = model
        self._late = _is_mean_pooled(model)
        self._prompt = _prompt(model, _PASSAGE_PROMPTS)
        self._model_id = model_id(setting)

    @classmethod
    def load(cls, setting: str = PACKAGED) -> PassageEncoder:
        """Load the encoder of a model setting. Raises ModelError when it cannot be loaded."""
        return cls(load_model(setting), setting)

    def encode(
        self, batch: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Return the vectors of each passage, in order; `progress` gets the number done."""
        found = self._pool_late(batch) if self._late else self._encode_apart(batch)
        if progress:
            progress(len(batch))
        return found

    def export(self, models: Path) -> Path:
        """Note below `models` that questions go through this model too; return the note's folder.

        Raises OSError where the folder cannot be written.
        """
        return publish(models, self._model_id, lambda _: {"kind": "sentence-transformers"})

    def _pool_late(self, batch: Sequence[PassageText]) -> list[PassageVectors]:
        texts = [item.text for item in batch]
        if not texts:
            return []
        read: Any = self._model.encode(
            texts, prompt=self._prompt, output_value=None, show_progress_bar=False
        )
        tokens = self._model.tokenizer(
            [self._prompt + text for text in texts],
            truncation=True,
            max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        found = []
        for i, (item, features) in enumerate(zip(batch, read, strict=True)):
            offsets = np.asarray(tokens["offset_mapping"][i]) - len(self._prompt)
            inside = np.asarray(tokens["special_tokens_mask"][i]) == 0
            states = features["token_embeddings"][features["attention_mask"] == 1].numpy()
            passage = unit(features["sentence_embedding"].numpy()[None])[0]
            spans = token_spans(offsets, inside)
            sentences = sentence_vectors(item.sentences, states, spans, passage)
            truncated = bool(tokens.encodings[i].overflowing)
            found.append(PassageVectors(passage, sentences, truncated))
        return found

    def _encode_apart(self, batch: Sequence[PassageText]) -> list[PassageVectors]:
        """For models that do not pool by the mean: each sentence goes through the model alone."""
        texts = [item.text for item in batch]
        parts = [span.of(item.text) for item in batch for span in item.sentences]
        vectors = unit(
            np.asarray(
                self._model.encode(texts + parts, prompt=self._prompt, show_progress_bar=False)
            )
        )
        result, row = [], len(texts)
        for i, item in enumerate(batch):
            count = len(item.sentences)
            result.append(
                PassageVectors(vectors[i], vectors[row : row + count], self._overflows(item.text))
            )
            row += count
        return result

    def _overflows(self, text: str) -> bool:
        window = self._model.max_seq_length
        if not window or not callable(self._model.tokenizer):
            return False
        return len(self._model.tokenizer(self._prompt + text)["input_ids"]) > window


def _prompt(model: SentenceTransformer, names: tuple[str, ...]) -> str:
    """Return the first prompt that is not empty: the library adds empty ones of its own."""
    return next((model.prompts[name] for name in names if model.prompts.get(name)), "") or ""


def _is_mean_pooled(model: SentenceTransformer) -> bool:
    """Whether the model is Transformer, mean Pooling and at most Normalize, with offsets."""
    modules = list(model)
    names = [type(module).__name__ for module in modules]
    if names not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    pooling: Any = modules[1]
    whole = pooling.pooling_mode in ("mean", ("mean",)) and pooling.include_prompt
    return bool(whole and getattr(model.tokenizer, "is_fast", False))


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
