"""Running headers, footers and page numbers: lines that the pages share, not their own text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from mehealth_rag.reading.marks import ends_sentence
from mehealth_rag.reading.runs import RawPage, Region, TextLine

_DEPTH = 4
"""So many lines from a page's edge inwards can be furniture."""
_PAGES = 3
"""On so many pages a line must stand to count as running (all of them in a shorter document)."""
_ZONE = 0.14
"""Share of the page's height at its top and bottom where running lines stand."""
_LONG = 90
"""No running line has more characters."""
_DIGITS = re.compile(r"\d+")
_NUMBER = re.compile(
    r"(?:page)?\s*+(?:[-–—|\[(]\s*+)?([a-z]{1,2}-)?(\d{1,4}|[ivxlc]{1,7})\s*+[-–—|\])]?"
    r"(?:\s*+(?:of|/)\s*+\d{1,4})?",
    re.IGNORECASE,
)
_WITH_NAME = re.compile(r"(\d{1,4})\W+(\D{3,60})|(\D{3,60}?)\W+(\d{1,4})")


Edge = tuple[RawPage, bool, list[TextLine]]
"""A page, whether it is its top, and its outermost lines there from the edge inwards."""
_Key = tuple[str, int, bool]


def mark_furniture(
    pages: Sequence[RawPage], arranged: Sequence[Sequence[Region]], body: float
) -> list[list[Region]]:
    """Mark the furniture lines in all pages' regions. `body` is the size of running text."""
    edges = [
        (page, top, _outermost(regions, top=top))
        for page, regions in zip(pages, arranged, strict=True)
        for top in (True, False)
    ]
    shared = _shared(edges, len(pages))
    offsets = _offsets(edges)
    found: set[int] = set()
    for page, top, lines in edges:
        for line in lines:
            own = _is_own_number(line.text, page)
            if line.size > 1.4 * body and not own:
                break
            if not (own or _key(line, top) in shared or _is_counted(line.text, page, offsets)):
                break
            found.add(id(line))
    return [[_with_marks(region, found) for region in regions] for regions in arranged]


def _with_marks(region: Region, found: set[int]) -> Region:
    if not any(id(line) in found for line in region):
        return region
    return tuple(
        line._replace(furniture=True, row=False, text=line.text.replace("\t", " "))
        if id(line) in found
        else line
        for line in region
    )


def _outermost(regions: Sequence[Region], *, top: bool) -> list[TextLine]:
    lines = [line for region in regions for line in region if line.upright]
    lines.sort(key=lambda line: -line.baseline if top else line.baseline)
    return lines[:_DEPTH]


def _key(line: TextLine, top: bool) -> _Key:
    text = line.text.casefold().replace("\t", " ")
    if not ends_sentence(text):  # sentences that differ in a figure say different things
        text = _DIGITS.sub("#", text)
    return text, round(line.baseline / 12), top


def _shared(edges: Sequence[Edge], pages: int) -> set[_Key]:
    """Keys of the lines that several pages have at the same place."""
    counts: Counter[_Key] = Counter()
    for page, top, lines in edges:
        own = (line for line in lines if _in_zone(line, page.placed_on[1], top))
        counts.update({_key(line, top) for line in own if len(line.text) <= _LONG})
    needed = min(_PAGES, max(2, pages))
    return {key for key, count in counts.items() if count >= needed and key[0].strip("#\t $,.%()")}


def _in_zone(line: TextLine, height: float, top: bool) -> bool:
    at = line.baseline / height if height else 0.5
    return at > 1 - _ZONE if top else at < _ZONE


def _offsets(edges: Sequence[Edge]) -> set[int]:
    """Differences between printed and counted numbers that three pages or more agree on."""
    found = {
        (page.number, int(match[2]) - page.number)
        for page, _, lines in edges
        for line in lines[:2]
        if (match := _NUMBER.fullmatch(line.text)) and match[2].isdigit()
    }
    counts = Counter(offset for _, offset in found)
    return {offset for offset, count in counts.items() if count >= _PAGES}


def _is_own_number(text: str, page: RawPage) -> bool:
    """Whether a line is the page's own number, alone or with a short name beside it."""
    own = {page.label.casefold(), str(page.number)}
    if match := _NUMBER.fullmatch(text):
        return match[2].casefold() in own
    named = _WITH_NAME.fullmatch(text) if len(text) <= _LONG else None
    if not named:
        return False
    name = named[2] or named[3]
    divided = any(sign in text for sign in "|•·–—\t")
    return (named[1] or named[4]) in own and (name.isupper() or divided)


def _is_counted(text: str, page: RawPage, offsets: set[int]) -> bool:
    """Whether a line is a number that keeps step with the pages."""
    match = _NUMBER.fullmatch(text)
    return bool(match and match[2].isdigit() and int(match[2]) - page.number in offsets)
