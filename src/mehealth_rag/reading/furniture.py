"""Detects page furniture: running headers, footers and page numbers shared by pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from mehealth_rag.reading.marks import ends_sentence
from mehealth_rag.reading.runs import RawPage, Region, TextLine

_DEPTH = 4
"""Maximum lines of furniture at a page's top or bottom."""
_PAGES = 3
"""Minimum pages on which a running line must appear (all pages of a shorter document)."""
_ZONE = 0.14
"""Share of the page height at top and bottom in which running lines may be."""
_LONG = 90
"""Maximum characters of a running line."""
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(
    r"(?:page)?\s*+(?:[-–—|\[(]\s*+)?([a-z]{1,2}-)?(\d{1,4}|[ivxlc]{1,7})\s*+[-–—|\])]?"
    r"(?:\s*+(?:of|/)\s*+\d{1,4})?",
    re.IGNORECASE,
)
_WITH_NAME = re.compile(r"(\d{1,4})\W+(\D{3,60})|(\D{3,60}?)\W+(\d{1,4})")

_Edge = tuple[RawPage, bool, list[TextLine]]
"""A page, whether this is its top edge, and the lines there from the edge inwards."""
_Key = tuple[str, int, bool]


def mark_furniture(
    pages: Sequence[RawPage], arranged: Sequence[Sequence[Region]], body: float
) -> list[list[Region]]:
    """Mark the furniture lines in the regions of all pages; `body` is the size of body text."""
    edges = [
        (page, top, _outermost(regions, top=top))
        for page, regions in zip(pages, arranged, strict=True)
        for top in (True, False)
    ]
    shared = _shared(edges, len(pages))
    offsets = _offsets(edges)
    marked: set[int] = set()
    for page, top, lines in edges:
        for line in lines:
            if not _is_own_number(line.text, page):
                number = _number(line.text)
                counted = number is not None and number - page.number in offsets
                if line.size > 1.4 * body or not (counted or _key(line, top) in shared):
                    break
            marked.add(id(line))
    return [
        [tuple(_as_furniture(x) if id(x) in marked else x for x in region) for region in regions]
        for regions in arranged
    ]


def _as_furniture(line: TextLine) -> TextLine:
    return line._replace(furniture=True, row=False, text=line.text.replace("\t", " "))


def _outermost(regions: Sequence[Region], *, top: bool) -> list[TextLine]:
    lines = [line for region in regions for line in region if line.upright]
    lines.sort(key=lambda line: -line.baseline if top else line.baseline)
    return lines[:_DEPTH]


def _key(line: TextLine, top: bool) -> _Key:
    text = line.text.casefold().replace("\t", " ")
    if not ends_sentence(text):  # sentences that differ only in a figure still differ in meaning
        text = _DIGITS.sub("#", text)
    return text, round(line.baseline / 12), top


def _shared(edges: Sequence[_Edge], pages: int) -> set[_Key]:
    """Return the keys of lines that several pages have at the same place."""
    counts: Counter[_Key] = Counter()
    for page, top, lines in edges:
        inside = (line for line in lines if _in_zone(line, page.placed_on[1], top))
        counts.update({_key(line, top) for line in inside if len(line.text) <= _LONG})
    needed = min(_PAGES, max(2, pages))
    return {key for key, count in counts.items() if count >= needed and key[0].strip("#\t $,.%()")}


def _in_zone(line: TextLine, height: float, top: bool) -> bool:
    at = line.baseline / height if height else 0.5
    return at > 1 - _ZONE if top else at < _ZONE


def _offsets(edges: Sequence[_Edge]) -> set[int]:
    """Return offsets between printed number and place in the file that several pages share."""
    candidates = {
        (page.number, number - page.number)
        for page, _, lines in edges
        for line in lines[:2]
        if (number := _number(line.text)) is not None
    }
    counts = Counter(offset for _, offset in candidates)
    return {offset for offset, count in counts.items() if count >= _PAGES}


def _is_own_number(text: str, page: RawPage) -> bool:
    """Return whether a line is the page's own number, alone or beside a short name."""
    numbers = {page.label.casefold(), str(page.number)}
    if match := _NUMBER.fullmatch(text):
        return match[2].casefold() in numbers
    named = _WITH_NAME.fullmatch(text) if len(text) <= _LONG else None
    if not named:
        return False
    name = named[2] or named[3]
    divided = any(sign in text for sign in "|•·–—\t")
    return (named[1] or named[4]) in numbers and (name.isupper() or divided)


def _number(text: str) -> int | None:
    match = _NUMBER.fullmatch(text)
    return int(match[2]) if match and match[2].isdigit() else None
