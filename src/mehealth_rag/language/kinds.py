"""What kinds of answer a piece of text holds: dates, and runs of names."""

from __future__ import annotations

import re

from mehealth_rag.language.dates import MONTHS, SHORT_MONTHS
from mehealth_rag.language.figures import ORDINAL_WORDS

_MONTHS = "|".join([*MONTHS, *SHORT_MONTHS])
_MONTHS_NAMED = "|".join(MONTHS)
DATE = re.compile(
    rf"\b(?:1[0-9]|20)\d\d(?:s\b|\b)|\b\d{{1,2}}(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTHS})\b"
    rf"|\b(?:{_MONTHS})\s\d{{1,4}}\b|\b(?:{_MONTHS})\b(?=[\s,]+(?:1|2)\d{{3}})"
    r"|\b\d{1,2}(?:st|nd|rd|th)\scentur(?:y|ies)\b|\b\d{1,4}\s(?:bc|ad|bce|ce)\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b"
    rf"|\b(?:in|on|by|since|until|from|during|last|next|early|late|mid)[\s-](?-i:{_MONTHS_NAMED})\b"
    rf"|\b(?:{'|'.join(ORDINAL_WORDS)}|twenty-first)\scentur(?:y|ies)\b|\b\d{{1,2}}:\d\d\b",
    re.IGNORECASE,
)
_MONTH_AFTER = re.compile(rf"(?:st|nd|rd|th)?\s(?:of\s)?(?:{_MONTHS_NAMED})\b")
_MONTH_BEFORE = re.compile(rf"\b(?:{_MONTHS_NAMED})\s$")
NAME_RUN = re.compile(
    r"\b[A-Z][\w&’'-]*(?:\s+(?:(?:of|the|for|and|&|de|van|von)\s+){0,2}[A-Z][\w&’'-]*)*"
)
"""A run of capitalised words with the small words between them."""


def in_day(text: str, start: int, end: int) -> bool:
    """Whether the figure between `start` and `end` is the day of a date ("On **31** December")."""
    short = end - start <= len("31")
    return short and bool(_MONTH_AFTER.match(text, end) or _MONTH_BEFORE.search(text[:start]))
