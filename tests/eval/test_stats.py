"""Statistics and ranking measures agree with hand computation and with scikit-learn."""

from __future__ import annotations

import random

import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from mehealth_eval import ranking, stats
from mehealth_rag.errors import UsageError

A, B, C, D = ("a", 1), ("a", 2), ("b", 1), ("b", 2)


def test_intervals_and_changes_of_nothing_say_nothing() -> None:
    assert stats.wilson(0, 0) == (0, 1)
    assert stats.mcnemar(0, 0) == 1


def test_known_intervals_and_p_values() -> None:
    assert stats.wilson(7, 20) == pytest.approx((0.1812, 0.5671), abs=1e-4)
    assert stats.mcnemar(8, 2) == stats.mcnemar(2, 8) == pytest.approx(112 / 1024)


def test_the_curve_of_three_answers_by_hand() -> None:
    graded = [(0.2, False), (0.9, True), (0.5, False)]
    points = stats.risk_coverage(graded, asked=4)
    assert [p.coverage for p in points] == [0.25, 0.5, 0.75]
    assert [p.risk for p in points] == pytest.approx([0, 1 / 2, 2 / 3])
    assert [p.confidence for p in points] == [0.9, 0.5, 0.2]
    assert stats.area(points) == pytest.approx((0 + 1 / 2 + 2 / 3) / 3)
    assert stats.least_area(graded) == pytest.approx((0 + 1 / 2 + 2 / 3) / 3)


def test_answers_of_one_confidence_are_not_ordered() -> None:
    graded = [(0.5, right) for right in (True, False, True, False)]
    points = stats.risk_coverage(graded, 4)
    assert points == stats.risk_coverage(graded[::-1], 4)
    assert [p.risk for p in points] == [0.5] * 4


def test_bins_and_brier_agree_with_scikit_learn() -> None:
    chance = random.Random(3)
    confidence = [chance.random() for _ in range(400)]
    right = [chance.random() < c for c in confidence]
    graded = list(zip(confidence, right, strict=True))
    bins = stats.reliability(graded)
    accuracies, means = calibration_curve(right, confidence, n_bins=10)
    assert [b.right for b in bins] == pytest.approx(list(accuracies))
    assert [b.confidence for b in bins] == pytest.approx(list(means))
    assert stats.brier(graded) == pytest.approx(brier_score_loss(right, confidence))


def test_calibration_error_by_hand() -> None:
    graded = [(0.95, True), (1.0, False), (0.15, False)]
    assert [(b.low, b.n) for b in stats.reliability(graded)] == [(0.1, 1), (0.9, 2)]
    expected = (1 * 0.15 + 2 * abs(0.975 - 0.5)) / 3
    assert stats.expected_calibration_error(graded) == pytest.approx(expected)


def test_measures_by_hand() -> None:
    right = {"one": frozenset({A, D}), "two": frozenset({B}), "none": frozenset({C})}
    found = {"one": [B, A, A, C, D], "two": [B, A], "none": []}
    values = ranking.measures(right, found)
    assert values["recall@1"] == [0, 1, 0]
    assert values["recall@3"] == [0.5, 1, 0]
    assert values["recall@5"] == [1, 1, 0]
    assert values["success@3"] == [1, 1, 0]
    assert values["mrr@1"] == [0, 1, 0]
    assert values["mrr@10"] == [0.5, 1, 0]
    assert ranking.means(values)["mrr@3"] == pytest.approx(0.5)
    assert set(ranking.means({}).values()) == {None}


def test_ten_places_keep_their_order_and_a_page_that_comes_again_is_no_second_find() -> None:
    values = ranking.measures({"q": frozenset({A, B})}, {"q": [A, A, A, B]})
    assert (values["recall@3"], values["recall@5"]) == ([0.5], [1])
    places = [("z", n) for n in range(9)] + [A]
    values = ranking.measures({"q": frozenset({A})}, {"q": places})
    assert (values["mrr@10"], values["mrr@5"]) == ([pytest.approx(0.1)], [0])
    alike = ranking.measures({"q": frozenset({("a 1", 2)})}, {"q": [("a", 12), ("a 1", 2)]})
    assert alike["mrr@10"] == [0.5]


def test_without_the_library_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ranking.check_installed()
    monkeypatch.setattr(ranking, "_LIBRARY", "no_such_library_at_all")
    with pytest.raises(UsageError, match=r"pip install 'mehealth-rag\[eval\]'"):
        ranking.check_installed()
