"""The exact values of a text: figures with their units, dates, times and proper names.

Also compares figures: whether they are equal, or one rounds the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from functools import lru_cache
from operator import itemgetter

from mehealth_rag.guard.units import UNITS, period_after, unit_at, unit_named
from mehealth_rag.language.dates import MONTH, month_number
from mehealth_rag.language.figures import NUMBER_WORDS, ORDINAL_WORDS, Figure, FigureKind, figures
from mehealth_rag.language.words import content_words, stem_all
from mehealth_rag.types import Span

NEAR = Decimal("0.06")
"""How far off a rounded figure may be, as a share of the exact one."""

_DATE = re.compile(
    rf"""\b(?:
    (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<m1>{MONTH})\b\.?(?:,?\s(?P<y1>\d{{4}}))?
    |(?P<m2>{MONTH})\b\.?(?:\s(?:the\s)?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:\d))?(?:,?\s(?P<y2>\d{{4}}))?
    |(?P<y3>\d{{4}})-(?P<m3>\d\d)-(?P<d3>\d\d)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_TIME = re.compile(
    r"\b(?P<hour>[01]?\d|2[0-4])(?:[:.](?P<minute>[0-5]\d))?\s?(?P<half>[ap])(?:\.\s?m\b\.?|\s?m\b)"
    r"|\b(?P<hour24>[01]?\d|2[0-4]):(?P<minute24>[0-5]\d)\b",
    re.IGNORECASE,
)
_PARTS = {"half": 2, "halve": 2, "quarter": 4} | {
    word: n for n, word in enumerate(ORDINAL_WORDS[:10], start=1) if n > 2
}
_COUNTS = {word: n for word, n in NUMBER_WORDS.items() if 0 < n < 10}
_COUNT = "|".join(_COUNTS)
_FRACTION = re.compile(
    rf"\b(?:(?P<count>an?|{_COUNT})[\s-](?P<part>{'|'.join(_PARTS)})s?|half)\b"
    r"(?P<of>(?:\sof)?\san?(?=[\s-]))?",
    re.IGNORECASE,
)
_MIXED = re.compile(
    rf"\b(?P<count>an?|{'|'.join(NUMBER_WORDS)}|\d{{1,3}})(?P<unit>\s[a-z]+)?\sand\s"
    r"(?P<part>a\shalf|a\squarter|three\squarters|a\sthird)\b",
    re.IGNORECASE,
)
_MIXED_PARTS = {"a half": "0.5", "a quarter": "0.25", "three quarters": "0.75",
                "a third": "0.3333"}  # fmt: skip
_NUMBER = rf"(?:{_COUNT}|ten|twelve|twenty|(?<![\d.,])\d{{1,4}})"
_OUT_OF = re.compile(
    rf"(?<![\w.,-])(?P<part>{_COUNT}|\d{{1,3}})(?:\s(?!(?:{_NUMBER}|million|billion)\b)\w+){{0,3}}?"
    rf"\s(?:in|out\sof)\s(?:every\s)?(?:an?\s(?P<round>hundred|thousand)|(?P<whole>{_NUMBER}))\b"
    r"(?!\s(?:hundred|thousand|million))",
    re.IGNORECASE,
)
_WHOLES = frozenset(map(Decimal, (*range(3, 11), 12, 20, 100, 1000)))
"""The wholes of shares such as "three in ten"."""

_ROUND = {"hundred": Decimal(100), "thousand": Decimal(1000)}
_TWO_DIGITS = Context(prec=2)

_PLACES = {word: n for n, word in enumerate(ORDINAL_WORDS[:12], start=1) if n > 3}
_WITH_A_FIGURE = re.compile(rf"\b(?:fortnight|{'|'.join(_PLACES)})\b", re.IGNORECASE)

_ABOUT = re.compile(
    r"\b(?:about|around|approximately|approx\.?|roughly|some|nearly|almost|close to|circa|"
    r"just over|just under|well over|more than|over|under|less than|fewer than|up to|at least|"
    r"at most)\s"
    r"(?:an?\s)?$|~\s?$",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b(?:more than|over|above|at least|exceed(?:s|ed)?)\s(?:an?\s)?$", re.IGNORECASE
)
_LESS = re.compile(
    r"\b(?:less than|fewer than|under|below|at most|up to)\s(?:an?\s)?$", re.IGNORECASE
)
_UP = (
    r"rose|risen|ris(?:es?|ing)|grew|grow(?:s|n|ing)?|increas(?:es?|ed|ing)|climb(?:s|ed|ing)?"
    r"|more|higher|dearer|larger|greater|bigger|longer"
)
_DOWN = (
    r"fell|fall(?:s|en|ing)?|drop(?:s|ped|ping)?|declin(?:es?|ed|ing)|decreas(?:es?|ed|ing)"
    r"|shr[aiu]nk(?:s|ing)?|fewer|less|lower|cheaper|smaller|shorter"
)
_WAY = re.compile(rf"(?<!\bor\s)\b(?:(?P<up>{_UP})|(?P<down>{_DOWN}))\b", re.IGNORECASE)
"""Which way a figure goes ("a rise of 4%", "4% fewer"); "12 or more" sets only a limit."""

