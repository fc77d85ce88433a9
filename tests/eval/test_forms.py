"""Forms of words: whole words and whole figures, the longer form deciding."""

from __future__ import annotations

import pytest

from mehealth_eval.forms import first_words, match_forms, plain, word_count


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("26 billion", "It generates **£26 billion** each year [1]."),
        ("£26 billion", "worth £26 billion."),
        ("UK's largest", "the UK’s largest unit"),
        ("well-known", "a well–known unit"),
        ("20%", "over 20 % of students"),
        ("Local Enterprise Partnership", "of the local enterprise partnerships"),
        ("Chair, Midlands", "**Director and Chair**, **Midlands**"),
        ("five", "Five core strengths"),
        ("twenty", "twenty of them"),
        ("midlandsengine.org/newsletter", "see https://www.midlandsengine.org/newsletter-sign-up"),
        ("1,200", "1,200, and more"),
        ("first find", "a ﬁrst ﬁnd"),
    ],
)
def test_a_form_is_found_however_it_is_set(form: str, text: str) -> None:
    assert match_forms(text, [[form]]).facts == (True,)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("26 billion", "126 billion"),
        ("6 billion", "1.6 billion"),
        ("26", "26.5 metres"),
        ("200", "1,200 firms"),
        ("1", "as the guide says [1]"),
        ("10", "10 million people"),
        ("10 million", "110 million people"),
        ("seven", "twenty-seven schools"),
        ("seven", "seven hundred schools"),
        ("twenty", "twenty-five schools"),
        ("five", "fivefold"),
        ("art", "the start of it"),
        ("as", "ass"),
        ("Centre", "Centred on"),
        ("two", "twofold"),
        ("", "anything"),
        ("**", "anything"),
    ],
)
def test_a_part_of_a_word_or_figure_is_no_find(form: str, text: str) -> None:
    assert match_forms(text, [[form]]).facts == (False,)


def test_of_an_accepted_and_a_forbidden_form_the_longer_decides() -> None:
    facts = [["two of the three"]]
    assert match_forms("Two of the three trusts.", facts, ["three"]).forbidden == ()
    assert match_forms("Two of the three; all three.", facts, ["three"]).forbidden == ("three",)
    found = match_forms("seven of the nine", [["seven"]], ["seven of the nine"])
    assert (found.facts, found.forbidden) == ((False,), ("seven of the nine",))
    both = match_forms("seven, or seven of the nine", [["seven"]], ["seven of the nine"])
    assert (both.facts, both.forbidden) == ((True,), ("seven of the nine",))
    apart = match_forms("It is 42 metres, or 45 metres, tall.", [["42 metres"]], ["45 metres"])
    assert (apart.facts, apart.forbidden) == ((True,), ("45 metres",))


def test_each_fact_is_told_on_its_own() -> None:
    found = match_forms("walkers and dogs", [["walkers"], ["bicycles"], ["dogs", "hounds"]])
    assert found.facts == (True, False, True)


def test_words_are_counted_without_marks_and_bullets() -> None:
    assert word_count("- **two** words [1]\n• and 3 [2][3]") == 4
    assert first_words("one **two** [1] three four", 3) == "one two three"
    assert plain(" A\u00a0B \n–  “c” ") == 'a b - "c"'
