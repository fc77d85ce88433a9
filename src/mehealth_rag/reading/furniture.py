"""Running headers, footers and page numbers: lines that the pages share, not their own text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

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
    r"(?:page\s*)?[-–—|\[(]?\s*([a-z]{1,2}-)?(\d{1,4}|[ivxlc]{1,7})\s*[-–—|\])]?"
    r"(?:\s*(?:of|/)\s*\d{1,4})?",
    re.IGNORECASE,
)
_WITH_NAME = re.compile(r"(\d{1,4})\W+(\D{3,60})|(\D{3,60}?)\W+(\d{1,4})")


Edges = tuple[list["TextLine"], list["TextLine"]]
"""The outermost lines of a page, at its top and at its bottom, from the edge inwards."""


def mark_furniture(
    pages: Sequence[RawPage], arranged: Sequence[Sequence[Region]], body: float
) -> list[list[Region]]:
    """Mark the furniture lines in all pages' regions. `body` is the size of running text."""
    edges = [(_edge(regions, top=True), _edge(regions, top=False)) for regions in arranged]
    shared = _shared(pages, edges)
    offsets = _offsets(pages, edges)
    marked: list[list[Region]] = []
    for page, regions, sides in zip(pages, arranged, edges, strict=True):
        found: set[int] = set()
        for top, side in zip((True, False), sides, strict=True):
            for line in side:
                if line.size > 1.4 * body and not _number(line.text, page):
                    break
                if _key(line, top) not in shared and not _is_number(line.text, page, offsets):
                    break
                found.add(id(line))
        marked.append([_with_marks(region, found) for region in regions])
    return marked


def _with_marks(region: Region, found: set[int]) -> Region:
    if not any(id(line) in found for line in region):
        return region
    return tuple(
        line._replace(furniture=True, row=False, text=line.text.replace("\t", " "))
        if id(line) in found
        else line
        for line in region
    )


def _edge(regions: Sequence[Region], *, top: bool) -> list[TextLine]:
    lines = [line for region in regions for line in region if line.upright]
    lines.sort(key=lambda line: -line.baseline if top else line.baseline)
    return lines[:_DEPTH]


def _key(line: TextLine, top: bool) -> tuple[str, int, bool]:
    text = line.text.casefold().replace("\t", " ")
    if not ends_sentence(text):  # sentences that differ in a figure say different things
        text = _DIGITS.sub("#", text)
    return text, round(line.baseline / 12), top


def _shared(pages: Sequence[RawPage], edges: Sequence[Edges]) -> set[tuple[str, int, bool]]:
    """Keys of the lines that several pages have at the same place."""
    needed = min(_PAGES, max(2, len(pages)))
    counts: Counter[tuple[str, int, bool]] = Counter()
    for page, sides in zip(pages, edges, strict=True):
        keys = {
            _key(line, top)
            for top, side in zip((True, False), sides, strict=True)
            for line in side
            if _in_zone(line, page.height, top) and len(line.text) <= _LONG
        }
        counts.update(keys)
    return {key for key, count in counts.items() if count >= needed and key[0].strip("#\t $,.%()")}


def _in_zone(line: TextLine, height: float, top: bool) -> bool:
    at = line.baseline / height if height else 0.5
    return at > 1 - _ZONE if top else at < _ZONE


def _offsets(pages: Sequence[RawPage], edges: Sequence[Edges]) -> set[int]:
    """Differences between printed and counted numbers that three pages or more agree on."""
    counts: Counter[int] = Counter()
    for page, sides in zip(pages, edges, strict=True):
        found = {int(number) - page.number for number in _edge_numbers(sides) if number.isdigit()}
        counts.update(found)
    return {offset for offset, count in counts.items() if count >= _PAGES}


def _edge_numbers(sides: Edges) -> Iterator[str]:
    for side in sides:
        for line in side[:2]:
            match = _NUMBER.fullmatch(line.text)
            if match:
                yield match[2]


def _number(text: str, page: RawPage) -> bool:
    """Whether a line is the page's own number, alone or with a short name beside it."""
    own = {page.label.casefold(), str(page.number)}
    match = _NUMBER.fullmatch(text)
    if match:
        return match[2].casefold() in own
    named = _WITH_NAME.fullmatch(text)
    if not named:
        return False
    name = named[2] or named[3]
    divided = any(sign in text for sign in "|•·–—\t")
    return (named[1] or named[4]) in own and (name.isupper() or divided)


def _is_number(text: str, page: RawPage, offsets: set[int]) -> bool:
    if _number(text, page):
        return True
    match = _NUMBER.fullmatch(text)
    return bool(match and match[2].isdigit() and int(match[2]) - page.number in offsets)
