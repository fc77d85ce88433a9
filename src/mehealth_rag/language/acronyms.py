"""Acronyms and their expansions, learned from the documents themselves.

There are two sources: an expansion with its acronym in brackets ("National Rehabilitation Centre
(NRC)"), and an acronym whose letters are the initials of a name elsewhere in the texts. The second
source skips acronyms that the texts also write in lower case: "NEW" in a heading is a word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mehealth_rag.language.words import FUNCTION_WORDS, fold, words
from mehealth_rag.types import Span

_IN_BRACKETS = re.compile(r"\(\s*[\"'“‘]?(?:the\s)?[\"'“‘]?([A-Z][A-Za-z&-]{1,9}?)s?[\"'”’]?\s*\)")
_WORD = re.compile(r"[A-Za-z][\w’'-]*|&")
_USED = re.compile(r"(?<![\w-])[A-Z]{3,6}(?![\w-])")
_CAPITALS = re.compile(r"(?<![\w-])[A-Z]{2,6}(?![\w-])")
_SMALL_WORD = re.compile(r"(?<![\w-])[a-z]{3,6}(?![\w-])")
_NAME = re.compile(
    r"[A-Z][\w’'-]{0,40}(?:\s++(?:(?:of|the|for|and|in|on|to|&)\s++){0,2}[A-Z][\w’'-]{0,40})+"
)
_SMALL = frozenset("of the and for in on to a an at by with from de &".split())
_MAX_WORDS = 12

Acronyms = Mapping[str, str]
"""Maps a folded acronym to its folded expansion."""


@dataclass(frozen=True, slots=True)
class Explained:
    """An acronym and its expansion as written; `span` covers both, including the bracket."""

    short: str
    long: str
    span: Span


def learn_acronyms(texts: Iterable[str]) -> dict[str, str]:
    """Map each acronym of the texts to its expansion; the first one in brackets wins."""
    acronyms: dict[str, str] = {}
    used: set[str] = set()
    lowercase: set[str] = set()
    names: defaultdict[str, set[str]] = defaultdict(set)
    for text in texts:
        for pair in explained(text):
            acronyms.setdefault(fold(pair.short), fold(pair.long))
        used.update(_USED.findall(text))
        lowercase.update(_SMALL_WORD.findall(text))
        for initials, name in _initialled(text):
            names[initials].add(name)
    for acronym in sorted(a for a in used if a.lower() not in lowercase):
        expansions = set(map(fold, names.get(acronym, ())))
        if len(expansions) == 1:  # two names with the same initials are ambiguous
            acronyms.setdefault(fold(acronym), next(iter(expansions)))
    return acronyms


def explained(text: str) -> Iterator[Explained]:
    """Yield the acronyms that the text gives in brackets after their expansion, in order."""
    for match in _IN_BRACKETS.finditer(text):
        start = _expansion(text, match.start(), match[1])
        if start is not None:
            long = text[start : match.start()].strip()
            yield Explained(match[1], long, Span(start, match.end()))


def expand(text: str, acronyms: Acronyms) -> str:
    """Return extra search terms for `text`: expansions of its acronyms, acronyms of its names.

    The string is empty if there is nothing to add. An acronym that is also a function word ("who",
    "it") counts only in capitals.
    """
    plain = f" {' '.join(words(text))} "
    capitals = set(_CAPITALS.findall(text))
    terms = [
        long
        for short, long in acronyms.items()
        if f" {short} " in plain and (short not in FUNCTION_WORDS or short.upper() in capitals)
    ]
    terms += [
        short
        for short, long in acronyms.items()
        if f" {' '.join(words(long))} " in plain and f" {short} " not in plain
    ]
    return " ".join(terms)


def _initialled(text: str) -> Iterable[tuple[str, str]]:
    """Yield (initials, name) for each name in the text and for runs of 3 to 6 of its words."""
    for match in _NAME.finditer(text):
        parts = [p for p in re.finditer(r"\S+", match[0]) if p[0].lower() not in _SMALL]
        for start in range(len(parts)):
            for end in range(start + 3, min(len(parts), start + 6) + 1):
                run = parts[start:end]
                if any(len(p[0]) == 1 for p in run):
                    break  # single letters are initials, not a name
                yield "".join(p[0][0] for p in run), match[0][run[0].start() : run[-1].end()]


def _expansion(text: str, bracket: int, acronym: str) -> int | None:
    """Return the offset of the expansion right before the bracket, or None if there is none."""
    capitals = [c.lower() for c in acronym if c.isupper()]
    parts = list(_WORD.finditer(text, max(0, bracket - 160), bracket))[-_MAX_WORDS:]
    for first in range(len(parts) - 1 if len(capitals) > 1 else 0):
        phrase = [w.lower() for m in parts[first:] for w in m[0].split("-") if w]
        if phrase[0] not in _SMALL and _spell(phrase, capitals):
            return parts[first].start()
    return None


def _spell(phrase: list[str], letters: list[str]) -> bool:
    """Match the letters in order to initials of the phrase; only small words may be skipped."""
    matched = 0
    for word in phrase:
        if matched < len(letters) and word[0] == letters[matched]:
            matched += 1
        elif word not in _SMALL:
            return False
    return matched == len(letters)
