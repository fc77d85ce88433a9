"""Embedding models other than the packaged one, run by sentence-transformers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_rag.encoder.embedding import PassageVectors, sentence_vectors, token_spans, unit
from mehealth_rag.encoder.model_files import load_model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sentence_transformers import SentenceTransformer

    from mehealth_rag.encoder.embedding import PassageText, Vectors

_PASSAGE_PROMPTS = ("document", "passage", "corpus")


class TorchEncoder:
    """Embeds with a sentence-transformers model; pools sentences late if its pooling allows."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model
        self._late = _is_mean_pooled(model)
        self._prompt = _prompt(model, _PASSAGE_PROMPTS)

    @classmethod
    def load(cls, setting: str) -> TorchEncoder:
        """Load the model that a setting names. Raises ModelError if it cannot be loaded."""
        return cls(load_model(setting))

    def encode(self, text: str) -> Vectors:
        """Return the unit vector of a question, float32 [d]."""
        vectors = self._model.encode_query([text], show_progress_bar=False)
        vector: Vectors = unit(np.asarray(vectors))[0]
        return vector

    def encode_passages(
        self, batch: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Return each passage's vectors, in order; `progress` gets how many more are done."""
        embedded = self._pool_late(batch) if self._late else self._encode_apart(batch)
        if progress:
            progress(len(batch))
        return embedded

    def _pool_late(self, batch: Sequence[PassageText]) -> list[PassageVectors]:
        texts = [item.text for item in batch]
        if not texts:
            return []
        outputs: Any = self._model.encode(
            texts, prompt=self._prompt, output_value=None, show_progress_bar=False
        )
        tokens = self._model.tokenizer(
            [self._prompt + text for text in texts],
            truncation=True,
            max_length=self._model.max_seq_length,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        embedded = []
        for i, (item, features) in enumerate(zip(batch, outputs, strict=True)):
            offsets = np.asarray(tokens["offset_mapping"][i]) - len(self._prompt)
            inside = np.asarray(tokens["special_tokens_mask"][i]) == 0
            states = features["token_embeddings"][features["attention_mask"] == 1].numpy()
            passage = unit(features["sentence_embedding"].numpy()[None])[0]
            spans = token_spans(offsets, inside)
            sentences = sentence_vectors(item.sentences, states, spans, passage)
            truncated = bool(tokens.encodings[i].overflowing)
            embedded.append(PassageVectors(passage, sentences, truncated))
        return embedded

    def _encode_apart(self, batch: Sequence[PassageText]) -> list[PassageVectors]:
        """Embed each sentence alone, for models that do not use mean pooling."""
        texts = [item.text for item in batch]
        sentences = [span.of(item.text) for item in batch for span in item.sentences]
        vectors = unit(
            np.asarray(
                self._model.encode(texts + sentences, prompt=self._prompt, show_progress_bar=False)
            )
        )
        embedded, row = [], len(texts)
        for i, item in enumerate(batch):
            count = len(item.sentences)
            embedded.append(
                PassageVectors(vectors[i], vectors[row : row + count], self._overflows(item.text))
            )
            row += count
        return embedded

    def _overflows(self, text: str) -> bool:
        window = self._model.max_seq_length
        if not window or not callable(self._model.tokenizer):
            return False
        return len(self._model.tokenizer(self._prompt + text)["input_ids"]) > window


def _prompt(model: SentenceTransformer, names: tuple[str, ...]) -> str:
    """Return the first non-empty prompt; the library adds empty ones of its own."""
    return next((model.prompts[name] for name in names if model.prompts.get(name)), "") or ""


def _is_mean_pooled(model: SentenceTransformer) -> bool:
    """Return whether sentence vectors can be pooled from the model's token states.

    The model must be a Transformer, mean Pooling and at most Normalize, with a fast tokenizer,
    which gives offsets.
    """
    modules = list(model)
    names = [type(module).__name__ for module in modules]
    if names not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    pooling: Any = modules[1]
    pools_all = pooling.pooling_mode in ("mean", ("mean",)) and pooling.include_prompt
    return bool(pools_all and getattr(model.tokenizer, "is_fast", False))
