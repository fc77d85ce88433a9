"""What speaks against an answer: a figure of another year, hours that stand nowhere."""

from __future__ import annotations

import pytest

from mehealth_rag.answering.doubts import NO_CONTACT, WRONG_YEAR, doubts
from mehealth_rag.questions import analyse
from tests.answering.made_pages import candidate_with

SAID = "Some 240 visitors came in 2016."


class Words:
    """Statistics of an index in which every word stands somewhere."""

    passage_count = 9

    def document_frequency(self, _: str) -> int:
        return 3


def against(question: str, said: str, title: str = "yearbook") -> float:
    best = candidate_with("visitors", said, title)
    return doubts(analyse(question), [best], Words(), lambda *_: 1.0)


@pytest.mark.parametrize(
    ("question", "said", "title", "doubted"),
    [
        ("How many visitors came in 2014?", SAID, "yearbook", True),
        ("How many visitors came in 2016?", SAID, "yearbook", False),
        ("How many visitors came?", SAID, "yearbook", False),
        ("How many visitors came in 2014?", SAID, "yearbook-2014", False),
        ("Who came in 2014?", SAID, "yearbook", False),
        ("How many visitors came in 2014?", "Some 240 visitors came.", "yearbook-2016", True),
        ("How many visitors came in 2015?", "Some 240 visitors came.", "yearbook-2016", False),
        ("How many visitors came in 2014?", "Some 240 visitors came.", "yearbook", False),
        (
            "How many visitors came in 2014?",
            "In 2014 it rained. In 2015 came 90 visitors.",
            "y",
            True,
        ),
        (
            "How many visitors came in 2014?",
            "In 2014 it rained. Only 90 visitors came.",
            "y",
            False,
        ),
    ],
)
def test_a_figure_of_another_year(question: str, said: str, title: str, doubted: bool) -> None:
    assert (against(question, said, title) >= WRONG_YEAR) is doubted


@pytest.mark.parametrize(
    ("said", "doubted"),
    [
        ("The baths for visitors stand in Mill Lane.", True),
        ("The baths let visitors in from 7.30 to noon.", False),
        ("Visitors: the baths are closed on Sundays.", False),
    ],
)
def test_hours_are_asked_for(said: str, doubted: bool) -> None:
    best = candidate_with("isitors", said)
    found = doubts(
        analyse("What are the opening hours of the baths?"), [best], Words(), lambda *_: 1.0
    )
    assert (found >= NO_CONTACT) is doubted
