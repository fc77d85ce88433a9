"""A statement's opposites. The reader denies a true statement less than it denies the opposite.

It was trained on lies that stay close to their text, so it also denies many true paraphrases. That
bias affects a statement and its opposite alike; the difference between the two is its judgement.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from mehealth_rag.reader.model import Judgement

_AUXILIARY = re.compile(
    r"\b(is|are|was|were|will|can|must|should|may|could|would|has been|have been|had been)\b"
)
_DENIAL = re.compile(r"\b(not|no longer|never) ")
_UNTRUE = "It is not true that "
LEAST = 1e-4
"""Probabilities are raised to this before their logarithm is taken."""


def opposites(statement: str) -> tuple[str, ...]:
    """Negate a statement: with “It is not true that”, and with “not” after an auxiliary verb."""
    forms = (_UNTRUE + _inside(statement), turned_round(statement))
    return tuple(filter(None, forms))


def turned_round(statement: str) -> str:
    """Add or remove “not”; empty if there is no auxiliary verb to put it after."""
    denied = _DENIAL.search(statement)
    if denied:
        return statement[: denied.start()] + statement[denied.end() :]
    said = _AUXILIARY.search(statement)
    return f"{statement[: said.end()]} not{statement[said.end() :]}" if said else ""


def leaning(own: Judgement, opposed: Sequence[Judgement]) -> float:
    """How much more a statement leans towards support than its opposites do, in log odds."""
    return support_odds(own) - sum(map(support_odds, opposed)) / len(opposed)


def support_odds(judgement: Judgement) -> float:
    """Return the log odds of entailment against contradiction."""
    return log(judgement.carried) - log(judgement.denied)


def log(probability: float) -> float:
    """Return the logarithm of a probability, raised to `LEAST` before."""
    return math.log(max(probability, LEAST))


def _inside(statement: str) -> str:
    """Lower the first letter, unless it may begin a name."""
    first = statement.split(maxsplit=1)[0] if statement.split() else ""
    small = first in {"The", "A", "An", "This", "These", "It", "They", "There", "In", "At", "Of"}
    return statement[:1].lower() + statement[1:] if small else statement
