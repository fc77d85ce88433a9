from __future__ import annotations

import pytest

from mehealth_rag.language.asking import asking
from mehealth_rag.questions import Wanted, analyse


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("When ships are late, who pays?", "who pays?"),
        ("Where the rivers meet, what stands?", "what stands?"),
        ("When was it built?", "When was it built?"),
        ("Where is the customs house?", "Where is the customs house?"),
        ("What is it called when a ship turns?", "What is it called _ a ship turns?"),
        ("What is the name of the man who built it?", "What is the name of the man _ built it?"),
        ("Which rival of Captain Who is a pilot?", "Which rival of Captain _ is a pilot?"),
        ("Who owns it and when was it built?", "Who owns it and when was it built?"),
        ("tell me when the lighthouse opened", "tell me when the lighthouse opened"),
        ("Tell me about the pier.", "Tell me about the pier."),
        ("WHO BUILT IT?", "WHO BUILT IT?"),
    ],
)
def test_only_the_words_that_ask_stay(question: str, expected: str) -> None:
    assert asking(question) == expected


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What bird is seen when the ships come in?", Wanted.NAME),
        ("When ships are late, who pays?", Wanted.PERSON),
        ("How much water does the dock hold?", Wanted.COUNT),
        ("How much deeper is the new dock?", Wanted.COUNT),
        ("How much did the city spend on the dock?", Wanted.MONEY),
        ("Which firm agreed to the revenue terms?", Wanted.NAME),
        ("What is the name of the woman who runs the port?", Wanted.PERSON),
    ],
)
def test_clauses_do_not_decide_the_kind_of_answer(question: str, wanted: Wanted) -> None:
    assert analyse(question).wanted is wanted
