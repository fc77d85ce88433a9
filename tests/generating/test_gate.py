"""The gate: what passes and what is dropped is the same in whatever pieces the text comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mehealth_rag.generating.gate import HEADING, MOST_DROPPED, SAYS_NOTHING, Gate, Ruling
from mehealth_rag.generating.units import LONGEST, Splitter, Unit, as_unit, next_end
from mehealth_rag.generating.writing import Pace
from mehealth_rag.types import Quote, Span

QUOTES = (
    "The lighthouse on the North Pier is 42 metres tall.",
    "It was built because two ships had run aground in the fog.",
    "A return ticket for the ferry costs £12.",
    "The ferry carries walkers.",
    "The ferry carries bicycles.",
    "The harbour of Northby lies on the east coast.",
    "The U.S. consul and Dr. Mary Anning opened the pier at 5 p.m. in 1871.",
)


def quote(number: int) -> Quote:
    return Quote("guide", number, Span(0, 1), "")


def plain(text: str) -> str:
    return text.lower().rstrip(".!")


def carrying(*statements: str) -> Callable[[Unit, bool], Ruling]:
    """A judge that finds these carried, word for word, each by the quote of its number."""
    known = {plain(s): quote(n) for n, s in enumerate(statements, start=1)}

    def judge(unit: Unit, after_dropped: bool) -> Ruling:
        quote_of = known.get(plain(unit.claim))
        return Ruling((quote_of,)) if quote_of else Ruling(reasons=("untold",))

    return judge


judge = carrying(*QUOTES)


@dataclass(frozen=True)
class Outcomes:
    passed: tuple[tuple[str, int, bool], ...]
    dropped: tuple[str, ...]
    done: bool
    silent: bool


def through(*pieces: str, by: Callable[[Unit, bool], Ruling] = judge) -> Outcomes:
    gate = Gate(by)
    shown = [p for piece in pieces for p in gate.feed(piece)]
    shown += gate.finish()
    assert shown == gate.passed
    return Outcomes(
        tuple((p.text, p.quotes[0].page, p.item) for p in shown),
        tuple(d.text for d in gate.dropped),
        gate.done,
        gate.silent,
    )


TABLE = (
    "| Pier | Metres | Lit |\n|---|:--:|---|\n| North. End | 42 | 1871 [1] |\n| South | | 1901 |\n"
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
    "Yes. The ferry carries walkers [4]. No, the ferry carries bicycles [5]. Not yet. It may.",
    "The ferry carries:\n- walkers [4]\n- elephants\n- bicycles",
    f"The piers are these [1]:\n\n{TABLE}\nThe ferry carries walkers [4].",
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
    *"aB. !?\n[]1,-¹“”",
    *("Dr. ", "e.g. ", "etc. ", "The ", "U.S. ", "J. ", "ab. ", "- ", "1. ", "(ab"),
    *(" [1]", "[2, 3]", "【1】", "[2", "(evidence 1)", "[1](ab)", "[1, page 4]"),
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


WALKERS, YES = "The ferry carries walkers.", "Yes, the ferry carries walkers."
COAST = "The harbour of Northby lies on the east coast."
LIST = "The ferry carries:\n- walkers\n- elephants\n- bicycles\n"
COUNTED = "Two may come:\n- walkers\n- bicycles\n"
ROWS = "North. End; Metres: 42; Lit: 1871", "South; Lit: 1901"
GateCase = tuple[str, tuple[str, ...], list[tuple[str, int, bool]], list[str]]
RULED: list[GateCase] = [
    (TEXTS[0], QUOTES, [(QUOTES[0], 1, False), (QUOTES[2], 3, False)], ["It is 99 metres tall."]),
    # What is cut off is never shown, nor half a mark.
    *((text, QUOTES, [], [text]) for text in (QUOTES[0][:-13], WALKERS[:17], WALKERS[:21])),
    (f"{COAST} [6", QUOTES, [(COAST, 6, False)], []),
    # Words that only point at evidence are left out.
    *((f"{lead}the ferry carries walkers [4].", QUOTES, [(WALKERS, 4, False)], [])
      for lead in ("According to [4], ", "Based on the provided evidence, ",
                   "Evidence 4 says that ", "Answer: ")),
    # A yes stays where it is carried with its sentence, and takes no true sentence with it.
    *((yes, (yes,), [(yes, 1, False)], []) for yes in (YES, f"Yes. {WALKERS}")),
    *((yes, QUOTES, [(WALKERS, 4, False)], [yes[:4]]) for yes in (YES, f"Yes. {WALKERS}")),
    ("Yes, the ferry carries elephants.", QUOTES, [], ["Yes, the ferry carries elephants."]),
    # An opening that says something is judged alone too.
    ("Mary Anning. The ferry carries elephants.", ("Mary Anning.",), [("Mary Anning.", 1, False)],
     ["The ferry carries elephants."]),
    # Items are judged with the words that introduce them; without an item these go as well.
    (LIST, QUOTES, [("The ferry carries:", 4, False), ("walkers", 4, True), ("bicycles", 5, True)],
     ["elephants"]),
    (LIST.replace("carries", "feeds"), QUOTES, [],
     ["walkers", "elephants", "bicycles", "The ferry feeds:"]),
    # A lead with a figure is judged by itself.
    (COUNTED, ("Two may come", "walkers", "bicycles"),
     [("Two may come:", 1, False), ("walkers", 2, True), ("bicycles", 3, True)], []),
    (COUNTED, ("walkers", "bicycles"), [("walkers", 1, True), ("bicycles", 2, True)],
     ["Two may come:"]),
    # Rows of a table are items under its heads.
    (TABLE, ROWS, [(ROWS[0], 1, True), (ROWS[1], 2, True)], []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "carried", "passed", "dropped"), RULED)
def test_what_is_carried_passes_and_the_rest_is_dropped(
    text: str, carried: tuple[str, ...], passed: list[tuple[str, int, bool]], dropped: list[str]
) -> None:
    outcomes = through(text, by=carrying(*carried))
    assert (list(outcomes.passed), list(outcomes.dropped)) == (passed, dropped)
    assert not outcomes.silent


def test_a_sentence_is_shown_before_the_next_has_ended() -> None:
    gate = Gate(judge)
    assert gate.feed("The ferry carries walkers [4].") == []
    assert [p.text for p in gate.feed(" The ")] == ["The ferry carries walkers."]


@pytest.mark.parametrize("last", ["The ferry carries bicycles", "- bicycles"])
def test_the_last_words_need_no_full_stop_where_the_writer_has_ended(last: str) -> None:
    gate = Gate(carrying("The ferry carries bicycles", "bicycles"))
    gate.feed(f"The ferry carries elephants.\n{last}")
    assert [p.text for p in gate.finish(ended=True)] == [last.removeprefix("- ")]


@pytest.mark.parametrize(
    ("lead", "claim"), [("", "Walkers."), ("The ferry carries:", "The ferry carries walkers.")]
)
def test_an_item_is_judged_as_a_sentence(lead: str, claim: str) -> None:
    assert replace(as_unit("- walkers"), lead=lead).claim == claim


@pytest.mark.parametrize(("text", "reason"), [("## Bicycles\n", HEADING), ("Yes.", SAYS_NOTHING)])
def test_a_heading_or_a_yes_alone_states_nothing(text: str, reason: str) -> None:
    gate = Gate(carrying("Bicycles", "Yes."))
    gate.feed(text)
    gate.finish()
    assert gate.passed == []
    assert [d.reasons for d in gate.dropped] == [(reason,)]


@pytest.mark.parametrize(
    ("written", "text", "numbers"),
    [
        ("See [the list](https://ferry.example/a).", "See the list (https://ferry.example/a).", ()),
        ("See [ferry.example](https://ferry.example) [2].", "See https://ferry.example.", (2,)),
        ("See [Pier 1](https://ferry.example).", "See Pier 1 (https://ferry.example).", ()),
        ("Walkers [1](https://ferry.example).", "Walkers.", (1,)),
        ("```markdown", "", ()),
    ],
)
def test_links_and_fences_in_plain_words(written: str, text: str, numbers: tuple[int, ...]) -> None:
    unit = as_unit(written)
    assert (unit.text, unit.numbers, unit.broken) == (text, numbers, False)


@pytest.mark.parametrize(
    "text",
    [
        "NOT IN THE EVIDENCE",
        "The evidence does not mention the price of fish.",
        "The documents don’t mention the price of fish.",
        "I’m sorry, but I can’t help with that.",
        "I do not have that information.",
        "The price of fish is not given in the provided evidence.",
        "Not found in the documents.",
        "This is not stated anywhere.",
        "The evidence gives no price.",
    ],
)
def test_silence_is_heard_in_whatever_words(text: str) -> None:
    assert through(text).silent


@pytest.mark.parametrize(
    "text",
    [
        "Bring two documents no older than three months, including a passport.",
        "There is no evidence of rust on the lamp.",
        "We found no evidence that the lamp had been lit.",
        "It was a gull, and I am sorry.",
        "Prices are not included in the tender documents.",
        "“I cannot say how it ended,” the keeper wrote.",
    ],
)
def test_what_the_documents_themselves_deny_is_no_silence(text: str) -> None:
    outcomes = through(text, by=carrying(text))
    assert [p[0] for p in outcomes.passed] == [text]
    assert not outcomes.silent


def test_what_follows_a_silence_does_not_answer_unless_something_did_before() -> None:
    carried = "The ferry carries walkers [4]."
    outcomes = through(f"NOT IN THE EVIDENCE. {carried}")
    assert (outcomes.passed, outcomes.silent, outcomes.done) == ((), True, True)
    partly = through(f"{carried} The evidence does not say when. The ferry carries bicycles [5].")
    assert [p[1] for p in partly.passed] == [4, 5]


def test_repetition_and_drivel_end_the_wait() -> None:
    gate = Gate(judge)
    for _ in range(5):
        gate.feed("The ferry carries walkers [4]. ")
    assert gate.done
    assert len(gate.passed) == 1
    other = Gate(judge)
    for number in range(MOST_DROPPED + 2):
        other.feed(f"The moon has {number + 20} cheeses [1]. ")
    assert other.done
    assert len(other.dropped) == MOST_DROPPED


def test_a_sentence_without_an_end_is_cut() -> None:
    endless = "The ferry carries walkers and " * 60
    gate = Gate(judge)
    gate.feed(endless)
    gate.finish()
    assert gate.passed == []
    assert all(len(d.text) <= LONGEST for d in gate.dropped)


def test_an_answer_ends_before_it_is_too_long() -> None:
    gate = Gate(judge, most_words=10)
    gate.feed("The ferry carries walkers [4]. The ferry carries bicycles [5]. ")
    gate.feed("The harbour of Northby lies on the east coast [6]. The ")
    assert [p.quotes[0].page for p in gate.passed] == [4, 5]
    assert (gate.done, gate.dropped) == (True, [])


def test_a_quick_model_is_given_more_and_a_slow_one_less() -> None:
    pace = Pace(limit=10, tokens_per_second=1_000)
    assert pace.tokens == 8_000
    pace.read(1_000, 20.0)
    assert pace.tokens == 8_000
    pace.read(10_000, 5.0)
    assert pace.tokens == 16_000
    pace.too_slow(5_000)
    assert pace.tokens == 2_000


def test_a_model_that_was_too_slow_is_asked_again() -> None:
    pace = Pace(limit=10, tokens_per_second=100)
    pace.too_slow(200)
    assert pace.tokens == 450