_MOST_BETWEEN, _CLAUSE_LENGTH = 3, 80
"""The most words between a figure and such a word, and the characters read on either side."""

_DENIAL = re.compile(r"\b(?:not?|never|neither|nor|without|cannot)\b|n[’']t\b", re.IGNORECASE)
_BREAK = re.compile(r"[.,;:]\s|[\t\n]")
_MINOR = re.compile(r"\s?(?P<unit>pence|cents?|(?<=\d)p)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:[’'&.-][^\W_]+)*")
_CLAUSE_END = re.compile(r"[.;:\t\n]")
_ENDS = re.compile(r"(?:[.!?:;|•“\"(]\s*+|(?<!\s)[^\S\n]*+\n\s*+)$")


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure, its scale applied to `value`; `unit` is empty without a known unit.

    `about` is true if the text says that it is approximate. `side` is 1 if the text says that the
    true value is above ("over 40"), -1 if below. `period` is that of a rate, with its end in the
    text: "month" in "£25 a month"; empty if none is given. `way` is 1 if the text says that it is
    more or that something rose by it, -1 if less or fell; `way_word` is the word that says so.
    """

    value: Decimal
    kind: FigureKind
    span: Span
    unit: str = ""
    currency: str = ""
    about: bool = False
    side: int = 0
    period: str = ""
    period_end: int = 0
    way: int = 0
    way_word: Span | None = None

    @property
    def dimension(self) -> str:
        """The unit's dimension, "money", "percent" or "year"; empty for a plain count."""
        if self.unit:
            return UNITS[self.unit][0]
        return "" if self.kind is FigureKind.QUANTITY else str(self.kind)

    def written(self, text: str, with_way: bool = False) -> str:
        """Return the amount as `text` has it, with its period and perhaps the word for its way."""
        word = (self.way_word if with_way else None) or self.span
        end = max(self.span.end, self.period_end, word.end)
        return text[min(self.span.start, word.start) : end]

    def turns(self, other: Amount) -> bool:
        """Return whether one goes up and the other down by as much."""
        return self.way * other.way < 0 and self.equals(other)

    def measured_in(self, unit: str) -> Decimal:
        """Convert the value to another unit of its dimension; unchanged if either has no unit."""
        if not self.unit or not unit:
            return self.value
        return self.value * Decimal(UNITS[self.unit][1]) / Decimal(UNITS[unit][1])

    def is_of_kind(self, other: Amount) -> bool:
        """Return whether both have the same dimension and currency."""
        return self.dimension == other.dimension and self.currency == other.currency

    def may_be(self, other: Amount) -> bool:
        """Return whether both may measure the same thing; no unit matches all but percent."""
        dimension, other_dimension = self.dimension, other.dimension
        if dimension and other_dimension and dimension != other_dimension:
            return False
        if self.currency and other.currency and self.currency != other.currency:
            return False
        if self.period and other.period and self.period != other.period:
            return False
        if self.way * other.way < 0:
            return False
        return bool(dimension and other_dimension) or "percent" not in {dimension, other_dimension}

    def equals(self, other: Amount) -> bool:
        """Return whether both are equal, whatever their units."""
        return self.measured_in(other.unit) == other.value

    def rounds(self, other: Amount) -> bool:
        """Return whether this is the other amount with fewer digits."""
        years = FigureKind.YEAR in {self.kind, other.kind}
        return not years and self.may_round(self.measured_in(other.unit), other.value)

    def may_round(self, converted: Decimal, value: Decimal) -> bool:
        """Return whether this amount, converted to the unit of `value`, is that value rounded.

        It must be rounded to its own last digit, or within `NEAR` if it is approximate.
        """
        difference = abs(converted - value)
        if not value or difference > NEAR * abs(value) or self.side * (value - converted) < 0:
            return False
        return self.about or (
            digits(converted) < digits(value) and difference <= last_place(converted) / 2
        )

    def agrees(self, other: Amount) -> bool:
        """Return whether both are equal, or one rounds the other."""
        same = self.equals(other) or self.rounds(other) or other.rounds(self)
        return self.may_be(other) and same

    def times_apart(self, other: Amount) -> Decimal:
        """Return the ratio of the larger of the two amounts to the smaller."""
        return apart(self.measured_in(other.unit), other.value)


def digits(value: Decimal) -> int:
    """Count a value's digits, without trailing zeros."""
    return len(value.normalize().as_tuple().digits)


