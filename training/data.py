"""Other people's questions to train on: rows of the reader sets, cleaned and cropped."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SETS = ("selqa", "qed", "covidqa")

MOST_SENTENCES = 12
"""A passage is cropped to so many sentences around its answer."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question, the sentences of its passage in order, and the places of those that answer."""

    source: str
    question: str
    sentences: tuple[str, ...]
    answers: tuple[int, ...]


def load(folder: Path, names: Iterable[str] = SETS) -> list[Item]:
    """All usable questions of the sets, in the files' order."""
    return [item for name in names for item in _read(folder / f"{name}.jsonl")]


def detokenised(sentence: str) -> str:
    """Undo the spaces that a tokeniser put around punctuation."""
    text = re.sub(r" ([.,;:?!%)\]}])", r"\1", sentence)
    text = re.sub(r"([(\[{]) ", r"\1", text)
    text = text.replace(" 's", "'s").replace(" n't", "n't").replace(" -- ", "–")
    text = text.replace("`` ", '"').replace(" ''", '"')
    return " ".join(re.sub(r"(?<=\w) - (?=\w)", "-", text).split())


def _read(path: Path) -> list[Item]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    items = (_item(row) for row in rows)
    return [item for item in items if item is not None]


def _item(row: dict[str, object]) -> Item | None:
    sentences = [detokenised(str(s)) for s in row["sentences"]]  # type: ignore[attr-defined]
    answers = {int(i) for i in row["answers"]}  # type: ignore[attr-defined]
    first, last = _window(len(sentences), answers)
    kept = [i for i in range(first, last) if len(sentences[i].split()) > 2]
    right = tuple(place for place, i in enumerate(kept) if i in answers)
    if not right or len(kept) < 2:
        return None
    question = " ".join(str(row["question"]).split())
    return Item(str(row["source"]), question, tuple(sentences[i] for i in kept), right)


def _window(count: int, answers: set[int]) -> tuple[int, int]:
    if count <= MOST_SENTENCES:
        return 0, count
    middle = (min(answers) + max(answers)) // 2
    first = max(0, min(middle - MOST_SENTENCES // 2, count - MOST_SENTENCES))
    return first, first + MOST_SENTENCES
