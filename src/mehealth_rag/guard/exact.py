"""Exact comparison: which values of a statement its sources contain, or give by one step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from mehealth_rag.guard.derive import (
    MOST_COUNTED,
    Derivation,
    Stated,
    compared,
    computed,
    elapsed,
    lists,
)
from mehealth_rag.guard.units import UNITS, unit_at, units_in
from mehealth_rag.guard.values import Amount, Date, Name, Values, apart, counted_in, values
from mehealth_rag.language.figures import CURRENCIES, SCALES, FigureKind, figures
from mehealth_rag.language.words import fold, stem_all, words
from mehealth_rag.reading.marks import without_mark
from mehealth_rag.types import Span

_SCALED = re.compile(
    r"[£$€]\s?(?P<sign>m|k|bn|000)\b|\b(?P<word>million|thousand|billion|mn|bn)s?\b"
    r"|['’](?P<noughts>000)",
    re.IGNORECASE,
)
_SCALE_OF = re.compile(
    r"(?:(?<=\d)|\b)(?P<scale>hundred|thousand|million|billion|mn|bn|[mk])\b", re.I
)
_MONEY = re.compile(
    rf"[£$€¥]|\b(?:{'|'.join(w for w in CURRENCIES if w.isalpha())})\b", re.IGNORECASE
)
_PERCENT = re.compile(r"%|\bper\s?cent", re.IGNORECASE)
_NOT_DIGITS = re.compile(r"[^\d.]|\.$")
_HALF_OF_DAY = re.compile(r"\d\s?[ap]\.?\s?m", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\b(?:clause|section|article|paragraph|page|table|figure|photo|chapter|step|appendix|annex|"
    r"schedule|item|no\.)\s\d+(?:\.\d+)*|§\s?\d+(?:\.\d+)*|^\(?\d+(?:\.\d+)+\s+(?=[A-Z])"
    r"|^\(?\d+[.)]\s|\b0\d+|(?<=\d\s)\d{3,}(?=\s\d|\b)",
    re.IGNORECASE | re.MULTILINE,
)
"""Numbers of clauses, pages and telephones: no amounts."""

MOST_CLAIMED = 60
"""Amounts of a statement that are looked for; those beyond are missing.

