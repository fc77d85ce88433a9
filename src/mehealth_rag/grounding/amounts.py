"""Amounts: the figures of a text with what limits them ("over", "about") and what they measure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from mehealth_rag.language.figures import NUMBER_WORDS, Figure, FigureKind, figures
from mehealth_rag.types import Span

_UP = re.compile(
    r"\b(?:over|more than|greater than|larger than|higher than|above|at least|no (?:less|fewer) "
    r"than|in excess of|exceed(?:s|ed|ing)?|upwards of|a minimum of)\s(?:only\s|some\s|an?\s)?$",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(?:under|less than|fewer than|smaller than|lower than|below|no more than|at most|"
    r"a maximum of)\s(?:only\s|some\s|an?\s)?$",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|roughly|some|nearly|almost|close to|circa|"
    r"an estimated|estimated at|up to|just over|just under|well over)\s|~\s?)$",
    re.IGNORECASE,
)
_PARTS = (
    "half third thirds quarter quarters fourth fourths fifth fifths sixth sixths eighth eighths "
    "tenth tenths"
)
_PART_OF = dict(zip(_PARTS.split(), (2, 3, 3, 4, 4, 4, 4, 5, 5, 6, 6, 8, 8, 10, 10), strict=True))
_COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_FRACTION = re.compile(
    rf"\b(?:(?P<count>a|an|one|two|three|four|five)[\s-](?P<part>{'|'.join(_PART_OF)})|(?P<half>half))"
    r"(?=\s(?:of|the|a|an|its|their|our|all)\b|[\s-]million|[\s-]billion|[.,;)]|$)",
    re.IGNORECASE,
)
_ONE_IN = re.compile(
    rf"\bone (?:in|out of)(?: every)? (?P<of>{'|'.join(NUMBER_WORDS)}|\d+)\b", re.IGNORECASE
)
_ORDINAL_WORDS = {
    word: value
    for value, word in enumerate(
        "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
        "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        start=3,
    )
}
_ORDINAL = re.compile(
    rf"\b(?:(?P<digits>\d{{1,3}})(?:st|nd|rd|th)|(?P<word>{'|'.join(_ORDINAL_WORDS)}))\b",
    re.IGNORECASE,
)
_PRONOUN_ONE = re.compile(
    r"one(?=\s(?:of|in|another|who|that|which|can|could|is|was|has|day|or)\b|\W*$|[.,;:)])",
    re.IGNORECASE,
)
_ATTACHED = re.compile(r"[A-Za-z][-–/.]?$")
_UNIT = re.compile(
    r"[\s-]?(?P<unit>(?:kilo|centi|milli)?met(?:re|er)s?|km|cm|mm|miles?|feet|foot|ft|inch(?:es)?|yards?|"
    r"tonnes?|tons?|kg|kilograms?|grams?|pounds?|litres?|liters?|gallons?|seconds?|minutes?|hours?|"
    r"days?|weeks?|months?|years?|decades?|centur(?:y|ies)|degrees?|acres?|hectares?|square|cubic|"
    r"tesla|times)\b",
    re.IGNORECASE,
)
_LIKE_UNITS = {
    "metre": "m", "meter": "m", "kilometre": "km", "kilometer": "km", "centimetre": "cm",
    "centimeter": "cm", "millimetre": "mm", "millimeter": "mm", "foot": "ft", "feet": "ft",
    "inche": "inch", "kilogram": "kg", "liter": "litre", "centurie": "century", "tonne": "ton",
}  # fmt: skip

CLOSE = Decimal("0.05")
"""How far an approximate figure may be off, as a share."""

ENTAILED = Decimal("1.25")
"""A bound ("over 10 million") is met by a figure beyond it up to this many times."""


@dataclass(frozen=True, slots=True)
class Amount:
    """One figure. `bound` is 1 for "over", -1 for "under"; `ordinal` for "the third"."""

    value: Decimal
    kind: FigureKind
    span: Span
    currency: str = ""
    bound: int = 0
    about: bool = False
    unit: str = ""
    ordinal: bool = False


@lru_cache(maxsize=20_000)
def amounts(text: str) -> tuple[Amount, ...]:
    """Every amount of a text in order: figures, fractions ("a fifth" is 20 %), ordinals."""
    special = [*_fractions(text), *_ordinals(text)]
    taken = [a.span for a in special]
    plain = [
        _amount(text, f)
        for f in figures(text)
        if not _overlaps(f.span, taken) and not _is_no_figure(text, f)
    ]
    return tuple(sorted((*special, *plain), key=lambda a: a.span.start))


def agree(claimed: Amount, given: Amount) -> bool:
    """Whether a given amount bears out a claimed one."""
    if not same_measure(claimed, given):
        return False
    if claimed.value == given.value:
        return claimed.bound * given.bound != -1 and (claimed.bound >= 0 or given.bound < 0)
    if claimed.about or given.about:
        return abs(claimed.value - given.value) <= CLOSE * abs(given.value)
    low, high = sorted((abs(claimed.value), abs(given.value)))
    within = low > 0 and high / low <= ENTAILED
    if claimed.bound > 0:
        return within and given.value > claimed.value and given.bound >= 0
    return claimed.bound < 0 and within and given.value < claimed.value and given.bound <= 0


def same_measure(claimed: Amount, given: Amount) -> bool:
    """Whether two amounts measure alike: money in one currency, percent, counts of one unit."""
    if claimed.ordinal != given.ordinal:
        return False
    if claimed.unit and given.unit and claimed.unit != given.unit:
        return False
    kinds = {claimed.kind, given.kind}
    if FigureKind.PERCENT in kinds:
        return len(kinds) == 1
    if claimed.kind is FigureKind.MONEY:
        return given.kind is FigureKind.MONEY and claimed.currency == given.currency
    return True


def rivals(claimed: Amount, given: Amount) -> bool:
    """Whether a given amount could stand in a claimed one's slot and say something else."""
    if claimed.ordinal != given.ordinal or agree(claimed, given):
        return False
    years = {claimed.kind is FigureKind.YEAR, given.kind is FigureKind.YEAR}
    percents = {claimed.kind is FigureKind.PERCENT, given.kind is FigureKind.PERCENT}
    money = {claimed.kind is FigureKind.MONEY, given.kind is FigureKind.MONEY}
    return len(years) == len(percents) == len(money) == 1


