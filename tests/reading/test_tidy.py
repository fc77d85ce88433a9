"""Characters, and words broken at a line's end."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mehealth_rag.reading.tidy import Vocabulary, clean, glue, with_ligatures

VOCABULARY = Vocabulary.of(
    [
        "an international name in collaboration",
        "world-class hospitals are leading the world",
        "pre-eminent care and a well-known, wellbeing health",
        "health care",
    ]
)


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        ("e\ufb03cient \ufb01rst \ufb02ow", "efficient first flow"),
        ("a\u00a0b\u2009c\u202fd\te", "a b c d e"),
        ("  much   room  ", "much room"),
        ("in\u00adside\u200b \ufefftext", "inside text"),
        ("bell\x07 and\x00 null", "bell and null"),
        ("stay: “curly” ‘quotes’ – — £ • …", "stay: “curly” ‘quotes’ – — £ • …"),
        ("a\ufffeb \x02c", "a-b -c"),
        ("5 \uf0b0C \uf0b10.2, \uf0b3 3 \uf0b4 4", "5 °C ±0.2, ≥ 3 × 4"),
        ("soft\u00ad", "soft\u00ad"),
        ("", ""),
        ("\u00ad", ""),
    ],
)
def test_clean(raw: str, tidy: str) -> None:
    assert clean(raw) == tidy


@given(st.text())
def test_clean_leaves_one_line_of_single_spaces_and_no_second_change(text: str) -> None:
    tidy = clean(text)
    assert "  " not in tidy
    assert tidy == tidy.strip(" ")
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", tidy)
    assert clean(tidy) == tidy


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        ("an inter-", "national name", "an international name"),
        ("a collabora-", "tion", "a collaboration"),
        ("with world-", "leading care", "with world-leading care"),
        ("a well-", "known name", "a well-known name"),
        ("their well-", "being", "their wellbeing"),
        ("pre-", "leading", "pre-leading"),
        ("pre-", "and post-war", "pre- and post-war"),
        ("from 2019-", "20 on", "from 2019-20 on"),
        ("Covid-", "19", "Covid-19"),
        ("state-of-the-", "art", "state-of-the-art"),
        ("an anglo-", "Saxon", "an anglo-Saxon"),
        ("unseenleft-", "unseenright", "unseenleftunseenright"),
        ("soft\u00ad", "ened", "softened"),
        ("a dash -", "no break", "a dash - no break"),
        ("regions—", "all of them", "regions—all of them"),
        ("and/", "or", "and/or"),
        ("plain", "words", "plain words"),
        ("end.", "Next", "end. Next"),
    ],
)
def test_glue(left: str, right: str, joined: str) -> None:
    start, between = glue(left, right, VOCABULARY)
    assert start + between + right == joined


@pytest.mark.parametrize(
    ("words", "left"),
    [("co-operate co-operate cooperate", "to co-"), ("co-operate cooperate cooperate", "to co")],
)
def test_the_more_frequent_spelling_wins(words: str, left: str) -> None:
    assert glue("to co-", "operate", Vocabulary.of([words]))[0] == left


def test_halves_left_by_a_break_are_no_words() -> None:
    assert Vocabulary.of(["an inter-", "national name"]).words.keys() == {"an", "name"}


@given(st.text(max_size=12), st.text(max_size=12))
def test_glue_loses_nothing_but_a_hyphen(left: str, right: str) -> None:
    left, right = clean(left), clean(right)
    start, between = glue(left, right, VOCABULARY)
    assert left.startswith(start)
    assert left[len(start) :] in ("", "-", "\u2010", "\u00ad")
    assert between in ("", " ")


@pytest.mark.parametrize("codes", ["\x1b\x1c\x1d\x1e\x1f", "\x0b\x0c\r\x0e\x0f"])
def test_bare_codes_of_tex_are_the_ligatures_that_are_drawn(codes: str) -> None:
    drawn = "The o3ce is on the 1rst 2oor.\r\nThe sta0 wa4e, which is su3cient for all of them."
    raw = re.sub(r"\d", lambda digit: codes[int(digit[0])], drawn)
    read = with_ligatures(raw)
    assert len(read) == len(raw)
    assert [clean(line) for line in read.split("\r\n")] == [
        "The office is on the first floor.",
        "The staff waffle, which is sufficient for all of them.",
    ]


@pytest.mark.parametrize(
    "raw",
    [
        "a bell\x07 and an o\x1ece, which is none",  # codes of another kind
        "\x1ca\x1cb\x1cc\x1dd",  # nonsense
        "one\r\ntwo \x1f three, and nothing beside it",
    ],
)
def test_other_control_characters_are_no_ligatures(raw: str) -> None:
    assert with_ligatures(raw) == raw