No writer's sentence has as many, but a visitor's may, and each is compared with every source's.
"""

HALF_DAY = 12 * 60
"""The minutes of half a day."""

_A_UNIT = re.compile(r"\b(?:an?|each|every)(?=\s[a-z])", re.IGNORECASE)


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
    pool = _Pool.of(sources, statement)
    located = [(a.span, pool.step(a)) for a in claimed.amounts[:MOST_CLAIMED]]
    beyond = [a.span for a in claimed.amounts[MOST_CLAIMED:]]
    located += [(span, _step(span.of(statement), "figure", stands=False)) for span in beyond]
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
    """The values of the sources, and the statement that is compared with them.

    `evidence` are the amounts that others may be derived from: not those of the question, which
    proves nothing, nor numbers of clauses.
    """

    statement: str
    sources: Sources
    parsed: tuple[tuple[str, Values], ...]
    amounts: tuple[Stated, ...]
    evidence: tuple[Stated, ...]
    stems: frozenset[str]

    @classmethod
    def of(cls, sources: Sources, statement: str) -> _Pool:
        parsed = tuple((text, values(text)) for text in sources.texts)
        stated = [[*_stated(n, *source)] for n, source in enumerate(parsed)]
        evidence = [
            s
            for (text, _), found in zip(parsed[:-1], stated, strict=False)
            for places in (_inside(m.span() for m in _REFERENCE.finditer(text)),)
            for s in found
            if s.amount.span.start not in places
        ]
        implied = [s for text, _ in parsed[:-1] for s in _implied(text)]
        stems = frozenset(stem_all(word for text in sources.texts for word in words(text)))
        amounts = (*(s for found in stated for s in found), *implied)
        return cls(statement, sources, parsed, amounts, tuple(evidence), stems)

    def step(self, claimed: Amount) -> Step:
        """Return how an amount of the statement follows."""
        text = claimed.span.of(self.statement)
        kind = "figure" if any(c.isdigit() for c in text) else "word"
        derivation = (
            self._standing(claimed, text)
            or self._counted(claimed)
            or compared(claimed, self.evidence)
            or computed(claimed, self.evidence)
            or elapsed(claimed, self.parsed[:-1])
        )
        if derivation is None or self._of_another_currency(claimed):
            derivation = "missing", tuple(self._rivals(claimed))
            turned = any(claimed.turns(s.amount) for s in self.evidence)
            text = claimed.written(self.statement, with_way=turned)
        return Step(text, kind, *derivation)

    def has_date(self, date: Date) -> bool:
        """Return whether the sources have a date."""
        return any(date.within(d) for _, exact in self.parsed for d in exact.dates)

    def dates_apart(self, claimed: Date) -> Iterator[str]:
        """Yield the quotes' dates as alternatives to a claimed one, with a day if it has one."""
        for quote in self.sources.quotes:
            for date in values(quote).dates:
                if date.day or not claimed.day:
                    yield date.span.of(quote)

    def has_time(self, minutes: int, text: str) -> bool:
        """Return whether the sources have a time, on a 12- or 24-hour clock."""
        for source, exact in self.parsed:
            for other, span in exact.times:
                both_have_half = _tells_half(minutes, text) and _tells_half(other, span.of(source))
                if minutes == other or (not both_have_half and (minutes - other) % HALF_DAY == 0):
                    return True
        return False

    def has_name(self, name: Name) -> bool:
        """Return whether the sources have each word of a name, or the words of its initials."""
        if self.stems.issuperset(stem_all(words(f"{name.text}."))):  # "U.S." keeps its full stop
            return True
        texts = self.sources.texts if name.text.isupper() else ()
        return any(fold(name.text) in "".join(w[0] for w in words(text)) for text in texts)

    def _standing(self, claimed: Amount, text: str) -> Derivation | None:
        """Return the source of an amount that stands there as it is or with more digits."""
        compatible = [s for s in self.amounts if self._may_be(claimed, s)]
        for s in compatible:
            if claimed.equals(s.amount) or self._differ_in_scale(claimed, s, text):
                return "stands", (s.text,)
        for s in compatible:
            if claimed.rounds(s.amount):
                return "rounding", (s.text,)
        if not claimed.unit and (self._has_verbatim(text) or self._is_an_hour(claimed)):
            return "stands", (text,)
        return None

    def _may_be(self, claimed: Amount, source: Stated) -> bool:
        """Return whether an amount of the sources may be the claimed one, as far as units tell.

        An amount without a unit may have that of its neighbours ("from 6.2 to 15 per cent") or of
        the column's head; it has none of which the sources name only others.
        """
        kinds = {claimed.kind, source.amount.kind}
        if kinds == {FigureKind.PERCENT, FigureKind.QUANTITY}:
            bare = claimed if claimed.kind is FigureKind.QUANTITY else source.amount
            of_percent = self._claims_percent if bare is claimed else self._gives_percent
            unit_free = not bare.unit and of_percent
            return unit_free or claimed.may_be(source.amount)
        if not claimed.may_be(source.amount):
            return False
        return source.amount.unit != "" or not self._has_only_other_units(claimed)

    @cached_property
    def _claims_percent(self) -> bool:
        return _PERCENT.search(self.statement) is not None

    @cached_property
    def _gives_percent(self) -> bool:
        return any(_PERCENT.search(text) for text in self.sources.texts[:-1])

    def _has_only_other_units(self, claimed: Amount) -> bool:
        """Return whether the sources name units of the amount's dimension, but not its own."""
        if not claimed.unit:
            return False
        units = {unit for unit in self._units if UNITS[unit][0] == claimed.dimension}
        return bool(units) and claimed.unit not in units

    @cached_property
    def _units(self) -> set[str]:
        return {unit for text in self.sources.texts for unit in units_in(text)}

    def _is_an_hour(self, claimed: Amount) -> bool:
        """Return whether a plain number is the hour of a time in the sources."""
        if claimed.kind is not FigureKind.QUANTITY or claimed.value not in range(1, 25):
            return False
        hours = {minutes // 60 for _, exact in self.parsed for minutes, _ in exact.times
                 if minutes % 60 == 0}  # fmt: skip
        return any((int(claimed.value) - hour) % 12 == 0 for hour in hours)

    def _of_another_currency(self, claimed: Amount) -> bool:
        """Return whether the sources have money, but none in the amount's currency."""
        there = self._currencies
        return bool(claimed.currency and there) and claimed.currency not in there

    @cached_property
    def _currencies(self) -> set[str]:
        signs = {sign.lower() for text in self.sources.texts for sign in _MONEY.findall(text)}
        stated = {s.amount.currency for s in self.amounts if s.amount.currency}
        return {CURRENCIES[sign] for sign in signs} | stated

    def _differ_in_scale(self, claimed: Amount, source: Stated, text: str) -> bool:
        """Return whether two amounts differ only in scale.

        One states none: the scale stands apart from any figure, as in a column heading, or with
        another figure of the statement ("9 of the 38 million").
        """
        if claimed.unit or source.amount.unit:
            return False
        factor = apart(claimed.value, source.amount.value)
        if claimed.value < source.amount.value:
            scales = self._scales | self._scales_of_the_statement
            return not _SCALE_OF.search(text) and factor in scales
        return not _SCALE_OF.search(source.text) and factor in self._scales

    @cached_property
    def _scales(self) -> set[Decimal]:
        """Return the scales that the sources state apart from any figure."""
        scales = set()
        for text, exact in self.parsed:
            amounts = [a for a in exact.amounts if a.value]  # zero: "£000" is a scale
            inside = _inside((a.span.start, a.span.end) for a in amounts)
            for match in _SCALED.finditer(text):
                if match.start() not in inside:
                    word = match[match.lastgroup or 0].lower()
                    scales.add(SCALES.get(word, Decimal(1000)))
        return scales

    @cached_property
    def _scales_of_the_statement(self) -> set[Decimal]:
        written = (a.span.of(self.statement) for a in values(self.statement).amounts)
        matches = (_SCALE_OF.search(text) for text in written)
        return {SCALES[match["scale"].lower()] for match in matches if match}

    def _has_verbatim(self, text: str) -> bool:
        """Return whether the sources have digits as written, outside other amounts and names."""
        if not any(c.isdigit() for c in text):
            return False
        pattern = re.compile(rf"(?<![\w.,]){re.escape(text.strip())}(?![\d]|[.,]\d)", re.IGNORECASE)
        return any(
            match.start() not in inside
            for (source, _), inside in zip(self.parsed, self._inside_amounts, strict=True)
            for match in pattern.finditer(source)
        )

    @cached_property
    def _inside_amounts(self) -> list[set[int]]:
        return [
            _inside((a.span.start, a.span.end) for a in exact.amounts) for _, exact in self.parsed
        ]

    def _counted(self, claimed: Amount) -> Derivation | None:
        """Return the quoted items if their number is the amount, or a quote that lists so many.

        Nothing is counted if a quote itself gives a number of the same things.
        """
        is_count = claimed.kind is FigureKind.QUANTITY and not claimed.unit
        if not is_count or claimed.value not in range(2, MOST_COUNTED + 1):
            return None
        quotes, noun = self.sources.quotes, counted_in(self.statement, claimed)
        if noun and any(counted_in(q, a) == noun for q in quotes for a in values(q).amounts):
            return None
        items = tuple(q for q in quotes if "\t" in q or without_mark(q) != q)
        if claimed.value == len(items):
            return "count", items
        return next((("count", (q,)) for q in quotes if lists(q, int(claimed.value))), None)

    def _rivals(self, claimed: Amount) -> list[str]:
        """Return the amounts in the quotes that are of a missing one's kind and not claimed."""
        rivals = []
        for quote, others in zip(self.sources.quotes, self._unclaimed, strict=True):
            alike = [a for a in others if a.is_of_kind(claimed)]
            rivals += [
                a.written(quote, with_way=claimed.turns(a))
                for a in sorted(alike, key=claimed.times_apart)
            ]
        digits = _bare(claimed.span.of(self.statement))
        return sorted(rivals, key=lambda text: not digits or _bare(text) != digits)

    @cached_property
    def _unclaimed(self) -> list[list[Amount]]:
        """The amounts of each quote that the statement does not give."""
        claimed = values(self.statement).amounts[:MOST_CLAIMED]
        there = [[a for a in values(quote).amounts if a.value] for quote in self.sources.quotes]
        return [
            [a for a in amounts if not any(c.may_be(a) and c.equals(a) for c in claimed)]
            for amounts in there
        ]


