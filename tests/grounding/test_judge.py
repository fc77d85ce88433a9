"""Whether quotes carry a sentence: the reasons, one by one, on plain values."""

from __future__ import annotations

import pytest

from mehealth_rag.grounding.judge import carries
from mehealth_rag.grounding.values import Ground, Judgement, Outcome, ReasonKind

SIMILAR = 0.8
TALL = "The lighthouse on the North Pier is 42 metres tall."
FLEET = "The harbour has 1,200 fishing boats and over 33,000 lobster pots."


def judged(sentence: str, *quotes: str, above: str = "") -> Judgement:
    return carries(sentence, [Ground(q, above) for q in quotes], SIMILAR)


def reasons(judgement: Judgement) -> list[tuple[ReasonKind, str, str]]:
    return [(r.kind, r.claimed, r.found) for r in judgement.reasons]


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (TALL, TALL),
        ("The North Pier lighthouse is 42 meters tall.", TALL),
        ("The harbour has over 1,200 fishing boats.", FLEET),
        ("1200 fishing boats belong to the harbour.", FLEET),
        ("There are about 33,000 lobster pots in the harbour.", FLEET),
        ("The council built the pier.", "The pier was built by the council."),
        ("Fishing firms use the pier.", "Fishing companies use the pier."),
        ("The dispute is not political.", "The dispute is apolitical."),
        ("It is the biggest harbour in Wales.", "It is the largest harbour in Wales."),
        ("The Welsh coast is rocky.", "The coast of Wales is rocky."),
        ("The fish market will open in 2031.", "The fish market will open in 2031."),
        ("The fish market opens in 2031.", "The fish market will open in 2031."),
    ],
)
def test_what_a_quote_carries(sentence: str, quote: str) -> None:
    judgement = judged(sentence, quote)
    assert reasons(judgement) == []
    assert judgement.outcome is Outcome.CARRIED


@pytest.mark.parametrize(
    ("sentence", "quote", "kind", "claimed", "found"),
    [
        ("The lighthouse is 24 metres tall.", TALL, "figure", "24", "42"),
        ("The harbour has 33,000 fishing boats.", FLEET, "figure", "33,000", "1,200"),
        ("The harbour has 1,200 lobster pots.", FLEET, "figure", "1,200", "33,000"),
        ("It was lit in 1872.", "It was lit in 1871.", "date", "1872", "1871"),
        ("A yacht pays £300 a month.", "A yacht pays £300 a year.", "date", "a month", "a year"),
        (
            "The keeper John Smith lit the lamp.",
            "The keeper Mary Anning lit the lamp.",
            "name",
            "John Smith",
            "Mary Anning",
        ),
        (
            "It is Europe's largest harbour.",
            "It is the UK's largest harbour.",
            "superlative",
            "Europe's largest",
            "UK's largest",
        ),
        (
            "It is the smallest harbour in Wales.",
            "It is the largest harbour in Wales.",
            "superlative",
            "smallest",
            "largest",
        ),
        (
            "It is the second largest harbour in Wales.",
            "It is the largest harbour in Wales.",
            "superlative",
            "second largest",
            "largest",
        ),
        ("The ferry does not carry dogs.", "The ferry carries dogs.", "negation", "deny", "say"),
        ("The ferry carries dogs.", "The ferry never carries dogs.", "negation", "say", "deny"),
        (
            "The harbour lies on the west coast.",
            "The harbour lies on the east coast.",
            "negation",
            "west",
            "east",
        ),
    ],
)
def test_what_a_quote_denies(
    sentence: str, quote: str, kind: str, claimed: str, found: str
) -> None:
    judgement = judged(sentence, quote)
    assert (ReasonKind(kind), claimed, found) in reasons(judgement)
    assert judgement.outcome is Outcome.DENIED


@pytest.mark.parametrize(
    ("sentence", "quote", "kind"),
    [
        ("The lighthouse is 42 metres tall and cost £900.", TALL, "figure"),
        ("The lighthouse of Dover is tall.", "The lighthouse is 42 metres tall.", "name"),
        ("The tallest lighthouse stands on the North Pier.", TALL, "superlative"),
        ("The fish market has opened.", "The council plans to open the fish market.", "plan"),
        ("The market has cost £2.", "The market will cost £2.", "plan"),
        ("The lamp was red.", "Some sailors believe that the lamp was red.", "opinion"),
        ("All boats pay a fee.", "Boats pay a fee.", "quantifier"),
        ("Yachts pay more than boats.", "Yachts and boats pay a fee.", "quantifier"),
        ("The ferry carries cars.", "The ferry carries bicycles.", "meaning"),
        ("The harbour has a cinema.", TALL, "meaning"),
    ],
)
def test_what_a_quote_leaves_open(sentence: str, quote: str, kind: str) -> None:
    judgement = judged(sentence, quote)
    assert ReasonKind(kind) in {r.kind for r in judgement.reasons}
    assert judgement.outcome is Outcome.OPEN


def test_reasons_can_be_read() -> None:
    judgement = judged("The lighthouse of Dover cost £3 billion.", TALL)
    assert {str(r) for r in judgement.reasons} >= {
        "unsupported figure “£3 billion”",
        "unsupported name “Dover”",
    }


def test_the_largest_of_several_is_not_the_largest() -> None:
    quote = "It is one of the largest harbours in Wales."
    assert judged(quote, quote).outcome is Outcome.CARRIED
    assert judged("It is the largest harbour in Wales.", quote).outcome is Outcome.OPEN


def test_a_limit_of_a_superlative_cannot_be_dropped() -> None:
    quote = "It is the largest harbour in Wales outside Cardiff."
    assert judged(quote, quote).outcome is Outcome.CARRIED
    assert judged("It is the largest harbour in Wales.", quote).outcome is not Outcome.CARRIED


def test_what_is_denied_elsewhere_in_the_quote_does_not_count() -> None:
    quote = "The harbour is old, but it has not yet been repaired."
    assert judged("The harbour is old.", quote).outcome is Outcome.CARRIED
    assert judged("The harbour has been repaired.", quote).outcome is not Outcome.CARRIED


def test_two_quotes_together() -> None:
    before, after = "The lighthouse stands on the North Pier.", "It was lit in 1871."
    sentence = "The lighthouse was lit in 1871."
    assert judged(sentence, before, after).outcome is Outcome.CARRIED


def test_a_figure_of_one_quote_is_not_that_of_the_other() -> None:
    quotes = ("A fishing boat pays £40 a year.", "A yacht pays £300 a year.")
    assert judged("A fishing boat pays £300 a year.", *quotes).outcome is not Outcome.CARRIED


def test_the_heading_names_the_subject_and_no_more() -> None:
    quote = "The return ticket costs £12."
    sentence = "A return ticket for the ferry to Gull Island costs £12."
    assert judged(sentence, quote, above="The ferry to Gull Island").outcome is Outcome.CARRIED
    assert judged("The ferry goes to Gull Island.", quote, above=sentence).outcome is Outcome.OPEN


def test_acronyms_stand_for_what_the_documents_say() -> None:
    quote = "The NPL was lit in 1871."
    sentence = "The North Pier lighthouse was lit in 1871."
    known = {"npl": "north pier lighthouse"}
    assert carries(sentence, [quote], SIMILAR).outcome is Outcome.OPEN
    assert carries(sentence, [quote], SIMILAR, known).outcome is Outcome.CARRIED


def test_nothing_carries_without_quotes_and_nothing_is_carried_without_words() -> None:
    assert carries(TALL, [], 1.0).outcome is Outcome.OPEN
    assert carries("It is.", [TALL], 1.0).outcome is Outcome.OPEN
