"""The numbers that tell whether quotes speak of the very thing that a sentence says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from math import log1p

from mehealth_rag.grounding.frame import Frame
from mehealth_rag.grounding.matching import Matched
from mehealth_rag.grounding.tokens import Token
from mehealth_rag.grounding.values import Reason, ReasonKind

SIGNALS = (
    "similarity",
    "coverage",
    "coverage_above",
    "unsaid_most",
    "unsaid",
    "names_quoted",
    "figure_fit",
    "common",
    "common_quoted",
    "common_none",
    "unsaid_share",
    "unsaid_things",
    "pairs",
    "figure_differs",
    "name_differs",
    "other_differs",
    "slot_fit",
    "quotes",
)

AUXILIARIES = frozenset(
    "to is are was were be been being has have had does do did will would can could may might must "
    "shall should not also".split()
)
LEADS = frozenset(
    "the a an its their his her our your this that these those of in on at by for from with to as "
    "into over under between through about than such each every all any some".split()
)
"""Articles, possessives and prepositions: what opens the naming of a thing."""

_FIGURES = frozenset({ReasonKind.FIGURE, ReasonKind.DATE})


def signals(
    frame: Frame, similarity: float, figure_fit: float, reasons: Sequence[Reason], quotes: int
) -> dict[str, float]:
    """The signals of one sentence and its quotes, by name.

    Words in a slot where the quotes say something else are left out: the question is whether the
    rest is theirs.
    """
    words = _beside_the_slots(frame, reasons)
    heavy = [w for w in words if not w.token.quiet]
    unsaid = [w for w in heavy if not w.said]
    names = [w for w in words if w.is_name]
    differing = {r.kind for r in reasons if r.found}
    common = [w for w in heavy if not w.is_name]
    return {
        "similarity": similarity,
        "coverage": _share(words, above=False),
        "coverage_above": _share(words, above=True),
        "unsaid_most": max((w.weight for w in unsaid), default=0.0),
        "unsaid": log1p(len(unsaid)),
        "names_quoted": _mean([w.score for w in names]),
        "figure_fit": figure_fit,
        "common": _share(common, above=True) if common else 1.0,
        "common_quoted": _share(common, above=False) if common else 1.0,
        "unsaid_things": float(any(_is_thing(frame.sentence.tokens, w.place) for w in unsaid)),
        "unsaid_share": len(unsaid) / max(len(heavy), 1),
        "common_none": float(bool(common) and not any(w.said for w in common)),
        "pairs": _pairs(heavy),
        "figure_differs": float(bool(differing & _FIGURES)),
        "name_differs": float(ReasonKind.NAME in differing),
        "other_differs": float(bool(differing - _FIGURES - {ReasonKind.NAME})),
        "slot_fit": min((r.fit for r in reasons if r.found), default=1.0),
        "quotes": float(quotes > 1),
    }


def _is_thing(tokens: Sequence[Token], place: int) -> bool:
    """Whether a word stands where a thing is named, not where something is said of it.

    A verb follows "to" or an auxiliary, or comes before an article or a preposition without having
    one itself; everything else is held to be a thing, or to describe one.
    """
    before = tokens[place - 1].word if place else ""
    after = tokens[place + 1].word if place + 1 < len(tokens) else ""
    if before in AUXILIARIES:
        return False
    return before in LEADS or after not in LEADS


def _beside_the_slots(frame: Frame, reasons: Sequence[Reason]) -> list[Matched]:
    replaced = {
        word
        for r in reasons
        if r.kind in {ReasonKind.NAME, ReasonKind.SUPERLATIVE} and r.found
        for word in re.split(r"\W+", r.claimed)
    }
    return [w for w in frame.words if w.said or w.token.text not in replaced]


def _share(words: Sequence[Matched], *, above: bool) -> float:
    total = sum(w.weight for w in words)
    got = sum(w.weight * (max(w.score, w.above) if above else w.score) for w in words)
    return got / total if total else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 1.0


def _pairs(words: Sequence[Matched]) -> float:
    """The share of neighbouring words whose matches stand close together too."""
    asked = list(pairwise(words))
    if not asked:
        return 1.0
    return sum(_close(a, b) for a, b in asked) / len(asked)


def _close(one: Matched, other: Matched) -> bool:
    return any(0 < abs(a.place - b.place) <= 5 for a in one.places for b in other.places)