def _stated(number: int, text: str, exact: Values) -> Iterator[Stated]:
    """Yield the amounts of a source, whose number among the sources is given."""
    for amount in (*exact.amounts, *exact.years):
        yield Stated(amount, amount.span.of(text), number, "\t" in _line(text, amount.span))


def _line(text: str, span: Span) -> str:
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    return text[start : end if end >= 0 else len(text)]


def _inside(spans: Iterable[tuple[int, int]]) -> set[int]:
    """Return the places of a text that are in one of some spans."""
    return {place for start, end in spans for place in range(start, end)}


def _implied(text: str) -> Iterator[Stated]:
    """Yield amounts that a statement would give in figures: "within a year"."""
    for match in _A_UNIT.finditer(text):
        unit, end = unit_at(text, match.end())
        before = text[max(0, match.start() - 30) : match.start()]
        if len(text[match.end() : end]) > 2 and not figures(before):  # "£12 a year" is a rate
            span = Span(match.start(), end)
            yield Stated(Amount(Decimal(1), FigureKind.QUANTITY, span, unit), span.of(text))


def _tells_half(minutes: int, text: str) -> bool:
    """Return whether a time shows which half of the day it is in."""
    return minutes >= 13 * 60 or text.startswith("0") or _HALF_OF_DAY.search(text) is not None


def _bare(text: str) -> str:
    """Return an amount's digits without scale, unit and currency; empty for a number word."""
    return _NOT_DIGITS.sub("", text)
