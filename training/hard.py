"""Selects the training groups that a reader still finds hard; most no longer teach it anything."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import torch

from training.fit import Plan, group_loss
from training.model import Outputs
from training.teacher import read_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.reader.model import Reader
    from training.batches import Group

DROPPED = 0.015
"""Share of the groups with the highest loss that is left out: many of them are mislabelled."""

EASY = 0.15
"""Weight of a group without loss, as a share of the mean loss: drawing some easy groups keeps the
reader from forgetting."""


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
