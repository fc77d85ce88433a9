"""Exact comparison: which values of a statement stand in its sources, or follow by one step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

from mehealth_rag.guard.values import NEAR, Amount, Date, Name, apart, digits, values
from mehealth_rag.language.figures import FigureKind
from mehealth_rag.language.words import fold, stem_all, words

MOST_PAIRED = 14
"""Figures that are added and compared in pairs, at the most."""

MOST_COUNTED = 20
"""The most that is counted."""

FAR = 3
"""How many times as large as the other a figure is at the most that another is compared with."""

_LISTED = re.compile(r",\s(?:and\s)?|;\s(?:and\s)?|\s(?:and|or)\s")
_SCALED = re.compile(
    r"[£$€]\s?(?:m|k|bn|000)\b|\b(?:million|thousand|billion|mn|bn)|['’]000", re.IGNORECASE
)
_MORE = re.compile(
    r"\b(?:more than|over|above|at least|exceed(?:s|ed)?)\s(?:an?\s)?$", re.IGNORECASE
)
_LESS = re.compile(
    r"\b(?:less than|fewer than|under|below|at most|up to)\s(?:an?\s)?$", re.IGNORECASE
)

_Had = tuple[str, tuple[str, ...]]
"""By which step an amount is had, and from which words."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a value of a statement is had from its sources.

    `kind` is "figure", "word" (a number word or a fraction), "date", "time" or "name". `how` is
    "stands", "rounding", "count", "sum", "difference", "share", "product", "comparison" or
    "missing". `of` are the sources' words that it is had from; of a missing value, what stands in
    its place, the first quote's before the others' and what is nearest to it first.
    """

    text: str
    kind: str
    how: str
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """What a statement is held against: quotes, the headings above them, and the question.

    The question may give names and figures that an answer repeats; it proves nothing by a step.
    """

    quotes: tuple[str, ...]
    above: str = ""
    question: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.quotes, self.above, self.question)


def steps(statement: str, sources: Sources) -> tuple[Step, ...]:
    """How each figure, date, time and name of a statement is had, in order of its words."""
    claimed = values(statement)
    pool = _Pool.of(sources)
    found = [(a.span, pool.step(a, statement)) for a in claimed.amounts]
    for date in claimed.dates:
        told = pool.has_date(date)
        rivals = () if told else tuple(pool.dates_apart(date))
        found.append((date.span, _step(date.span.of(statement), "date", told, rivals)))
    for minutes, span in claimed.times:
        found.append((span, _step(span.of(statement), "time", pool.has_time(minutes))))
    found += [(n.span, _step(n.text, "name", pool.has_name(n))) for n in claimed.names]
    return tuple(step for _, step in sorted(found, key=lambda f: f[0].start))


def _step(text: str, kind: str, told: bool, rivals: tuple[str, ...] = ()) -> Step:
    return Step(text, kind, "stands" if told else "missing", rivals)


@dataclass(frozen=True)
class _Pool:
    """The amounts, with the words that tell them, the dates and the words of sources."""

    sources: Sources
    amounts: tuple[tuple[Amount, str], ...]
    dates: tuple[Date, ...]
    stems: frozenset[str]

    @classmethod
    def of(cls, sources: Sources) -> _Pool:
        found = [(text, values(text)) for text in sources.texts]
        amounts = [(a, a.span.of(text)) for text, own in found for a in (*own.amounts, *own.years)]
        stems = frozenset(stem_all(word for text in sources.texts for word in words(text)))
        return cls(sources, tuple(amounts), tuple(d for _, own in found for d in own.dates), stems)

    def step(self, claimed: Amount, statement: str) -> Step:
        """How an amount of a statement is had."""
        text = claimed.span.of(statement)
        kind = "figure" if any(c.isdigit() for c in text) else "word"
        had = self._told(claimed, text) or self._counted(claimed) or self._computed(claimed)
        had = had or self._compared(claimed, statement[: claimed.span.start])
        return Step(text, kind, *(had or ("missing", tuple(self._rivals(claimed, statement)))))

    def has_date(self, date: Date) -> bool:
        """Whether a date stands somewhere; its year may stand apart from its month."""
        years = {a.value for a, _ in self.amounts if a.kind is FigureKind.YEAR}
        day = replace(date, year=0)
        return any(
            date.within(d) or (date.year in years and not d.year and day.within(d))
            for d in self.dates
        )

    def dates_apart(self, claimed: Date) -> Iterator[str]:
        """The dates of the quotes that tell as much as a claimed one, and otherwise."""
        for quote in self.sources.quotes:
            for date in values(quote).dates:
                if date.day or not claimed.day:
                    yield date.span.of(quote)

    def has_time(self, minutes: int) -> bool:
        """Whether a time of day stands somewhere, on a clock of 12 or of 24 hours, or in words."""
        times = (m for text in self.sources.texts for m, _ in values(text).times)
        if any(minutes % 720 == m % 720 for m in times):
            return True
        hour, past = divmod(minutes, 60)
        hours = {a.value for a, _ in self.amounts}
        name = {12: "noon", 0: "midnight"}.get(hour)
        named = name is not None and any(name in t.lower() for t in self.sources.texts)
        return not past and (named or bool({hour, hour % 12} & hours))

    def has_name(self, name: Name) -> bool:
        """Whether each part of a name stands somewhere, or its letters are initials there."""
        if self.stems.issuperset(stem_all(words(f"{name.text}."))):  # with its full stop: "U.S."
            return True
        texts = self.sources.texts if name.text.isupper() else ()
        return any(fold(name.text) in "".join(w[0] for w in words(text)) for text in texts)

    def _told(self, claimed: Amount, text: str) -> _Had | None:
        """Where an amount stands, as it is or with more digits."""
        alike = [(a, t) for a, t in self.amounts if claimed.may_be(a)]
        for a, t in alike:
            if claimed.equals(a) or self._differ_in_scale(claimed, a):
                return "stands", (t,)
        for a, t in alike:
            if claimed.rounds(a):
                return "rounding", (t,)
        return ("stands", (text,)) if not claimed.unit and self._holds(text) else None

    def _differ_in_scale(self, one: Amount, other: Amount) -> bool:
        """Whether only the scale differs, and it may stand elsewhere: in the head of a column."""
        if one.unit or other.unit or apart(one.value, other.value) not in {1000, 10**6, 10**9}:
            return False
        return any(map(_SCALED.search, self.sources.texts))

    def _holds(self, text: str) -> bool:
        """Whether digits stand somewhere as they are written, within a code for one."""
        if not any(c.isdigit() for c in text):
            return False
        pattern = re.compile(rf"(?<![\d.,]){re.escape(text.strip())}(?![\d]|[.,]\d)", re.IGNORECASE)
        return any(map(pattern.search, self.sources.texts))

    def _counted(self, claimed: Amount) -> _Had | None:
        """The quotes, where there are as many, or the members of a list in one of them."""
        whole = claimed.kind is FigureKind.QUANTITY and not claimed.unit
        if not whole or claimed.value not in range(2, MOST_COUNTED + 1):
            return None
        quotes = self.sources.quotes
        if claimed.value <= len(quotes):
            return "count", quotes
        listing = (quote for quote in quotes if claimed.value <= len(_LISTED.split(quote)))
        return next((("count", (quote,)) for quote in listing), None)

    def _computed(self, claimed: Amount) -> _Had | None:
        """A sum, difference, share or product of two amounts; or what is left of several."""
        found = [(a, t) for a, t in self.amounts if a.value][:MOST_PAIRED]
        for (a, t), (b, u) in combinations(found, 2):
            if how := _combined(claimed, a, b):
                return how, (t, u)
        for kind in dict.fromkeys((a.dimension, a.currency) for a, _ in found):
            own = {a.value: a for a, _ in found if (a.dimension, a.currency) == kind}.values()
            unit = next(iter(own)).unit
            parts = [a.measured_in(unit) for a in own]
            if len(parts) > 2 and all(_fits(claimed, a) for a in own):
                value, total = claimed.measured_in(unit), sum(parts, Decimal(0))
                told = tuple(f"{part:f}" for part in parts)
                if _is_near(claimed, value, total):
                    return "sum", told
                if _is_near(claimed, value, 2 * max(parts) - total):
                    return "difference", told
        return None

    def _compared(self, claimed: Amount, before: str) -> _Had | None:
        """What an amount is more or less than, where the words before it say that it is."""
        sign = 1 if _MORE.search(before) else -1 if _LESS.search(before) else 0
        if not sign:
            return None
        for a, t in self.amounts:
            if a.is_of_kind(claimed) and _is_beyond(sign, a.value, claimed.measured_in(a.unit)):
                return "comparison", (t,)
        if claimed.kind is FigureKind.PERCENT:
            amounts = [(a, t) for a, t in self.amounts if a.value and a.kind is not FigureKind.YEAR]
            for (a, t), (b, u) in combinations(amounts[:MOST_PAIRED], 2):
                low, high = sorted((a.value, b.measured_in(a.unit)))
                if a.is_of_kind(b) and _is_beyond(sign, 100 * low / high, claimed.value):
                    return "comparison", (t, u)
        return None

    def _rivals(self, claimed: Amount, statement: str) -> Iterator[str]:
        """What stands where a missing amount should: amounts of its kind that are not claimed."""
        beside = values(statement).amounts
        for quote in self.sources.quotes:
            own = [a for a in values(quote).amounts if a.is_of_kind(claimed)]
            others = [a for a in own if not any(b.equals(a) for b in beside)]
            for amount in sorted(others, key=claimed.times_apart):
                yield amount.span.of(quote)


def _combined(claimed: Amount, a: Amount, b: Amount) -> str:
    """How an amount is had of two others; empty where it is not."""
    unit = a.unit or b.unit
    own, x, y = (amount.measured_in(unit) for amount in (claimed, a, b))
    if _may_be_added(a, b):
        fitting = _fits(claimed, a) and _fits(claimed, b)
        if fitting and _is_near(claimed, own, x + y):
            return "sum"
        years = claimed.unit in {"year", ""} and a.kind is b.kind is FigureKind.YEAR
        if (fitting or years) and _is_near(claimed, own, abs(x - y)):
            return "difference"
        shared = claimed.kind is FigureKind.PERCENT or claimed.unit in {"times", "fold"}
        if shared and _is_share(claimed, x, y):
            return "share"
    return _multiplied(claimed, a, b) or _multiplied(claimed, b, a)


def _may_be_added(a: Amount, b: Amount) -> bool:
    same = a.dimension == b.dimension or not a.dimension or not b.dimension
    return same and (a.currency == b.currency or not a.currency or not b.currency)


def _fits(claimed: Amount, given: Amount) -> bool:
    """Whether what is had of a given amount is of the claimed one's kind."""
    if FigureKind.YEAR in {given.kind, claimed.kind}:
        return False
    if claimed.unit == "point" and given.kind is FigureKind.PERCENT:
        return True
    return not claimed.dimension or not given.dimension or claimed.dimension == given.dimension


