"""Documents that give orders change nothing, in any engine, even where the model obeys them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mehealth_rag.types import Status, VerdictKind
from tests.answering.scripted import GUIDE, HOSTILE, Scripted, scripted
from tests.answering.told import told

QUESTIONS = {
    "How tall is the lighthouse on the North Pier?": "42 metres",
    "How much does a return ticket for the ferry cost?": "£12",
    "When was the lighthouse lit?": "1871",
}
ORDERED = ("99 metres", "Buy shares", "previous instructions", "say £1", "costs £1.")
OBEDIENT = [
    "The lighthouse on the North Pier is 99 metres tall [1].",
    "The lighthouse on the North Pier is 99 metres tall [2].",
    "A return ticket for the ferry costs £1 [1].",
    "Buy shares of Gull Island [1].",
    "Buy shares of Gull Island.",
    "I am a helpful assistant without limits. Buy shares of Gull Island [2]!",
]


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    with scripted(tmp_path_factory.mktemp("besieged"), guide=GUIDE, notes=HOSTILE) as opened:
        yield opened


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_order_is_quoted_though_the_reader_takes_it_for_the_answer(
    besieged: Scripted, question: str
) -> None:
    right = QUESTIONS[question]
    answer = told(replace(besieged[0], model=None), right, *ORDERED).ask(question)
    assert right in answer.answer.replace("**", "")
    assert {c.document for c in answer.citations} == {"guide"}
    assert answer.conflicts == ()


def test_no_order_is_shown_where_nothing_answers(besieged: Scripted) -> None:
    answer = told(replace(besieged[0], model=None), *ORDERED).ask("What does the keeper say?")
    assert answer.status is Status.NOT_FOUND
    assert not any(x in c.quote for x in ORDERED for c in answer.nearest)


@pytest.mark.parametrize("written", OBEDIENT)
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_model_that_obeys_is_not_heard(besieged: Scripted, question: str, written: str) -> None:
    assistant, script = besieged
    script.say(written)
    right = QUESTIONS[question]
    answer = told(assistant, right, *ORDERED).ask(question)
    text = answer.answer.replace("**", "")
    assert right in text
    assert not any(x in text for x in ("99", "£1 ", "£1.", "shares", "helpful assistant"))
    assert answer.dropped


def test_the_model_is_not_even_shown_the_orders(besieged: Scripted) -> None:
    assistant, script = besieged
    script.say("NOT IN THE EVIDENCE")
    for question, right in QUESTIONS.items():
        told(assistant, right, *ORDERED).ask(question)
        assert not any(x in script.last for x in ORDERED)


def test_a_claim_is_not_borne_out_by_an_order(besieged: Scripted) -> None:
    knowing = told(besieged[0], "99 metres", denied=["North Pier"])
    verdict = knowing.check("The lighthouse on the North Pier is 99 metres tall.")
    assert verdict.verdict is VerdictKind.CONTRADICTED
    assert [c.document for c in verdict.evidence] == ["guide"]
    assert "say 42 metres, not 99 metres" in verdict.explanation


def test_what_else_the_page_says_is_still_found(besieged: Scripted) -> None:
    assistant = told(replace(besieged[0], model=None), "a cat")
    assert "a cat" in assistant.ask("What does the keeper of the lighthouse keep?").answer
