"""Statements typed into the chat: told from questions, and answered with their verdict."""

from __future__ import annotations

import json

import pytest

from mehealth_eval.statements import CLAIMS, QUESTIONS, statements
from mehealth_rag.assistant import Assistant
from mehealth_rag.checking.statements import is_statement
from mehealth_rag.serialise import answer_json
from mehealth_rag.types import Status, VerdictKind
from tests.answering.told import told


@pytest.mark.parametrize(
    "text",
    [
        "There are eight medical schools.",
        "there are eight medical schools",
        "The Midlands has eight medical schools",
        "MedTech generates £2 billion a year.",
        "Seven medical schools produce over 20% of the UK's medical students.",
        "The tower was opened in 1931 by the mayor of Larkfield.",
        "The firm started with fewer than a dozen cheeses.",
        "The lighthouse was lit in 1871. It is 42 metres tall.",
        "In 2020 the ferry was sold to a bank!",
    ],
)
def test_a_sentence_with_a_subject_and_a_verb_is_a_statement(text: str) -> None:
    assert is_statement(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tell me about the ferry.",
        "medical schools",
        "Medical schools in the Midlands.",
        "number of jobs",
        "Number of homes affected.",
        "Companies based in the Midlands.",
        "I'd like to know the price.",
        "The board would like to see the price of a ticket.",
        "I run a deli in Hallbeck. What day does the van come?",
        "The ferry is free. Is that so?",
        "The ferry is free, isn't it",
        "The ferry leaves at noon, right?",
        "It is 42 metres tall.",
        "And the ferry runs every hour.",
        "The price, please.",
        "Name the woman who runs it.",
        "The woman who took over the ferry.",
        "The fee the council takes.",
        "the lantern - what is it",
        "DMC is short for",
        "Thanks, that was helpful.",
        "Ferries to the island, and how often they run.",
    ],
)
def test_everything_else_is_a_question(text: str) -> None:
    assert not is_statement(text)


def test_no_written_question_is_taken_for_a_statement_and_most_claims_are() -> None:
    for pattern in QUESTIONS:
        taken, of = statements(pattern, claims=False)
        assert of > 200, pattern
        assert taken == [], pattern
    for pattern in CLAIMS:
        taken, of = statements(pattern, claims=True)
        assert len(taken) > 0.8 * of, pattern


def test_a_statement_gets_its_verdict_as_an_answer(harbour: Assistant) -> None:
    answer = told(harbour, denied=["tall"]).ask("The lighthouse is 45 metres tall.")
    assert answer.verdict is VerdictKind.CONTRADICTED
    assert answer.status is Status.ANSWERED
    assert answer.engine == "extractive"
    (statement,) = answer.statements
    assert statement.text.startswith("Contradicted: The documents say 42 metres, not 45 metres")
    assert answer.answer == f"{statement.text} [1]."
    assert statement.citations == tuple(c.number for c in answer.citations) == (1,)
    assert json.loads(json.dumps(answer_json(answer)))["verdict"] == "contradicted"


def test_a_question_has_no_verdict(harbour: Assistant) -> None:
    answer = told(harbour, "42 metres").ask("How tall is the lighthouse?")
    assert answer.verdict is None
    assert "42 metres" in answer.answer


def test_a_statement_that_nothing_decides_is_not_found_with_the_nearest(harbour: Assistant) -> None:
    answer = told(harbour).ask("Bananas are yellow.")
    assert (answer.verdict, answer.status) == (VerdictKind.NOT_FOUND, Status.NOT_FOUND)
    assert answer.statements == answer.citations == ()
    assert answer.answer == "The documents do not say."


def test_several_statements_are_listed_each_with_its_own_verdict(harbour: Assistant) -> None:
    answer = told(harbour, "tall", "ticket").ask(
        "The lighthouse is 42 metres tall. A return ticket costs £12."
    )
    assert answer.verdict is VerdictKind.SUPPORTED
    assert len(answer.statements) == 2
    assert answer.answer.startswith("- “The lighthouse is 42 metres tall.” Supported: ")
    assert all(s.citations for s in answer.statements)


def test_a_statement_that_follows_on_stays_a_question(harbour: Assistant) -> None:
    history = [("How tall is the lighthouse?", "It is 42 metres tall [1].")]
    answer = told(harbour, "42 metres").ask("That one is 45 metres tall.", history)
    assert answer.verdict is None