def _amount(text: str, figure: Figure) -> Amount:
    before = text[max(0, figure.span.start - 30) : figure.span.start]
    unit = _UNIT.match(text, figure.span.end)
    return Amount(
        value=figure.value,
        kind=figure.kind,
        span=figure.span,
        currency=figure.currency,
        bound=_bound(before),
        about=_ABOUT.search(before) is not None,
        unit=_plain_unit(unit["unit"]) if unit else "",
    )


def _bound(before: str) -> int:
    return (_UP.search(before) is not None) - (_DOWN.search(before) is not None)


def _plain_unit(unit: str) -> str:
    single = unit.lower().removesuffix("s")
    return _LIKE_UNITS.get(single, single)


def _fractions(text: str) -> list[Amount]:
    found = []
    for match in _FRACTION.finditer(text):
        count = 1 if match["half"] else _COUNTS[match["count"].lower()]
        of = _PART_OF[(match["half"] or match["part"]).lower()]
        found.append(_percent(text, match, Decimal(100 * count) / of))
    for match in _ONE_IN.finditer(text):
        word = match["of"].lower()
        of = int(word) if word.isdigit() else NUMBER_WORDS[word]
        if of > 1:
            found.append(_percent(text, match, Decimal(100) / of))
    return found


def _percent(text: str, match: re.Match[str], value: Decimal) -> Amount:
    before = text[max(0, match.start() - 30) : match.start()]
    span = Span(match.start(), match.end())
    about = _ABOUT.search(before) is not None or value != int(value)
    return Amount(value, FigureKind.PERCENT, span, bound=_bound(before), about=about)


def _ordinals(text: str) -> list[Amount]:
    taken = [a.span for a in _fractions(text)]
    found = []
    for match in _ORDINAL.finditer(text):
        span = Span(match.start(), match.end())
        value = int(match["digits"] or _ORDINAL_WORDS[(match["word"] or "third").lower()])
        if not _overlaps(span, taken):
            found.append(Amount(Decimal(value), FigureKind.QUANTITY, span, ordinal=True))
    return found


def _is_no_figure(text: str, figure: Figure) -> bool:
    """A digit that belongs to a name ("Covid-19"), and "one" where it stands for a noun."""
    if figure.spelled:
        return _PRONOUN_ONE.match(text, figure.span.start) is not None and figure.value == 1
    return _ATTACHED.search(text[max(0, figure.span.start - 2) : figure.span.start]) is not None


def _overlaps(span: Span, taken: list[Span]) -> bool:
    return any(span.start < t.end and t.start < span.end for t in taken)
