"""Learns from a packaged reader: what it thinks of an epoch's rows, and what it still finds hard.

A larger model's probabilities teach a smaller one more than the labels alone (Hinton, Vinyals and
Dean, 2015). Groups that a reader finds easy mostly no longer teach it anything.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from mehealth_rag.reader.model import Reader
from training.batches import Group, Target, Taught
from training.fit import Plan, group_loss
from training.model import Outputs

AT_ONCE = 64
"""Groups that the teacher reads per batch."""

DROPPED = 0.015
"""Share of the groups with the highest loss that is left out: many of them are mislabelled."""

EASY = 0.15
"""Weight of a group without loss, as a share of the mean loss: drawing some easy groups keeps the
reader from forgetting."""


def read_by(reader: Reader, groups: Sequence[Group]) -> Iterator[list[list[NDArray[np.float32]]]]:
    """Yield the logits of each row of each group, as `Reader.logits` returns them."""
    for start in range(0, len(groups), AT_ONCE):
        part = groups[start : start + AT_ONCE]
        logits = iter(reader.logits([row for group in part for row in group.rows]))
        for group in part:
            yield [next(logits) for _ in group.rows]


def taught(groups: Sequence[Group], teachers: Sequence[Group], teacher: Reader) -> Iterator[Group]:
    """Yield the groups with the teacher's logits.

    `teachers` are the same groups in the teacher's tokens.
    """
    for group, logits in zip(groups, read_by(teacher, teachers), strict=True):
        yield replace(group, targets=tuple(map(_with, group.targets, logits)))


def _with(target: Target, logits: Sequence[NDArray[np.float32]]) -> Target:
    answers, passage, verdict, evidence = logits
    values = [tuple(part[0].tolist()) for part in (answers, verdict, evidence)]
    return replace(target, taught=Taught(values[0], values[1], values[2], float(passage[0])))


def hard(groups: Sequence[Group], share: float, reader: Reader, plan: Plan) -> list[Group]:
    """Sample a share of the groups, weighted by loss; questions and statements separately."""
    chance = random.Random(plan.seed)  # noqa: S311 - not a secret
    of_statements = [g for g in groups if g.of_statement]
    of_questions = [g for g in groups if not g.of_statement]
    chosen = [
        group
        for part in filter(None, (of_questions, of_statements))
        for group in _drawn(part, losses(part, reader, plan), share, chance)
    ]
    chance.shuffle(chosen)
    return chosen


def losses(groups: Sequence[Group], reader: Reader, plan: Plan) -> list[float]:
    """The loss of each group under a packaged reader's logits."""
    return [
        float(group_loss([Outputs(*map(torch.from_numpy, row)) for row in logits], group, plan))
        for group, logits in zip(groups, read_by(reader, groups), strict=True)
    ]


def _drawn(
    groups: Sequence[Group], losses: Sequence[float], share: float, chance: random.Random
) -> list[Group]:
    """Sample groups without replacement, those with a higher loss with a higher probability.

    Weighted reservoir sampling (Efraimidis and Spirakis, 2006).
    """
    most = float(np.quantile(losses, 1 - DROPPED))
    least = EASY * float(np.mean(losses))
    candidates = [(g, loss + least) for g, loss in zip(groups, losses, strict=True) if loss <= most]
    order = sorted(candidates, key=lambda pair: -(chance.random() ** (1 / pair[1])))
    return [group for group, _ in order[: round(share * len(groups))]]
