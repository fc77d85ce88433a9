"""One figure of the evaluation, and the shares that most of them are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
