"""A figure of the evaluation; most are shares or percentiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mehealth_eval import stats
from mehealth_eval.records import Record


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over `n` cases; None if there were none.

    A share has its `hits` and the bounds of its 95 % interval (Wilson). `falling` means that less
    is better.
    """

    value: float | None
    n: int
    hits: int | None = None
    low: float | None = None
    high: float | None = None
    falling: bool = False


Figures = dict[str, Figure]


def share(
    records: Sequence[Record], holds: Callable[[Record], bool | None], *, falling: bool = False
) -> Figure:
    """The share of the records for which `holds` is true."""
    return share_of(sum(bool(holds(r)) for r in records), len(records), falling=falling)


def share_of(hits: int, n: int, *, falling: bool = False) -> Figure:
    """The share of `hits` in `n` cases; None if `n` is 0."""
    if n == 0:
        return Figure(None, 0, falling=falling)
    low, high = stats.wilson(hits, n)
    return Figure(hits / n, n, hits, low, high, falling)


def percentiles(name: str, values: Sequence[float], wanted: Sequence[int]) -> Figures:
    """Percentiles of values where less is better, named `NAME.p50` and so on."""
    return {
        f"{name}.p{p}": Figure(
            float(np.percentile(values, p)) if values else None, len(values), falling=True
        )
        for p in wanted
    }
