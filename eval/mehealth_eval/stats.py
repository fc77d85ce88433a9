"""The report's statistics: intervals, risk-coverage, calibration, McNemar's test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean

from scipy.stats import binomtest

BINS = 10

Graded = Sequence[tuple[float, bool]]
"""Answers, each as its confidence and whether it is right."""


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


def risk_coverage(graded: Graded, asked: int) -> list[Kept]:
    """The risk-coverage curve, surest answers first; `asked` also counts unanswered questions.

    Answers of equal confidence share their error rate, so that the curve does not depend on their
    order.
    """
    points: list[Kept] = []
    wrong_before = 0.0
    surest_first = sorted(graded, key=lambda answer: -answer[0])
    for confidence, group in groupby(surest_first, key=lambda answer: answer[0]):
        rights = [right for _, right in group]
        rate = 1 - fmean(rights)
        for _ in rights:
            wrong_before += rate
            kept = len(points) + 1
            points.append(Kept(kept / asked, wrong_before / kept, confidence))
    return points


def area(points: Sequence[Kept]) -> float:
    """AURC: the mean risk along the curve. Raises ValueError if it has no points."""
    return fmean(point.risk for point in points)


def least_area(graded: Graded) -> float:
    """The AURC of an ideal confidence, which ranks every right answer above every wrong one."""
    return area(risk_coverage([(float(right), right) for _, right in graded], len(graded)))


def reliability(graded: Graded) -> list[Bin]:
    """Ten bins of equal width over confidence, without empty ones; the last includes 1."""
    bins = []
    for number in range(BINS):
        inside = [(c, r) for c, r in graded if min(int(c * BINS), BINS - 1) == number]
        if inside:
            confidence, right = (fmean(values) for values in zip(*inside, strict=True))
            bins.append(Bin(number / BINS, (number + 1) / BINS, len(inside), confidence, right))
    return bins


def expected_calibration_error(graded: Graded) -> float:
    """ECE: the gap between confidence and accuracy, averaged over the answers of all bins."""
    gaps = (b.n * abs(b.confidence - b.right) for b in reliability(graded))
    return sum(gaps) / len(graded)


def brier(graded: Graded) -> float:
    """The Brier score: the mean squared difference between confidence and correctness."""
    return fmean((confidence - right) ** 2 for confidence, right in graded)
