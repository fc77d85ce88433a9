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
    assert values["success@1"] == [0, 1, 0]
    assert values["success@3"] == [1, 1, 0]
    assert values["mrr@1"] == [0, 1, 0]
    assert values["mrr@10"] == [0.5, 1, 0]
    assert ranking.means(values)["mrr@3"] == pytest.approx(0.5)


def test_a_page_that_comes_again_takes_a_place_and_is_no_second_find() -> None:
    right = {"q": frozenset({A, B})}
    values = ranking.measures(right, {"q": [A, A, A, B]})
    assert values["recall@3"] == [0.5]
    assert values["recall@5"] == [1]


def test_what_stands_after_the_cut_does_not_count() -> None:
    values = ranking.measures({"q": frozenset({A})}, {"q": [B, C, D, A]})
    assert (values["mrr@3"], values["mrr@5"]) == ([0], [0.25])


def test_ten_places_keep_their_order() -> None:
    places = [("z", n) for n in range(9)] + [A]
    values = ranking.measures({"q": frozenset({A})}, {"q": places})
    assert values["mrr@10"] == [pytest.approx(0.1)]
    assert values["success@5"] == [0]


def test_documents_of_like_names_are_kept_apart() -> None:
    values = ranking.measures({"q": frozenset({("a 1", 2)})}, {"q": [("a", 12), ("a 1", 2)]})
    assert values["mrr@10"] == [0.5]


def test_nothing_ranked_has_no_mean() -> None:
    assert set(ranking.means({}).values()) == {None}


def test_without_the_library_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ranking.check_installed()
    monkeypatch.setattr(ranking, "_LIBRARY", "no_such_library_at_all")
    with pytest.raises(UsageError, match=r"pip install 'mehealth-rag\[eval\]'"):
        ranking.check_installed()
