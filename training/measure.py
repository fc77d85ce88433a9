"""How well a model reads: `python -m training.measure --examples FILE --run DIR`.

The examples are of documents that it was not trained on. Only choosing and declining are looked at
here, over what the search brought; `mehealth eval --written` measures everything.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from training import bases
from training.batches import Epochs, Mix
from training.examples import GOLD, load
from training.fit import WORKERS, carried
from training.memory import keep_freed_memory
from training.model import VERDICTS, ReaderModel, read
from training.reader import LOG, trained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.reader.rows import Row
    from training.batches import Group
    from training.examples import Example, Reading
    from training.model import Outputs


@dataclass(frozen=True, slots=True)
class Read:
    """An example with the logits of each of its readings: sentences' and the passage's."""

    example: Example
    sentences: list[list[float]]
    passages: list[float]

    @property
    def best_is_right(self) -> bool:
        """Whether the best sentence of all is a gold one."""
        labels = [label for r in self.example.readings for label in r.labels]
        logits = [x for s in self.joint for x in s]
        return labels[int(np.argmax(logits))] == GOLD

    @property
    def joint(self) -> list[list[float]]:
        """The sentences' logits, each with that of its passage."""
        return [[s + p for s in own] for own, p in zip(self.sentences, self.passages, strict=True)]

    @property
    def answerable(self) -> float:
        """The logit of the best sentence with its passage."""
        return max(x for s in self.joint for x in s)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m training.measure", description=__doc__)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=10_000, help="as many, drawn by chance")
    parser.add_argument("--passages", type=int, default=12, help="of what the search brought")
    options = parser.parse_args(arguments)
    keep_freed_memory()
    form = json.loads((options.run / LOG).read_text(encoding="utf-8"))["form"]
    epochs = Epochs(load(options.examples), bases.tokenizer(form), 7)
    model = trained(options.run)
    pairs = sorted(epochs.all_of(), key=lambda p: (p[0].document, p[0].text))
    chance = random.Random(1)  # noqa: S311 - not a secret
    drawn = chance.sample(pairs, min(options.questions, len(pairs)))
    found = questions(model, drawn, options.passages)
    print(json.dumps({**figures(found), **statements(model, epochs, options.questions)}, indent=1))
    return 0


def questions(
    model: ReaderModel, pairs: Sequence[tuple[Example, Group]], passages: int
) -> list[Read]:
    """Read each question with the passages that the search brought it."""
    asked: list[tuple[Example, list[Reading]]] = []
    rows: list[Row] = []
    for example, group in pairs:
        kept = [n for n, r in enumerate(example.readings) if 0 < r.rank <= passages]
        readings = [example.readings[n] for n in kept]
        asked.append((example, readings))
        rows.extend(group.rows[n] for n in kept)
    outputs = outputs_of(model, rows)
    found, start = [], 0
    for example, readings in asked:
        own = outputs[start : start + len(readings)]
        start += len(readings)
        kept_example = replace(example, readings=readings)
        sentences = [
            [float(x) for x in o.answers[0, : len(r.labels)]]
            for o, r in zip(own, readings, strict=True)
        ]
        found.append(Read(kept_example, sentences, [float(o.passage[0]) for o in own]))
    return found


def outputs_of(model: ReaderModel, rows: Sequence[Row]) -> list[Outputs]:
    """What the model says of rows, by two threads."""
    parts = [list(range(n, len(rows), WORKERS * 8)) for n in range(WORKERS * 8)]

    def work(part: list[int]) -> list[Outputs]:
        torch.set_num_threads(1)
        with torch.no_grad():
            return read(model, [rows[i] for i in part])

    with ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(work, parts))
    by_place = {
        i: o
        for part, own in zip(parts, results, strict=True)
        for i, o in zip(part, own, strict=True)
    }
    return [by_place[i] for i in range(len(rows))]


def figures(found: Sequence[Read]) -> dict[str, object]:
    """Best sentence right, and how well answerable is told from not, in all and by kind."""
    right: dict[str, list[bool]] = defaultdict(list)
    for read_ in found:
        if read_.example.answerable:
            right["all"].append(read_.best_is_right)
            right[read_.example.kind].append(read_.best_is_right)
    truth = [r.example.answerable for r in found]
    auc = roc_auc_score(truth, [r.answerable for r in found])
    return {
        "questions": len(found),
        "answerable_auc": round(float(auc), 4),
        "best_is_right": {k: round(sum(v) / len(v), 3) for k, v in sorted(right.items())},
    }


def statements(model: ReaderModel, epochs: Epochs, most: int) -> dict[str, float]:
    """Verdicts of claims with what decides them given, and the order of twins."""
    groups = epochs.draw(0, Mix(questions=0.0))[:most]
    rows = [row for g in groups for row in g.rows]
    outputs = outputs_of(model, rows)
    verdicts, twins, start = [], [], 0
    for group in groups:
        own = outputs[start : start + len(group.rows)]
        start += len(group.rows)
        if group.twins:
            twins.append([float(carried(o.verdict)[0]) for o in own])
        else:
            verdict = group.targets[0].verdict
            verdicts.append(VERDICTS[int(own[0].verdict[0].argmax())] == verdict)
    order = [true > lie for true, lie in twins]
    return {
        "verdicts_right": round(sum(verdicts) / len(verdicts), 4),
        "twins_in_order": round(sum(order) / len(order), 4),
        "true_carried": round(sum(t > 0 for t, _ in twins) / len(twins), 4),
        "lies_passed": round(sum(lie > 0 for _, lie in twins) / len(twins), 4),
    }


if __name__ == "__main__":
    sys.exit(main())
