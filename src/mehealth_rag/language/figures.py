"""Figures in running text: their value, kind and span, written in digits or in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mehealth_rag.language.dates import MONTH
from mehealth_rag.types import Span


class FigureKind(StrEnum):
    """What kind of quantity a figure is."""

    MONEY = "money"
    PERCENT = "percent"
    YEAR = "year"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure; its value has the scale applied ("2 million" is 2,000,000)."""

    value: Decimal
    kind: FigureKind
    span: Span
    currency: str = ""
    spelled: bool = False
    """True for a number word ("seven")."""


SCALES = {
    word: Decimal(10) ** power
    for power, words in (
        (2, "hundred"),
        (3, "thousand k"),
        (6, "million millions mn mln m"),
        (9, "billion billions bn b"),
        (12, "trillion tn"),
    )
    for word in words.split()
} | {"dozen": Decimal(12)}

_FIRST_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBER_WORDS = (
    {word: value for value, word in enumerate(_FIRST_NUMBERS)}
    | {word: 10 * n for n, word in enumerate(_TENS, start=2)}
    | {"dozen": 12}
)
ORDINAL_WORDS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
"""Ordinals in order: index 0 is "first"."""

CURRENCIES = {
    sign: currency
    for currency, signs in (
        ("GBP", "£ gbp pound pounds sterling"),
        ("USD", "$ us$ usd dollar dollars"),
        ("EUR", "€ eur euro euros"),
        ("JPY", "¥"),
    )
    for sign in signs.split()
}
"""Maps a currency sign, code or word in lower case to its ISO 4217 code."""

_DIGITS = re.compile(
    r"""
    (?P<currency>US\$|[£$€¥]|\b(?:GBP|USD|EUR)\s?)?\s?
    (?<![\w.,])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)
    (?:(?:[\s-]?(?P<scale>hundred|thousand|millions?|billions?|trillion|mln|mn|bn|tn)
        |(?(currency)[\s-]?|)(?P<letter>[kmb]))\b)?  # "10 m" is a length, "£10 m" is not
    (?:\s?(?P<percent>%|per\s?cent\b|percent\b))?
    (?:\s(?P<money>pounds?|dollars?|euros?|sterling)\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_COMPOUND = rf"(?:{'|'.join(_TENS)})[-\s](?:{'|'.join(_FIRST_NUMBERS[1:10])})"
_WORDS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_START = "".join(
    f"[{''.join(sorted(set(letters)))}]" for letters in zip(*NUMBER_WORDS, strict=False)
)
"""The letters that number words begin with, by position: most words fail this cheap check."""
_SPELLED = re.compile(
    rf"\b(?={_START})(?P<count>{_COMPOUND}|{_WORDS})"
    rf"(?:\s(?P<hundred>hundred)(?:\sand\s(?P<units>{_COMPOUND}|{_WORDS})\b)?)?"
    r"(?:\s(?P<scale>dozen|thousand|million|billion|trillion))?"
    r"(?:\s(?:(?P<percent>per\s?cent)|(?P<money>pounds|dollars|euros))\b)?\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?:1[0-9]|20)\d\d")


def figures(text: str) -> tuple[Figure, ...]:
    """Return the figures of `text` in order, both in digits and in number words."""
    has_digits = _DIGIT.search(text) is not None  # the whole form takes longer to fail
    matches = [_from_digits(m) for m in _DIGITS.finditer(text)] if has_digits else []
    matches += [_from_words(m) for m in _SPELLED.finditer(text)]
    return tuple(sorted(matches, key=lambda f: f.span.start))


def canonical_figures(text: str) -> list[str]:
    """Return one token per figure ("=1600000000"), the same for every spelling of its value.

    The words "zero" and "one" give none.
    """
    return [f"={f.value.normalize():f}" for f in figures(text) if not f.spelled or f.value > 1]


def _from_digits(match: re.Match[str]) -> Figure:
    plain = match["number"].replace(",", "")
    scale = (match["scale"] or match["letter"] or "").lower()
    value = Decimal(plain) * SCALES.get(scale, Decimal(1))
    currency = CURRENCIES.get((match["currency"] or match["money"] or "").strip().lower(), "")
    if currency:
        kind = FigureKind.MONEY
    elif match["percent"]:
        kind = FigureKind.PERCENT
    elif not scale and _YEAR.fullmatch(match["number"]):
        kind = FigureKind.YEAR
    else:
        kind = FigureKind.QUANTITY
    start = match.start("currency") if match["currency"] else match.start("number")
    return Figure(value, kind, Span(start, match.end()), currency)


def _from_words(match: re.Match[str]) -> Figure:
    value = _spelled(match["count"])
    if match["hundred"]:
        value = 100 * value + _spelled(match["units"] or "zero")
    scaled = value * SCALES.get((match["scale"] or "").lower(), Decimal(1))
    currency = CURRENCIES[match["money"].lower()] if match["money"] else ""
    kind = FigureKind.PERCENT if match["percent"] else FigureKind.QUANTITY
    kind = FigureKind.MONEY if currency else kind
    return Figure(Decimal(scaled), kind, Span(*match.span()), currency, spelled=True)


def _spelled(count: str) -> int:
    return sum(NUMBER_WORDS[word] for word in re.split(r"[-\s]", count.lower()))


PERIOD = re.compile(
    rf"\b(?:{MONTH}\s++\d{{1,2}}(?:st|nd|rd|th)?\b,?|\d{{1,2}}(?:st|nd|rd|th)?\s++{MONTH}"
    rf"|{MONTH}[-\s’']++\d{{2}}\b|(?:FY|CY|F|Q|H)\s?[’']?\d{{1,4}}[A-Z]?\b|[1-4]Q\b"
    r"|(?:19|20)\d\d(?:\s?[-–/]\s?\d{2,4})?\b|\d{1,2}\s(?:months?|weeks?|years?|days?)\b)",
    re.IGNORECASE,
)
"""A date, year, quarter or duration: typical of a column heading rather than of a value."""

_NOTE_MARK = re.compile(r"(?<=[^\W\d])\s?\(\s?(?:\d{1,2}|[a-z])\s?\)$", re.IGNORECASE)
_NOTE = re.compile(r"^\s?\(\s?(?:\d{1,2}|[a-z])\s?\)$", re.IGNORECASE)
_MARKS = frozenset("$ £ € ¥ — – - − — n/a N/A n/m NM * ✓ ✔ ☒ ☐".split())
_WORD = re.compile(r"[^\W\d_]{2,}")
_UNIT_WORDS = frozenset(
    "hundred thousand million billion trillion mn bn tn percent per cent pts bps points pp us usd "
    "eur gbp approximately about circa ca up to at least over under between from and or".split()
)
"""Words that may accompany the figure in a cell; any other word makes the cell text."""


def is_amount(cell: str) -> bool:
    """Return whether a cell starts with a figure ("9 acres") that is not a date or year."""
    return cell[:1].isdigit() and PERIOD.match(cell) is None


def is_measured(cell: str) -> bool:
    """Return whether a cell holds only a figure or a placeholder such as "n/a" or a dash.

    Words, dates and years do not count as figures.
    """
    text = cell.strip()
    if text in _MARKS:
        return True
    undated = PERIOD.sub("", _NOTE_MARK.sub("", text))
    if undated != text:  # "2017 (1)": the 1 is a footnote mark
        undated = _NOTE.sub("", undated)
    words = set(_WORD.findall(undated.lower()))
    return any(map(str.isdigit, undated)) and words <= _UNIT_WORDS
