from __future__ import annotations

import pytest

from mehealth_rag.followups import stand_alone

LIGHTHOUSE = ("How tall is the North Pier lighthouse?", "It is 42 metres tall [1].")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("And how tall is it?", "How tall is the North Pier lighthouse?"),
        ("who built it?", "Who built the North Pier lighthouse?"),
        ("And what does it cost?", "What does the North Pier lighthouse cost?"),
        ("where is that?", "Where is the North Pier lighthouse?"),
        ("who pays for it?", "Who pays for the North Pier lighthouse?"),
        ("When was that built?", "When was the North Pier lighthouse built?"),
        ("how many people work there?", "How many people work at the North Pier lighthouse?"),
        ("and its keeper?", "The North Pier lighthouse's keeper?"),
        ("what about the South Pier?", "How tall is the South Pier lighthouse?"),
        ("No, I meant the South Pier", "How tall is the South Pier lighthouse?"),
        ("How much did the latter cost?", "How much did the North Pier lighthouse cost?"),
    ],
)
def test_what_is_left_out_comes_from_the_turn_before(question: str, expected: str) -> None:
    assert stand_alone(question, [LIGHTHOUSE]).text == expected


@pytest.mark.parametrize(
    "question",
    [
        "What is the population of Leeds?",
        "Is there a car park?",
        "How many visitors came to the museum in 2020?",
        "Who runs the ferry and where does it stop?",
        "Which harbours have a pilot that speaks Dutch?",
    ],
)
def test_a_whole_question_drags_nothing_along(question: str) -> None:
    assert stand_alone(question, [LIGHTHOUSE]).text == question


def test_a_counted_noun_is_replaced_by_another() -> None:
    history = [("how many fishing boats are there", "There are 12 fishing boats [1].")]
    assert stand_alone("and ferries?", history).text == "how many ferries are there"


def test_the_thread_is_followed_over_several_turns() -> None:
    history = [LIGHTHOUSE, ("and the South Pier?", "That one is 30 metres tall [1].")]
    assert stand_alone("who built it?", history).text == "Who built the South Pier lighthouse?"


def test_a_refused_answer_is_asked_again_without_it() -> None:
    again = stand_alone("no, the other one", [LIGHTHOUSE])
    assert again.text == LIGHTHOUSE[0]
    assert again.avoid == LIGHTHOUSE[1]


def test_without_history_nothing_changes() -> None:
    assert stand_alone("And how tall is it?", []).text == "And how tall is it?"
