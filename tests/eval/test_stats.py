"""The statistics agree with hand computation and with scikit-learn."""

from __future__ import annotations

import random

import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from mehealth_eval import stats


def test_intervals_and_changes_of_nothing_say_nothing() -> None:
    assert stats.wilson(0, 0) == (0, 1)
    assert stats.mcnemar(0, 0) == 1


def test_known_intervals_and_p_values() -> None:
    assert stats.wilson(7, 20) == pytest.approx((0.1812, 0.5671), abs=1e-4)
    assert stats.mcnemar(8, 2) == stats.mcnemar(2, 8) == pytest.approx(112 / 1024)


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


def test_bins_and_brier_agree_with_scikit_learn() -> None:
    chance = random.Random(3)
    sure = [chance.random() for _ in range(400)]
    right = [chance.random() < c for c in sure]
    bins = stats.reliability(sure, right)
    good, told = calibration_curve(right, sure, n_bins=10)
    assert [b.right for b in bins] == pytest.approx(list(good))
    assert [b.confidence for b in bins] == pytest.approx(list(told))
    assert stats.brier(sure, right) == pytest.approx(brier_score_loss(right, sure))


def test_calibration_error_by_hand() -> None:
    bins = stats.reliability([0.95, 1.0, 0.15], [True, False, False])
    assert [(b.low, b.n) for b in bins] == [(0.1, 1), (0.9, 2)]
    expected = (1 * 0.15 + 2 * abs(0.975 - 0.5)) / 3
    assert stats.expected_calibration_error(bins) == pytest.approx(expected)
