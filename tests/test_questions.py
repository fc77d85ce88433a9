from __future__ import annotations

import pytest

from mehealth_rag.answering.questions import Wanted, analyse
from mehealth_rag.language.words import stem


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
        ("Where is the customs house?", Wanted.NAME),
        ("Which city is the harbour in?", Wanted.NAME),
        ("What are the main cargoes?", Wanted.GENERAL),
        ("List all the piers.", Wanted.GENERAL),
        ("What is a bollard?", Wanted.GENERAL),
        ("What does RNLI stand for?", Wanted.GENERAL),
        ("RNLI - what is its full name?", Wanted.GENERAL),
        ("How much time do pilots need?", Wanted.COUNT),
        ("Who was Count of Northby?", Wanted.PERSON),
        ("Is the harbour on Twitter?", Wanted.LINK),
        ("Why was the pier closed?", Wanted.GENERAL),
        ("How do pilots board a ship?", Wanted.GENERAL),
        ("Is the harbour deep enough for tankers?", Wanted.YES_NO),
        ("Does it have a dry dock?", Wanted.YES_NO),
        ("Where can I download the tide tables?", Wanted.LINK),
        ("Is there a web page about the regatta?", Wanted.LINK),
        ("Which company runs the ferries?", Wanted.NAME),
        ("Tell me about the breakwater.", Wanted.GENERAL),
        ("Steps that a captain goes through before leaving", Wanted.GENERAL),
        ("Could you visit the lighthouse in winter?", Wanted.YES_NO),
    ],
)
def test_the_kind_of_answer_that_is_wanted(question: str, wanted: Wanted) -> None:
    assert analyse(question).wanted is wanted


def test_the_focus_is_the_noun_that_is_counted() -> None:
    assert analyse("How many fishing boats are registered?").focus == stem("boats")


def test_the_subject_leaves_out_words_of_asking_and_repeats() -> None:
    subject = analyse("Please tell me about the harbour: what harbour dues are there?").subject
    assert subject == (stem("harbour"), stem("dues"))


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
