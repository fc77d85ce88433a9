"""Near misses that are made of questions which are answered."""

from __future__ import annotations

import random

import pytest

from mehealth_rag.language import kinds
from mehealth_rag.language.figures import figures
from training.near_misses import borrowed, narrowed, redacted, thinned

BRIDGE = "The bridge at Yarrow was built in May 1904 by Ada Finch and cost £20,000."


def chance(seed: int = 1) -> random.Random:
    return random.Random(seed)


@pytest.mark.parametrize(
    ("question", "gone", "kept"),
    [
        ("When was the bridge built?", "1904", "Ada Finch"),
        ("How much money did the bridge cost?", "20,000", "Ada Finch"),
        ("Who built the bridge at Yarrow?", "Ada Finch", "Yarrow"),
    ],
)
def test_what_is_asked_for_is_taken_out_and_nothing_else(
    question: str, gone: str, kept: str
) -> None:
    text = redacted(question, BRIDGE, chance())
    assert text is not None
    assert gone not in text
    assert kept in text


def test_a_date_in_two_parts_goes_whole() -> None:
    text = redacted(
        "When did the ferry sail?", "The ferry sailed on May 4, 1931 at last.", chance()
    )
    assert text == "The ferry sailed at last."


def test_a_reason_goes_with_what_leads_to_it() -> None:
    sentence = "The kiln was put out, because the clay had run short; nobody lit it again."
    text = redacted("Why was the kiln put out?", sentence, chance())
    assert text == "The kiln was put out; nobody lit it again."


def test_what_cannot_be_told_is_not_made() -> None:
    assert redacted("Tell me about the bridge.", BRIDGE, chance()) is None
    assert redacted("When was it opened?", "It was opened by the mayor.", chance()) is None


def test_what_is_not_asked_for_may_go_and_the_answer_stays() -> None:
    texts = {thinned("When was the bridge built?", BRIDGE, chance(n)) for n in range(9)}
    assert texts - {BRIDGE}
    assert all(kinds.has_date(text) for text in texts)


def test_another_question_is_asked_of_the_passage_s_own_subject() -> None:
    sentences = [BRIDGE, "Many people walk over the Yarrow bridge near Yarrow and Yarrow Mill."]
    others = ["Who built the Alder Gate?", "Which painter lived in Kelso as a child?"]
    asked = borrowed(sentences, others)
    assert asked is not None
    assert asked.startswith("Which painter lived in ")
    assert "Kelso" not in asked
    assert borrowed(sentences, others[:1]) is None


def test_a_question_is_narrowed_to_the_right_year_or_to_another() -> None:
    made = [narrowed("How many ships called?", "In 1998 some 40 ships called.", chance(n))
            for n in range(12)]  # fmt: skip
    found = [m for m in made if m is not None]
    assert len(found) == len(made)
    for question, same in found:
        years = {int(f.value) for f in figures(question)}
        assert (years == {1998}) is same
    assert {same for _, same in found} == {True, False}
    assert narrowed("When did ships call?", "In 1998 some 40 ships called.", chance()) is None
