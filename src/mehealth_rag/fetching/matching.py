"""Which source a file downloaded by hand belongs to: by content, name or title, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from rapidfuzz import fuzz

from mehealth_rag.corpus import FORMATS
from mehealth_rag.fetching.copies import file_name
from mehealth_rag.fetching.failures import FetchFailure
from mehealth_rag.fetching.kinds import HEAD, Kind
from mehealth_rag.fetching.titles import says_of_itself
from mehealth_rag.types import Source

_LIKE = 90.0
"""Likeness, of 100, from which a title is taken for a source's."""
_AHEAD = 6.0
"""How much less like the second-best source must be."""
_LONG_ENOUGH = 24
"""Characters from which a title found within a longer text is no accident."""
_COPY = re.compile(r"[ _-]*(?:\(\d+\)| - copy| copy)$")
"""What browsers and file managers add to a name that is taken."""
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Slot:
    """A source whose file may be handed over, and what that must be."""

    source: Source
    kind: Kind
    hashes: frozenset[str] = frozenset()
    """Contents that are known to be this source's."""


@dataclass(frozen=True, slots=True)
class Match:
    """The sources that a file may belong to, and by what. Sure where it is exactly one."""

    slots: tuple[Slot, ...]
    by: str = ""


def match(path: Path, sha256: str, slots: Sequence[Slot]) -> Match:
    """The sources that a file may belong to: the surest sign that finds any decides.

    Raises OSError where the file cannot be read.
    """
    known = tuple(s for s in slots if sha256 in s.hashes)
    if known:
        return Match(known, "content")
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    fitting = tuple(s for s in slots if _fits(s.kind, head))
    named = tuple(s for s in fitting if _plain_name(path.name) in _names(s.source))
    if named:
        return Match(named, "name")
    return Match(_titled(path, fitting), "title")


def _fits(kind: Kind, head: bytes) -> bool:
    try:
        kind.check_head(head)
    except FetchFailure:
        return False
    return True


def _names(source: Source) -> set[str]:
    """The names, without endings, that a source's file may have."""
    names = {source.id.lower()}
    if source.url is not None:
        with suppress(FetchFailure):  # an address that cannot be fetched may have its file here
            names.add(_plain_name(unquote(file_name(source.url))))
    return names - {""}


def _plain_name(name: str) -> str:
    path = PurePosixPath(name.lower())
    return _COPY.sub("", path.stem if path.suffix in FORMATS else path.name)


def _titled(path: Path, slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """The sources whose title a file bears: those as like as the best, within a margin."""
    texts: dict[str, tuple[str, ...]] = {}
    scored: list[tuple[float, Slot]] = []
    for slot in slots:
        form = slot.source.format
        if form not in texts:
            texts[form] = tuple(_words(t) for t in says_of_itself(path, form))
        scored.append((_likeness(_words(slot.source.title), texts[form]), slot))
    best = max((score for score, _ in scored), default=0.0)
    if best < _LIKE:
        return ()
    return tuple(slot for score, slot in scored if score > best - _AHEAD)


def _likeness(title: str, texts: Iterable[str]) -> float:
    """How like a title is to the best of the texts, or to a piece of one that is longer.

    Found within a longer text, a short title counts less: "Fees" stands on many first pages.
    """
    best = 0.0
    for text in texts:
        score = fuzz.ratio(title, text)
        if len(text) > len(title):
            within = fuzz.partial_ratio(title, text) - max(0, _LONG_ENOUGH - len(title))
            score = max(score, within)
        best = max(best, score)
    return best


def _words(text: str) -> str:
    return " ".join(_WORDS.findall(text.casefold()))
