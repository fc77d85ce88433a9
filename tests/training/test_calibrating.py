"""The limits of a packaged reader: what is weighed once gives what weighing anew gives."""

from __future__ import annotations

from itertools import product
from random import Random
from typing import TYPE_CHECKING

import pytest

from mehealth_rag.reader.choice import choose
from mehealth_rag.reader.model import Limits, PassageReading
from training.examples import GOLD, HARMLESS, OTHER, Example, Reading
from training.package import best_limits

if TYPE_CHECKING:
    from collections.abc import Sequence

RANKS = (0.0, 0.4, 0.7, 1.0, 1.4)
NEARS = (0.2, 0.3, 0.45, 0.6, 0.75)


def made(chance: Random, number: int) -> tuple[Example, list[PassageReading]]:
    """A question with passages of which one may not have been searched, read somewhat rightly."""
    is_answerable = chance.random() < 0.7
    labels = (GOLD, HARMLESS, OTHER) if is_answerable else (OTHER,)
    found, read = [], []
    for rank in range(chance.randint(0, 4) + 1):
        own = chance.choices(labels, (2, 1, 9)[: len(labels)], k=chance.randint(1, 5))
        found.append(Reading(rank, own, rank))
        if rank:  # the first one's 0 tells that no search brought it
            said = tuple(0.5 * (label == GOLD) + 0.5 * chance.random() for label in own)
            read.append(PassageReading(chance.random(), said))
    example = Example("q:made", "made", "txt", str(number), found, answerable=is_answerable)
    return example, read


def plainly(
    questions: Sequence[Example], read: Sequence[list[PassageReading]], limits: Limits
) -> dict[str, float]:
    """The figures of some limits, each question chosen for anew."""
    declined = unanswerable = both = right = best = 0
    for example, readings in zip(questions, read, strict=True):
        choice = choose(readings, limits)
        labels = [r.labels for r in example.readings if r.rank]
        told = [labels[c.passage][c.sentence] for c in choice.sentences]
        gold = sum(label == GOLD for r in example.readings for label in r.labels)
        declined += not told
        unanswerable += not example.answerable
        both += not told and not example.answerable
        whole = bool(told) and told.count(GOLD) == gold and told.count(OTHER) <= 2
        right += whole if example.answerable else not told
        if example.answerable and choice.best is not None:
            best += labels[choice.best.passage][choice.best.sentence] == GOLD
    precision, recall = both / max(declined, 1), both / max(unanswerable, 1)
    return {
        "evidence": round(right / len(questions), 4),
        "best_right": round(best / (len(questions) - unanswerable), 4),
        "abstention_f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
    }


def grid(by_rank: float) -> list[Limits]:
    steps = [round(0.05 * n, 3) for n in range(1, 15)]
    return [
        Limits(answer=answer, sentence=sentence, near=near, by_rank=by_rank)
        for answer, sentence, near in product(steps, steps[:-1], NEARS)
        if sentence <= answer + 0.15
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_best_limits_are_those_that_choosing_anew_gives(seed: int) -> None:
    chance = Random(seed)
    questions, read = zip(*(made(chance, n) for n in range(40)), strict=True)
    ranks = [Limits(answer=0.0, by_rank=by_rank) for by_rank in RANKS]
    ranked_best = max(ranks, key=lambda r: plainly(questions, read, r)["best_right"])
    tried = [(t, plainly(questions, read, t)) for t in grid(ranked_best.by_rank)]
    wanted = max(tried, key=lambda m: m[1]["evidence"] + 0.5 * m[1]["abstention_f1"])
    assert best_limits(questions, read) == wanted
    assert 0 < wanted[1]["evidence"] < 1
