"""The exact values of a text: figures with their units, dates, times and proper names.

Also compares figures: whether they are equal, or one rounds the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from functools import lru_cache

from mehealth_rag.language.dates import MONTH, month_number
from mehealth_rag.language.figures import NUMBER_WORDS, ORDINAL_WORDS, FigureKind, figures
from mehealth_rag.language.words import content_words, stem_all
from mehealth_rag.types import Span

NEAR = Decimal("0.06")
"""How far off a rounded figure may be, as a share of the exact one."""

_DATE = re.compile(
    rf"""\b(?:
    (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<m1>{MONTH})\b\.?(?:,?\s(?P<y1>\d{{4}}))?
    |(?P<m2>{MONTH})\b\.?(?:\s(?:the\s)?(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:))?(?:,?\s(?P<y2>\d{{4}}))?
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
_OUT_OF = re.compile(
    rf"\b(?P<part>{_COUNT}|\d{{1,3}})(?:\s\w+){{0,2}}?\s(?:in|out\sof)\s(?:every\s)?"
    rf"(?P<whole>{_COUNT}|ten|twelve|twenty|\d{{1,4}})\b",
    re.IGNORECASE,
)
_WHOLES = frozenset({*range(3, 11), 12, 20, 100, 1000})
"""The wholes of shares such as "three in ten"."""

_TWO_DIGITS = Context(prec=2)

_PLACES = {word: n for n, word in enumerate(ORDINAL_WORDS[:12], start=1) if n > 3}
_WITH_A_FIGURE = re.compile(rf"\b(?:fortnight|{'|'.join(_PLACES)})\b", re.IGNORECASE)
_ATTACHED = re.compile(r"[A-Za-z][-–/.]?$")

UNITS: dict[str, tuple[str, str]] = {
    word: (dimension, factor)
    for dimension, units in {
        "length": {"mm": "0.001", "cm": "0.01", "m": "1", "km": "1000", "inch": "0.0254",
                   "ft": "0.3048", "yard": "0.9144", "mile": "1609.344"},
        "area": {"m²": "1", "hectare": "10000", "acre": "4046.86", "km²": "1000000"},
        "mass": {"mg": "0.000001", "g": "0.001", "kg": "1", "tonne": "1000", "lb": "0.4536"},
        "volume": {"ml": "0.001", "litre": "1", "gallon": "4.546", "ml/d": "1e6"},
        "duration": {"second": "1", "minute": "60", "hour": "3600", "day": "86400",
                     "week": "604800", "fortnight": "1209600", "month": "2629746",
                     "year": "31556952", "decade": "315569520",
                     "century": "3155695200"},
        "power": {"w": "1", "kw": "1e3", "mw": "1e6", "gw": "1e9"},
        "energy": {"wh": "1", "kwh": "1e3", "mwh": "1e6", "gwh": "1e9", "twh": "1e12"},
        "points": {"point": "1"},
        "temperature": {"degree": "1"},
        "times": {"times": "1", "fold": "1"},
    }.items()
    for word, factor in units.items()
}  # fmt: skip
_SPELT = {
    "metre": "m", "meter": "m", "kilometre": "km", "kilometer": "km", "centimetre": "cm",
    "centimeter": "cm", "millimetre": "mm", "millimeter": "mm", "foot": "ft", "feet": "ft",
    "inches": "inch", "yd": "yard", "square metre": "m²", "square meter": "m²", "sq m": "m²",
    "m2": "m²", "sqm": "m²", "ha": "hectare", "square kilometre": "km²",
    "square kilometer": "km²", "gram": "g", "kilogram": "kg", "kilo": "kg", "milligram": "mg",
    "ton": "tonne", "lbs": "lb", "liter": "litre", "l": "litre",
    "millilitre": "ml", "sec": "second", "min": "minute", "hr": "hour", "h": "hour", "yr": "year",
    "centuries": "century", "percentage point": "point", "megawatt": "mw", "kilowatt": "kw",
    "gigawatt": "gw", "kilowatt hour": "kwh", "kilowatt-hour": "kwh", "megawatt hour": "mwh",
    "gigawatt hour": "gwh",
}  # fmt: skip
_NAMES_OF_UNITS = sorted({*UNITS, *_SPELT}, key=len, reverse=True)
_UNIT = re.compile(
    rf"[\s-]?(?P<unit>{'|'.join(map(re.escape, _NAMES_OF_UNITS))})s?(?![\w²])", re.IGNORECASE
)
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
_WORD = re.compile(r"[^\W_]+(?:[’'&.-][^\W_]+)*")
_CLAUSE_END = re.compile(r"[.;:\t\n]")
_ENDS = re.compile(r"(?:[.!?:;|•“\"(]\s*+|(?<!\s)[^\S\n]*+\n\s*+)$")


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure, its scale applied to `value`; `unit` is empty without a known unit.

    `about` is true if the text says that it is approximate. `side` is 1 if the text says that the
    true value is above ("over 40"), -1 if below.
    """

    value: Decimal
    kind: FigureKind
    span: Span
    unit: str = ""
    currency: str = ""
    about: bool = False
    side: int = 0

    @property
    def dimension(self) -> str:
        """The unit's dimension, "money", "percent" or "year"; empty for a plain count."""
        if self.unit:
            return UNITS[self.unit][0]
        return "" if self.kind is FigureKind.QUANTITY else str(self.kind)

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
            return {dimension, other_dimension} == {"percent", "points"}
        if self.currency and other.currency and self.currency != other.currency:
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
        if not day and not year and month.lower() == "may" and not match.start():
            continue
        number = int(month) if month.isdigit() else month_number(month)
        yield Date(int(year or 0), number, int(day or 0), Span(*match.span()))


def _times(text: str, taken: Sequence[Span]) -> Iterator[tuple[int, Span]]:
    for match in _TIME.finditer(text):
        span = Span(*match.span())
        if _overlaps(span, taken):
            continue
        if match["hour24"]:
            yield int(match["hour24"]) * 60 + int(match["minute24"]), span
        else:
            hour = int(match["hour"]) % 12 + 12 * (match["half"].lower() == "p")
            yield hour * 60 + int(match["minute"] or 0), span


def _amounts(text: str, taken: Sequence[Span]) -> Iterator[Amount]:
    taken = list(taken)
    for special in (*_shares(text), *_fractions(text), *_words_with_a_figure(text)):
        if not _overlaps(special.span, taken):
            taken.append(special.span)
            yield replace(special, side=_side(text[: special.span.start]))
    for figure in figures(text):
        before = text[max(0, figure.span.start - 24) : figure.span.start]
        if _overlaps(figure.span, taken) or _ATTACHED.search(before):
            continue
        unit, end = ("", figure.span.end) if figure.currency else _unit(text, figure.span.end)
        if figure.spelled and figure.value == 1 and not unit and not figure.currency:
            continue  # "one" is mostly a pronoun
        kind = FigureKind.QUANTITY if unit else figure.kind
        about = _ABOUT.search(before) is not None
        span, side = Span(figure.span.start, end), _side(before)
        yield Amount(figure.value, kind, span, unit, figure.currency, about, side)


def _side(before: str) -> int:
    return 1 if _MORE.search(before) else -1 if _LESS.search(before) else 0


def _unit(text: str, start: int) -> tuple[str, int]:
    """Return the unit that starts at a position, and its end; empty if there is none."""
    match = _UNIT.match(text, start)
    if match is None:
        return "", start
    word = match["unit"].lower()
    return _SPELT.get(word, word), match.end()


def _shares(text: str) -> Iterator[Amount]:
    """Yield shares: "three in ten", "nine out of every ten"."""
    for match in _OUT_OF.finditer(text):
        part, whole = (_number(match[name]) for name in ("part", "whole"))
        if part and whole and part < whole and whole in _WHOLES:
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
        unit, end = _unit(text, match.end()) if match["of"] else ("", match.end())
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
        if not any(c.isupper() for c in word) or _overlaps(span, taken) or word == "I":
            continue
        before = text[: span.start]
        begins = not before.strip() or _ENDS.search(before) is not None
        if begins and not any(c.isupper() for c in word[1:]):
            continue
        yield Name(word, span)


def _overlaps(span: Span, taken: Sequence[Span]) -> bool:
    return any(span.start < t.end and t.start < span.end for t in taken)
