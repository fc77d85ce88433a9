"""Distils a packaged reader: its logits for the rows of an epoch are targets for a smaller one.

The larger model's probabilities teach the smaller one more than the labels alone (Hinton, Vinyals
and Dean, 2015).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from training.batches import Taught

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mehealth_rag.reader.model import Reader
    from training.batches import Group, Target

AT_ONCE = 64
"""Groups that the teacher reads per batch."""


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
