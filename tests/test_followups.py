"""What a user sees of how a follow-up was understood, and what is searched for."""

from __future__ import annotations

import pytest

from mehealth_rag.followups import stand_alone

LIGHTHOUSE = ("How tall is the North Pier lighthouse?", "It is 42 metres tall [1].")
BOARD = ("Who is the clerk of the harbour?", "The clerk is Anna Bloom, telephone 12.")


@pytest.mark.parametrize(
    ("turn", "question", "shown"),
    [
        (LIGHTHOUSE, "And how tall is it?", "How tall is the North Pier lighthouse?"),
        (("How tall is the lighthouse on the North Pier?", ""), "When was it lit?",
         "When was the lighthouse on the North Pier lit?"),
        (("When was the mill built?", ""), "and who owns it?", "Who owns the mill?"),
        (LIGHTHOUSE, "who built it?", "Who built the North Pier lighthouse?"),
        (LIGHTHOUSE, "And what does it cost?", "What does the North Pier lighthouse cost?"),
        (LIGHTHOUSE, "what about the South Pier?", "How tall is the South Pier lighthouse?"),
        (LIGHTHOUSE, "No, I meant the South Pier", "How tall is the South Pier lighthouse?"),
        (BOARD, "when did she join?", "When did Anna Bloom join?"),
        (("Who is Ann Orr?", "The pilot."), "where is her boat?", "Where is Ann Orr's boat?"),
        (("When does the Elm Fair open?", ""), "what does it cost", "What does the Elm Fair cost"),
        (("How big is the Maple wing?", ""), "and Oak?", "How big is the Oak wing?"),
        (("Who is the keeper of the Elm Light?", ""), "and of Larch Light?",
         "Who is the keeper of Larch Light?"),
        (("How many boats came in 2019?", ""), "and in 2020?", "How many boats came in 2020?"),
    ],
)  # fmt: skip
def test_a_sure_follow_up_is_shown_as_one_question(
    turn: tuple[str, str], question: str, shown: str
) -> None:
    asked = stand_alone(question, [turn])
    assert asked.text == shown
    assert asked.is_follow_up


@pytest.mark.parametrize(
    ("earlier", "answer", "question"),
    [
        ("How tall is the North Pier lighthouse?", "", "Tell me more"),
        ("How tall is the North Pier lighthouse?", "", "and in the UK?"),
        ("How tall is the North Pier lighthouse?", "", "how long does it take to climb it?"),
        ("How tall is the North Pier lighthouse?", "", "no, the other one"),
        ("What is the rent of the quay?", "", "is it negotiable?"),  # the rent or the quay
        ("Who is the keeper of Elm Light?", "", "how old is it?"),
        ("Which boat does the harbour want?", "", "what would it cost?"),
        ("How was the mill paid for at the start?", "", "who gave it?"),
        ("What was stolen in September?", "", "how much was it worth?"),
        ("What joins Elm Quay and Larch Mill?", "", "how old is it?"),
        ("Who leads Larch Water?", "Ann Orr and Tom Pell.", "where does she live?"),
        ("Where is the harbour of Elm?", "In the north.", "when did she join?"),
        ("Which trains are late?", "Three of them.", "and buses?"),
    ],
)
def test_in_doubt_it_is_shown_as_it_was_typed(earlier: str, answer: str, question: str) -> None:
    asked = stand_alone(question, [(earlier, answer)])
    assert asked.text == question
    assert asked.is_follow_up


@pytest.mark.parametrize(
    "question",
    [
        "What is the population of Leeds?",
        "How many visitors came to the museum in 2020?",
        "Which harbours have a pilot that speaks Dutch?",
        "How tall is the South Pier tower?",
        "Is there a car park?",
        "How much did the lighthouse cost the town in 1871?",
        "In which year did the town burn?",
        "opening hours",
        "Are there boats that sail in winter?",
        "how many cranes are there?",
    ],
)
def test_a_whole_question_drags_nothing_along(question: str) -> None:
    asked = stand_alone(question, [LIGHTHOUSE])
    assert (asked.text, asked.search, asked.is_follow_up) == (question, question, False)


@pytest.mark.parametrize(
    "question",
    [
        "and its keeper?",
        "and the car park of the museum in Leeds?",
        "Who is she?",
        "for small children?",
        "where exactly?",
        "what would that do for sailors?",
        "how many people work there",
        "phone number as well?",
    ],
)
def test_a_question_leans_that_goes_on_points_back_or_has_no_subject(question: str) -> None:
    assert stand_alone(question, [LIGHTHOUSE]).is_follow_up
    assert not stand_alone(question, []).is_follow_up


def test_the_thread_is_followed_over_several_turns() -> None:
    history = [LIGHTHOUSE, ("and the South Pier?", "That one is 30 metres tall [1].")]
    assert stand_alone("who built it?", history).text == "Who built the South Pier lighthouse?"


def test_without_history_nothing_changes() -> None:
    asked = stand_alone("And how tall is it?", [])
    assert (asked.text, asked.search) == ("And how tall is it?", "And how tall is it?")
