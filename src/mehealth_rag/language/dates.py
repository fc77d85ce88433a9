"""Dates of documents: as their metadata and first pages write them, and as ISO does.

A date is told as far as it is known: "2021-03-04", "2021-03", "2021".
"""

from __future__ import annotations

import datetime
import re

MONTHS = tuple(
    "January February March April May June July August September October November December".split()
)
SHORT_MONTHS = "Jan Feb Mar Apr Jun Jul Aug Sept? Oct Nov Dec".split()
"""Patterns of the short forms that are no whole names."""

MONTH = rf"(?:{'|'.join(MONTHS)}|(?:{'|'.join(SHORT_MONTHS)})\b\.?)"
"""A month by its name or its short form, with the full stop of that."""

DATE = (
    rf"(?:(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?)?{MONTH},?\s+\d{{4}}"
    rf"|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4})(?![\w/])"
)
"""A date with a month, as a page prints it; no form whose day and month could change places."""
_WORDED = re.compile(
    rf"(?:(?P<day>\d{{1,2}})\D*\s)?(?P<month>{MONTH})(?:\s+(?P<later>\d{{1,2}})(?:st|nd|rd|th)?)?"
    r",?\s+(?P<year>\d{4})",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_DIGITS = re.compile(r"(?:D:)?(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?(?!\d{1,3}$)")
_FIRST_YEAR = 1800
_OF_PROGRAMS = frozenset({"1970-01-01", "1980-01-01", "2000-01-01", "2013-01-27", "2013-12-23"})
"""Days that programs write where they know none: clocks' beginnings, templates of libraries."""


def iso_date(text: str) -> str | None:
    """A date as metadata or a page writes it, in ISO's form; None where it is none."""
    text = text.strip()
    if worded := _WORDED.fullmatch(text):
        month = month_number(worded["month"])
        return _iso(int(worded["year"]), month, int(worded["day"] or worded["later"] or 0))
    if dotted := _DOTTED.fullmatch(text):
        return _iso(int(dotted[3]), int(dotted[2]), int(dotted[1]))
    if digits := _DIGITS.match(text):
        return _iso(*(int(part or 0) for part in digits.groups()))
    return None


def month_number(name: str) -> int:
    """The number of a month, from 1, by its name or the beginning of it."""
    return next(n for n, month in enumerate(MONTHS, start=1) if month[:3] == name[:3].title())


def sensible_date(text: str) -> str | None:
    """The date of an entry of metadata; None where a program wrote it for want of one."""
    date = iso_date(text)
    return None if date in _OF_PROGRAMS else date


def as_of(dated: str | None) -> str:
    """A date in words, "as of 4 March 2021"; empty where there is none."""
    if not dated:
        return ""
    year, month, day = [*dated.split("-"), "", ""][:3]
    words = [str(int(day)) if day else "", MONTHS[int(month) - 1] if month else "", year]
    return f"as of {' '.join(filter(None, words))}"


def _iso(year: int, month: int, day: int) -> str | None:
    try:
        datetime.date(year, month or 1, day or 1)
    except ValueError:
        return None
    if year < _FIRST_YEAR or (day and not month):
        return None
    return "-".join([f"{year:04}", *(f"{part:02}" for part in (month, day) if part)])
