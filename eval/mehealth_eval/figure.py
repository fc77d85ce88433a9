"""One figure of the evaluation, the shares that most of them are, and percentiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mehealth_eval import stats
from mehealth_eval.records import Record


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure over `n` cases, None where there was none.

    A share has its `hits` and the ends of its 95 % interval (Wilson). `falling`: less is better.
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
    """The share of records of which something holds."""
    return share_of(sum(bool(holds(r)) for r in records), len(records), falling=falling)


def share_of(hits: int, n: int, *, falling: bool = False) -> Figure:
    """The share that some cases are of all, None of none."""
    if n == 0:
        return Figure(None, 0, falling=falling)
    low, high = stats.wilson(hits, n)
    return Figure(hits / n, n, hits, low, high, falling)


def percentiles(name: str, values: Sequence[float], wanted: Sequence[int]) -> Figures:
    """Percentiles of values of which less is better: `NAME.p50` and so on."""
    return {
        f"{name}.p{p}": Figure(
            float(np.percentile(values, p)) if values else None, len(values), falling=True
        )
        for p in wanted
    }
