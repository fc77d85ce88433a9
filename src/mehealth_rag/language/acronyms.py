"""Acronyms as the documents themselves explain them.

Either beside each other ("National Rehabilitation Centre (NRC)"), or apart: an acronym that is
used, and a name elsewhere in the same text whose initials spell it. What the texts also write in
small letters ("NEW" in a heading) is a word and no acronym of the second kind.
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
"""Folded acronym to its folded expansion."""


@dataclass(frozen=True, slots=True)
class Explained:
    """An acronym and its name as a text writes them; `span` holds both, the bracket included."""

    short: str
    long: str
    span: Span


def learn_acronyms(texts: Iterable[str]) -> dict[str, str]:
    """The acronyms that the texts explain; the first explanation in brackets counts most."""
    found: dict[str, str] = {}
    used: set[str] = set()
    plain: set[str] = set()
    names: defaultdict[str, set[str]] = defaultdict(set)
    for text in texts:
        for one in explained(text):
            found.setdefault(fold(one.short), fold(one.long))
        used.update(_USED.findall(text))
        plain.update(_SMALL_WORD.findall(text))
        for initials, name in _initialled(text):
            names[initials].add(fold(name))
    for acronym in sorted(a for a in used if a.lower() not in plain):
        spelt = names.get(acronym, set())
        if len(spelt) == 1:  # two names with the same initials explain nothing
            found.setdefault(fold(acronym), next(iter(spelt)))
    return found


def explained(text: str) -> Iterator[Explained]:
    """What the text explains in brackets, in order."""
    for match in _IN_BRACKETS.finditer(text):
        start = _expansion(text, match.start(), match[1])
        if start is not None:
            long = text[start : match.start()].strip()
            yield Explained(match[1], long, Span(start, match.end()))


def expand(text: str, acronyms: Acronyms) -> str:
    """The words to search for beside `text`: expansions of its acronyms and the reverse.

    Returns an empty string where there is nothing to add. An acronym that spells a function word
    ("who", "it") counts only in capitals.
    """
    plain = f" {' '.join(words(text))} "
    capitals = set(_CAPITALS.findall(text))
    added = [
        long
        for short, long in acronyms.items()
        if f" {short} " in plain and (short not in FUNCTION_WORDS or short.upper() in capitals)
    ]
    added += [
        short
        for short, long in acronyms.items()
        if f" {' '.join(words(long))} " in plain and f" {short} " not in plain
    ]
    return " ".join(added)


def _initialled(text: str) -> Iterable[tuple[str, str]]:
    """Names of the text, and parts of them, with their initials."""
    for match in _NAME.finditer(text):
        parts = [p for p in re.finditer(r"\S+", match[0]) if p[0].lower() not in _SMALL]
        for start in range(len(parts)):
            for end in range(start + 3, min(len(parts), start + 6) + 1):
                run = parts[start:end]
                if any(len(p[0]) == 1 for p in run):
                    break  # letters set apart are no names
                yield "".join(p[0][0] for p in run), match[0][run[0].start() : run[-1].end()]


def _expansion(text: str, bracket: int, acronym: str) -> int | None:
    """Where the words right before the bracket begin whose initials spell it, else None."""
    capitals = [c.lower() for c in acronym if c.isupper()]
    parts = list(_WORD.finditer(text, max(0, bracket - 160), bracket))[-_MAX_WORDS:]
    for first in range(len(parts) - 1 if len(capitals) > 1 else 0):
        phrase = [w.lower() for m in parts[first:] for w in m[0].split("-") if w]
        if phrase[0] not in _SMALL and _spell(phrase, capitals):
            return parts[first].start()
    return None


def _spell(phrase: list[str], letters: list[str]) -> bool:
    """Whether each letter starts a word, in order; only small words may be passed over."""
    place = 0
    for word in phrase:
        if place < len(letters) and word[0] == letters[place]:
            place += 1
        elif word not in _SMALL:
            return False
    return place == len(letters)
