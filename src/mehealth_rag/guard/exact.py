"""Exact comparison: which values of a statement stand in its sources, or follow by one step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

from mehealth_rag.guard.arithmetic import (
    MOST_COUNTED,
    apart,
    beyond,
    combined,
    comparable,
    equal,
    fits,
    near,
    rounds,
    same_kind,
)
from mehealth_rag.guard.values import Amount, Date, Name, Values, values
from mehealth_rag.language.figures import FigureKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_PAIRED = 14
"""Figures of one dimension that are added and compared in pairs, at the most."""

_PARTS = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['’]s?$")
_SCALED = re.compile(
    r"[£$€]\s?(?:m|k|bn|000)\b|\b(?:million|thousand|billion|mn|bn)|['’]000", re.IGNORECASE
)
_MORE = re.compile(
    r"\b(?:more than|over|above|at least|exceed(?:s|ed)?)\s(?:an?\s)?$", re.IGNORECASE
)
_LESS = re.compile(
    r"\b(?:less than|fewer than|under|below|at most|up to)\s(?:an?\s)?$", re.IGNORECASE
)
_DAYS = {"day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}


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
    given = [values(text) for text in sources.texts]
    pool = _Pool.of(sources)
    found = [(a.span, pool.step(a, statement, claimed)) for a in claimed.amounts]
    for date in claimed.dates:
        text = date.span.of(statement)
        told = _stands(date, given) or pool.has_text(text)
        rivals = () if told else tuple(pool.dates_apart(date))
        found.append((date.span, _step(text, "date", told, rivals)))
    for minutes, span in claimed.times:
        told = any(_same_time(minutes, t, v) for t, v in zip(sources.texts, given, strict=True))
        found.append((span, _step(span.of(statement), "time", told)))
    found += [(n.span, _step(n.text, "name", pool.has_name(n))) for n in claimed.names]
    return tuple(step for _, step in sorted(found, key=lambda f: f[0].start))


def same_amount(one: Amount, other: Amount) -> bool:
    """Whether two amounts are the same, or one of them is the other rounded."""
    if not comparable(one, other):
        return False
    return equal(one, other) or rounds(one, other) or rounds(other, one)


@dataclass(frozen=True)
class _Pool:
    """The amounts and words of sources."""

    sources: Sources
    amounts: tuple[tuple[Amount, str], ...]
    dates: tuple[Date, ...]
    words: frozenset[str]
    initials: str
    scaled: bool

    @classmethod
    def of(cls, sources: Sources) -> _Pool:
        texts = sources.texts
        amounts = tuple((a, a.span.of(t)) for t in texts for a in _all_amounts(values(t)))
        words = frozenset(_plain(w) for t in texts for w in _PARTS.findall(t))
        initials = " ".join("".join(w[0] for w in _PARTS.findall(t)) for t in texts).lower()
        dates = tuple(d for t in texts for d in values(t).dates)
        scaled = any(_SCALED.search(t) for t in texts)
        return cls(sources, amounts, dates, words, initials, scaled)

    def step(self, claimed: Amount, statement: str, beside: Values) -> Step:
        """How an amount of a statement is had; `beside` are all values of it."""
        text = claimed.span.of(statement)
        kind = "figure" if any(c.isdigit() for c in text) else "word"
        before = statement[: claimed.span.start]
        how, of = self._had(claimed, text) or self._compared(claimed, before) or ("missing", ())
        return Step(text, kind, how, of or self._rivals(claimed, beside))

    def _had(self, claimed: Amount, text: str) -> _Had | None:
        alike = [(a, t) for a, t in self.amounts if comparable(claimed, a)]
        for a, t in alike:
            if equal(claimed, a) or self._same_digits(claimed, a):
                return "stands", (t,)
        for a, t in alike:
            if rounds(claimed, a):
                return "rounding", (t,)
        if not claimed.unit and self._stands_as_written(text):
            return "stands", (text,)
        whole = claimed.kind is FigureKind.QUANTITY and claimed.value == int(claimed.value)
        if whole and not claimed.unit and (of := self._count(int(claimed.value))):
            return "count", of
        return self._computed(claimed) or self._between(claimed)

    def _compared(self, claimed: Amount, before: str) -> _Had | None:
        """What an amount is more or less than, where the words before it say that it is."""
        sign = 1 if _MORE.search(before) else -1 if _LESS.search(before) else 0
        for a, t in self.amounts:
            if same_kind(a, claimed) and beyond(sign, a.value, claimed.measured_in(a.unit)):
                return "comparison", (t,)
        if claimed.kind is FigureKind.PERCENT:
            amounts = [(a, t) for a, t in self.amounts if a.value and a.kind is not FigureKind.YEAR]
            for (a, t), (b, u) in combinations(amounts[:MOST_PAIRED], 2):
                low, high = sorted((a.value, b.measured_in(a.unit)))
                if same_kind(a, b) and beyond(sign, 100 * low / high, claimed.value):
                    return "comparison", (t, u)
        return None

    def _rivals(self, claimed: Amount, beside: Values) -> tuple[str, ...]:
        """What stands where a missing amount should: amounts of its kind that are not claimed."""
        found: list[str] = []
        for quote in self.sources.quotes:
            own = [a for a in values(quote).amounts if same_kind(a, claimed)]
            others = [a for a in own if not any(equal(b, a) for b in beside.amounts)]
            nearest = sorted(others, key=lambda a: apart(a.value, claimed.measured_in(a.unit)))
            found += [a.span.of(quote) for a in nearest]
        return tuple(found)

    def dates_apart(self, claimed: Date) -> Iterator[str]:
        """The dates of the quotes that tell as much as a claimed one, and otherwise."""
        for quote in self.sources.quotes:
            for date in values(quote).dates:
                if bool(date.day) >= bool(claimed.day) and bool(date.month) >= bool(claimed.month):
                    yield date.span.of(quote)

    def _same_digits(self, claimed: Amount, given: Amount) -> bool:
        """Whether only the scale differs, and it may stand elsewhere: in the head of a column."""
        if claimed.unit or given.unit or not claimed.value or not given.value:
            return False
        high, low = max(claimed.value, given.value), min(claimed.value, given.value)
        return self.scaled and high / low in {1000, 10**6, 10**9}

    def _stands_as_written(self, text: str) -> bool:
        if not any(c.isdigit() for c in text):
            return False
        pattern = re.compile(rf"(?<![\d.,]){re.escape(text.strip())}(?![\d]|[.,]\d)", re.IGNORECASE)
        return any(map(pattern.search, self.sources.texts))

    def _count(self, wanted: int) -> tuple[str, ...]:
        """The quotes, where there are as many, or the members of a list in one of them."""
        if 2 <= wanted <= min(MOST_COUNTED, len(self.sources.quotes)):
            return self.sources.quotes
        for quote in self.sources.quotes:
            members = re.split(r",\s(?:and\s)?|;\s(?:and\s)?|\s(?:and|or)\s", quote)
            if 2 <= wanted <= min(MOST_COUNTED, len(members)):
                return (quote,)
        return ()

    def _computed(self, claimed: Amount) -> _Had | None:
        """A sum, difference, share or product of two amounts; or what is left of several."""
        found = [(a, t) for a, t in self.amounts if a.value][:MOST_PAIRED]
        for (a, t), (b, u) in combinations(found, 2):
            how = combined(claimed, a, b)
            if how:
                return how, (t, u)
        for alike in _columns(self.sources.quotes, found):
            unit = alike[0].unit if alike else ""
            parts = [amount.measured_in(unit) for amount in alike]
            if len(alike) > 2 and fits(claimed, alike[0]):
                own, total = claimed.measured_in(unit), sum(parts, Decimal(0))
                told = tuple(f"{part:f}" for part in parts)
                if near(claimed, own, total):
                    return "sum", told
                if near(claimed, own, 2 * max(parts) - total):
                    return "difference", told
        return None

    def _between(self, claimed: Amount) -> _Had | None:
        """The time between two dates."""
        days = _DAYS.get(claimed.unit)
        if days is None:
            return None
        for a, b in combinations([d for d in self.dates if d.month], 2):
            years = a.year - b.year if a.year and b.year else 0
            apart = abs(years * 365.25 + (a.month - b.month) * 30.44 + a.day - b.day)
            if abs(float(claimed.value) * days - apart) <= max(0.6 * days, 0.06 * apart):
                return "difference", (_shown(a), _shown(b))
        return None

    def has_text(self, text: str) -> bool:
        """Whether words stand somewhere as they are."""
        return any(text.lower() in s.lower() for s in self.sources.texts)

    def has_name(self, name: Name) -> bool:
        """Whether each part of a name stands somewhere, or its letters are initials there."""
        parts = [_plain(p) for p in _PARTS.findall(_POSSESSIVE.sub("", name.text))]
        if all(p in self.words for p in parts):
            return True
        return name.text.isupper() and name.text.lower() in self.initials


def _columns(quotes: Sequence[str], found: Sequence[tuple[Amount, str]]) -> Iterable[list[Amount]]:
    """Amounts that may be added: those of a column, and those of one dimension."""
    rows = [quote.split("|") for quote in quotes if "|" in quote]
    for column in range(max(map(len, rows), default=0)):
        cells = [values(row[column]).amounts for row in rows if column < len(row)]
        yield [own[0] for own in cells if own]
    for kind in dict.fromkeys((a.dimension, a.currency) for a, _ in found):
        yield list({a.value: a for a, _ in found if (a.dimension, a.currency) == kind}.values())


def _all_amounts(given: Values) -> Iterable[Amount]:
    yield from given.amounts
    for date in given.dates:
        if date.year:
            yield Amount(Decimal(date.year), FigureKind.YEAR, date.span)


def _step(text: str, kind: str, told: bool, rivals: tuple[str, ...] = ()) -> Step:
    return Step(text, kind, "stands" if told else "missing", rivals)


def _shown(date: Date) -> str:
    return "-".join(f"{part:02}" for part in (date.year, date.month, date.day) if part)


def _stands(date: Date, given: Sequence[Values]) -> bool:
    for source in given:
        if any(date.within(d) for d in source.dates):
            return True
        years = {int(a.value) for a in source.amounts if a.kind is FigureKind.YEAR}
        if date.year and not date.month and date.year in years:
            return True
    dates = [d for source in given for d in source.dates]
    years = {d.year for d in dates} | {
        int(a.value) for v in given for a in v.amounts if a.kind is FigureKind.YEAR
    }
    # The month may stand in one quote and its year above it.
    apart = Date(0, date.month, date.day, date.span)
    return bool(date.year in years and any(apart.within(d) for d in dates if not d.year))


def _same_time(minutes: int, text: str, given: Values) -> bool:
    if any(minutes == m or minutes % 720 == m % 720 for m, _ in given.times):
        return True
    hour, minute = divmod(minutes, 60)
    if minute:
        return False
    spelled = {a.value for a in given.amounts if a.value <= 24}
    name = {12: "noon", 0: "midnight"}.get(hour, "")
    return hour in spelled or hour % 12 in spelled or bool(name and name in text.lower())


def _plain(word: str) -> str:
    """A word without its plural or possessive s."""
    low = word.lower()
    return low[:-1] if len(low) > 1 and low.endswith("s") else low
