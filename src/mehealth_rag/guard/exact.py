"""Exact comparison: which values of a statement its sources contain, or give by one step."""

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
"""The most figures that are combined in pairs."""

MOST_COUNTED = 20
"""The highest number of items that is counted; a product must be higher."""

FAR = 3
"""A comparison ("more than", "less than") holds only if the larger figure is at most this many
times the other."""

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

_Derivation = tuple[str, tuple[str, ...]]
"""How an amount follows, and the texts that it follows from."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a value of a statement follows from its sources.

    `kind` is "figure", "word" (a number word or a fraction), "date", "time" or "name". `how` is
    "stands" (the sources contain it), "rounding", "count", "sum", "difference", "share", "product",
    "comparison" or "missing". `of` holds the source texts that it follows from. For a missing
    figure or date they are those of its kind in the quotes: the same digits first, then in the
    order of the quotes, nearest first.
    """

    text: str
    kind: str
    how: str
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """What a statement is compared with: quotes, the headings above them, and the question.

    Names and figures of the question may be repeated in an answer; no other figure follows from
    them.
    """

    quotes: tuple[str, ...]
    above: str = ""
    question: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """The quotes, the headings and the question."""
        return (*self.quotes, self.above, self.question)


def steps(statement: str, sources: Sources) -> tuple[Step, ...]:
    """Return how each figure, date, time and name of a statement follows, in text order."""
    claimed = values(statement)
    pool = _Pool.of(sources)
    located = [(a.span, pool.step(a, statement)) for a in claimed.amounts]
    for date in claimed.dates:
        stands = pool.has_date(date)
        rivals = () if stands else tuple(pool.dates_apart(date))
        located.append((date.span, _step(date.span.of(statement), "date", stands, rivals)))
    for minutes, span in claimed.times:
        text = span.of(statement)
        located.append((span, _step(text, "time", pool.has_time(minutes, text))))
    located += [(n.span, _step(n.text, "name", pool.has_name(n))) for n in claimed.names]
    return tuple(step for _, step in sorted(located, key=lambda f: f[0].start))


def _step(text: str, kind: str, stands: bool, rivals: tuple[str, ...] = ()) -> Step:
    return Step(text, kind, "stands" if stands else "missing", rivals)


