"""How an amount follows from others: rounded, added, subtracted, divided, multiplied, compared."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mehealth_rag.language.figures import FigureKind

if TYPE_CHECKING:
    from mehealth_rag.guard.values import Amount

NEAR = Decimal("0.06")
"""How far a rounded figure may be off, as a share."""

MOST_COUNTED = 20
"""The most that is counted."""

FAR = 3
"""How many times as large as the other a figure is at the most that another is compared with."""


def same_kind(one: Amount, other: Amount) -> bool:
    """Whether two amounts measure in one dimension and currency."""
    return one.dimension == other.dimension and one.currency == other.currency


def beyond(sign: int, value: Decimal, limit: Decimal) -> bool:
    """Whether a value is more (or, with sign -1, less) than another, and not by far."""
    return bool(value and limit) and sign * (value - limit) > 0 and apart(value, limit) <= FAR


def apart(one: Decimal, other: Decimal) -> Decimal:
    """How many times as large as the other the larger of two values is."""
    low, high = sorted((abs(one), abs(other)))
    return high / low if low else Decimal("Infinity")


def combined(claimed: Amount, a: Amount, b: Amount) -> str:
    """How an amount is had of two others; empty where it is not."""
    unit = a.unit or b.unit
    own, x, y = (amount.measured_in(unit) for amount in (claimed, a, b))
    if _alike(a, b):
        fitting = fits(claimed, a) and fits(claimed, b)
        if fitting and near(claimed, own, x + y):
            return "sum"
        years = claimed.unit in {"year", ""} and a.kind is b.kind is FigureKind.YEAR
        if (fitting or years) and near(claimed, own, abs(x - y)):
            return "difference"
        shared = claimed.kind is FigureKind.PERCENT or claimed.unit in {"times", "fold"}
        if shared and _near_share(claimed, x, y):
            return "share"
    return _multiplied(claimed, a, b) or _multiplied(claimed, b, a)


def _multiplied(claimed: Amount, part: Amount, whole: Amount) -> str:
    """Whether an amount is a share of another, what a share leaves of it, or so many times it."""
    if not fits(claimed, whole) or FigureKind.YEAR in {part.kind, whole.kind}:
        return ""
    own = claimed.measured_in(whole.unit)
    if part.kind is FigureKind.PERCENT and whole.kind is not FigureKind.PERCENT:
        share = part.value * whole.value / 100
        left = whole.value - share
        return "share" if near(claimed, own, share) or near(claimed, own, left) else ""
    if part.kind is not FigureKind.QUANTITY or min(part.value, whole.value) <= 1:
        return ""
    product = part.value * whole.value
    return "product" if product > MOST_COUNTED and near(claimed, own, product) else ""


def comparable(claimed: Amount, given: Amount) -> bool:
    """Whether two amounts may be of one thing: a unit that only one tells says nothing."""
    if claimed.dimension and given.dimension and claimed.dimension != given.dimension:
        return {claimed.dimension, given.dimension} == {"percent", "points"}
    if claimed.currency and given.currency and claimed.currency != given.currency:
        return False
    bare = not claimed.dimension or not given.dimension
    return not bare or "percent" not in {claimed.dimension, given.dimension}


def equal(claimed: Amount, given: Amount) -> bool:
    """Whether two amounts are the same, whatever units they are told in."""
    return claimed.measured_in(given.unit) == given.value


def rounds(claimed: Amount, given: Amount) -> bool:
    """Whether a claimed amount is a given one with fewer digits."""
    if given.kind is FigureKind.YEAR or claimed.kind is FigureKind.YEAR:
        return False
    own, its = claimed.measured_in(given.unit), given.value
    margin = 2 * NEAR if claimed.kind is FigureKind.PERCENT and claimed.about else NEAR
    if not its or abs(own - its) > margin * abs(its):
        return False
    return claimed.about or given.about or _digits(claimed.value) < _digits(given.value)


def _digits(value: Decimal) -> int:
    return len(value.normalize().as_tuple().digits)


def _alike(a: Amount, b: Amount) -> bool:
    same = a.dimension == b.dimension or not a.dimension or not b.dimension
    return same and (a.currency == b.currency or not a.currency or not b.currency)


def fits(claimed: Amount, given: Amount) -> bool:
    """Whether what is had of a given amount is of the claimed one's kind."""
    if given.kind is FigureKind.YEAR or claimed.kind is FigureKind.YEAR:
        return False
    if claimed.unit == "point" and given.kind is FigureKind.PERCENT:
        return True
    return not claimed.dimension or not given.dimension or claimed.dimension == given.dimension


def near(claimed: Amount, own: Decimal, value: Decimal) -> bool:
    """Whether a claimed amount, `own` in the unit of a value that was had, is it or rounds it."""
    if own == value:
        return bool(value)
    rounded = claimed.about or _digits(own) < min(_digits(value), 3)
    return rounded and bool(value) and abs(own - value) <= NEAR * abs(value)


def _near_share(claimed: Amount, a: Decimal, b: Decimal) -> bool:
    scale = Decimal(100) if claimed.kind is FigureKind.PERCENT else Decimal(1)
    shares = (a / b, b / a, abs(a - b) / a, abs(a - b) / b)
    margin = 2 * NEAR if claimed.about else NEAR
    own = claimed.value / scale
    return any(abs(own - s) <= margin * max(s, 1 / scale) for s in shares)
