"""Fact checking over a real index: verdicts, evidence, explanations, several sentences."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.assistant import MAX_QUESTION, Assistant
from mehealth_rag.checking import ClaimSentence, claim_sentences, topic_of
from mehealth_rag.errors import UsageError
from mehealth_rag.settings import Settings
from mehealth_rag.types import Verdict, VerdictKind
from mehealth_rag.wiring import ingest
from tests.conftest import Library
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


def settings_of(corpus: Path, index: Path) -> Settings:
    return Settings.load({"corpus": corpus, "index": index}, environ={})


@pytest.fixture(scope="module")
def harbour(library: Library) -> Iterator[Assistant]:
    assistant = Assistant.open(settings_of(library.corpus, library.index))
    yield assistant
    assistant.index.close()


@pytest.fixture(scope="module")
def almanac(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    files = {"almanac.txt": ALMANAC}
    with assistant_over(tmp_path_factory.mktemp("almanac"), files) as assistant:
        yield assistant


def cited(verdict: Verdict) -> list[tuple[str, int, str]]:
    return [(c.document, c.page, c.quote) for c in verdict.evidence]


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("A return ticket for the ferry costs £12.", ("guide", 1, "A return ticket costs £12.")),
        ("A return ticket costs 12 pounds.", ("guide", 1, "A return ticket costs £12.")),
        ("The yacht pays £300 each year.", ("fees", 1, "A yacht pays £300 a year.")),
        (
            "The new fish market will cost £1,600,000.",
            ("plan", 2, "The new fish market will cost £1.6 million and open in 2031."),
        ),
        (
            "The lighthosue on the North Pier is 42 meters tall.",
            ("guide", 1, "The lighthouse on the North Pier is 42 metres tall."),
        ),
    ],
)
def test_what_the_documents_say(
    harbour: Assistant, claim: str, quote: tuple[str, int, str]
) -> None:
    verdict = harbour.check(claim)
    assert verdict.verdict is SUPPORTED
    assert cited(verdict) == [quote]
    assert verdict.explanation.endswith(" says so.")
    assert verdict.confidence > 0.5


@pytest.mark.parametrize(
    ("claim", "explanation"),
    [
        ("A return ticket costs £21.", "Page 1 of “{}” says £12, the claim says £21."),
        ("The lighthouse is 45 metres tall.", "Page 1 of “{}” says 42, the claim says 45."),
        (
            "The keeper John Smith lit the lighthouse in 1871.",
            "Page 1 of “{}” says Mary Anning, the claim says John Smith.",
        ),
        ("The lighthouse isn't 42 metres tall.", "Page 1 of “{}” says it, the claim denies it."),
        (
            "The harbour of Northby lies on the west coast.",
            "Page 1 of “{}” says east, the claim says west.",
        ),
    ],
)
def test_what_the_documents_deny(harbour: Assistant, claim: str, explanation: str) -> None:
    verdict = harbour.check(claim)
    assert verdict.verdict is CONTRADICTED
    assert verdict.explanation == explanation.format("A guide to the harbour")
    assert {c.document for c in verdict.evidence} == {"guide"}


def test_a_figure_of_another_thing_is_no_support(harbour: Assistant) -> None:
    verdict = harbour.check("A fishing boat pays £300 a year.")
    assert verdict.verdict is CONTRADICTED
    assert "says £40, the claim says £300" in verdict.explanation


@pytest.mark.parametrize(
    "claim",
    [
        "The ferry carries cars.",
        "Fees are collected by the mayor.",
        "The lighthouse has 200 steps.",
        "Bananas are yellow.",
        "Yachts pay more than fishing boats.",
    ],
)
def test_what_the_documents_do_not_say(harbour: Assistant, claim: str) -> None:
    verdict = harbour.check(claim)
    assert (verdict.verdict, verdict.evidence) == (NOT_FOUND, ())
    assert verdict.explanation == "The documents do not say."


def test_a_plan_is_no_fact(harbour: Assistant) -> None:
    verdict = harbour.check("The new fish market has cost £1.6 million.")
    assert verdict.verdict is NOT_FOUND
    assert "speaks of it as a plan (“will”), the claim as a fact" in verdict.explanation
    assert [c.document for c in verdict.evidence] == ["plan"]


def test_a_misspelt_name_stays_what_it_is(harbour: Assistant) -> None:
    verdict = harbour.check("The keeper Mary Manning lit the lighthouse in 1871.")
    assert verdict.verdict is not SUPPORTED


def test_a_quote_and_the_one_that_it_leans_on(harbour: Assistant) -> None:
    verdict = harbour.check("The lighthouse was lit in 1871.")
    assert verdict.verdict is SUPPORTED
    assert [c.quote for c in verdict.evidence] == [
        "The lighthouse on the North Pier is 42 metres tall.",
        "It was lit in 1871 by the keeper Mary Anning.",
    ]


def test_a_list_item_comes_with_its_lead(harbour: Assistant) -> None:
    verdict = harbour.check("The ferry carries bicycles.")
    assert verdict.verdict is SUPPORTED
    assert [c.quote for c in verdict.evidence] == ["The ferry carries:", "- bicycles"]


def test_quotes_stand_on_their_page_with_their_boxes(harbour: Assistant) -> None:
    verdict = harbour.check("The new fish market will open in 2031.")
    citation = verdict.evidence[0]
    assert citation.quote in harbour.page(citation.document, citation.page).text
    assert citation.boxes
    assert (citation.number, citation.page_label) == (1, "2")
    assert citation.url == "https://example.org/plan.pdf#page=2"


def test_each_sentence_has_its_verdict(harbour: Assistant) -> None:
    verdict = harbour.check(
        "A return ticket costs £12. The cinema has 90 seats. A yacht pays £30 a year."
    )
    assert [p.verdict for p in verdict.parts] == [SUPPORTED, NOT_FOUND, CONTRADICTED]
    assert verdict.verdict is CONTRADICTED
    assert verdict.explanation == verdict.parts[2].explanation
    assert [c.number for c in verdict.evidence] == [1, 2]
    assert [c.number for c in verdict.parts[2].evidence] == [2]


def test_the_worst_sentence_counts(harbour: Assistant) -> None:
    verdict = harbour.check("A return ticket costs £12. Bananas are yellow.")
    assert verdict.verdict is NOT_FOUND
    both = harbour.check("A return ticket costs £12. A yacht pays £300 a year.")
    assert both.verdict is SUPPORTED
    assert both.confidence < min(p.confidence for p in both.parts)


def test_one_sentence_has_no_parts(harbour: Assistant) -> None:
    verdict = harbour.check("A return ticket costs £12.")
    assert verdict.parts == ()
    assert verdict.index == harbour.index.fingerprint
    assert set(verdict.timings_ms) == {"rewrite", "retrieve", "answer", "total"}


def test_pages_that_disagree_are_both_cited(almanac: Assistant) -> None:
    verdict = almanac.check("The harbour of Westby was founded in 1702.")
    assert verdict.verdict is SUPPORTED
    assert verdict.explanation == (
        "Page 1 says so. The pages disagree: page 2 says 1712, the claim says 1702."
    )
    assert [c.page for c in verdict.evidence] == [1, 2]


def test_a_limit_to_documents_holds(harbour: Assistant) -> None:
    claim = "A return ticket costs £12."
    assert harbour.check(claim, ["guide"]).verdict is SUPPORTED
    assert harbour.check(claim, ["fees"]).verdict is NOT_FOUND


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


@pytest.mark.parametrize("claim", ["Write me a poem.", "It is.", "…"])
def test_what_claims_nothing_is_not_found(harbour: Assistant, claim: str) -> None:
    verdict = harbour.check(claim)
    assert (verdict.verdict, verdict.evidence) == (NOT_FOUND, ())
    assert verdict.explanation == "This claims nothing that documents could bear out."


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


def test_checking_needs_no_torch(library: Library) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from mehealth_rag import Assistant, Settings\n"
        f"settings = Settings.load({{'corpus': Path({str(library.corpus)!r}), "
        f"'index': Path({str(library.index)!r})}}, environ={{}})\n"
        "verdict = Assistant.open(settings).check('A return ticket costs £12.')\n"
        "assert str(verdict.verdict) == 'supported', verdict\n"
        "assert 'torch' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_page_is_named_by_its_printed_number(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    canvas = Canvas(str(corpus / "rules.pdf"), pagesize=A5, invariant=True)
    for label, text in (("i", "The rules of the harbour."), ("ii", "Swimming costs £5 a day.")):
        canvas.addPageLabel(canvas.getPageNumber() - 1, "ROMAN_LOWER", len(label))
        canvas.setFont("Helvetica", 12)
        canvas.drawString(50, 500, text)
        canvas.showPage()
    canvas.save()
    settings = settings_of(corpus, tmp_path / "index")
    ingest(settings)
    assistant = Assistant.open(settings)
    verdict = assistant.check("Swimming costs £7 a day.")
    assert verdict.explanation == "Page ii says £5, the claim says £7."
    assistant.index.close()
