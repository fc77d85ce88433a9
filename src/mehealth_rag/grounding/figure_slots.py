"""Whether every figure of a sentence stands in the quotes, for the same thing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mehealth_rag.grounding.amounts import agree, rivals
from mehealth_rag.grounding.frame import Frame, Placed, Text, affinity
from mehealth_rag.grounding.values import Reason, ReasonKind
from mehealth_rag.language.figures import FigureKind

OTHER_THING, OTHER_QUOTE = 0.7, 0.95
"""A figure belongs to another thing when its slot fits so much worse than a rival's, beside it in
one quote, or in another one."""

SAME_SLOT = 0.35
"""From this affinity on two figures stand in one slot."""

AT_ALL = 0.12
"""Under this affinity a figure has nothing to do with what the sentence says of it."""

_RATE = re.compile(
    r"\b(?:each|every|per|a|an)\s(?P<unit>second|minute|hour|day|week|month|quarter|year|decade)\b"
    r"|\b(?P<adverb>hourly|daily|weekly|monthly|quarterly|yearly|annually|annual|per annum)\b",
    re.IGNORECASE,
)
_ADVERBS = {
    "hourly": "hour",
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annually": "year",
    "annual": "year",
    "per annum": "year",
}


@dataclass(frozen=True, slots=True)
class FigureFinding:
    """What the figures of a sentence come to; `fit` is the least affinity of those that stand."""

    reasons: tuple[Reason, ...]
    fit: float


def check_figures(frame: Frame) -> FigureFinding:
    """The figures that do not stand in the quotes, or stand for another thing."""
    used = _used(frame)
    reasons, fits = [], [1.0]
    for claimed in frame.sentence.amounts:
        fit, reason = _held(frame, claimed, used)
        if reason is None:
            fits.append(fit)
        else:
            reasons.append(reason)
    return FigureFinding((*reasons, *_rate(frame)), min(fits))


def _used(frame: Frame) -> set[int]:
    """The figures of the quotes that bear out one of the sentence's, each for one."""
    pairs = [
        (affinity(frame, (c.first, c.last), (g.first, g.last)), i, k)
        for i, c in enumerate(frame.sentence.amounts)
        for k, g in enumerate(frame.quotes.amounts)
        if agree(c.amount, g.amount)
    ]
    claimed: set[int] = set()
    used: set[int] = set()
    for _, i, k in sorted(pairs, reverse=True):
        if i not in claimed and k not in used:
            claimed.add(i)
            used.add(k)
    return used


def _held(frame: Frame, claimed: Placed, used: set[int]) -> tuple[float, Reason | None]:
    slot = (claimed.first, claimed.last)
    scored = [(affinity(frame, slot, (g.first, g.last)), g) for g in frame.quotes.amounts]
    bearing = [(s, g) for s, g in scored if agree(claimed.amount, g.amount)]
    same, own = max(bearing, key=lambda b: b[0], default=(-1.0, None))
    others = [
        (s, g)
        for i, (s, g) in enumerate(scored)
        if rivals(claimed.amount, g.amount)
        and (i not in used or same >= 0)
        and not _limited(frame, claimed, g)
    ]
    best, rival = max(others, key=lambda o: o[0], default=(0.0, None))
    least = OTHER_THING if _in_one_quote(frame, own, rival) else OTHER_QUOTE
    if same >= AT_ALL and (rival is None or same >= least * best):
        return same, None
    found = frame.quotes.words_of(rival) if rival is not None and best >= SAME_SLOT else ""
    kind = ReasonKind.DATE if claimed.amount.kind is FigureKind.YEAR else ReasonKind.FIGURE
    return 0.0, Reason(kind, frame.sentence.words_of(claimed), found, best if found else 1.0)


def _in_one_quote(frame: Frame, one: Placed | None, other: Placed | None) -> bool:
    tokens = frame.quotes.tokens
    return one is None or other is None or tokens[one.first].line == tokens[other.first].line


def _limited(frame: Frame, claimed: Placed, given: Placed) -> bool:
    """Whether a figure counts the foremost only ("the three largest"), and the claim all."""
    return _before_superlative(frame.quotes, given) and not _before_superlative(
        frame.sentence, claimed
    )


def _before_superlative(text: Text, placed: Placed) -> bool:
    following = [t.word for t in text.tokens[placed.last + 1 : placed.last + 5]]
    reach = 4 if following[:1] == ["of"] else 1
    return any(w.endswith("est") for w in following[:reach])


def _rate(frame: Frame) -> tuple[Reason, ...]:
    """A rate of the sentence ("each month") that the quotes do not give, or give otherwise."""
    claimed = _rates(frame.sentence.text)
    given = _rates(f"{frame.quotes.text}\n{frame.above.text}")
    missing = [unit for unit in claimed if unit not in given]
    if not missing:
        return ()
    found = next(iter(_rates(frame.quotes.text).values()), "")
    return (Reason(ReasonKind.DATE, claimed[missing[0]], found),)


def _rates(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _RATE.finditer(text):
        unit = (match["unit"] or _ADVERBS[(match["adverb"] or "annual").lower()]).lower()
        found.setdefault(unit, match.group())
    return found
