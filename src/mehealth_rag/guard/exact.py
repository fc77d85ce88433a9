"""Exact comparison: which values of a statement stand in its sources, or follow by one step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations

from mehealth_rag.guard.values import Amount, Date, Name, apart, counted_in, values
from mehealth_rag.language.figures import CURRENCIES, SCALES, FigureKind
from mehealth_rag.language.words import fold, stem_all, words
from mehealth_rag.reading.marks import without_mark

MOST_PAIRED = 14
"""Figures that are added and compared in pairs, at the most."""

MOST_COUNTED = 20
"""The most that is counted."""

FAR = 3
"""How many times as large as the other a figure is at the most that another is compared with."""

_LISTED = re.compile(r",\s(?:and\s)?|;\s(?:and\s)?|\s(?:and|or)\s")
_CLAUSES = re.compile(r"[:;]\s|\.\s")
_SCALED = re.compile(
    r"[£$€]\s?(?P<sign>m|k|bn|000)\b|\b(?P<word>million|thousand|billion|mn|bn)s?\b"
    r"|['’](?P<noughts>000)",
    re.IGNORECASE,
)
_MONEY = re.compile(
    rf"[£$€¥]|\b(?:{'|'.join(w for w in CURRENCIES if w.isalpha())})\b", re.IGNORECASE
)
_NOT_DIGITS = re.compile(r"[^\d.]|\.$")

_Had = tuple[str, tuple[str, ...]]
"""By which step an amount is had, and from which words."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a value of a statement is had from its sources.

    `kind` is "figure", "word" (a number word or a fraction), "date", "time" or "name". `how` is
    "stands", "rounding", "count", "sum", "difference", "share", "product", "comparison" or
    "missing". `of` are the sources' words that it is had from; of a missing value, what stands in
    its place: what has its digits, then the first quote's before the others', the nearest first.
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
        text = span.of(statement)
        found.append((span, _step(text, "time", pool.has_time(minutes, text))))
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
        had = self._told(claimed, text) or self._counted(claimed, statement)
        had = had or self._compared(claimed) or self._computed(claimed)
        if had is None or self._of_another_currency(claimed):
            had = "missing", tuple(self._rivals(claimed, statement))
        return Step(text, kind, *had)

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

    def has_time(self, minutes: int, text: str) -> bool:
        """Whether a time of day stands somewhere, on a clock of 12 or of 24 hours, or in words."""
        for source in self.sources.texts:
            for other, span in values(source).times:
                sure = _tells_half(minutes, text) and _tells_half(other, span.of(source))
                if minutes == other or (not sure and minutes % 720 == other % 720):
                    return True
        hour, past = divmod(minutes, 60)
        hours = {a.value for a, _ in self.amounts}
        name = {12: "noon", 0: "midnight"}.get(hour)
        named = name is not None and any(name in words(t) for t in self.sources.texts)
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
            if claimed.equals(a) or self._differ_in_scale(claimed, (a, t), text):
                return "stands", (t,)
        for a, t in alike:
            if claimed.rounds(a):
                return "rounding", (t,)
        return ("stands", (text,)) if not claimed.unit and self._holds(text) else None

    def _of_another_currency(self, claimed: Amount) -> bool:
        """Whether money is spoken of, but none in the currency of an amount."""
        signs = {sign.lower() for text in self.sources.texts for sign in _MONEY.findall(text)}
        known = {CURRENCIES[sign] for sign in signs}
        return bool(claimed.currency and known) and claimed.currency not in known

    def _differ_in_scale(self, claimed: Amount, given: tuple[Amount, str], text: str) -> bool:
        """Whether only the scale differs: one tells none, and it stands in the head of a column."""
        amount, told = given
        if claimed.unit or amount.unit:
            return False
        value, bare = min((claimed.value, text), (amount.value, told))
        factor = apart(claimed.value, amount.value)
        return Decimal(_bare(bare) or 0) == value and factor in self._scales()

    def _scales(self) -> set[Decimal]:
        """The scales that are told apart from any figure."""
        found = set()
        for text in self.sources.texts:
            spans = [a.span for a in values(text).amounts if a.value]  # "£000" is none
            for match in _SCALED.finditer(text):
                if not any(s.start <= match.start() < s.end for s in spans):
                    word = match[match.lastgroup or 0].lower()
                    found.add(SCALES.get(word, Decimal(1000)))
        return found

    def _holds(self, text: str) -> bool:
        """Whether digits stand somewhere as they are written, in no other amount and no name."""
        if not any(c.isdigit() for c in text):
            return False
        pattern = re.compile(rf"(?<![\w.,]){re.escape(text.strip())}(?![\d]|[.,]\d)", re.IGNORECASE)
        return any(
            not any(a.span.start <= match.start() < a.span.end for a in values(source).amounts)
            for source in self.sources.texts
            for match in pattern.finditer(source)
        )

    def _counted(self, claimed: Amount, statement: str) -> _Had | None:
        """The quoted items, where there are as many, or the members of a list in one quote.

        Nothing is counted of which a quote tells another number.
        """
        whole = claimed.kind is FigureKind.QUANTITY and not claimed.unit
        if not whole or claimed.value not in range(2, MOST_COUNTED + 1):
            return None
        quotes, what = self.sources.quotes, counted_in(statement, claimed)
        if what and any(counted_in(q, a) == what for q in quotes for a in values(q).amounts):
            return None
        items = tuple(q for q in quotes if "\t" in q or without_mark(q) != q)
        if claimed.value == len(items):
            return "count", items
        return next((("count", (q,)) for q in quotes if _lists(q, int(claimed.value))), None)

    def _computed(self, claimed: Amount) -> _Had | None:
        """A sum, difference, share or product of two amounts; or what is left of several."""
        found = [(a, t) for a, t in self.amounts if a.value][:MOST_PAIRED]
        for (a, t), (b, u) in combinations(found, 2):
            if how := _combined(claimed, a, b):
                return how, (t, u)
        for a, t in found:
            if claimed.kind is a.kind is FigureKind.PERCENT and claimed.value + a.value == 100:
                return "difference", ("100%", t)
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

    def _compared(self, claimed: Amount) -> _Had | None:
        """What an amount is more or less than, where the words before it say that it is."""
        sign = claimed.side
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

    def _rivals(self, claimed: Amount, statement: str) -> list[str]:
        """What stands where a missing amount should: amounts of its kind that are not claimed."""
        beside = values(statement).amounts
        found = []
        for quote in self.sources.quotes:
            own = [a for a in values(quote).amounts if a.value and a.is_of_kind(claimed)]
            others = [a for a in own if not any(b.equals(a) for b in beside)]
            found += [a.span.of(quote) for a in sorted(others, key=claimed.times_apart)]
        digits = _bare(claimed.span.of(statement))
        return sorted(found, key=lambda text: not digits or _bare(text) != digits)


