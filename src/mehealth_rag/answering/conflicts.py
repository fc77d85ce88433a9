"""Pages that disagree: sentences that answer the same question with other figures."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

from mehealth_rag.guard.exact import same_amount
from mehealth_rag.guard.values import Amount, values
from mehealth_rag.language.figures import FigureKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.types import Quote

MAX_RATIO = Decimal("1.5")
"""Figures further apart than this measure different things."""


def disagreeing(question: str, quotes: Sequence[Quote]) -> tuple[Quote, Quote] | None:
    """The first two quotes, best first, that give different figures for what is asked.

    They stand on different pages and speak of the same time, if they tell of one.
    """
    asked = values(question).amounts
    for one, other in combinations(quotes, 2):
        apart = (one.document, one.page) != (other.document, other.page)
        if apart and _years(one) == _years(other) and _differ(one, other, asked):
            return one, other
    return None


def _differ(one: Quote, other: Quote, asked: Sequence[Amount]) -> bool:
    """Whether each gives a figure of one kind that the other lacks, of about one size."""
    own, its = _measured(one, asked), _measured(other, asked)
    only = [a for a in own if not any(same_amount(a, b) for b in its)]
    others = [b for b in its if not any(same_amount(a, b) for a in own)]
    return any(_of_one_size(a, b) for a in only for b in others)


def _measured(quote: Quote, asked: Sequence[Amount]) -> list[Amount]:
    found = (a for a in values(quote.text).amounts if a.kind is not FigureKind.YEAR)
    return [a for a in found if not any(same_amount(a, b) for b in asked)]


def _of_one_size(one: Amount, other: Amount) -> bool:
    if (one.dimension, one.currency) != (other.dimension, other.currency):
        return False
    low, high = sorted((one.measured_in(other.unit), other.value))
    return low > 0 and high / low <= MAX_RATIO


def _years(quote: Quote) -> frozenset[int]:
    found = values(quote.text)
    years = {int(a.value) for a in found.amounts if a.kind is FigureKind.YEAR}
    return frozenset(years | {d.year for d in found.dates if d.year})