def last_place(value: Decimal) -> Decimal:
    """Return the place value of the last nonzero digit: 1,000 for 41,000."""
    exponent = value.normalize().as_tuple().exponent
    return Decimal(10) ** exponent if isinstance(exponent, int) else Decimal(0)


def apart(one: Decimal, other: Decimal) -> Decimal:
    """Return the ratio of the larger of two values to the smaller, infinite if that is zero."""
    low, high = sorted((abs(one), abs(other)))
    return high / low if low else Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Date:
    """A date; parts that are not given are zero."""

    year: int
    month: int
    day: int
    span: Span

    def within(self, other: Date) -> bool:
        """Return whether another date has the same parts and at least this one's day."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(
            not part or not other_part or part == other_part for part, other_part in pairs
        ) and (not self.day or bool(other.day))


@dataclass(frozen=True, slots=True)
class Name:
    """A proper name: a capitalised word that does not merely begin a sentence."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Values:
    """All exact values of a text. `times` holds minutes after midnight, with spans."""

    amounts: tuple[Amount, ...]
    dates: tuple[Date, ...]
    times: tuple[tuple[int, Span], ...]
    names: tuple[Name, ...]

    @property
    def years(self) -> list[Amount]:
        """The years of the dates, as amounts."""
        year = FigureKind.YEAR
        return [Amount(Decimal(d.year), year, d.span) for d in self.dates if d.year]


@lru_cache(maxsize=20_000)
def values(text: str) -> Values:
    """Find the exact values of a text."""
    dates = tuple(_dates(text))
    times = tuple(_times(text, [d.span for d in dates]))
    taken = [*(d.span for d in dates), *(span for _, span in times)]
    amounts = tuple(_amounts(text, taken))
    taken += [a.span for a in amounts]
    return Values(amounts, dates, times, tuple(_names(text, taken)))


def counted_in(text: str, amount: Amount) -> str:
    """Return the stem of the first content word after a bare count or share: what it counts."""
    if amount.unit or amount.currency:
        return ""
    clause = _CLAUSE_END.split(text[amount.span.end :], maxsplit=1)[0]
    nouns = (w for w in content_words(clause) if w.isalpha())
    return next(iter(stem_all(nouns)), "")


def without(text: str, amounts: Iterable[Amount], mark: str = "") -> str:
    """Replace amounts in a text with a mark, and collapse whitespace."""
    for amount in sorted(amounts, key=lambda a: -a.span.start):
        text = f"{text[: amount.span.start]} {mark} {text[amount.span.end :]}"
    return " ".join(text.split())


def _dates(text: str) -> Iterator[Date]:
    for match in _DATE.finditer(text):
        month = match["m1"] or match["m2"] or match["m3"]
        day = match["d1"] or match["d2"] or match["d3"]
        year = match["y1"] or match["y2"] or match["y3"]
        if not day and not year and month[0].islower():
            continue  # the verbs "may" and "march"
        number = int(month) if month.isdigit() else month_number(month)
        yield Date(int(year or 0), number, int(day or 0), Span(*match.span()))


def _times(text: str, taken: Sequence[Span]) -> Iterator[tuple[int, Span]]:
    for match in _TIME.finditer(text):
        span = Span(*match.span())
        if any(map(span.overlaps, taken)):
            continue
        if match["hour24"]:
            yield int(match["hour24"]) * 60 + int(match["minute24"]), span
        else:
            hour = int(match["hour"]) % 12 + 12 * (match["half"].lower() == "p")
            yield hour * 60 + int(match["minute"] or 0), span


def _amounts(text: str, taken: Sequence[Span]) -> Iterator[Amount]:
    taken = list(taken)
    specials = (*_mixed(text), *_shares(text), *_fractions(text), *_words_with_a_figure(text))
    for special in specials:
        if not any(map(special.span.overlaps, taken)):
            taken.append(special.span)
            yield _in_context(text, special)
    for figure in figures(text):
        if any(map(figure.span.overlaps, taken)):
            continue
        amount = _measured(text, figure)
        if figure.spelled and figure.value == 1 and amount.dimension in {"", "points"}:
            continue  # "one" is mostly a pronoun
        yield _in_context(text, amount)


def _in_context(text: str, amount: Amount) -> Amount:
    """Return an amount with what the words around it say: how exact it is, its period, its way."""
    before = text[max(0, amount.span.start - 24) : amount.span.start]
    period, period_end = period_after(text, amount.span.end)
    word = _word_for_way(text, amount.span)
    return replace(
        amount,
        about=amount.about or _ABOUT.search(before) is not None,
        side=_side(before),
        period=period,
        period_end=period_end,
        way=0 if word is None else 1 if word["up"] else -1,
        way_word=None if word is None else Span(*word.span()),
    )


