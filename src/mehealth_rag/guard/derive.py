"""Derivations: how an amount follows from those of a text by one step that can be shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations

from mehealth_rag.guard.values import Amount, Date, Values, apart
from mehealth_rag.language.figures import FigureKind

MOST_PAIRED = 14
"""The most figures that are combined in pairs."""

MOST_DATES = 40
"""The most dates that a duration may lie between."""

MOST_COUNTED = 20
"""The highest number of items that is counted; a product must be higher."""

FAR = 3
"""A comparison ("more than", "less than") holds only if the larger figure is at most this many
times the other."""

WHOLE = 100
"""All, in percent."""

Derivation = tuple[str, tuple[str, ...]]
"""How an amount follows, and the texts that it follows from."""

_LISTED = re.compile(r",\s(?:and\s)?|;\s(?:and\s)?|\s(?:and|or)\s")
_CLAUSES = re.compile(r"[:;]\s|\.\s")
_ANY_YEAR = 2001
"""Stands for the year of dates that have none."""


@dataclass(frozen=True, slots=True)
class Stated:
    """An amount as it is written, the number of the text that has it, and whether a row does.

    A row's cells have their unit in the head of the column.
    """

    amount: Amount
    text: str
    source: int = -1
    in_row: bool = False


def compared(claimed: Amount, evidence: Sequence[Stated]) -> Derivation | None:
    """Return what an amount is said to be more or less than, if that holds."""
    sign = claimed.side
    if not sign:
        return None
    for s in evidence:
        a = s.amount
        if a.is_of_kind(claimed) and _is_beyond(sign, a.value, claimed.measured_in(a.unit)):
            return "comparison", (s.text,)
    if claimed.kind is FigureKind.PERCENT:
        amounts = [s for s in evidence if s.amount.value and s.amount.kind is not FigureKind.YEAR]
        for s, t in combinations(amounts[:MOST_PAIRED], 2):
            low, high = sorted((s.amount.value, t.amount.measured_in(s.amount.unit)))
            alike = s.amount.is_of_kind(t.amount) and low < high
            if alike and _is_beyond(sign, 100 * low / high, claimed.value):
                return "comparison", (s.text, t.text)
    return None


def computed(claimed: Amount, evidence: Sequence[Stated]) -> Derivation | None:
    """Derive an amount from two others, or as the sum or the remainder of several."""
    amounts = [s for s in evidence if s.amount.value][:MOST_PAIRED]
    for s, t in combinations(amounts, 2):
        if how := _combined(claimed, s, t):
            return how, (s.text, t.text)
    for s in amounts:
        both_percent = claimed.kind is s.amount.kind is FigureKind.PERCENT
        if both_percent and round(claimed.value + s.amount.value, 2) == WHOLE:
            return "difference", ("100%", s.text)
    for alike in _of_one_kind(amounts):
        unit = next((s.amount.unit for s in alike if s.amount.unit), "")
        parts = [s.amount.measured_in(unit) for s in alike]
        several = len(alike) > 2 and all(_fits(claimed, s) for s in alike)
        if several and (derivation := _added(claimed, unit, parts)):
            return derivation
    return None


def _of_one_kind(amounts: Sequence[Stated]) -> Iterator[list[Stated]]:
    """Yield the amounts of each dimension and currency, each value once."""
    kinds: dict[tuple[str, str], dict[Decimal, Stated]] = {}
    for s in amounts:
        kinds.setdefault((s.amount.dimension, s.amount.currency), {})[s.amount.value] = s
    for different in kinds.values():
        yield list(different.values())


def _added(claimed: Amount, unit: str, parts: Sequence[Decimal]) -> Derivation | None:
    """Return an amount as the sum of all parts, or as what the others leave of the largest."""
    value, total = claimed.measured_in(unit), sum(parts, Decimal(0))
    addends = tuple(f"{part:f}" for part in parts)
    if _is_near(claimed, value, total):
        return "sum", addends
    if _is_near(claimed, value, 2 * max(parts) - total):
        return "difference", addends
    return None


def _combined(claimed: Amount, s: Stated, t: Stated) -> str:
    """Return how an amount follows from two others, empty if it does not."""
    a, b = s.amount, t.amount
    unit = a.unit or b.unit
    value, x, y = (amount.measured_in(unit) for amount in (claimed, a, b))
    if _may_be_added(s, t):
        fitting = _fits(claimed, s) and _fits(claimed, t)
        if fitting and _is_near(claimed, value, x + y):
            return "sum"
        years = claimed.unit in {"year", ""} and a.kind is b.kind is FigureKind.YEAR
        if (fitting or years) and _is_near(claimed, value, abs(x - y)):
            return "difference"
        shared = claimed.kind is FigureKind.PERCENT or claimed.unit in {"times", "fold"}
        if shared and FigureKind.YEAR not in {a.kind, b.kind} and _is_share(claimed, x, y):
            return "share"
    return _multiplied(claimed, s, t) or _multiplied(claimed, t, s)


def _may_be_added(s: Stated, t: Stated) -> bool:
    """Return whether two amounts may measure the same thing.

    A plain one may have the unit of its column, or of its neighbour ("611 hours, and 470 before").
    """
    a, b = s.amount, t.amount
    unit_is_near = s.in_row or t.in_row or s.source == t.source
    same = a.dimension == b.dimension or (unit_is_near and "" in {a.dimension, b.dimension})
    return same and (a.currency == b.currency or not a.currency or not b.currency)


def _fits(claimed: Amount, source: Stated) -> bool:
    """Return whether a figure derived from `source` has the kind of the claimed one."""
    a = source.amount
    if FigureKind.YEAR in {a.kind, claimed.kind}:
        return False
    if claimed.unit == "point" and a.kind is FigureKind.PERCENT:
        return True
    if FigureKind.PERCENT in {a.kind, claimed.kind}:
        return claimed.kind is a.kind
    return not claimed.dimension or not a.dimension or claimed.dimension == a.dimension


def _is_share(claimed: Amount, a: Decimal, b: Decimal) -> bool:
    """Return whether an amount is a ratio of two values or their difference over one."""
    scale = 100 if claimed.kind is FigureKind.PERCENT else 1
    shares = (scale * share for share in (a / b, b / a, abs(a - b) / a, abs(a - b) / b))
    return any(claimed.value == s or claimed.may_round(claimed.value, s) for s in shares)


def _multiplied(claimed: Amount, s: Stated, t: Stated) -> str:
    """Return "share" for a percentage of an amount or its complement, "product", or empty."""
    part, whole = s.amount, t.amount
    if not _fits(claimed, t) or FigureKind.YEAR in {part.kind, whole.kind}:
        return ""
    value = claimed.measured_in(whole.unit)
    if part.kind is FigureKind.PERCENT and whole.kind is not FigureKind.PERCENT:
        share = part.value * whole.value / 100
        matches = _is_near(claimed, value, share) or _is_near(claimed, value, whole.value - share)
        return "share" if matches else ""
    if part.kind is not FigureKind.QUANTITY or part.unit or min(part.value, whole.value) <= 1:
        return ""
    product = part.value * whole.value
    return "product" if product > MOST_COUNTED and _is_near(claimed, value, product) else ""


def _is_near(claimed: Amount, value: Decimal, result: Decimal) -> bool:
    """Return whether a derived result is the claimed amount, whose value in its unit is `value`.

    It must be exact unless the claim says "about": a derivation and then rounding are two steps,
    and of many figures two steps give almost anything.
    """
    return bool(result) and (
        value == result or (claimed.about and claimed.may_round(value, result))
    )


def _is_beyond(sign: int, value: Decimal, limit: Decimal) -> bool:
    """Return whether a value is above (sign 1) or below (sign -1) a limit, but not far from it."""
    return bool(value and limit) and sign * (value - limit) > 0 and apart(value, limit) <= FAR


def elapsed(claimed: Amount, texts: Iterable[tuple[str, Values]]) -> Derivation | None:
    """Return the two dates that a duration lies between, if there are such.

    `texts` are texts with their values.
    """
    if claimed.dimension != "duration":
        return None
    dates = [(d, d.span.of(text)) for text, exact in texts for d in exact.dates if d.day]
    for (d, text), (e, other) in combinations(dates[:MOST_DATES], 2):
        if _lies_between(claimed, d, e):
            return "difference", (text, other)
    return None


def _lies_between(claimed: Amount, one: Date, other: Date) -> bool:
    """Return whether a number of days, weeks, months or years lies between two dates."""
    first, last = (_day(d, one.year or other.year) for d in (one, other))
    if first is None or last is None:
        return False
    if claimed.unit in {"day", "week", "fortnight"}:
        return claimed.measured_in("day") == abs((last - first).days) != 0
    months = abs(12 * (last.year - first.year) + last.month - first.month)
    if first.day != last.day or not months or claimed.unit not in {"month", "year"}:
        return False
    return claimed.value == (months if claimed.unit == "month" else Decimal(months) / 12)


def _day(given: Date, year: int) -> date | None:
    try:
        return date(given.year or year or _ANY_YEAR, given.month, given.day)
    except ValueError:
        return None


def lists(quote: str, number: int) -> bool:
    """Return whether a clause has `number` items, or one more: its opening may not be one.

    Cells of a row are no items.
    """
    if "\t" in quote:
        return False
    listed = (len(_LISTED.split(clause)) for clause in (quote, *_CLAUSES.split(quote)))
    return any(number in {n - 1, n} for n in listed)
