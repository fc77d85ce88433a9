"""Statements made from written sentences: near to the text and true, or wrong in one value."""

from __future__ import annotations

import random

from training.augment import answered, as_claimed, copied, lie_of

SENTENCE = "The ferry opened in 1994, and it carries 310,000 people a year to Port Ellan."


def lies(statement: str, *sentences: str) -> dict[str, str]:
    found = (lie_of(statement, sentences, random.Random(n)) for n in range(40))
    return {lie.text: lie.verdict for lie in found if lie}


def test_a_sentence_is_copied_whole_or_its_first_clause_is_unless_it_is_too_short() -> None:
    made = {copied(SENTENCE, random.Random(n)) for n in range(40)}
    assert made == {SENTENCE, "The ferry opened in 1994."}
    assert copied("Closed on Mondays", random.Random(1)) == ""


def test_a_lie_has_one_figure_of_the_text_or_one_near_by() -> None:
    made = lies("It opened in 1994.", SENTENCE, "The pier is of 1961.")
    assert "It opened in 1961." in made
    assert set(made.values()) == {"contradicted"}
    assert all(text.startswith("It opened in ") and "1994" not in text for text in made)


def test_another_name_of_the_text_is_not_carried_though_perhaps_not_denied() -> None:
    made = lies("Boats go to Port Ellan.", SENTENCE, "The office is in Saint Brannock.")
    assert made == {"Boats go to Saint Brannock.": "not_supported"}


def test_a_sense_is_turned_round_by_a_denial_put_in_or_taken_out() -> None:
    assert lies("Dogs are carried free.") == {"Dogs are not carried free.": "contradicted"}
    assert lies("Dogs are not carried.") == {"Dogs are carried.": "contradicted"}
    assert lies("Dogs travel free.") == {}


def test_a_question_for_yes_or_no_is_a_statement_that_its_answer_decides() -> None:
    assert as_claimed("Is it open on Sundays?")
    assert not as_claimed("Which day is it open?")
    assert answered("Yes, from noon.") == "supported"
    assert answered("No, it is closed.") == "contradicted"
    assert answered("From noon.") is None
