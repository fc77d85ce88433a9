"""The embedding model that a setting names: its id, its folder, its weights."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_rag.encoder.minilm import packaged_id
from mehealth_rag.encoder.shipped import file_hash, first_line
from mehealth_rag.errors import ModelError
from mehealth_rag.offline import go_offline, is_hub_name
from mehealth_rag.settings import PACKAGED_MODEL

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_PACKAGED_NAMES = frozenset({"", PACKAGED_MODEL, f"sentence-transformers/{PACKAGED_MODEL}"})
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


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
    folder = model_folder(setting)
    name = setting if is_hub_name(setting) else folder.name
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}-{_weights_hash(folder)[:12]}"


def model_folder(setting: str) -> Path:
    """Return the folder of a model's files; a hub model is downloaded once and then cached.

    Not for the packaged model. Raises ModelError if there is no such model.
    """
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


def load_model(setting: str) -> SentenceTransformer:
    """Load a model on the CPU, without progress bars. Raises ModelError."""
    folder = model_folder(setting)
    import transformers  # slow: 8 s with torch
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call] # "Loading weights" on standard error
    try:
        return SentenceTransformer(str(folder), device="cpu").eval()
    except Exception as error:
        raise ModelError(
            f"cannot load the embedding model {setting!r}: {first_line(error)}"
        ) from error


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


def _weights_hash(folder: Path) -> str:
    hashes = [file_hash(path) for path in _weights(folder)]
    if len(hashes) == 1:
        return hashes[0]
    return hashlib.sha256("".join(hashes).encode()).hexdigest()
