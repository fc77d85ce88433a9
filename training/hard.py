"""Which groups of an epoch a reader still finds hard: most teach it nothing any more."""

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
"""Share of the groups that is left out as the very hardest: many of those are written wrong."""

EASY = 0.15
"""What an easy group counts for, of the mean loss: some of them keep what is known."""


def hard(groups: Sequence[Group], share: float, reader: Reader, plan: Plan) -> list[Group]:
    """A share of the groups, drawn by their loss; questions and statements each for themselves."""
    chance = random.Random(plan.seed)  # noqa: S311 - not a secret
    of_statements = [g for g in groups if g.of_statement]
    of_questions = [g for g in groups if not g.of_statement]
    kept = [
        group
        for part in filter(None, (of_questions, of_statements))
        for group in _drawn(part, losses(part, reader, plan), share, chance)
    ]
    chance.shuffle(kept)
    return kept


def losses(groups: Sequence[Group], reader: Reader, plan: Plan) -> list[float]:
    """The loss of each group by what a packaged reader says of it."""
    return [
        float(group_loss([Outputs(*map(torch.from_numpy, row)) for row in said], group, plan))
        for group, said in zip(groups, read_by(reader, groups), strict=True)
    ]


def _drawn(
    groups: Sequence[Group], losses: Sequence[float], share: float, chance: random.Random
) -> list[Group]:
    """Groups drawn without putting back, likelier the greater their loss."""
    most = float(np.quantile(losses, 1 - DROPPED))
    least = EASY * float(np.mean(losses))
    able = [(g, loss + least) for g, loss in zip(groups, losses, strict=True) if loss <= most]
    order = sorted(able, key=lambda pair: -(chance.random() ** (1 / pair[1])))
    return [group for group, _ in order[: round(share * len(groups))]]
