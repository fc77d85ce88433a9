from __future__ import annotations

import pytest

from mehealth_rag.answering.parts import parts
from mehealth_rag.language.words import stem
from mehealth_rag.questions import Wanted, analyse


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("How many ships call at the harbour?", Wanted.COUNT),
        ("number of berths?", Wanted.COUNT),
        ("How much does the crane cost?", Wanted.MONEY),
        ("what is the harbour's annual revenue", Wanted.MONEY),
        ("how expensive was the pier", Wanted.MONEY),
        ("What percentage of ships are tankers?", Wanted.PERCENT),
        ("By how much per cent did traffic grow?", Wanted.PERCENT),
        ("When was the lighthouse lit?", Wanted.DATE),
        ("which year did the dock open", Wanted.DATE),
        ("Who built the lighthouse?", Wanted.PERSON),
        ("Where is the customs house?", Wanted.PLACE),
        ("Which city is the harbour in?", Wanted.PLACE),
        ("What are the main cargoes?", Wanted.LIST),
        ("List all the piers.", Wanted.LIST),
        ("What is a bollard?", Wanted.DEFINITION),
        ("What does RNLI stand for?", Wanted.DEFINITION),
        ("RNLI - what is its full name?", Wanted.DEFINITION),
        ("How much time do pilots need?", Wanted.COUNT),
        ("Who was Count of Northby?", Wanted.PERSON),
        ("Is the harbour on Twitter?", Wanted.LINK),
        ("Why was the pier closed?", Wanted.REASON),
        ("How do pilots board a ship?", Wanted.MANNER),
        ("Is the harbour deep enough for tankers?", Wanted.YES_NO),
        ("Does it have a dry dock?", Wanted.YES_NO),
        ("Where can I download the tide tables?", Wanted.LINK),
        ("Is there a web page about the regatta?", Wanted.LINK),
        ("Which company runs the ferries?", Wanted.NAME),
        ("Tell me about the breakwater.", Wanted.GENERAL),
        ("Could you list the piers that are open?", Wanted.LIST),
        ("Name some ships that were bought with a grant.", Wanted.LIST),
        ("Steps that a captain goes through before leaving", Wanted.LIST),
        ("Could you visit the lighthouse in winter?", Wanted.YES_NO),
    ],
)
def test_the_kind_of_answer_that_is_wanted(question: str, wanted: Wanted) -> None:
    assert analyse(question).wanted is wanted


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Which ferry lines call at the pier?", True),
        ("What goals does the plan lay down?", True),
        ("who are the members of the board", True),
        ("Please set out the stages of a voyage.", True),
        ("Which firm builds the boats?", False),
        ("What happens at low tide?", False),
        ("Please explain what the Harbour Terms are.", False),
        ("How many ships call at the harbour?", False),
    ],
)
def test_whether_several_things_are_asked_for(question: str, several: bool) -> None:
    assert analyse(question).several is several


def test_the_focus_is_the_noun_that_is_counted() -> None:
    assert analyse("How many fishing boats are registered?").focus == stem("boats")


def test_the_subject_leaves_out_words_of_asking_and_repeats() -> None:
    subject = analyse("Please tell me about the harbour: what harbour dues are there?").subject
    assert subject == (stem("harbour"), stem("dues"))


def test_acronyms_bring_their_expansions() -> None:
    assert analyse("What is the NPL?", {"npl": "north pier lighthouse"}).expansions == (
        "north pier lighthouse",
    )


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How tall is the lighthouse?", ("How tall is the lighthouse?",)),
        (
            "Who owns the harbour and when was it built?",
            ("Who owns the harbour", "When was the harbour built?"),
        ),
        (
            "How deep is the dock? And who dredges it?",
            ("How deep is the dock?", "Who dredges the dock?"),
        ),
        ("What do pilots and tugs do?", ("What do pilots and tugs do?",)),
    ],
)
def test_double_questions_are_divided(question: str, expected: tuple[str, ...]) -> None:
    assert parts(question) == expected


@pytest.mark.parametrize(
    ("question", "focus"),
    [
        ("How many of the harbour's fishing boats are new?", "boats"),
        ("Which of the piers is the oldest?", "piers"),
        ("How many berths are there?", "berths"),
    ],
)
def test_what_is_asked_for_is_told_from_whose_it_is(question: str, focus: str) -> None:
    assert analyse(question).focus == stem(focus)
