"""The report's statistics: intervals, risk-coverage, calibration, McNemar's test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean

from scipy.stats import binomtest

BINS = 10


@dataclass(frozen=True, slots=True)
class Kept:
    """A point of the risk-coverage curve: only answers of some confidence or more are kept.

    `coverage` is the share of all questions whose answer is kept, `risk` the share of those answers
    that are wrong, `confidence` the lowest that is kept.
    """

    coverage: float
    risk: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin of the reliability diagram: its bounds, its answers, their confidence and accuracy."""

    low: float
    high: float
    n: int
    confidence: float
    right: float


def ratio(part: int, whole: int) -> float:
    """The ratio of `part` to `whole`; 0 if `whole` is 0."""
    return part / whole if whole else 0.0


def f1(precision: float, recall: float) -> float:
    """The harmonic mean of precision and recall; 0 if both are 0."""
    both = precision + recall
    return 2 * precision * recall / both if both else 0.0


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; (0, 1) if `n` is 0."""
    if n == 0:
        return 0.0, 1.0
    interval = binomtest(hits, n).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar(mended: int, broken: int) -> float:
    """McNemar's exact two-sided p-value: the chance of such a change if neither run is better."""
    changed = mended + broken
    return float(binomtest(mended, changed).pvalue) if changed else 1.0


def risk_coverage(confidence: Sequence[float], right: Sequence[bool], asked: int) -> list[Kept]:
    """The risk-coverage curve, surest answers first; `asked` also counts unanswered questions.

    Answers of equal confidence share their error rate, so that the curve does not depend on their
    order.
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
    """AURC: the mean risk along the curve. Raises ValueError if it has no points."""
    return fmean(point.risk for point in points)


def least_area(right: Sequence[bool]) -> float:
    """The AURC of an ideal confidence, which ranks every right answer above every wrong one."""
    order = sorted(right, reverse=True)
    return area(risk_coverage([-float(i) for i in range(len(order))], order, len(order)))


def reliability(confidence: Sequence[float], right: Sequence[bool]) -> list[Bin]:
    """Ten bins of equal width over confidence, without empty ones; the last includes 1."""
    pairs = list(zip(confidence, right, strict=True))
    bins = []
    for number in range(BINS):
        inside = [(c, r) for c, r in pairs if min(int(c * BINS), BINS - 1) == number]
        if inside:
            sure, good = fmean(c for c, _ in inside), fmean(r for _, r in inside)
            bins.append(Bin(number / BINS, (number + 1) / BINS, len(inside), sure, good))
    return bins


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """ECE: the gap between confidence and accuracy, averaged over the answers of all bins."""
    total = sum(b.n for b in bins)
    return sum(b.n * abs(b.confidence - b.right) for b in bins) / total


def brier(confidence: Sequence[float], right: Iterable[bool]) -> float:
    """The Brier score: the mean squared difference between confidence and correctness."""
    return fmean((c - r) ** 2 for c, r in zip(confidence, right, strict=True))
