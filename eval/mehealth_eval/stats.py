"""The statistics of the report: intervals, risk and calibration, McNemar's test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean

from scipy.stats import binomtest

BINS = 10


@dataclass(frozen=True, slots=True)
class Kept:
    """One point of the risk-coverage curve: what is kept when the surest answers are.

    `coverage` is the share of all questions that keep their answer, `risk` the share of wrong ones
    among those, `confidence` the lowest that is kept.
    """

    coverage: float
    risk: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of the reliability diagram: `low` to `high`, its answers, how sure, how right."""

    low: float
    high: float
    n: int
    confidence: float
    right: float


def ratio(part: int, whole: int) -> float:
    """The share of 1 that a part is, 0 of none."""
    return part / whole if whole else 0.0


def f1(precision: float, recall: float) -> float:
    """Their harmonic mean, 0 where both are."""
    both = precision + recall
    return 2 * precision * recall / both if both else 0.0


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; (0, 1) where nothing was counted."""
    if n == 0:
        return 0.0, 1.0
    interval = binomtest(hits, n).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar(mended: int, broken: int) -> float:
    """The exact two-sided p-value: how likely so uneven a change is when neither run is better."""
    changed = mended + broken
    return float(binomtest(mended, changed).pvalue) if changed else 1.0


def risk_coverage(confidence: Sequence[float], right: Sequence[bool], asked: int) -> list[Kept]:
    """The curve over answers given, surest first; `asked` counts the questions without one too.

    Answers of one confidence cannot be told apart: each keeps the share of wrong ones that the
    answers of its confidence have, so that the curve does not hang on their order.
    """
    ordered = sorted(zip(confidence, right, strict=True), key=lambda pair: -pair[0])
    points: list[Kept] = []
    wrong_before = 0.0
    for value, group in groupby(ordered, key=lambda pair: pair[0]):
        rights = [r for _, r in group]
        rate = 1 - fmean(rights)
        for _ in rights:
            wrong_before += rate
            kept = len(points) + 1
            points.append(Kept(kept / asked, wrong_before / kept, value))
    return points


def area(points: Sequence[Kept]) -> float:
    """AURC: the mean of the risks along the curve. Raises ValueError where it has no point."""
    return fmean(point.risk for point in points)


def least_area(right: Sequence[bool]) -> float:
    """The AURC that a confidence would have which puts every right answer before the wrong."""
    order = sorted(right, reverse=True)
    return area(risk_coverage([-float(i) for i in range(len(order))], order, len(order)))


def reliability(confidence: Sequence[float], right: Sequence[bool]) -> list[Bin]:
    """Ten bins of equal width over confidence, empty ones left out; 1 is in the last."""
    pairs = list(zip(confidence, right, strict=True))
    bins = []
    for number in range(BINS):
        inside = [(c, r) for c, r in pairs if min(int(c * BINS), BINS - 1) == number]
        if inside:
            sure, good = fmean(c for c, _ in inside), fmean(r for _, r in inside)
            bins.append(Bin(number / BINS, (number + 1) / BINS, len(inside), sure, good))
    return bins


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """ECE: how far confidence and rightness lie apart, bins weighted by their answers."""
    total = sum(b.n for b in bins)
    return sum(b.n * abs(b.confidence - b.right) for b in bins) / total


def brier(confidence: Sequence[float], right: Iterable[bool]) -> float:
    """The mean squared distance between confidence and rightness."""
    return fmean((c - r) ** 2 for c, r in zip(confidence, right, strict=True))
