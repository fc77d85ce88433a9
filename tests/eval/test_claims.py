"""The claim set holds together, and is scored as it is said to be."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from eval_helpers import PROSPECTUS, normalised

from mehealth_eval import claims
from mehealth_eval.claims import CLAIMS, Scored, load_claims, main, summarise
from mehealth_eval.questions import QuestionFileError
from mehealth_rag.types import Verdict, VerdictKind

OWN = load_claims(CLAIMS)
SETS = Path(__file__).parents[2] / "eval" / "sets"
DUE = {
    "verbatim": "supported",
    "paraphrase": "supported",
    "figure-written-differently": "supported",
    "figure-changed": "contradicted",
    "name-changed": "contradicted",
    "date-changed": "contradicted",
    "negated": "contradicted",
    "near-miss": "not_found",
    "other-topic": "not_found",
}


def test_there_are_enough_of_every_kind_and_half_of_them_for_reporting() -> None:
    assert len(OWN) == len({normalised(claim.claim).lower() for claim in OWN}) >= 160
    for kind in {claim.kind for claim in OWN}:
        halves = Counter(claim.split for claim in OWN if claim.kind == kind)
        assert halves.total() >= 10, kind
        assert abs(halves["dev"] - halves["test"]) <= 2, kind


def test_quotes_stand_on_their_pages_and_verdicts_go_with_kinds_and_parts() -> None:
    order = [VerdictKind.CONTRADICTED, VerdictKind.NOT_FOUND, VerdictKind.SUPPORTED]
    for claim in OWN:
        if claim.quote is not None:
            quote = normalised(claim.quote)
            assert any(quote in PROSPECTUS[page - 1] for page in claim.pages), claim.id
        if claim.parts:
            assert claim.verdict is min(claim.parts, key=order.index), claim.id
        assert str(claim.verdict) == DUE.get(claim.kind, str(claim.verdict)), claim.id


@pytest.mark.parametrize("name", [p.parent.name for p in sorted(SETS.glob("*/claims.jsonl"))])
def test_the_claims_of_a_set_stand_on_its_pages(name: str) -> None:
    every = load_claims(SETS / name / "claims.jsonl")
    assert len(every) == len({normalised(c.claim).lower() for c in every}) >= 60
    is_reporting = name in {"museum", "foods", "software"}
    assert {c.split for c in every} == {"test" if is_reporting else "dev"}
    for claim in every:
        if claim.quote is not None:
            path = SETS / name / "corpus" / f"{claim.document}.txt"
            pages = path.read_text(encoding="utf-8").split("\f")
            assert all(claim.quote in normalised(pages[n - 1]) for n in claim.pages), claim.id


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
    good = next(claim for claim in OWN if claim.kind == "figure-changed")
    path.write_text(json.dumps(json.loads(good.model_dump_json()) | change), encoding="utf-8")
    with pytest.raises(QuestionFileError, match=rf"claims\.jsonl:1: .*{message}"):
        load_claims(path)


def test_figures_over_scored_claims() -> None:
    changed = [claim for claim in OWN if claim.kind == "negated"][:2]
    whole = [claim for claim in OWN if claim.kind == "verbatim"][:2]
    given = Verdict("claim", VerdictKind.SUPPORTED, "")
    denied = Verdict("claim", VerdictKind.CONTRADICTED, "")
    scored = [*(Scored(c, given) for c in (*whole, changed[0])), Scored(changed[1], denied)]
    figures = summarise([*scored, Scored(whole[0], denied)])
    assert (figures.claims, figures.right) == (5, 0.6)
    assert (figures.false_support, round(figures.false_denial, 3)) == (0.5, 0.333)
    assert figures.by_kind == {"negated": (1, 2), "verbatim": (2, 3)}


@pytest.mark.full
def test_our_own_claims_are_put_and_the_reporting_half_is_never_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = CLAIMS.read_text(encoding="utf-8").splitlines()[::8]
    (tmp_path / "claims.jsonl").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(claims, "CLAIMS", tmp_path / "claims.jsonl")
    assert main(["--wrong"]) == 0
    shown = normalised(capsys.readouterr().out)
    assert [c.claim for c in OWN if c.split == "test" and normalised(c.claim) in shown] == []
    assert "untrue, called supported" in shown