def _tells_half(minutes: int, text: str) -> bool:
    """Whether a time of day tells whether it is before or after noon."""
    return minutes >= 13 * 60 or "m" in text.lower() or text.startswith("0")


def _lists(quote: str, number: int) -> bool:
    """Whether a clause lists so many things, or one more: its opening words may list nothing."""
    listed = (len(_LISTED.split(clause)) for clause in (quote, *_CLAUSES.split(quote)))
    return any(number in {n - 1, n} for n in listed)


def _bare(text: str) -> str:
    """The digits of an amount without its scale, unit and currency; none of a number word."""
    return _NOT_DIGITS.sub("", text)


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
        if shared and FigureKind.YEAR not in {a.kind, b.kind} and _is_share(claimed, x, y):
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
    if FigureKind.PERCENT in {given.kind, claimed.kind}:
        return claimed.kind is given.kind
    return not claimed.dimension or not given.dimension or claimed.dimension == given.dimension


def _is_share(claimed: Amount, a: Decimal, b: Decimal) -> bool:
    """Whether an amount is what share one value is of another, or their difference is."""
    scale = 100 if claimed.kind is FigureKind.PERCENT else 1
    shares = (a / b, b / a, abs(a - b) / a, abs(a - b) / b)
    return any(claimed.may_round(claimed.value, scale * share) for share in shares)


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
    """Whether a claimed amount, `own` in the unit of a value that was had, is it, or about it.

    To be had and rounded are two steps: of many figures that would give almost anything.
    """
    return bool(value) and (own == value or (claimed.about and claimed.may_round(own, value)))


def _is_beyond(sign: int, value: Decimal, limit: Decimal) -> bool:
    """Whether a value is more (or, with sign -1, less) than another, and not by far."""
    return bool(value and limit) and sign * (value - limit) > 0 and apart(value, limit) <= FAR
