"""Examples of other people's question sets: `python -m training.outside --data DIR --output FILE`.

DIR holds selqa.jsonl, qed.jsonl and covidqa.jsonl. Nothing of them goes into the project.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import bm25s

from mehealth_rag.language.words import stems
from mehealth_rag.reader.rows import PassageText
from training import data
from training.examples import GOLD, OTHER, Example, Examples, Reading, write

if TYPE_CHECKING:
    from collections.abc import Sequence

WINDOW = 7
"""Sentences of a passage at the most, about what ours have."""

OTHERS = 4
"""Passages that share the question's words and do not answer it."""

MOST = {"covidqa": 400}
"""Questions of a set that are taken: COVID-QA's are long and narrow in subject."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, pair, write."""
    parser = argparse.ArgumentParser(prog="python -m training.outside", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    parser.add_argument("--output", type=Path, required=True, help="file to write, JSON")
    options = parser.parse_args(arguments)
    items: list[data.Item] = []
    for name in data.SETS:
        items += data.load(options.data, [name])[: MOST.get(name)]
    write(build(items), options.output)
    return 0


def build(items: Sequence[data.Item]) -> Examples:
    """Each question with the passage that answers it and some that only sound like it."""
    found = Examples([], [])
    gold: list[list[int]] = []
    for item in items:
        sentences, labels = _window(item)
        found.passages.append(PassageText("", sentences))
        gold.append(labels)
    index = bm25s.BM25()
    index.index([stems(" ".join(p.sentences)) for p in found.passages], show_progress=False)
    most = min(OTHERS * 3, len(found.passages))
    for place, item in enumerate(items):
        readings = [Reading(place, gold[place], 1)]
        own = set(found.passages[place].sentences)
        tokens = [t for t in stems(item.question) if t in index.vocab_dict]
        if tokens:
            ranked, _ = index.retrieve([tokens], k=most, show_progress=False)
            others = [int(n) for n in ranked[0] if own.isdisjoint(found.passages[int(n)].sentences)]
            readings += [
                Reading(n, [OTHER] * len(found.passages[n].sentences), rank)
                for rank, n in enumerate(others[:OTHERS], 2)
            ]
        found.examples.append(Example("q:outside", item.source, "text", item.question, readings))
    return found


def _window(item: data.Item) -> tuple[tuple[str, ...], list[int]]:
    """The sentences around the answer, and their labels."""
    middle = item.answers[len(item.answers) // 2]
    first = max(0, min(middle - WINDOW // 2, len(item.sentences) - WINDOW))
    places = range(first, min(first + WINDOW, len(item.sentences)))
    labels = [GOLD if n in item.answers else OTHER for n in places]
    return tuple(item.sentences[n] for n in places), labels


if __name__ == "__main__":
    sys.exit(main())
