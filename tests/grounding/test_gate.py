"""The gate: what passes and what is dropped is the same in whatever pieces the text comes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mehealth_rag.grounding.gate import MOST_DROPPED, Gate, Ruling
from mehealth_rag.grounding.judge import carries
from mehealth_rag.grounding.splitting import LONGEST, Splitter, Unit, next_end
from mehealth_rag.grounding.values import Outcome

SIMILAR = 0.8
QUOTES = (
    "The lighthouse on the North Pier is 42 metres tall.",
    "It was built because two ships had run aground in the fog.",
    "A return ticket for the ferry costs £12.",
    "The ferry carries walkers.",
    "The ferry carries bicycles.",
    "The harbour of Northby lies on the east coast.",
    "The U.S. consul and Dr. Mary Anning opened the pier at 5 p.m. in 1871.",
)


def judge(unit: Unit, after_dropped: bool) -> Ruling[int]:
    """The real judge over some quotes; the proof is the number of the quote."""
    reasons: tuple[str, ...] = ()
    for number, quote in enumerate(QUOTES, start=1):
        judgement = carries(unit.text, [quote], SIMILAR)
        if judgement.outcome is Outcome.CARRIED:
            return Ruling(number)
        reasons = reasons or tuple(map(str, judgement.reasons))
    return Ruling(None, reasons)


@dataclass(frozen=True)
class Outcomes:
    passed: tuple[tuple[str, int, bool], ...]
    dropped: tuple[str, ...]
    done: bool
    silent: bool


def through(*pieces: str) -> Outcomes:
    gate = Gate[int](judge)
    shown = [p for piece in pieces for p in gate.feed(piece)]
    shown += gate.finish()
    assert shown == gate.passed
    return Outcomes(
        tuple((p.text, p.proof, p.item) for p in shown),
        tuple(d.text for d in gate.dropped),
        gate.done,
        gate.silent,
    )


TEXTS = [
    "The lighthouse on the North Pier is 42 metres tall [1]. It is 99 metres tall [1]. "
    "A return ticket for the ferry costs £12 [3].",
    "The lighthouse on the North Pier is 42 metres tall. [1] A return ticket for the ferry costs "
    "£12.[3]",
    "According to the evidence:\n\n- The ferry carries walkers [4]\n- The ferry carries elephants "
    "[4]\n- **The ferry carries bicycles** [5]",
    "1. The ferry carries walkers.【4】\n2. The ferry carries bicycles.［５］\n",
    "The U.S. consul and Dr. Mary Anning opened the pier at 5 p.m. in 1871 [7]. The harbour of "
    "Northby lies on the east coast [6].",
    "The harbour of Northby lies on the east coast¹. The lighthouse on the North Pier is 42",
    "The harbour of Northby lies on the east coast. [6",
    "NOT IN THE EVIDENCE",
    "The ferry carries walkers [4]. The ferry carries walkers [4]. The ferry carries walkers [4]. "
    "The ferry carries walkers [4]. The ferry carries bicycles [5].",
    "",
    "…",
    "Wow! Really? The ferry carries walkers [4]!",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_same_at_every_split(text: str) -> None:
    whole = through(text)
    assert through(*text) == whole
    for cut in range(len(text) + 1):
        assert through(text[:cut], text[cut:]) == whole, (text[:cut], text[cut:])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TEXTS), st.lists(st.integers(0, 220), max_size=8))
def test_the_same_in_any_pieces(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(c, len(text)) for c in cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(places)]
    assert through(*pieces) == through(text)


PIECES = [
    *[
        "a",
        "B",
        ".",
        " ",
        "!",
        "?",
        "\n",
        "[",
        "]",
        "1",
        ",",
        "-",
        "Dr. ",
        "e.g. ",
        "etc. ",
        "The ",
    ],
    *[
        "U.S. ",
        " [1]",
        "[2, 3]",
        "1. ",
        "- ",
        "¹",
        "【1】",
        "J. ",
        "”",
        "“",
        "[2",
        "ab. ",
        "(evidence 1)",
        "[1](ab)",
        "(ab",
        "[1, page 4]",
    ],
]
WRITTEN = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@settings(max_examples=400, deadline=None)
@given(WRITTEN, WRITTEN)
def test_a_border_once_sure_stays(text: str, more: str) -> None:
    end = next_end(text, final=False)
    if end is not None:
        assert next_end(text + more, final=False) == end
        assert next_end(text + more, final=True) == end


@settings(max_examples=200, deadline=None)
@given(WRITTEN)
def test_units_are_the_same_char_by_char(text: str) -> None:
    one, many = Splitter(), Splitter()
    at_once = [*one.feed(text), *one.finish()]
    by_character = [u for c in text for u in many.feed(c)]
    assert [*by_character, *many.finish()] == at_once


def test_what_is_carried_passes_and_the_rest_is_dropped_with_reasons() -> None:
    gate = Gate[int](judge)
    gate.feed(TEXTS[0])
    gate.finish()
    assert [p.proof for p in gate.passed] == [1, 3]
    assert [d.text for d in gate.dropped] == ["It is 99 metres tall."]
    assert gate.dropped[0].reasons == ("unsupported figure “99”",)


def test_a_sentence_is_shown_before_the_next_has_ended() -> None:
    gate = Gate[int](judge)
    assert gate.feed("The ferry carries walkers [4].") == []
    assert [p.text for p in gate.feed(" The ")] == ["The ferry carries walkers."]


@pytest.mark.parametrize(
    "text",
    ["The lighthouse on the North Pier is 42", "The ferry carries", "The ferry carries wal"],
)
def test_what_is_cut_off_is_never_shown(text: str) -> None:
    assert through(text).passed == ()
    assert through(text).dropped == (text,)


def test_a_half_mark_at_the_cut_is_not_shown() -> None:
    text = "The harbour of Northby lies on the east coast. [6"
    assert [p[0] for p in through(text).passed] == [
        "The harbour of Northby lies on the east coast."
    ]


def test_the_writer_that_finds_nothing_is_heard() -> None:
    assert through("NOT IN THE EVIDENCE").silent
    assert through("The evidence does not mention the price of fish.").silent
    assert not through(TEXTS[0]).silent


def test_repetition_and_drivel_end_the_wait() -> None:
    gate = Gate[int](judge)
    for _ in range(5):
        gate.feed("The ferry carries walkers [4]. ")
    assert gate.done
    assert len(gate.passed) == 1
    other = Gate[int](judge)
    for number in range(MOST_DROPPED + 2):
        other.feed(f"The moon has {number + 20} cheeses [1]. ")
    assert other.done
    assert len(other.dropped) == MOST_DROPPED


def test_a_sentence_without_an_end_is_cut() -> None:
    endless = "The ferry carries walkers and " * 60
    gate = Gate[int](judge)
    gate.feed(endless)
    gate.finish()
    assert gate.passed == []
    assert all(len(d.text) <= LONGEST for d in gate.dropped)


@pytest.mark.parametrize(
    "lead",
    ["According to [4], ", "Based on the provided evidence, ", "Evidence 4 says that ", "Answer: "],
)
def test_words_that_only_point_at_evidence_are_left_out(lead: str) -> None:
    assert [p[0] for p in through(f"{lead}the ferry carries walkers [4].").passed] == [
        "The ferry carries walkers."
    ]


@pytest.mark.parametrize("word", ["Yes, ", "No, ", "Certainly! ", "Yes. "])
def test_a_bare_yes_or_no_is_left_out(word: str) -> None:
    assert [p[0] for p in through(f"{word}the ferry carries walkers [4].").passed][-1].endswith(
        "he ferry carries walkers."
    )


def test_an_answer_ends_before_it_is_too_long() -> None:
    gate = Gate[int](judge, most_words=10)
    gate.feed("The ferry carries walkers [4]. The ferry carries bicycles [5]. ")
    gate.feed("The harbour of Northby lies on the east coast [6]. The ")
    assert [p.proof for p in gate.passed] == [4, 5]
    assert (gate.done, gate.dropped) == (True, [])


def test_the_lead_of_a_list_goes_with_its_items() -> None:
    lead = "The ferry carries:"
    quotes = {lead: 1, "walkers": 2}

    def knows(unit: Unit, after_dropped: bool) -> Ruling[int]:
        return Ruling(quotes.get(unit.text.rstrip(".")), ("unknown",))

    kept, lost = Gate[int](knows), Gate[int](knows)
    kept.feed(f"{lead}\n- walkers\n- elephants\n")
    kept.finish()
    assert [p.text for p in kept.passed] == [lead, "walkers"]
    lost.feed(f"{lead}\n- elephants\n")
    lost.finish()
    assert lost.passed == []
    assert [d.text for d in lost.dropped] == ["elephants", lead]
