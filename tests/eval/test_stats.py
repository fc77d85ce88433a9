"""The statistics agree with hand computation and with scipy and scikit-learn."""

from __future__ import annotations

import random

import pytest
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from mehealth_eval import stats


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (0, 20), (7, 20), (20, 20), (126, 175)])
def test_wilson_agrees_with_scipy(hits: int, n: int) -> None:
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    assert stats.wilson(hits, n) == pytest.approx((expected.low, expected.high))


def test_wilson_of_nothing_says_nothing() -> None:
    assert stats.wilson(0, 0) == (0, 1)


@pytest.mark.parametrize(("mended", "broken"), [(0, 0), (1, 0), (8, 2), (2, 8), (30, 31), (5, 5)])
def test_mcnemar_is_the_exact_binomial_test(mended: int, broken: int) -> None:
    changed = mended + broken
    expected = binomtest(mended, changed).pvalue if changed else 1.0
    assert stats.mcnemar(mended, broken) == pytest.approx(expected)


def test_the_curve_of_three_answers_by_hand() -> None:
    points = stats.risk_coverage([0.2, 0.9, 0.5], [False, True, False], asked=4)
    assert [p.coverage for p in points] == [0.25, 0.5, 0.75]
    assert [p.risk for p in points] == pytest.approx([0, 1 / 2, 2 / 3])
    assert [p.confidence for p in points] == [0.9, 0.5, 0.2]
    assert stats.area(points) == pytest.approx((0 + 1 / 2 + 2 / 3) / 3)
    assert stats.least_area([False, True, False]) == pytest.approx((0 + 1 / 2 + 2 / 3) / 3)


def test_answers_of_one_confidence_are_not_ordered() -> None:
    right = [True, False, True, False]
    one = stats.risk_coverage([0.5] * 4, right, 4)
    assert one == stats.risk_coverage([0.5] * 4, right[::-1], 4)
    assert [p.risk for p in one] == [0.5] * 4


def test_a_better_order_has_a_smaller_area() -> None:
    right = [True] * 6 + [False] * 3
    sure = [0.9 - i / 10 for i in range(9)]
    good = stats.area(stats.risk_coverage(sure, right, 9))
    bad = stats.area(stats.risk_coverage(sure, right[::-1], 9))
    assert good == pytest.approx(stats.least_area(right))
    assert bad > good


def _sample() -> tuple[list[float], list[bool]]:
    chance = random.Random(3)
    sure = [chance.random() for _ in range(400)]
    return sure, [chance.random() < c for c in sure]


def test_bins_and_brier_agree_with_scikit_learn() -> None:
    sure, right = _sample()
    bins = stats.reliability(sure, right)
    good, told = calibration_curve(right, sure, n_bins=10)
    assert [b.right for b in bins] == pytest.approx(list(good))
    assert [b.confidence for b in bins] == pytest.approx(list(told))
    assert sum(b.n for b in bins) == len(sure)
    assert stats.brier(sure, right) == pytest.approx(brier_score_loss(right, sure))


def test_calibration_error_by_hand() -> None:
    bins = stats.reliability([0.95, 1.0, 0.15], [True, False, False])
    assert [(b.low, b.n) for b in bins] == [(0.1, 1), (0.9, 2)]
    expected = (1 * 0.15 + 2 * abs(0.975 - 0.5)) / 3
    assert stats.expected_calibration_error(bins) == pytest.approx(expected)
