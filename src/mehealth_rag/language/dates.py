"""Dates of documents: parsed from metadata and first pages, and written as ISO 8601.

A date keeps the precision it was given with: "2021-03-04", "2021-03" or "2021".
"""

from __future__ import annotations

import datetime
import re

MONTHS = tuple(
    "January February March April May June July August September October November December".split()
)
SHORT_MONTHS = "Jan Feb Mar Apr Jun Jul Aug Sept? Oct Nov Dec".split()
"""Patterns of the short month names; "May" is missing because it is already whole."""

MONTH = rf"(?:{'|'.join(MONTHS)}|(?:{'|'.join(SHORT_MONTHS)})\b\.?)"
"""Pattern of a month by full or short name, with the full stop of the short one."""

DATE = (
    rf"(?:(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?)?{MONTH},?\s+\d{{4}}"
    rf"|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4})(?![\w/])"
)
"""Pattern of a printed date; it leaves out forms with an ambiguous order of day and month."""
_WORDED = re.compile(
    rf"(?:(?P<day>\d{{1,2}})\D*\s)?(?P<month>{MONTH})(?:\s+(?P<later>\d{{1,2}})(?:st|nd|rd|th)?)?"
    r",?\s+(?P<year>\d{4})",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_DIGITS = re.compile(r"(?:D:)?(\d{4})(?:-?(\d{2})(?:-?(\d{2}))?)?(?!\d{1,3}$)")
_FIRST_YEAR = 1800
_OF_PROGRAMS = frozenset({"1970-01-01", "1980-01-01", "2000-01-01", "2013-01-27", "2013-12-23"})
"""Placeholder dates that software writes: clock epochs and dates of library templates."""


def iso_date(text: str) -> str | None:
    """Parse a date from metadata or a page into ISO form; None if it is not a date."""
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
    """Return the number of a month (1 to 12) from its name or at least its first three letters."""
    return next(n for n, month in enumerate(MONTHS, start=1) if month[:3] == name[:3].title())


def sensible_date(text: str) -> str | None:
    """Parse a date from metadata; None if it is not a date or a software placeholder."""
    date = iso_date(text)
    return None if date in _OF_PROGRAMS else date


def as_of(dated: str | None) -> str:
    """Format a date in words ("as of 4 March 2021"); empty if there is none."""
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
