"""What kinds of answer a piece of text holds: dates, names of people and things."""

from __future__ import annotations

import re

from mehealth_rag.dates import MONTHS, SHORT_MONTHS
from mehealth_rag.language.figures import ORDINAL_WORDS
from mehealth_rag.language.words import fold

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
_HONORIFIC = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Sir|Dame|Lord|Lady|Prof|Professor|King|Queen|Prince|Princess|President|"
    r"Pope|Saint|St|Emperor|Bishop|Captain|General|Judge|Senator)\.?\s+[A-Z]"
)
_PERSON_NAME = re.compile(
    r"\b[A-Z][a-zà-ÿ'’]+(?:\s(?:[A-Z]\.|de|van|von|al|bin|der|la|le))*(?:\s[A-Z][a-zà-ÿ'’-]+){1,2}\b"
)
_NO_PERSON = frozenset(
    """
    the this that these our their north south east west new united great central royal national
    international british european american midlands city county council university college school
    hospital centre center institute institution health medical care research science sciences life
    department office ministry government agency board committee commission trust unit group company
    corporation limited bank fund foundation society association union alliance network partnership
    engine hub campus park house hall street road avenue square bridge river lake island mount
    church abbey cathedral museum library theatre gallery airport station act treaty war battle
    award prize cup bowl league club championship game games series press times post journal
    monday tuesday wednesday thursday friday saturday sunday programme program project initiative
    strategy plan report agreement development technology technologies technical industrial services
    service system systems management clinical trials trial data digital innovation enterprise
    executive director chairman chairwoman chair chief officer president minister secretary manager
    head deputy senior
    """.split()
) | frozenset(map(str.lower, MONTHS))
NAME_RUN = re.compile(
    r"\b[A-Z][\w&’'-]*(?:\s+(?:(?:of|the|for|and|&|de|van|von)\s+){0,2}[A-Z][\w&’'-]*)*"
)
"""A run of capitalised words with the small words between them."""


def in_day(text: str, start: int, end: int) -> bool:
    """Whether the figure between `start` and `end` is the day of a date ("On **31** December")."""
    short = end - start <= len("31")
    return short and bool(_MONTH_AFTER.match(text, end) or _MONTH_BEFORE.search(text[:start]))


def person_names(text: str) -> list[str]:
    """Runs of capitalised words that look like a person's name, or stand after an honorific."""
    found = [m.group() for m in _PERSON_NAME.finditer(text)]
    named = [n for n in found if not {fold(w) for w in n.split()} & _NO_PERSON]
    titled = (text[m.start() : m.end() + 20] for m in _HONORIFIC.finditer(text))
    return named + [t.split(",", maxsplit=1)[0] for t in titled]
