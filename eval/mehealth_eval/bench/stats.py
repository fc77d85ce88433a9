"""Percentiles and ratios of measured values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Better = Literal["less", "more"]
"""Which way a figure improves."""


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of `values` do not exceed, interpolated between neighbours.

    Raises:
        ValueError: there are no values, or the share lies outside 0 to 1.
    """
    if not values:
        raise ValueError("no values to take a percentile of")
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not at {share}")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def median(values: Sequence[float]) -> float:
    """The value in the middle. Raises ValueError where there is none."""
    return percentile(values, 0.5)


def advantage(ours: float | None, stock: float | None, better: Better) -> float | None:
    """How many times better ours is; None where one side is missing or nought."""
    if not ours or not stock:
        return None
    return stock / ours if better == "less" else ours / stock
