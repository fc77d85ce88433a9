"""Acronyms as the documents themselves explain them: "National Rehabilitation Centre (NRC)"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mehealth_rag.language.words import fold, words

_IN_BRACKETS = re.compile(r"\(\s*[\"'“‘]?(?:the\s)?[\"'“‘]?([A-Z][A-Za-z&-]{1,9}?)s?[\"'”’]?\s*\)")
_WORD = re.compile(r"[A-Za-z][\w’'-]*|&")
_SMALL = frozenset("of the and for in on to a an at by with from de &".split())
_MAX_WORDS = 12

Acronyms = Mapping[str, str]
"""Folded acronym to its folded expansion."""


def learn_acronyms(texts: Iterable[str]) -> dict[str, str]:
    """The acronyms that the texts explain, each with its expansion; the first explanation counts."""
    found: dict[str, str] = {}
    for text in texts:
        for match in _IN_BRACKETS.finditer(text):
            expansion = _expansion(text[: match.start()], match[1])
            if expansion:
                found.setdefault(fold(match[1]), fold(expansion))
    return found


def expand(text: str, acronyms: Acronyms) -> str:
    """The words to search for beside `text`: expansions of its acronyms and the reverse.

    Returns an empty string where there is nothing to add.
    """
    plain = f" {' '.join(words(text))} "
    added = [long for short, long in acronyms.items() if f" {short} " in plain]
    added += [
        short
        for short, long in acronyms.items()
        if f" {' '.join(words(long))} " in plain and f" {short} " not in plain
    ]
    return " ".join(added)


def _expansion(before: str, acronym: str) -> str | None:
    """The words right before the bracket whose initials spell the acronym, else None."""
    capitals = [c for c in acronym if c.isupper()]
    if len(capitals) < 2:
        return None
    parts = [m for m in _WORD.finditer(before[-160:])][-_MAX_WORDS:]
    for size in range(len(parts), 1, -1):
        phrase = parts[-size:]
        if _initials_match(phrase, capitals):
            return before[-160:][phrase[0].start() :].strip()
    return None


def _initials_match(phrase: list[re.Match[str]], capitals: list[str]) -> bool:
    """Each capital starts a word, in order; only small words may be passed over."""
    parts = [p for m in phrase for p in m.group().split("-") if p]
    wanted = [c.lower() for c in capitals]
    if parts[0][0].lower() != wanted[0] or parts[0].lower() in _SMALL:
        return False
    place = 0
    for part in parts:
        if place < len(wanted) and part[0].lower() == wanted[place]:
            place += 1
        elif part.lower() not in _SMALL:
            return False
    return place == len(wanted)
