"""The embedding model of a setting: the packaged one, or one run by sentence-transformers."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_rag.encoder.embedding import PassageVectors, pooled, unit
from mehealth_rag.encoder.minilm import packaged_id
from mehealth_rag.encoder.shipped import file_hash, first_line
from mehealth_rag.errors import ModelError
from mehealth_rag.offline import go_offline, is_hub_name
from mehealth_rag.settings import PACKAGED_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sentence_transformers import SentenceTransformer

    from mehealth_rag.encoder.embedding import EncoderInput, Vectors

_PACKAGED_NAMES = frozenset({"", PACKAGED_MODEL, f"sentence-transformers/{PACKAGED_MODEL}"})
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_PASSAGE_PROMPTS = ("document", "passage", "corpus")
_MEAN_POOLED = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])


def is_packaged(setting: str) -> bool:
    """Return whether a setting names the packaged model."""
    return setting in _PACKAGED_NAMES


def model_id(setting: str = PACKAGED_MODEL) -> str:
    """Return a model's id, safe as a folder name; models with the same id give the same vectors.

    It is the model's name and the first 12 hex digits of its weights' SHA-256. Raises ModelError if
    the model is missing.
    """
    if is_packaged(setting):
        return packaged_id()
    folder = _model_folder(setting)
    name = setting if is_hub_name(setting) else folder.name
    hashes = [file_hash(path) for path in _weights(folder)]
    if len(hashes) > 1:
        hashes = [hashlib.sha256("".join(hashes).encode()).hexdigest()]
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}-{hashes[0][:12]}"


def load_model(setting: str) -> SentenceTransformer:
    """Load a model other than the packaged one, on the CPU. Raises ModelError."""
    folder = _model_folder(setting)
    import transformers  # slow: 8 s with torch
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call] # "Loading weights" on standard error
    try:
        return SentenceTransformer(str(folder), device="cpu").eval()
    except Exception as error:
        raise ModelError(
            f"cannot load the embedding model {setting!r}: {first_line(error)}"
        ) from error


def _model_folder(setting: str) -> Path:
    """Return the folder of a model's files; a hub model is downloaded once and then cached."""
    go_offline(hub=is_hub_name(setting))
    if is_hub_name(setting):
        return _hub_folder(setting)
    folder = Path(setting).expanduser().resolve()
    if not folder.is_dir():
        raise ModelError(
            f"there is no embedding model at {setting!r}: set MEHEALTH_EMBEDDING_MODEL to a "
            f"folder with a sentence-transformers model, a hub name or {PACKAGED_MODEL!r}"
        )
    return folder


def _hub_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download  # slow, and rarely needed

    patterns = ["*.json", "*.txt", "*.model", *_WEIGHTS]
    try:  # use a cached download without asking the hub
        folder = Path(snapshot_download(name, allow_patterns=patterns, local_files_only=True))
        _weights(folder)
    except (OSError, ValueError, ModelError):
        try:
            folder = Path(snapshot_download(name, allow_patterns=patterns))
        except (OSError, ValueError) as error:
            raise ModelError(
                f"cannot download the embedding model {name!r}: {first_line(error)}"
            ) from error
    return folder


def _weights(folder: Path) -> list[Path]:
    for pattern in _WEIGHTS:
        if files := sorted(folder.glob(pattern)):
            return files
    raise ModelError(f"{folder} holds no model weights (model.safetensors or pytorch_model.bin)")


class TorchEncoder:
    """Embeds with a sentence-transformers model; pools sentences late if its pooling allows."""

    def __init__(self, setting: str) -> None:
        """Load the model that a setting names. Raises ModelError if it cannot be loaded."""
        self._model = model = load_model(setting)
        # The library adds empty prompts of its own.
        self._prompt = next(filter(None, map(model.prompts.get, _PASSAGE_PROMPTS)), "")

    def encode(self, text: str) -> Vectors:
        """Return the unit vector of a question, float32 [d]."""
        vector: Vectors = unit(self._model.encode_query([text], show_progress_bar=False))[0]
        return vector

    def encode_passages(
        self, batch: Sequence[EncoderInput], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """Return each passage's vectors, in order; `progress` gets how many more are done."""
        embed = self._pool_late if _is_mean_pooled(self._model) else self._embed_apart
        embedded = embed(batch) if batch else []
        if progress:
            progress(len(batch))
        return embedded

    def _pool_late(self, batch: Sequence[EncoderInput]) -> list[PassageVectors]:
        texts = [item.text for item in batch]
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
            states = features["token_embeddings"][features["attention_mask"] == 1].numpy()
            offsets = np.asarray(tokens["offset_mapping"][i]) - len(self._prompt)
            special = np.asarray(tokens["special_tokens_mask"][i])
            truncated = bool(tokens.encodings[i].overflowing)
            embedded.append(pooled(item, states, offsets, special, truncated=truncated))
        return embedded

    def _embed_apart(self, batch: Sequence[EncoderInput]) -> list[PassageVectors]:
        texts = [item.text for item in batch]
        texts += [span.of(item.text) for item in batch for span in item.sentences]
        vectors = unit(self._model.encode(texts, prompt=self._prompt, show_progress_bar=False))
        embedded, row = [], len(batch)
        for passage, item in zip(vectors, batch, strict=False):
            end = row + len(item.sentences)
            truncated = self._overflows(item.text)
            embedded.append(PassageVectors(passage, vectors[row:end], truncated))
            row = end
        return embedded

    def _overflows(self, text: str) -> bool:
        window = self._model.max_seq_length
        if not window or not callable(self._model.tokenizer):
            return False
        return len(self._model.tokenizer(self._prompt + text)["input_ids"]) > window


def _is_mean_pooled(model: SentenceTransformer) -> bool:
    """Return whether sentence vectors can be pooled from the states of the model's tokens.

    That takes mean pooling over all tokens, and a fast tokenizer, which gives their offsets.
    """
    modules = list(model)
    if [type(module).__name__ for module in modules] not in _MEAN_POOLED:
        return False
    pooling: Any = modules[1]
    pools_all = pooling.pooling_mode in ("mean", ("mean",)) and pooling.include_prompt
    return bool(pools_all and getattr(model.tokenizer, "is_fast", False))
