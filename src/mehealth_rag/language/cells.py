"""What a table's cell holds: a figure, or the date or length of time that heads a column."""

from __future__ import annotations

import re

from mehealth_rag.language.dates import MONTHS

MONTH = rf"(?:{'|'.join(name[:3] for name in MONTHS)})[a-z]*\.?"
"""A month or the beginning of its name, in any case."""

PERIOD = re.compile(
    rf"\b{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b,?|\b\d{{1,2}}(?:st|nd|rd|th)?\s+{MONTH}"
    rf"|\b{MONTH}[-\s’']+\d{{2}}\b|\b(?:FY|CY|F|Q|H)\s?[’']?\d{{1,4}}[A-Z]?\b|\b[1-4]Q\b"
    r"|\b(?:19|20)\d\d(?:\s?[-–/]\s?\d{2,4})?\b|\b\d{1,2}\s(?:months?|weeks?|years?|days?)\b",
    re.IGNORECASE,
)
"""A date, a year, a quarter or a length of time: what heads a column rather than fills it."""

_NOTE_MARK = re.compile(r"(?<=[^\W\d])\s?\(\s?(?:\d{1,2}|[a-z])\s?\)$", re.IGNORECASE)
_NOTE = re.compile(r"^\s?\(\s?(?:\d{1,2}|[a-z])\s?\)$", re.IGNORECASE)
_MARKS = frozenset("$ £ € ¥ — – - − — n/a N/A n/m NM * ✓ ✔ ☒ ☐".split())
_WORD = re.compile(r"[^\W\d_]{2,}")
_UNIT_WORDS = frozenset(
    "hundred thousand million billion trillion mn bn tn percent per cent pts bps points pp us usd "
    "eur gbp approximately about circa ca up to at least over under between from and or".split()
)
"""Words that a figure may stand with and still be one."""


def is_measured(cell: str) -> bool:
    """Whether a cell holds a figure or a sign that stands for one: not words, a date or a year."""
    text = cell.strip()
    if text in _MARKS:
        return True
    rest = PERIOD.sub("", _NOTE_MARK.sub("", text))
    if rest != text:  # "2017 (1)": the mark is of a note
        rest = _NOTE.sub("", rest)
    words = set(_WORD.findall(rest.lower()))
    return any(map(str.isdigit, rest)) and words <= _UNIT_WORDS
