"""What a packaged reader says of the rows of an epoch, for a smaller one to learn it.

The smaller one learns more from how likely the larger one holds each sentence to be than from what
is right alone (Hinton, Vinyals and Dean, 2015).
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
"""Groups that are read together."""


def read_by(reader: Reader, groups: Sequence[Group]) -> Iterator[list[list[NDArray[np.float32]]]]:
    """The logits that a packaged reader gives each row of each group, as `Reader.logits` does."""
    for start in range(0, len(groups), AT_ONCE):
        part = groups[start : start + AT_ONCE]
        said = iter(reader.logits([row for group in part for row in group.rows]))
        for group in part:
            yield [next(said) for _ in group.rows]


def taught(groups: Sequence[Group], teachers: Sequence[Group], teacher: Reader) -> Iterator[Group]:
    """The groups with the teacher's logits; `teachers` are the same ones in its word pieces."""
    for group, said in zip(groups, read_by(teacher, teachers), strict=True):
        yield replace(group, targets=tuple(map(_with, group.targets, said)))


def _with(target: Target, logits: Sequence[NDArray[np.float32]]) -> Target:
    answers, passage, verdict, evidence = logits
    read = [tuple(part[0].tolist()) for part in (answers, verdict, evidence)]
    return replace(target, taught=Taught(read[0], read[1], read[2], float(passage[0])))
