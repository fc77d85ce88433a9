"""From what checking found to a `Verdict`: the verdict, its explanation, its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mehealth_rag.compose import Library
from mehealth_rag.grounding.polarity import DENY, SAY
from mehealth_rag.grounding.values import Reason, ReasonKind
from mehealth_rag.grounding.weights import load_grounding
from mehealth_rag.proofs import Finding, Proof, disagreeing, outweighs
from mehealth_rag.types import Citation, Verdict, VerdictKind

NOT_FOUND = "The documents do not say."
_PLAN = "{place} speaks of it as a plan (“{found}”), the claim as a fact."
_OPINION = "{place} speaks of it as an opinion (“{found}”), the claim as a fact."

PLANNED = 0.6
"""From this closeness on a plan or an opinion is held to be what the claim is made of."""

_WORST_FIRST = (VerdictKind.CONTRADICTED, VerdictKind.NOT_FOUND, VerdictKind.SUPPORTED)


@dataclass(frozen=True, slots=True)
class Composer:
    """Composes verdicts with citations out of one library."""

    library: Library

    def verdict(self, sentence: str, finding: Finding) -> Verdict:
        """The verdict on one sentence."""
        kind, proofs, explanation = self._decide(finding)
        evidence = tuple(
            self.library.citation(number, quote)
            for number, quote in enumerate((q for p in proofs for q in p.quotes), start=1)
        )
        return Verdict(sentence, kind, explanation, evidence, _confidence(kind, finding))

    def _decide(self, finding: Finding) -> tuple[VerdictKind, tuple[Proof, ...], str]:
        carried, denied = finding.carried, finding.denied
        if carried is not None and denied is not None and disagreeing(carried, denied):
            told = f"{self._place(carried)} says so. The pages disagree: "
            return VerdictKind.SUPPORTED, (carried, denied), told + _lowered(self._denial(denied))
        if outweighs(carried, denied):
            return VerdictKind.SUPPORTED, (carried,), f"{self._place(carried)} says so."
        if denied is not None:
            return VerdictKind.CONTRADICTED, (denied,), self._denial(denied)
        return self._open(finding.nearest)

    def _open(self, nearest: Proof | None) -> tuple[VerdictKind, tuple[Proof, ...], str]:
        """That the documents do not say, and where they only plan or suppose."""
        if nearest is not None and nearest.judgement.closeness >= PLANNED:
            for kind, text in ((ReasonKind.PLAN, _PLAN), (ReasonKind.OPINION, _OPINION)):
                found = next((r for r in nearest.judgement.reasons if r.kind is kind), None)
                if found is not None and len(nearest.judgement.reasons) == 1:
                    told = text.format(place=self._place(nearest), found=found.found)
                    return VerdictKind.NOT_FOUND, (nearest,), told
        return VerdictKind.NOT_FOUND, (), NOT_FOUND

    def _denial(self, proof: Proof) -> str:
        reasons = [r for r in proof.judgement.reasons if r.found]
        said = "; ".join(_difference(r) for r in reasons if r.kind is not ReasonKind.PLAN)
        return f"{self._place(proof)} {said}."

    def _place(self, proof: Proof) -> str:
        quote = proof.quotes[0]
        label = self.library.page(quote.document, quote.page).label
        if len(self.library.sources) == 1:
            return f"Page {label}"
        return f"Page {label} of “{self.library.sources[quote.document].title}”"


def whole(claim: str, parts: Sequence[Verdict], times: Mapping[str, float]) -> Verdict:
    """The verdict on a claim of one or several sentences: the worst of its parts is its own."""
    parts = _numbered(parts)
    worst = min(parts, key=lambda p: (_WORST_FIRST.index(p.verdict), -p.confidence))
    several = len(parts) > 1
    return Verdict(
        claim=claim,
        verdict=worst.verdict,
        explanation=worst.explanation,
        evidence=tuple({c.number: c for p in parts for c in p.evidence}.values()),
        confidence=_all_right(worst, parts),
        timings_ms=times,
        parts=tuple(parts) if several else (),
    )


def nothing_claimed(claim: str, explanation: str, times: Mapping[str, float]) -> Verdict:
    """The verdict on what claims nothing."""
    kind = VerdictKind.NOT_FOUND
    return Verdict(claim, kind, explanation, confidence=1.0, timings_ms=times)


def _all_right(worst: Verdict, parts: Sequence[Verdict]) -> float:
    """Support needs every part to be right, the worst part alone speaks for the others."""
    if worst.verdict is VerdictKind.SUPPORTED:
        return round(float(np.prod([p.confidence for p in parts])), 4)
    return worst.confidence


def _numbered(parts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """The parts with their citations numbered through; one that comes again keeps its number."""
    numbers: dict[tuple[str, int, str], int] = {}

    def renumbered(citation: Citation) -> Citation:
        key = (citation.document, citation.page, citation.quote)
        return replace(citation, number=numbers.setdefault(key, len(numbers) + 1))

    return tuple(replace(p, evidence=tuple(renumbered(c) for c in p.evidence)) for p in parts)


def _difference(reason: Reason) -> str:
    if reason.kind is ReasonKind.NEGATION and reason.claimed in {SAY, DENY}:
        denies = reason.claimed == DENY
        return "says it, the claim denies it" if denies else "denies it, the claim says it"
    return f"says {_plain(reason.found)}, the claim says {_plain(reason.claimed)}"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]


def _confidence(kind: VerdictKind, finding: Finding) -> float:
    """The probability that the verdict is right, as fitted on development claims."""
    proof = {
        VerdictKind.SUPPORTED: finding.carried,
        VerdictKind.CONTRADICTED: finding.denied,
        VerdictKind.NOT_FOUND: finding.nearest,
    }[kind]
    closeness = proof.judgement.closeness if proof is not None else 0.0
    odds = log_odds(closeness)
    row = np.asarray([[odds]])
    return round(float(load_grounding().confidence[kind].probabilities(row)[0]), 4)


def log_odds(probability: float) -> float:
    """The log-odds of a probability, kept within bounds."""
    bounded = min(max(probability, 1e-4), 1 - 1e-4)
    return float(np.log(bounded / (1 - bounded)))