@dataclass(frozen=True)
class _Pool:
    """The amounts of the sources with their texts, and the dates and stems of the sources.

    `documented` is how many amounts, the first ones, are not the question's.
    """

    sources: Sources
    amounts: tuple[tuple[Amount, str], ...]
    documented: int
    dates: tuple[Date, ...]
    stems: frozenset[str]

    @classmethod
    def of(cls, sources: Sources) -> _Pool:
        parsed = [(text, values(text)) for text in sources.texts]
        amounts = [
            (a, a.span.of(text)) for text, exact in parsed for a in (*exact.amounts, *exact.years)
        ]
        stems = frozenset(stem_all(word for text in sources.texts for word in words(text)))
        dates = tuple(d for _, exact in parsed for d in exact.dates)
        asked = parsed[-1][1]
        documented = len(amounts) - len(asked.amounts) - len(asked.years)
        return cls(sources, tuple(amounts), documented, dates, stems)

    @property
    def evidence(self) -> tuple[tuple[Amount, str], ...]:
        """The amounts that others may be derived from: the question proves nothing."""
        return self.amounts[: self.documented]

    def step(self, claimed: Amount, statement: str) -> Step:
        """Return how an amount of a statement follows."""
        text = claimed.span.of(statement)
        kind = "figure" if any(c.isdigit() for c in text) else "word"
        derivation = self._stated(claimed, text) or self._counted(claimed, statement)
        derivation = derivation or self._compared(claimed) or self._computed(claimed)
        if derivation is None or self._of_another_currency(claimed):
            derivation = "missing", tuple(self._rivals(claimed, statement))
        return Step(text, kind, *derivation)

    def has_date(self, date: Date) -> bool:
        """Return whether the sources have a date; its year may stand apart from its month."""
        years = {a.value for a, _ in self.amounts if a.kind is FigureKind.YEAR}
        day = replace(date, year=0)
        return any(
            date.within(d) or (date.year in years and not d.year and day.within(d))
            for d in self.dates
        )

    def dates_apart(self, claimed: Date) -> Iterator[str]:
        """Yield the quotes' dates as alternatives to a claimed one, with a day if it has one."""
        for quote in self.sources.quotes:
            for date in values(quote).dates:
                if date.day or not claimed.day:
                    yield date.span.of(quote)

    def has_time(self, minutes: int, text: str) -> bool:
        """Return whether the sources have a time, on a 12- or 24-hour clock or in words."""
        for source in self.sources.texts:
            for other, span in values(source).times:
                both_have_half = _tells_half(minutes, text) and _tells_half(other, span.of(source))
                if minutes == other or (not both_have_half and minutes % 720 == other % 720):
                    return True
        hour, minute = divmod(minutes, 60)
        hours = {a.value for a, _ in self.amounts}
        name = {12: "noon", 0: "midnight"}.get(hour)
        in_words = name is not None and any(name in words(t) for t in self.sources.texts)
        return not minute and (in_words or bool({hour, hour % 12} & hours))

    def has_name(self, name: Name) -> bool:
        """Return whether the sources have each word of a name, or the words of its initials."""
        if self.stems.issuperset(stem_all(words(f"{name.text}."))):  # "U.S." keeps its full stop
            return True
        texts = self.sources.texts if name.text.isupper() else ()
        return any(fold(name.text) in "".join(w[0] for w in words(text)) for text in texts)

    def _stated(self, claimed: Amount, text: str) -> _Derivation | None:
        """Return the source of an amount that stands there as it is or with more digits."""
        compatible = [(a, t) for a, t in self.amounts if claimed.may_be(a)]
        for a, t in compatible:
            if claimed.equals(a) or self._differ_in_scale(claimed, (a, t), text):
                return "stands", (t,)
        for a, t in compatible:
            if claimed.rounds(a):
                return "rounding", (t,)
        return ("stands", (text,)) if not claimed.unit and self._has_verbatim(text) else None

    def _of_another_currency(self, claimed: Amount) -> bool:
        """Return whether the sources have money, but none in the amount's currency."""
        signs = {sign.lower() for text in self.sources.texts for sign in _MONEY.findall(text)}
        currencies = {CURRENCIES[sign] for sign in signs}
        return bool(claimed.currency and currencies) and claimed.currency not in currencies

    def _differ_in_scale(self, claimed: Amount, source: tuple[Amount, str], text: str) -> bool:
        """Return whether two amounts differ only in scale.

        One states none, and the scale stands apart from any figure, as in a column heading.
        """
        amount, source_text = source
        if claimed.unit or amount.unit:
            return False
        value, bare = min((claimed.value, text), (amount.value, source_text))
        factor = apart(claimed.value, amount.value)
        return Decimal(_bare(bare) or 0) == value and factor in self._scales()

    def _scales(self) -> set[Decimal]:
        """Return the scales that the sources state apart from any figure."""
        scales = set()
        for text in self.sources.texts:
            spans = [a.span for a in values(text).amounts if a.value]  # zero: "£000" is a scale
            for match in _SCALED.finditer(text):
                if not any(s.start <= match.start() < s.end for s in spans):
                    word = match[match.lastgroup or 0].lower()
                    scales.add(SCALES.get(word, Decimal(1000)))
        return scales

    def _has_verbatim(self, text: str) -> bool:
        """Return whether the sources have digits as written, outside other amounts and names."""
        if not any(c.isdigit() for c in text):
            return False
        pattern = re.compile(rf"(?<![\w.,]){re.escape(text.strip())}(?![\d]|[.,]\d)", re.IGNORECASE)
        return any(
            not any(a.span.start <= match.start() < a.span.end for a in values(source).amounts)
            for source in self.sources.texts
            for match in pattern.finditer(source)
        )

    def _counted(self, claimed: Amount, statement: str) -> _Derivation | None:
        """Return the quoted items if their number is the amount, or a quote that lists so many.

        Nothing is counted if a quote itself gives a number of the same things.
        """
        is_count = claimed.kind is FigureKind.QUANTITY and not claimed.unit
        if not is_count or claimed.value not in range(2, MOST_COUNTED + 1):
            return None
        quotes, noun = self.sources.quotes, counted_in(statement, claimed)
        if noun and any(counted_in(q, a) == noun for q in quotes for a in values(q).amounts):
            return None
        items = tuple(q for q in quotes if "\t" in q or without_mark(q) != q)
        if claimed.value == len(items):
            return "count", items
        return next((("count", (q,)) for q in quotes if _lists(q, int(claimed.value))), None)

    def _computed(self, claimed: Amount) -> _Derivation | None:
        """Derive an amount from two others, or as the sum or the remainder of several."""
        amounts = [(a, t) for a, t in self.evidence if a.value][:MOST_PAIRED]
        for (a, t), (b, u) in combinations(amounts, 2):
            if how := _combined(claimed, a, b):
                return how, (t, u)
        for a, t in amounts:
            if claimed.kind is a.kind is FigureKind.PERCENT and claimed.value + a.value == 100:
                return "difference", ("100%", t)
        for kind in dict.fromkeys((a.dimension, a.currency) for a, _ in amounts):
            alike = {a.value: a for a, _ in amounts if (a.dimension, a.currency) == kind}.values()
            unit = next(iter(alike)).unit
            parts = [a.measured_in(unit) for a in alike]
            if len(parts) > 2 and all(_fits(claimed, a) for a in alike):
                value, total = claimed.measured_in(unit), sum(parts, Decimal(0))
                addends = tuple(f"{part:f}" for part in parts)
                if _is_near(claimed, value, total):
                    return "sum", addends
                if _is_near(claimed, value, 2 * max(parts) - total):
                    return "difference", addends
        return None

    def _compared(self, claimed: Amount) -> _Derivation | None:
        """Return what an amount is said to be more or less than, if that holds."""
        sign = claimed.side
        if not sign:
            return None
        for a, t in self.evidence:
            if a.is_of_kind(claimed) and _is_beyond(sign, a.value, claimed.measured_in(a.unit)):
                return "comparison", (t,)
        if claimed.kind is FigureKind.PERCENT:
            amounts = [
                (a, t) for a, t in self.evidence if a.value and a.kind is not FigureKind.YEAR
            ]
            for (a, t), (b, u) in combinations(amounts[:MOST_PAIRED], 2):
                low, high = sorted((a.value, b.measured_in(a.unit)))
                if a.is_of_kind(b) and _is_beyond(sign, 100 * low / high, claimed.value):
                    return "comparison", (t, u)
        return None

    def _rivals(self, claimed: Amount, statement: str) -> list[str]:
        """Return the amounts in the quotes that are of a missing one's kind and not claimed."""
        claimed_amounts = values(statement).amounts
        rivals = []
        for quote in self.sources.quotes:
            alike = [a for a in values(quote).amounts if a.value and a.is_of_kind(claimed)]
            others = [a for a in alike if not any(b.equals(a) for b in claimed_amounts)]
            rivals += [a.span.of(quote) for a in sorted(others, key=claimed.times_apart)]
        digits = _bare(claimed.span.of(statement))
        return sorted(rivals, key=lambda text: not digits or _bare(text) != digits)