def _measured(text: str, figure: Figure) -> Amount:
    """Return a figure as an amount, with the unit or the pence or cents that follow it."""
    value, kind, span = figure.value, figure.kind, figure.span
    if figure.currency:
        return Amount(value, kind, span, currency=figure.currency)
    if minor := _MINOR.match(text, span.end):
        currency = "GBP" if minor["unit"].lower().startswith("p") else ""
        return Amount(value / 100, FigureKind.MONEY, Span(span.start, minor.end()), "", currency)
    unit, end = unit_at(text, span.end)
    return Amount(value, FigureKind.QUANTITY if unit else kind, Span(span.start, end), unit)


def _word_for_way(text: str, span: Span) -> re.Match[str] | None:
    """Return the nearest word of its clause that says which way a figure goes.

    None if another there says the opposite, or if the clause denies anything.
    """
    before = _BREAK.split(text[max(0, span.start - _CLAUSE_LENGTH) : span.start])[-1]
    after = _BREAK.split(text[span.end : span.end + _CLAUSE_LENGTH])[0]
    start, end = span.start - len(before), span.end + len(after)
    if _DENIAL.search(text, start, end):
        return None
    near: list[tuple[int, re.Match[str]]] = []
    for match in _WAY.finditer(text, start, end):
        between = text[match.end() : span.start] or text[span.end : match.start()]
        if not span.overlaps(Span(*match.span())) and len(between.split()) <= _MOST_BETWEEN:
            near.append((len(between.split()), match))
    agree = len({match.lastgroup for _, match in near}) == 1
    return min(near, key=itemgetter(0))[1] if agree else None


def _side(before: str) -> int:
    return 1 if _MORE.search(before) else -1 if _LESS.search(before) else 0


def _mixed(text: str) -> Iterator[Amount]:
    """Yield mixed numbers: "two and a half kilometres", "a year and a half"."""
    for match in _MIXED.finditer(text):
        count = _number(match["count"]) or Decimal(1)
        value = count + Decimal(_MIXED_PARTS[" ".join(match["part"].lower().split())])
        unit, end = unit_named((match["unit"] or "").strip()), match.end()
        if match["unit"] and not unit:
            continue  # "five courses and a half portion"
        if not unit:
            unit, end = unit_at(text, match.end())
        if unit or _number(match["count"]):
            yield Amount(value, FigureKind.QUANTITY, Span(match.start(), end), unit)


def _shares(text: str) -> Iterator[Amount]:
    """Yield shares: "three in ten", "nine out of every ten"."""
    for match in _OUT_OF.finditer(text):
        part = _number(match["part"])
        whole = _ROUND[match["round"].lower()] if match["round"] else _number(match["whole"])
        if not part or not whole or whole not in _WHOLES or part >= whole:
            continue
        if not unit_at(text, match.end())[0]:  # "eleven exits in seven years"
            share = _TWO_DIGITS.divide(100 * part, whole)
            yield Amount(share, FigureKind.PERCENT, Span(*match.span()))


def _number(word: str) -> Decimal | None:
    if word.isdigit():
        return Decimal(word)
    value = NUMBER_WORDS.get(word.lower())
    return Decimal(value) if value else None


def _fractions(text: str) -> Iterator[Amount]:
    """Yield fractions: "a fifth" is 20 percent, "a quarter of an hour" 0.25 hours."""
    for match in _FRACTION.finditer(text):
        count, part = (match["count"] or "").lower(), (match["part"] or "half").lower()
        share = Decimal(_COUNTS.get(count, 1)) / _PARTS[part]
        unit, end = unit_at(text, match.end()) if match["of"] else ("", match.end())
        if unit:
            yield Amount(share, FigureKind.QUANTITY, Span(match.start(), end), unit)
        else:
            span = Span(match.start(), match.start("of") if match["of"] else end)
            yield Amount(100 * share, FigureKind.PERCENT, span, about=True)


def _words_with_a_figure(text: str) -> Iterator[Amount]:
    """Yield "fortnight" and ordinals."""
    for match in _WITH_A_FIGURE.finditer(text):
        word, span = match.group().lower(), Span(*match.span())
        place, unit = (_PLACES[word], "") if word in _PLACES else (1, word)
        yield Amount(Decimal(place), FigureKind.QUANTITY, span, unit)


def _names(text: str, taken: Sequence[Span]) -> Iterator[Name]:
    for match in _WORD.finditer(text):
        word, span = match.group(), Span(*match.span())
        if not any(c.isupper() for c in word) or any(map(span.overlaps, taken)) or word == "I":
            continue
        before = text[: span.start]
        begins = not before.strip() or _ENDS.search(before) is not None
        if begins and not any(c.isupper() for c in word[1:]):
            continue
        yield Name(word, span)
