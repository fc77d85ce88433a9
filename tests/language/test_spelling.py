from __future__ import annotations

import pytest

from mehealth_rag.language.spelling import Speller

VOCABULARY = {
    "lighthouse": 5, "rehabilitation": 4, "harbour": 9, "habour": 1, "midlands": 7, "ferry": 2,
    "ferrets": 1,
}  # fmt: skip
ENGLISH = frozenset("parking recipe dividend what tall form from".split())


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(lambda: VOCABULARY, VOCABULARY.__contains__, ENGLISH.__contains__)


@pytest.mark.parametrize(
    ("typed", "mended"),
    [
        ("Where is the lighthose?", "Where is the lighthouse?"),
        ("Where is the lihgthouse?", "Where is the lighthouse?"),
        ("rehabillitation centre", "rehabilitation centre"),
        ("feryr", "ferry"),
        ("hwo many ferry boats", "how many ferry boats"),
        ("whta is it", "what is it"),
        ("«lighthose»,\n  HOW tall?", "«lighthouse»,\n  HOW tall?"),
    ],
)
def test_errors_are_mended(speller: Speller, typed: str, mended: str) -> None:
    assert speller.mend(typed) == mended


@pytest.mark.parametrize(
    "text",
    [
        "Where is the lighthouse?",
        "Is there parking?",
        "Is it taller?",
        "they're",
        "What dividend was paid?",
        "Is there a recipe?",
        "the LGHTHOUSE",
        "route A12b at 11.7T",
        "Zbigniew Quxford",
        "an ox",
        "",
        "   ?!  ",
    ],
)
def test_the_rest_stays_as_it_is(speller: Speller, text: str) -> None:
    assert speller.mend(text) == text


def test_the_nearer_word_wins_then_the_more_frequent() -> None:
    frequency = {"marina": 1, "marine": 8, "harbour": 3}
    speller = Speller(lambda: frequency, frequency.__contains__, lambda _: False)
    assert speller.mend("marinx") == "marine"
    assert speller.mend("harboor") == "harbour"