def _tells_half(minutes: int, text: str) -> bool:
    """Return whether a time shows which half of the day it is in."""
    return minutes >= 13 * 60 or "m" in text.lower() or text.startswith("0")


def _lists(quote: str, number: int) -> bool:
    """Return whether a clause has `number` items, or one more: its opening may not be one."""
    listed = (len(_LISTED.split(clause)) for clause in (quote, *_CLAUSES.split(quote)))
    return any(number in {n - 1, n} for n in listed)


def _bare(text: str) -> str:
    """Return an amount's digits without scale, unit and currency; empty for a number word."""
    return _NOT_DIGITS.sub("", text)


def _combined(claimed: Amount, a: Amount, b: Amount) -> str:
    """Return how an amount follows from two others, empty if it does not."""
    unit = a.unit or b.unit
    value, x, y = (amount.measured_in(unit) for amount in (claimed, a, b))
    if _may_be_added(a, b):
        fitting = _fits(claimed, a) and _fits(claimed, b)
        if fitting and _is_near(claimed, value, x + y):
            return "sum"
        years = claimed.unit in {"year", ""} and a.kind is b.kind is FigureKind.YEAR
        if (fitting or years) and _is_near(claimed, value, abs(x - y)):
            return "difference"
        shared = claimed.kind is FigureKind.PERCENT or claimed.unit in {"times", "fold"}
        if shared and FigureKind.YEAR not in {a.kind, b.kind} and _is_share(claimed, x, y):
            return "share"
    return _multiplied(claimed, a, b) or _multiplied(claimed, b, a)


def _may_be_added(a: Amount, b: Amount) -> bool:
    same = a.dimension == b.dimension or not a.dimension or not b.dimension
    return same and (a.currency == b.currency or not a.currency or not b.currency)


def _fits(claimed: Amount, source: Amount) -> bool:
    """Return whether a figure derived from `source` has the kind of the claimed one."""
    if FigureKind.YEAR in {source.kind, claimed.kind}:
        return False
    if claimed.unit == "point" and source.kind is FigureKind.PERCENT:
        return True
    if FigureKind.PERCENT in {source.kind, claimed.kind}:
        return claimed.kind is source.kind
    return not claimed.dimension or not source.dimension or claimed.dimension == source.dimension


def _is_share(claimed: Amount, a: Decimal, b: Decimal) -> bool:
    """Return whether an amount is a ratio of two values or their difference over one."""
    scale = 100 if claimed.kind is FigureKind.PERCENT else 1
    shares = (a / b, b / a, abs(a - b) / a, abs(a - b) / b)
    return any(claimed.may_round(claimed.value, scale * share) for share in shares)


def _multiplied(claimed: Amount, part: Amount, whole: Amount) -> str:
    """Return "share" for a percentage of an amount or its complement, "product", or empty."""
    if not _fits(claimed, whole) or FigureKind.YEAR in {part.kind, whole.kind}:
        return ""
    value = claimed.measured_in(whole.unit)
    if part.kind is FigureKind.PERCENT and whole.kind is not FigureKind.PERCENT:
        share = part.value * whole.value / 100
        matches = _is_near(claimed, value, share) or _is_near(claimed, value, whole.value - share)
        return "share" if matches else ""
    if part.kind is not FigureKind.QUANTITY or min(part.value, whole.value) <= 1:
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
