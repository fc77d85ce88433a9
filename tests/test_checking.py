"""Fact checking over a real index: verdicts, evidence, explanations, several sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mehealth_rag.assistant import MAX_QUESTION, Assistant
from mehealth_rag.checking.parts import ClaimSentence, claim_sentences, halves, topic_of
from mehealth_rag.errors import UsageError
from mehealth_rag.reader.model import Judgement, Limits
from mehealth_rag.reader.rows import PassageText
from mehealth_rag.types import VerdictKind
from tests.answering.told import SURE, ToldReader, told
from tests.made_corpus import assistant_over

SUPPORTED, CONTRADICTED, NOT_FOUND = (
    VerdictKind.SUPPORTED,
    VerdictKind.CONTRADICTED,
    VerdictKind.NOT_FOUND,
)

ALMANAC = """\
The harbour of Westby was founded in 1702. Its crane lifts 45 tonnes.
\f
The harbour of Westby was founded in 1712. The crew of the crane is paid weekly.
"""


@pytest.fixture(scope="module")
def almanac(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    files = {"almanac.txt": ALMANAC}
    with assistant_over(tmp_path_factory.mktemp("almanac"), files) as assistant:
        yield assistant


class DoubtingReader(ToldReader):
    """Is told what carries and denies, and is not sure of either."""

    def judge(
        self, statement: str, texts: Sequence[PassageText], question: str = ""
    ) -> list[Judgement]:
        sure = super().judge(statement, texts, question)
        return [
            replace(j, carried=0.58, denied=0.41) if j.carried > j.denied
            else replace(j, carried=0.34, denied=0.65) if j.denied > j.untold else j
            for j in sure
        ]  # fmt: skip


def read_by(reader: ToldReader, assistant: Assistant) -> Assistant:
    return replace(assistant, reader=lambda: reader)  # type: ignore[arg-type, return-value]


def in_pages(explanation: str) -> str:
    """An explanation with the first pages of documents by name."""
    found = explanation
    for name, title in (("guide", "A guide to the harbour"), ("fees", "Fees of the harbour")):
        place = f"page 1 of “{title}”"
        found = re.sub(rf"(^|” )\{{{name}\}}", rf"\g<1>P{place[1:]}", found)
        found = found.replace(f"{{{name}}}", place)
    return found


@pytest.mark.parametrize(
    ("claim", "word", "quote", "explanation"),
    [
        (
            "A return ticket costs 12 pounds.",
            "ticket",
            "A return ticket costs £12.",
            "{guide} says so.",
        ),
        ("The yacht pays £300 each year.", "yacht", "A yacht pays £300 a year.", "{fees} says so."),
        (
            "The lighthosue on the North Pier is 42 meters tall.",
            "North Pier",
            "The lighthouse on the North Pier is 42 metres tall.",
            "{guide} says so.",
        ),
        (
            "The lighthouse is some 40 metres tall.",
            "lighthouse",
            "The lighthouse on the North Pier is 42 metres tall.",
            "{guide} says so: “40 metres” is 42 metres, rounded.",
        ),
    ],
)
def test_what_the_documents_say(
    harbour: Assistant, claim: str, word: str, quote: str, explanation: str
) -> None:
    verdict = told(harbour, word).check(claim)
    assert verdict.verdict is SUPPORTED
    assert [c.quote for c in verdict.evidence] == [quote]
    assert verdict.explanation == in_pages(explanation)
    assert verdict.confidence == SURE


@pytest.mark.parametrize(
    ("claim", "word", "explanation"),
    [
        ("A return ticket costs £21.", "ticket", "The documents say £12, not £21 ({guide})."),
        (
            "The lighthouse is 45 metres tall.",
            "lighthouse",
            "The documents say 42 metres, not 45 metres ({guide}).",
        ),
        ("The lighthouse isn't 42 metres tall.", "lighthouse", "{guide} says otherwise."),
    ],
)
def test_what_the_documents_deny(
    harbour: Assistant, claim: str, word: str, explanation: str
) -> None:
    verdict = told(harbour, denied=[word]).check(claim)
    assert verdict.verdict is CONTRADICTED
    assert verdict.explanation == in_pages(explanation)
    assert {c.document for c in verdict.evidence} == {"guide"}


def test_what_keeps_a_page_from_saying_it_is_told(harbour: Assistant) -> None:
    verdict = told(harbour, "lit").check("The keeper John Smith lit it in 1871.")
    assert (verdict.verdict, verdict.evidence) == (NOT_FOUND, ())
    assert verdict.explanation == (
        "The documents do not say. The nearest words, on page 1 of “A guide to the harbour”, "
        "have no “John” or “Smith”."
    )


def test_what_the_documents_do_not_say(harbour: Assistant) -> None:
    verdict = told(harbour).check("Bananas are yellow.")
    assert (verdict.verdict, verdict.evidence) == (NOT_FOUND, ())
    assert verdict.explanation == "The documents do not say."
    assert verdict.confidence == SURE


def test_a_list_item_comes_with_its_lead(harbour: Assistant) -> None:
    verdict = told(harbour, "bicycles").check("The ferry carries bicycles.")
    assert verdict.verdict is SUPPORTED
    assert [c.quote for c in verdict.evidence] == ["The ferry carries:", "- bicycles"]


def test_a_row_comes_with_the_heads_of_its_columns(tmp_path: Path) -> None:
    table = "| Boat | 2019 | 2020 |\n|---|---|---|\n| Yacht | £300 | £310 |\n"
    with assistant_over(tmp_path, {"dues.md": f"# Dues\n\n{table}"}) as dues:
        verdict = told(dues, "Yacht").check("In 2019 the Yacht paid £300.")
    assert verdict.verdict is SUPPORTED
    assert [(" ".join(c.quote.split())) for c in verdict.evidence] == [
        "Boat 2019 2020", "Yacht £300 £310",
    ]  # fmt: skip


def test_quotes_stand_on_their_page_with_their_boxes(harbour: Assistant) -> None:
    verdict = told(harbour, "2031").check("The new fish market will open in 2031.")
    citation = verdict.evidence[0]
    assert citation.quote in harbour.page(citation.document, citation.page).text
    assert citation.boxes
    assert (citation.number, citation.page_label) == (1, "2")
    assert citation.url == "https://example.org/plan.pdf#page=2"


def test_each_sentence_has_its_verdict(harbour: Assistant) -> None:
    verdict = told(harbour, "ticket", denied=["yacht"]).check(
        "A return ticket costs £12. The cinema has 90 seats. A yacht pays £30 a year."
    )
    assert [p.verdict for p in verdict.parts] == [SUPPORTED, NOT_FOUND, CONTRADICTED]
    assert verdict.verdict is CONTRADICTED
    assert verdict.explanation == verdict.parts[2].explanation
    assert [c.number for c in verdict.evidence] == [1, 2]
    assert [c.number for c in verdict.parts[2].evidence] == [2]


def test_the_worst_sentence_counts(harbour: Assistant) -> None:
    knowing = told(harbour, "ticket", "yacht")
    verdict = knowing.check("A return ticket costs £12. Bananas are yellow.")
    assert verdict.verdict is NOT_FOUND
    both = knowing.check("A return ticket costs £12. A yacht pays £300 a year.")
    assert both.verdict is SUPPORTED
    assert both.confidence < min(p.confidence for p in both.parts)


def test_one_sentence_has_no_parts(harbour: Assistant) -> None:
    verdict = told(harbour, "ticket").check("A return ticket costs £12.")
    assert verdict.parts == ()
    assert verdict.index == harbour.index.fingerprint
    assert set(verdict.timings_ms) == {"rewrite", "retrieve", "answer", "total"}


def test_a_true_and_a_false_half_are_judged_by_part(harbour: Assistant) -> None:
    claim = "A return ticket costs £12 and the lighthouse is 45 metres tall."
    verdict = told(harbour, "ticket", denied=["lighthouse"]).check(claim)
    assert verdict.verdict is CONTRADICTED
    assert [(p.claim, p.verdict) for p in verdict.parts] == [
        ("A return ticket costs £12.", SUPPORTED),
        ("The lighthouse is 45 metres tall.", CONTRADICTED),
    ]
    assert verdict.explanation == in_pages(
        "“A return ticket costs £12.” {guide} says so. “The lighthouse is 45 metres tall.” "
        "The documents say 42 metres, not 45 metres (page 1 of “A guide to the harbour”)."
    )
    assert [c.number for c in verdict.evidence] == [1, 2]
    beside = told(harbour, "ticket", denied=["lighthouse"]).check(f"{claim} Bananas are yellow.")
    assert [p.parts for p in beside.parts] == [(), ()]  # a part for each sentence, as for drafts
    assert beside.parts[0].explanation == verdict.explanation


@pytest.mark.parametrize("reply", ["Yes, ", "No, ", "yes – "])
def test_a_reply_claims_no_more_than_what_follows_it(harbour: Assistant, reply: str) -> None:
    claim = "the lighthouse on the North Pier is 42 metres tall."
    found = [harbour.check(c).confidence for c in (f"The{claim[3:]}", f"{reply}{claim}")]
    assert found[0] == found[1]


def test_an_order_that_a_leaflet_gives_is_a_claim(harbour: Assistant) -> None:
    verdict = told(harbour, "ticket").check("Book a ticket for £12.")
    assert verdict.verdict is SUPPORTED
    denied = told(harbour, denied=["ticket"]).check("Book a ticket for £21.")
    assert denied.verdict is CONTRADICTED


def test_words_that_leave_it_open_are_not_said_to_say_nothing(harbour: Assistant) -> None:
    reader = ToldReader(("ticket",), limits=Limits(carried=1.0, denied=1.0))
    verdict = read_by(reader, harbour).check("The return ticket is dear.")
    assert (verdict.verdict, verdict.evidence) == (NOT_FOUND, ())
    assert verdict.explanation == (
        "The documents do not clearly say. "
        "The nearest words are on page 1 of “A guide to the harbour”."
    )


def test_pages_that_disagree_are_both_cited(almanac: Assistant) -> None:
    claim = "The harbour of Westby was founded in 1702."
    verdict = told(almanac, "1702", denied=["harbour"]).check(claim)
    assert verdict.verdict is SUPPORTED
    assert verdict.explanation == "Page 1 says so. The pages disagree: page 2 says 1712."
    assert [c.page for c in verdict.evidence] == [1, 2]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("The harbour of Westby was founded in 1702.", SUPPORTED),
        ("The harbour at Westby was founded in 1702.", CONTRADICTED),
    ],
)
def test_a_page_that_has_a_claims_words_outweighs_another_figure(
    almanac: Assistant, claim: str, expected: VerdictKind
) -> None:
    reader = DoubtingReader(("1702",), denied=("harbour",))
    verdict = read_by(reader, almanac).check(claim)
    assert verdict.verdict is expected
    assert ("The pages disagree" in verdict.explanation) == (expected is SUPPORTED)


def test_a_limit_to_documents_holds(harbour: Assistant) -> None:
    claim = "A return ticket costs £12."
    assert told(harbour, "ticket").check(claim, ["guide"]).verdict is SUPPORTED
    assert told(harbour, "ticket").check(claim, ["fees"]).verdict is NOT_FOUND


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (" \n", "the claim is empty; state something"),
        ("Is the lighthouse tall?", "a claim is a statement; to ask a question use"),
        ("How tall is the lighthouse", "a claim is a statement; to ask a question use"),
        ("a" * (MAX_QUESTION + 1), "the claim has 2,001 characters; at most 2,000 are read"),
    ],
)
def test_what_is_no_claim_is_refused(harbour: Assistant, claim: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        harbour.check(claim)


def test_an_unknown_document_is_refused(harbour: Assistant) -> None:
    with pytest.raises(UsageError, match="no document 'nowhere' in the index"):
        harbour.check("A return ticket costs £12.", ["nowhere"])


def test_a_word_claims_something_where_it_answers_a_question(harbour: Assistant) -> None:
    verdict = told(harbour, "bicycles").check("bicycles", question="What does the ferry carry?")
    assert verdict.verdict is SUPPORTED


@pytest.mark.parametrize("claim", ["Write me a poem.", "It is.", "…", "bicycles"])
def test_what_claims_nothing_is_not_found(harbour: Assistant, claim: str) -> None:
    verdict = told(harbour, "bicycles").check(claim)
    assert (verdict.verdict, verdict.evidence) == (NOT_FOUND, ())
    assert verdict.explanation == "This claims nothing that documents could bear out."


@pytest.mark.parametrize(
    "claim",
    [
        "A return ticket costs £21.",
        "The lighthouse is 45 metres tall.",
        "A yacht pays £3 a year.",
        "The new fish market will open in 2035.",
    ],
)
def test_the_packaged_reader_bears_out_no_other_figure(harbour: Assistant, claim: str) -> None:
    verdict = harbour.check(claim)
    assert verdict.verdict is not SUPPORTED
    for citation in verdict.evidence:
        assert citation.quote in harbour.page(citation.document, citation.page).text


def test_what_a_page_says_word_for_word_is_supported(harbour: Assistant) -> None:
    sentence = "The lighthouse on the North Pier is 42 metres tall."
    verdict = harbour.check(sentence)
    assert verdict.verdict is SUPPORTED
    assert [c.quote for c in verdict.evidence] == [sentence]
    assert harbour.check("Bananas are yellow.").verdict is not SUPPORTED


def test_the_same_claim_gives_the_same_verdict(harbour: Assistant) -> None:
    first, second = (harbour.check("The lighthouse is 45 metres tall.") for _ in range(2))
    assert (first.verdict, first.confidence, first.evidence) == (
        second.verdict,
        second.confidence,
        second.evidence,
    )


def test_a_pronoun_takes_the_topic_of_the_sentence_before() -> None:
    assert claim_sentences("There are two piers. They were built of oak. Dogs bark.") == (
        ClaimSentence("There are two piers."),
        ClaimSentence("They were built of oak.", "two piers"),
        ClaimSentence("Dogs bark."),
    )
    question = "What are the two piers built of?"
    assert claim_sentences("They were built of oak. Dogs bark.", question) == (
        ClaimSentence("They were built of oak.", question),
        ClaimSentence("Dogs bark."),
    )
    assert topic_of("The old crane of Westby lifts 45 tonnes.") == "The old crane of Westby"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The pier is long and the crane is old.", ["The pier is long.", "The crane is old."]),
        ("The pier was built in 1702 but has no crane.",
         ["The pier was built in 1702.", "The pier has no crane."]),
        ("Yachts pay £300; boats pay £40 a year.", []),  # no verb that is known as one
        ("The ferry carries walkers and dogs on a lead.", []),
        ("Walkers and bicycles are carried by the ferry.", []),
        ("The crew of tugs and ferries is paid weekly.", []),
    ],
)  # fmt: skip
def test_what_a_sentence_joins(sentence: str, expected: list[str]) -> None:
    assert [half.text for half in halves(ClaimSentence(sentence))] == expected


def test_a_pronoun_in_the_second_half_stands_for_the_first_ones_subject() -> None:
    found = halves(ClaimSentence("The pier is long and it was built of oak."))
    assert found[1] == ClaimSentence("It was built of oak.", "The pier")
