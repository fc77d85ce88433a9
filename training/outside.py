"""Makes examples from public question sets: `python -m training.outside --data DIR --output FILE`.

DIR holds selqa.jsonl, qed.jsonl and covidqa.jsonl, whose rows are cleaned and cropped. The project
contains none of their data.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bm25s

from mehealth_rag.language.words import stems
from mehealth_rag.reader.rows import PassageText
from training.examples import GOLD, OTHER, Example, Examples, Reading, write

SETS = ("selqa", "qed", "covidqa")

MOST_SENTENCES = 12
"""Sentences that are loaded of each passage, around its answer."""

WINDOW = 7
"""Sentences around the answer in an example, about as many as our own passages have."""

OTHERS = 4
"""Negative passages per question: they share its words but do not answer it."""

MOST = {"covidqa": 400}
"""Limits on the questions of a set: COVID-QA's are long and narrow in subject."""


@dataclass(frozen=True, slots=True)
class Item:
    """A question, the sentences of its passage, and the indices of those that answer."""

    source: str
    question: str
    sentences: tuple[str, ...]
    answers: tuple[int, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the sets, pair questions with passages, write the examples."""
    parser = argparse.ArgumentParser(prog="python -m training.outside", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    parser.add_argument("--output", type=Path, required=True, help="file to write, JSON")
    options = parser.parse_args(arguments)
    items = [i for name in SETS for i in load(options.data, [name])[: MOST.get(name)]]
    write(build(items), options.output)
    return 0


def build(items: Sequence[Item]) -> Examples:
    """Pair each question with the passage that answers it and some that share only its words."""
    examples = Examples([], [])
    labels_of: list[list[int]] = []
    for item in items:
        sentences, labels = _window(item)
        examples.passages.append(PassageText("", sentences))
        labels_of.append(labels)
    index = bm25s.BM25()
    index.index([stems(" ".join(p.sentences)) for p in examples.passages], show_progress=False)
    top_k = min(OTHERS * 3, len(examples.passages))
    for place, item in enumerate(items):
        readings = [Reading(place, labels_of[place], 1)]
        own_sentences = set(examples.passages[place].sentences)
        tokens = [t for t in stems(item.question) if t in index.vocab_dict]
        if tokens:
            ranked, _ = index.retrieve([tokens], k=top_k, show_progress=False)
            others = [
                int(n)
                for n in ranked[0]
                if own_sentences.isdisjoint(examples.passages[int(n)].sentences)
            ]
            readings += [
                Reading(n, [OTHER] * len(examples.passages[n].sentences), rank)
                for rank, n in enumerate(others[:OTHERS], 2)
            ]
        examples.examples.append(Example("q:outside", item.source, "text", item.question, readings))
    return examples


def _window(item: Item) -> tuple[tuple[str, ...], list[int]]:
    """The sentences around the answer, and their labels."""
    middle = item.answers[len(item.answers) // 2]
    places = _around(middle, len(item.sentences), WINDOW)
    labels = [GOLD if n in item.answers else OTHER for n in places]
    return tuple(item.sentences[n] for n in places), labels


def load(folder: Path, names: Iterable[str] = SETS) -> list[Item]:
    """All usable questions of the sets, in file order."""
    return [item for name in names for item in _read(folder / f"{name}.jsonl")]


def detokenised(sentence: str) -> str:
    """Remove the spaces that a tokenizer put around punctuation."""
    text = re.sub(r" ([.,;:?!%)\]}])", r"\1", sentence)
    text = re.sub(r"([(\[{]) ", r"\1", text)
    text = text.replace(" 's", "'s").replace(" n't", "n't").replace(" -- ", "–")
    text = text.replace("`` ", '"').replace(" ''", '"')
    return " ".join(re.sub(r"(?<=\w) - (?=\w)", "-", text).split())


def _read(path: Path) -> list[Item]:
    lines = path.read_text(encoding="utf-8").splitlines()
    items = (_item(json.loads(line)) for line in lines if line)
    return [item for item in items if item is not None]


def _item(row: dict[str, Any]) -> Item | None:
    sentences = [detokenised(s) for s in row["sentences"]]
    answers = {int(i) for i in row["answers"]}
    cropped = _around((min(answers) + max(answers)) // 2, len(sentences), MOST_SENTENCES)
    usable = [i for i in cropped if len(sentences[i].split()) > 2]
    right = tuple(place for place, i in enumerate(usable) if i in answers)
    if not right or len(usable) < 2:
        return None
    question = " ".join(row["question"].split())
    return Item(row["source"], question, tuple(sentences[i] for i in usable), right)


def _around(middle: int, count: int, most: int) -> range:
    """Up to `most` of `count` indices, centred on `middle`."""
    first = max(0, min(middle - most // 2, count - most))
    return range(first, min(first + most, count))


if __name__ == "__main__":
    sys.exit(main())
