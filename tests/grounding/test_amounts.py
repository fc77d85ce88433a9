"""Amounts: what a figure says, however it is written, and when one bears out another."""

from __future__ import annotations

from decimal import Decimal

import pytest

from mehealth_rag.grounding.amounts import Amount, agree, amounts, rivals


def one(text: str) -> Amount:
    found = amounts(text)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("claimed", "given"),
    [
        ("£3bn", "£3 billion"),
        ("£3,000 million", "£3 billion"),
        ("3 billion pounds", "£3bn"),
        ("seven ships", "7 ships"),
        ("a fifth of the boats", "20% of the boats"),
        ("one in five boats", "20 per cent of the boats"),
        ("half of the boats", "50% of the boats"),
        ("33,000 jobs", "over 33,000 jobs"),
        ("over 1,200 boats", "1,200 boats"),
        ("about 33,000 jobs", "33,214 jobs"),
        ("over 10 million people", "11 million people"),
        ("42 meters", "42 metres"),
        ("the 3rd pier", "the third pier"),
        ("1200 boats", "1,200 boats"),
    ],
)
def test_the_same_written_otherwise(claimed: str, given: str) -> None:
    assert agree(one(claimed), one(given))


@pytest.mark.parametrize(
    ("claimed", "given"),
    [
        ("£3 million", "£3 billion"),
        ("$3 billion", "£3 billion"),
        ("20 boats", "20% of the boats"),
        ("42 feet", "42 metres"),
        ("fewer than 33,000 jobs", "over 33,000 jobs"),
        ("over 10 million people", "9 million people"),
        ("over 10 million people", "40 million people"),
        ("about 33,000 jobs", "36,000 jobs"),
        ("33,000 jobs", "33,214 jobs"),
        ("the third pier", "3 piers"),
    ],
)
def test_what_is_not_the_same(claimed: str, given: str) -> None:
    assert not agree(one(claimed), one(given))


def test_a_limit_goes_both_ways() -> None:
    below = one("fewer than 100 boats")
    assert agree(below, one("90 boats"))
    assert not agree(below, one("100 boats"))


@pytest.mark.parametrize(
    "text", ["after Covid-19", "one of the boats", "the only one in the harbour", "page A-4"]
)
def test_no_figure(text: str) -> None:
    assert amounts(text) == ()


def test_a_limiting_word_belongs_to_its_figure_only() -> None:
    first, second = amounts("over 20 boats and about 5 ships")
    assert (first.bound, first.about, first.value) == (1, False, Decimal(20))
    assert (second.bound, second.about, second.value) == (0, True, Decimal(5))


def test_a_sum_is_no_rival_of_a_count() -> None:
    assert rivals(one("21 boats"), one("12 boats"))
    assert not rivals(one("21 boats"), one("£12"))
    assert not rivals(one("21 boats"), one("12% of the boats"))
    assert not rivals(one("21 boats"), one("in 1871"))
