"""A statement's opposite: what is true is denied less than its opposite is.

A reader that was taught lies which are near their text takes many a truth for one. Whatever it
thinks of a subject it thinks of both sides; what is left between them is its judgement.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.reader.model import Judgement

_AUXILIARY = re.compile(
    r"\b(is|are|was|were|will|can|must|should|may|could|would|has been|have been|had been)\b"
)
_DENIAL = re.compile(r"\b(not|no longer|never) ")
_UNTRUE = "It is not true that "
_LEAST = 1e-4


def opposites(statement: str) -> tuple[str, ...]:
    """The statement with its sense turned round: as one that is not true, and by its own verb."""
    forms = (_UNTRUE + _inside(statement), turned_round(statement))
    return tuple(filter(None, forms))


def turned_round(statement: str) -> str:
    """The statement with a denial put in or taken out; empty where its verb does not tell where."""
    denied = _DENIAL.search(statement)
    if denied:
        return statement[: denied.start()] + statement[denied.end() :]
    said = _AUXILIARY.search(statement)
    return f"{statement[: said.end()]} not{statement[said.end() :]}" if said else ""


def leaning(own: Judgement, opposed: Sequence[Judgement]) -> float:
    """How far a statement is carried rather than denied beyond its opposites, in log odds."""
    return _odds(own) - sum(map(_odds, opposed)) / len(opposed)


def _odds(judgement: Judgement) -> float:
    return math.log(max(judgement.carried, _LEAST)) - math.log(max(judgement.denied, _LEAST))


def _inside(statement: str) -> str:
    """A statement after other words: its first letter is small, unless it opens a name."""
    first = statement.split(maxsplit=1)[0] if statement.split() else ""
    small = first in {"The", "A", "An", "This", "These", "It", "They", "There", "In", "At", "Of"}
    return statement[:1].lower() + statement[1:] if small else statement
