"""Ranking measures by page, against values computed by hand."""

from __future__ import annotations

import pytest

from mehealth_eval import ranking
from mehealth_rag.errors import UsageError

A, B, C, D = ("a", 1), ("a", 2), ("b", 1), ("b", 2)


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
