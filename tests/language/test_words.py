from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mehealth_rag.language.words import content_words, fold, is_content, stem, stems, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The North Pier", ["the", "north", "pier"]),
        ("R&D at 11.7T", ["r&d", "at", "11.7t"]),
        ("the U.S. market, e.g. cars", ["the", "us", "market", "eg", "cars"]),
        ("Café Zoë", ["cafe", "zoe"]),
        ("1,600,000 people", ["1600000", "people"]),
        ("don’t", ["don't"]),
        ("the children’s ward", ["the", "children", "ward"]),
        ("world-leading", ["world", "leading"]),
        ("snake_case", ["snake", "case"]),
        ("ﬁnance", ["finance"]),
        ("33,000¹ tonnes, 850 m²", ["33000", "1", "tonnes", "850", "m2"]),  # a mark, and a unit
        ("𝐏ier", ["pier"]),
        ("Pier to pier to PIER", ["pier", "to", "pier", "to", "pier"]),
        ("?!… –", []),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("lighthouse", True), ("7", True), ("the", False), ("which", False), ("x", False)],
)
def test_what_carries_a_subject(word: str, expected: bool) -> None:
    assert is_content(word) is expected


def test_content_words_leave_out_the_words_of_asking_nothing_else() -> None:
    assert content_words("How tall is the lighthouse of the North Pier?") == [
        "tall",
        "lighthouse",
        "north",
        "pier",
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("organized", "organised", True),
        ("organization", "organisation", True),
        ("analyzing", "analysing", True),
        ("center", "centre", True),
        ("centers", "centres", True),
        ("programs", "programmes", True),
        ("color", "colour", True),
        ("colors", "colours", True),
        ("tumors", "tumours", True),
        ("behaviors", "behaviours", True),
        ("size", "sise", False),
        ("prize", "price", False),
        ("harbour", "harvest", False),
    ],
)
def test_american_and_british_spellings_share_a_stem(one: str, other: str, *, same: bool) -> None:
    assert (stem(one) == stem(other)) is same


def test_stems_add_one_token_for_a_figure_however_it_is_spelled() -> None:
    for text in ("£1.6 billion", "£1.6bn", "1,600,000,000"):
        assert "=1600000000" in stems(text), text
    assert stems("Lighthouses stood") == [stem("lighthouses"), stem("stood")]
