"""The values of grounding: what a sentence is held against, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What quotes do with a sentence."""

    CARRIED = "carried"
    """They say it, whole."""
    DENIED = "denied"
    """They would say it but for one slot, in which they say something else."""
    OPEN = "open"
    """They do not say it."""


class ReasonKind(StrEnum):
    """Why quotes do not carry a sentence."""

    FIGURE = "figure"
    DATE = "date"
    NAME = "name"
    SUPERLATIVE = "superlative"
    QUANTIFIER = "quantifier"
    NEGATION = "negation"
    PLAN = "plan"
    OPINION = "opinion"
    MEANING = "meaning"


_TEXTS = {
    ReasonKind.FIGURE: "unsupported figure “{0}”",
    ReasonKind.DATE: "unsupported date “{0}”",
    ReasonKind.NAME: "unsupported name “{0}”",
    ReasonKind.SUPERLATIVE: "superlative “{0}” not in the quote",
    ReasonKind.QUANTIFIER: "“{0}” not in the quote",
    ReasonKind.NEGATION: "negation differs",
    ReasonKind.PLAN: "plan stated as fact",
    ReasonKind.OPINION: "opinion stated as fact",
    ReasonKind.MEANING: "meaning too far",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its kind, the sentence's words, and the quote's words in the same slot.

    `found` is empty where the quote has nothing in that slot: it then denies nothing. `fit` tells
    how far the two slots are one, from 0 to 1.
    """

    kind: ReasonKind
    claimed: str
    found: str = ""
    fit: float = 1.0

    def __str__(self) -> str:
        return _TEXTS[self.kind].format(self.claimed)


@dataclass(frozen=True, slots=True)
class Ground:
    """One quote, and what stands above it: its headings, the lead of its list.

    A sentence may take its subject from `above`, but no figure and no superlative.
    """

    text: str
    above: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What quotes do with a sentence, and how surely.

    `closeness` is the probability that they say it, or, where something else stands in a slot,
    that they speak of the very same thing. `signals` are the numbers behind it, by name.
    """

    outcome: Outcome
    closeness: float
    reasons: tuple[Reason, ...] = ()
    signals: Mapping[str, float] = field(default_factory=dict)
