"""What single English words mean: how near two are, how rare one is, whether it is a name's.

Read from the word table of the packaged embedding model, row by row out of the file: opening it
takes milliseconds, and neither torch nor a run of the model is needed.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from functools import lru_cache
from math import log

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.model_files import model_folder

_TABLE = "word_embeddings.weight"
_TYPES = {"F32": "<f4", "F16": "<f2"}
_FIRST_WORD = 1000
"""The model's vocabulary lists its words by falling frequency, from about this row on."""

UNKNOWN_RARITY = 1.1
_LEAST_RARITY = 0.25


@dataclass(frozen=True, slots=True)
class _Lexicon:
    rows: dict[str, int]
    table: NDArray[np.floating]


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    path = model_folder() / "model.safetensors"
    with path.open("rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        head = json.loads(file.read(size))
    entry = next(value for name, value in head.items() if name.endswith(_TABLE))
    table = np.memmap(
        path,
        dtype=_TYPES[entry["dtype"]],
        mode="r",
        offset=8 + size + entry["data_offsets"][0],
        shape=tuple(entry["shape"]),
    )
    words = (model_folder() / "vocab.txt").read_text(encoding="utf-8").split("\n")
    return _Lexicon({word: row for row, word in enumerate(words) if word.isalpha()}, table)


@lru_cache(maxsize=50_000)
def _vector(word: str) -> NDArray[np.float32] | None:
    lexicon = _lexicon()
    row = lexicon.rows.get(word)
    if row is None:
        return None
    vector = np.array(lexicon.table[row], dtype=np.float32)
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def relatedness(one: str, other: str) -> float:
    """How near two folded words are, up to 1; 0 where one is unknown."""
    a, b = _vector(one), _vector(other)
    return 0.0 if a is None or b is None else float(a @ b)


def is_word(word: str) -> bool:
    """Whether a folded word is common enough to be known."""
    return word in _lexicon().rows


@lru_cache(maxsize=50_000)
def rarity(word: str) -> float:
    """How much a folded word says: common English little, a word outside the vocabulary most."""
    row = _lexicon().rows.get(word)
    if row is None:
        return UNKNOWN_RARITY
    return max(_LEAST_RARITY, log(max(row, _FIRST_WORD) / _FIRST_WORD) / log(30))


_NAMES = (
    "london paris france germany china america john william smith johnson robert mary james texas "
    "chicago europe africa india williams oxford google peter elizabeth canada russia"
).split()
_COMMON = (
    "house table growth system people work money water children teacher road building research "
    "company government market health school income patient river average employment parking"
).split()


@lru_cache(maxsize=10_000)
def is_name_like(word: str) -> bool:
    """Whether a folded word is rather a name than a common noun; True where it is unknown."""
    vector = _vector(word)
    if vector is None:
        return True
    return float(vector @ _centre(True)) > float(vector @ _centre(False))


@lru_cache(maxsize=2)
def _centre(of_names: bool) -> NDArray[np.float32]:
    vectors = [v for w in (_NAMES if of_names else _COMMON) if (v := _vector(w)) is not None]
    centre = np.mean(vectors, axis=0)
    return np.asarray(centre / np.linalg.norm(centre), dtype=np.float32)
