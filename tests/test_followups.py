from __future__ import annotations

import pytest

from mehealth_rag.followups import stand_alone
from mehealth_rag.language.casing import as_written

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


@pytest.mark.parametrize(
    ("question", "leans"),
    [
        ("who built it?", True),
        ("and its keeper?", True),
        ("and the car park of the museum in Leeds?", True),
        ("what about the South Pier?", True),
        ("no, the other one", True),
        ("Who is she?", True),
        ("Is there a car park?", True),
        ("How much did the lighthouse cost the town in 1871?", True),
        ("What is the population of Leeds?", False),
        ("How tall is the South Pier tower?", False),
        ("How many visitors came to the museum in 2020?", False),
    ],
)
def test_a_question_leans_unless_it_surely_stands_alone(question: str, *, leans: bool) -> None:
    assert stand_alone(question, [LIGHTHOUSE]).leans is leans
    assert not stand_alone(question, []).leans


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


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        # what stands before a noun, for what stands before it
        (
            "Who runs the Ports and Ferries board?",
            "and the music one?",
            "Who runs the music board?",
        ),
        (
            "Who leads the brass band in Elm?",
            "and the string one?",
            "Who leads the string band in Elm?",
        ),
        (
            "When was the bridge at Elm opened?",
            "and the one at Larch?",
            "When was the bridge at Larch opened?",
        ),
        (
            "What does the Elm Roof Fund pay?",
            "and the one for boats?",
            "What does the fund for boats pay?",
        ),
        (
            "Since when has Elm's mill been closed?",
            "I meant the wind one",
            "Since when has Elm's wind mill been closed?",
        ),
        (
            "How big was the loan?",
            "no, I meant the loan for boats",
            "How big was the loan for boats?",
        ),
        (
            "How big was the loan for sheds in the spring?",
            "I meant the loan for boats",
            "How big was the loan for boats in the spring?",
        ),
        ("How many boats have sails?", "and ferries?", "How many ferries have sails?"),
        # a name for a name, whole
        (
            "How many nests of Puffinus mauretanicus are there?",
            "and Uria aalge?",
            "How many nests of Uria aalge are there?",
        ),
        (
            "How many beds does the Maple wing have?",
            "and Oak?",
            "How many beds does the Oak wing have?",
        ),
        (
            "Who is the keeper of Elm Light?",
            "and Larch Light's?",
            "Who is the keeper of Larch Light?",
        ),
        (
            "Who is the keeper of Elm Light?",
            "and of Larch Light?",
            "Who is the keeper of Larch Light?",
        ),
        # likes with an article, a number or a preposition
        ("What does a season ticket cost?", "and a day ticket?", "What does a day ticket cost?"),
        (
            "What are the opening hours of the library?",
            "and the museum?",
            "What are the opening hours of the museum?",
        ),
        (
            "How many trains run on the Coast Line?",
            "and buses?",
            "How many buses run on the Coast Line?",
        ),
        (
            "How is a boat licensed?",
            "and if it has no engine?",
            "How is a boat licensed if it has no engine?",
        ),
    ],
)
def test_a_fragment_takes_the_place_of_its_like(earlier: str, question: str, expected: str) -> None:
    assert stand_alone(question, [(earlier, "")]).text == expected


def test_a_name_without_capitals_is_known_by_the_documents() -> None:
    history = [("How many beds does the Maple wing have?", "")]
    page = "In the west, Oak End has 20 beds."
    asked = stand_alone("and oak end?", history, written=lambda text: as_written(text, [page]))
    assert asked.text == "How many beds does the Oak End wing have?"


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (
            "How many boats came in 2019?",
            "and the year before that?",
            "How many boats came in 2018?",
        ),
        (
            "How many boats came in 2019/20?",
            "What about the previous year?",
            "How many boats came in 2018/19?",
        ),
        (
            "How many boats came in 2019?",
            "how many was it the year after?",
            "How many boats came in 2020?",
        ),
        (
            "How many boats came in 2019?",
            "what did the quay earn that year?",
            "What did the quay earn in 2019?",
        ),
        ("Who won?", "and in 2020?", "Who won in 2020?"),
    ],
)
def test_a_year_told_by_another_is_named(earlier: str, question: str, expected: str) -> None:
    assert stand_alone(question, [(earlier, "")]).text == expected


BOARD = ("Who is the clerk of the harbour?", "The clerk is Anna Bloom, telephone 12.")
MILL = ("Who bought the mill?", "The mill was bought by the Larch Water Trust.")
TRAINS = ("Which trains to Elm are late?", "Three of them.")


@pytest.mark.parametrize(
    ("turn", "question", "expected"),
    [
        (BOARD, "when did she join?", "When did Anna Bloom join?"),
        (BOARD, "and her deputy?", "Who is Anna Bloom's deputy?"),
        (BOARD, "since when has she had that post", "Since when has Anna Bloom had that post"),
        (MILL, "what did they pay for it?", "What did the Larch Water Trust pay for the mill?"),
        (
            MILL,
            "What rent does Elm Town pay them?",
            "What rent does Elm Town pay the Larch Water Trust?",
        ),
        (
            TRAINS,
            "Which of them have a bar?",
            "Which of the trains to Elm that are late have a bar?",
        ),
        (
            TRAINS,
            "how many are electric?",
            "How many of the trains to Elm that are late are electric?",
        ),
        (TRAINS, "who drives the one to Larch?", "Who drives the train to Larch?"),
        (
            ("Where is the Elm Light Centre?", ""),
            "How many of those are there?",
            "How many Elm Light Centres are there?",
        ),
        (
            ("When did the mill at Elm open?", ""),
            "how many jobs has that created there?",
            "How many jobs has the mill at Elm created?",
        ),
        (
            ("What happened to the mill?", "It burnt down [1]."),
            "when was this noticed?",
            "When was this noticed (It burnt down)?",
        ),
        (
            ("How old is the mill?", ""),
            "What about boats, are there plans for them?",
            "Are there plans for boats?",
        ),
        (("What is the size of the mill?", ""), "when was it built?", "When was the mill built?"),
        (
            ("What is the Summer Race?", ""),
            "how many joined in 2019?",
            "How many joined in 2019 (the Summer Race)?",
        ),
    ],
)
def test_what_a_pronoun_stands_for(turn: tuple[str, str], question: str, expected: str) -> None:
    assert stand_alone(question, [turn]).text == expected


def test_a_person_that_no_turn_names_is_not_made_up() -> None:
    history = [("Where is the harbour of Elm?", "In the north.")]
    assert stand_alone("when did she join?", history).text == "when did she join?"
