"""The claim set holds together, and claims are made and scored as they are said to be."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from eval_helpers import PROSPECTUS, normalised

from mehealth_eval import claims
from mehealth_eval.claim_making import answer_type, make_claims, negate, restate
from mehealth_eval.claims import (
    CLAIMS,
    Scored,
    load_claims,
    main,
    score_made,
    summarise,
)
from mehealth_eval.questions import QuestionFileError
from mehealth_rag.types import Verdict, VerdictKind

OWN = load_claims(CLAIMS)

MINIMUM_PER_KIND = {
    "verbatim": 12,
    "paraphrase": 30,
    "figure-written-differently": 14,
    "figure-changed": 20,
    "figure-of-another-thing": 14,
    "name-changed": 14,
    "date-changed": 10,
    "negated": 14,
    "superlative": 12,
    "near-miss": 24,
    "other-topic": 10,
    "multi-sentence": 10,
}

GOOD_LINE = {
    "id": "x-1",
    "split": "dev",
    "kind": "figure-changed",
    "claim": "It is 24 metres tall.",
    "verdict": "contradicted",
    "pages": [2],
    "quote": "42 metres tall",
}

TOWNS = {
    "Eastby": ("1702", "120", "granite"),
    "Westby": ("1711", "150", "marble"),
    "Northby": ("1723", "170", "timber"),
    "Southby": ("1736", "190", "bronze"),
    "Highby": ("1744", "210", "copper"),
    "Lowby": ("1758", "230", "plaster"),
    "Midby": ("1767", "250", "pewter"),
}


@pytest.fixture
def question_set(tmp_path: Path) -> Path:
    corpus = tmp_path / "set" / "corpus"
    corpus.mkdir(parents=True)
    rows = []
    for town, (year, boats, stuff) in TOWNS.items():
        first = f"The lighthouse of {town} was lit in {year}. Its walls consist of {stuff}."
        second = f"The harbour of {town} holds {boats} boats. Its piers are long and old."
        (corpus / f"{town}.txt").write_text(f"{first}\f{second}", encoding="utf-8")
        asked = (
            (1, f"When was the lighthouse of {town} lit?", year),
            (1, f"What do the walls of {town} consist of?", stuff),
            (2, f"How many boats does the harbour of {town} hold?", boats),
        )
        rows += [
            {"question": q, "answerable": True, "document": town, "page": p, "answers": [a]}
            for p, q, a in asked
        ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "set" / "questions.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path / "set"


def test_there_are_enough_of_every_kind_and_half_of_them_for_reporting() -> None:
    assert len(OWN) >= 160
    for kind, minimum in MINIMUM_PER_KIND.items():
        halves = Counter(claim.split for claim in OWN if claim.kind == kind)
        assert halves.total() >= minimum, kind
        assert abs(halves["dev"] - halves["test"]) <= 2, kind


def test_no_claim_comes_twice() -> None:
    assert len({normalised(claim.claim).lower() for claim in OWN}) == len(OWN)


def test_every_quote_stands_on_a_page_of_its_claim() -> None:
    for claim in (claim for claim in OWN if claim.quote is not None):
        stands = (normalised(claim.quote) in PROSPECTUS[page - 1] for page in claim.pages)
        assert any(stands), claim.id


def test_verdicts_go_with_kinds() -> None:
    due = {
        "verbatim": {"supported"},
        "paraphrase": {"supported"},
        "figure-written-differently": {"supported"},
        "figure-changed": {"contradicted"},
        "name-changed": {"contradicted"},
        "date-changed": {"contradicted"},
        "negated": {"contradicted"},
        "near-miss": {"not_found"},
        "other-topic": {"not_found"},
    }
    wrong = [c.id for c in OWN if str(c.verdict) not in due.get(c.kind, {str(c.verdict)})]
    assert wrong == []


def test_the_whole_is_the_worst_of_its_parts() -> None:
    order = [VerdictKind.CONTRADICTED, VerdictKind.NOT_FOUND, VerdictKind.SUPPORTED]
    for claim in OWN:
        if claim.parts:
            assert claim.verdict is min(claim.parts, key=order.index), claim.id


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quote": None}, "pages and a quote go together"),
        ({"pages": []}, "pages and a quote go together"),
        ({"parts": ["supported"]}, "claims of several sentences"),
    ],
)
def test_a_bad_line_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    path = tmp_path / "claims.jsonl"
    path.write_text(json.dumps(GOOD_LINE | change), encoding="utf-8")
    with pytest.raises(QuestionFileError, match=rf"claims\.jsonl:1: .*{message}"):
        load_claims(path)


@pytest.mark.parametrize(
    ("question", "answer", "statement"),
    [
        ("Who lit the lamp?", "Mary Anning", "Mary Anning lit the lamp."),
        ("How many boats sank?", "four", "Four boats sank."),
        ("When did the war end?", "1945", "The war end in 1945."),
        ("What is the capital of Wales?", "Cardiff", "The capital of Wales is Cardiff."),
    ],
)
def test_question_and_answer_as_one_statement(question: str, answer: str, statement: str) -> None:
    assert restate(question, answer) == statement


def test_what_no_rule_fits_is_not_restated() -> None:
    assert restate("Why?", "because") is None


def test_a_not_is_put_after_the_auxiliary() -> None:
    assert negate("The lamp was lit in 1871.") == "The lamp was not lit in 1871."
    assert negate("The lamp was never lit.") is None
    assert negate("The lamp shines.") is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("1871", "year"),
        ("£12", "money"),
        ("20%", "percent"),
        ("four", "quantity"),
        ("Mary Anning", "name"),
        ("Battle of Hastings", "name"),
        ("a red lamp", "other"),
        ("between 4 and 7 boats", "other"),
    ],
)
def test_answers_have_types(answer: str, kind: str) -> None:
    assert answer_type(answer) == kind


def test_claims_are_made_as_they_are_said_to_be(question_set: Path) -> None:
    made = make_claims(question_set)
    assert made == make_claims(question_set)
    omitted = {c.document for c in made.claims if c.kind == "other-article"}
    assert omitted
    assert not omitted & {name.removesuffix(".txt") for name in made.files}
    whole = "".join(made.files.values())
    for claim in made.claims:
        assert (claim.kind == "verbatim") == (claim.claim in whole), claim
    assert {c.verdict for c in made.claims if c.kind == "taken-out"} <= {VerdictKind.NOT_FOUND}
    changed = [c for c in made.claims if c.kind.endswith(("-changed", "-negated"))]
    assert all(c.verdict is not VerdictKind.SUPPORTED for c in changed)


def test_made_claims_are_scored_through_the_whole_engine(question_set: Path) -> None:
    made = make_claims(question_set)
    scored = score_made(question_set)["made"]
    assert [s.claim for s in scored] == [c.claim for c in made.claims]
    verbatim = [s for s in scored if s.kind == "verbatim"]
    assert verbatim
    assert all(s.right for s in verbatim)


def test_figures_over_scored_claims() -> None:
    def scored(kind: str, due: VerdictKind, given: VerdictKind, sure: float) -> Scored:
        verdict = Verdict("claim", given, "", confidence=sure, timings_ms={"total": 10.0})
        return Scored(kind, "claim", due, (), verdict)

    yes, no, open_ = VerdictKind.SUPPORTED, VerdictKind.CONTRADICTED, VerdictKind.NOT_FOUND
    summary = summarise(
        [
            scored("verbatim", yes, yes, 0.95),
            scored("verbatim", yes, open_, 0.95),
            scored("negated", no, yes, 0.55),
            scored("negated", no, no, 0.55),
            scored("word-changed", open_, no, 0.95),
        ]
    )
    assert (summary.claims, summary.accuracy) == (5, 0.6)
    assert (summary.supported_found, summary.supported_right) == (0.5, 0.5)
    assert (summary.contradicted_found, summary.changed_supported) == (0.5, 0.5)
    assert summary.by_kind["negated"] == (0.5, 2)
    assert summary.calibration_error == pytest.approx((3 * (0.95 - 2 / 3) + 2 * 0.05) / 5)


def test_our_own_claims(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reporting half is never printed; false claims are rarely borne out. Of a quarter."""
    lines = CLAIMS.read_text(encoding="utf-8").splitlines()[::4]
    (tmp_path / "claims.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(claims, "CLAIMS", tmp_path / "claims.jsonl")
    assert main(["--wrong", "--json", str(tmp_path / "figures.json")]) == 0
    shown = normalised(capsys.readouterr().out)
    hidden = [c.claim for c in OWN if c.split == "test" and normalised(c.claim) in shown]
    assert hidden == []
    assert "changed supported" in shown
    for figures in json.loads((tmp_path / "figures.json").read_text()).values():
        assert figures["changed_supported"] < 0.3