def _is_share(claimed: Amount, a: Decimal, b: Decimal) -> bool:
    """Whether an amount is what share one value is of another, or their difference is."""
    scale = Decimal(100) if claimed.kind is FigureKind.PERCENT else Decimal(1)
    shares = (a / b, b / a, abs(a - b) / a, abs(a - b) / b)
    margin = 2 * NEAR if claimed.about else NEAR
    own = claimed.value / scale
    return any(abs(own - s) <= margin * max(s, 1 / scale) for s in shares)


def _multiplied(claimed: Amount, part: Amount, whole: Amount) -> str:
    """Whether an amount is a share of another, what a share leaves of it, or so many times it."""
    if not _fits(claimed, whole) or FigureKind.YEAR in {part.kind, whole.kind}:
        return ""
    own = claimed.measured_in(whole.unit)
    if part.kind is FigureKind.PERCENT and whole.kind is not FigureKind.PERCENT:
        share = part.value * whole.value / 100
        had = _is_near(claimed, own, share) or _is_near(claimed, own, whole.value - share)
        return "share" if had else ""
    if part.kind is not FigureKind.QUANTITY or min(part.value, whole.value) <= 1:
        return ""
    product = part.value * whole.value
    return "product" if product > MOST_COUNTED and _is_near(claimed, own, product) else ""


def _is_near(claimed: Amount, own: Decimal, value: Decimal) -> bool:
    """Whether a claimed amount, `own` in the unit of a value that was had, is it or rounds it."""
    if own == value:
        return bool(value)
    rounded = claimed.about or digits(own) < min(digits(value), 3)
    return rounded and bool(value) and abs(own - value) <= NEAR * abs(value)


def _is_beyond(sign: int, value: Decimal, limit: Decimal) -> bool:
    """Whether a value is more (or, with sign -1, less) than another, and not by far."""
    return bool(value and limit) and sign * (value - limit) > 0 and apart(value, limit) <= FAR
