"""Detects tables of contents, whose lines only name other places and answer no question.

A contents line is a title and a page number, but so is a line of a price list ("Adult ..... 12"),
which does answer questions. Contents are confirmed by a heading such as "Contents", or by titles
that appear elsewhere on pages that match their numbers up to a fixed offset.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, repeat

from mehealth_rag.reading.marks import ends_sentence
from mehealth_rag.reading.runs import Region, TextLine, in_groups
from mehealth_rag.types import BlockKind, Page

_LED_BY = ".·․‧_…"
_DOTS = "[.·․‧_]"
_LEADER = rf"(?:(?:{_DOTS}\s?){{3,}}+|(?:…\s?)++)"
_PAGE = r"(?:\d{1,4}|[ivxlc]{1,7}|[A-Z]{1,2}-\d{1,3})"
_PAGE_ENDS = frozenset("0123456789ivxlc")
_TRAILING = re.compile(
    rf"(?P<title>\S.*?)(?P<led>(?<![{_LED_BY}])(?<![{_LED_BY}]\s)\s*+{_LEADER}\s*+|\s++)(?P<page>{_PAGE})"
)
_LEADING = re.compile(rf"(?P<page>{_PAGE})(?P<led>)\s+(?P<title>\S.*)")
_LED = re.compile(
    rf"(?P<title>\S.*?\s*+(?:(?:{_DOTS}\s?){{4,}}+|(?:…\s?){{2,}}+))\s*+"
    r"(?P<last>[£$€(]?\d\S{0,11}|[ivxlc]{1,7}|[A-Z]{1,2}-\d{1,3})"
)
_NUMBERED = re.compile(r"(?P<title>[^\W\d_][^\t]*[^\W\d_]) (?P<page>\d{1,3})")
_NUMBERED_LINES = 3
"""Minimum lines for contents without leaders; running text rarely has so many numbers at ends."""
_DOTTED = re.compile(rf"{_DOTS}\s?{_DOTS}|…")
_HEADING = re.compile(
    r"(?:table of )?contents(?: page)?|list of (?:tables|figures|illustrations|appendices)"
    r"|in this (?:report|issue|document|guide|booklet)|inhalt(?:sverzeichnis)?|sommaire"
    r"|table des matières|índice|indice|sommario",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"(?:(?:chapter|part|section|appendix)\s++)?(?<![\divxlc])(?<![\divxlc]\.)[\divxlc]++"
    r"(?:\.\d++)*+[.):]?\s++",
    re.IGNORECASE,
)
"""The number of a title ("Chapter 2", "3.1"), which its contents line may leave out."""
_WORDS = re.compile(r"[^\W_]+")
_LONGEST = 300
"""Maximum characters of a contents line."""
_MOST_WORDS = 30
_BETWEEN = 2
"""Maximum short lines between two entries: wrapped titles, or titles of parts."""
_BETWEEN_WORDS = 15


@dataclass(frozen=True, slots=True)
class _Entry:
    """One contents line: the index of its block, title, page, and whether it has dot leaders."""

    place: int
    title: str
    page: str = ""
    led: bool = False


_Entries = Sequence[_Entry]
_Titles = Mapping[str, Sequence[tuple[int, int]]]
"""Maps the words of a title to the places of its text: page number and block index."""


def led_apart(regions: Iterable[Region]) -> list[Region]:
    """Turn contents lines into rows, so that they are not joined with the next line.

    They have dot leaders, or end in page numbers that do not fall.
    """
    return [tuple(_apart(region)) for region in regions]


def _apart(region: Region) -> Iterator[TextLine]:
    numbered = ((line, _NUMBERED.fullmatch(line.text)) for line in region)
    for lines in in_groups(numbered, lambda above, line: _is_next_page(above[-1][1], line[1])):
        for line, match in lines:
            if match and len(lines) >= _NUMBERED_LINES:
                row: str | None = f"{match['title']}\t{match['page']}"
            else:
                row = led_row(line.text)
            yield line._replace(text=row, row=True) if row else line


def _is_next_page(above: re.Match[str] | None, below: re.Match[str] | None) -> bool:
    """Return whether both lines are a title and a page number, which does not fall."""
    if not (above and below) or above["title"] == below["title"]:
        return False
    return int(above["page"]) <= int(below["page"])


def led_row(text: str) -> str | None:
    """Return a line with dot leaders as a row of two cells; None if it has none."""
    if len(text) > _LONGEST or not _DOTTED.search(text) or not (match := _LED.fullmatch(text)):
        return None
    return f"{match['title'].rstrip()}\t{match['last']}" if _has_letters(match["title"]) else None


def mark_contents(pages: tuple[Page, ...]) -> tuple[Page, ...]:
    """Mark the lines of tables of contents and their headings."""
    possible = [list(_possible_contents(page)) for page in pages]
    titles = _titles(pages if any(possible) else ())
    return tuple(map(_marked, pages, possible, repeat(titles)))


def _titles(pages: Sequence[Page]) -> _Titles:
    titles: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for page in pages:
        for place, block in enumerate(page.blocks):
            text = block.span.of(page.text)
            if len(text) <= _LONGEST and not block.kind.aside:
                titles[_plain(text)].append((page.number, place))
    return titles


def _marked(page: Page, possible: Sequence[_Entries], titles: _Titles) -> Page:
    marked = set(_empty_headings(page))
    for entries in possible:
        head = _head(page, entries[0].place, marked)
        if _is_contents(page, entries, titles, headed=head is not None):
            first = entries[0].place if head is None else head
            marked.update(range(first, entries[-1].place + 1))
    if not marked:
        return page
    blocks = list(page.blocks)
    for place in marked.intersection(_body_places(page)):
        blocks[place] = replace(blocks[place], kind=BlockKind.CONTENTS, level=0)
    return replace(page, blocks=tuple(blocks))


def _body_places(page: Page, first: int = 0, end: int | None = None) -> list[int]:
    """Return the indices of the blocks from `first` to `end` that are not furniture."""
    places = range(first, len(page.blocks) if end is None else end)
    return [place for place in places if page.blocks[place].kind is not BlockKind.FURNITURE]


def _empty_headings(page: Page) -> Iterator[int]:
    """Yield contents headings whose entries the reader left out or already marked as contents."""
    for place, below in pairwise(_body_places(page)):
        block, following = page.blocks[place], page.blocks[below]
        if block.kind is not BlockKind.CONTENTS and _HEADING.fullmatch(_text(page, place)):
            heads = following.kind is BlockKind.HEADING and following.level <= block.level
            if heads or following.kind is BlockKind.CONTENTS:
                yield place


def _head(page: Page, first: int, marked: set[int]) -> int | None:
    """Return the contents heading up to two blocks above block `first`, or None.

    A block in `marked` counts as one, because entries may continue others.
    """
    for place in reversed(_body_places(page, end=first)[-2:]):
        if place in marked or _HEADING.fullmatch(_text(page, place)):
            return place
        if len(_text(page, place).split()) > 2:  # only "Page" or "Section Page" may be between
            return None
    return None


def _is_contents(page: Page, entries: _Entries, titles: _Titles, *, headed: bool) -> bool:
    """Return whether entries are a table of contents.

    Under a contents heading, dot leaders or a third of the titles elsewhere are enough. Without
    one, half of the titles must be elsewhere, and any page numbers be in step with them.
    """
    own = {(page.number, entry.place) for entry in entries}
    places = ((entry, set(titles.get(_plain(entry.title), ())) - own) for entry in entries)
    matched = [(entry, {page for page, _ in elsewhere}) for entry, elsewhere in places if elsewhere]
    if headed:
        return 3 * len(matched) >= len(entries) or any(entry.led for entry in entries)
    several = len(entries) > 1 and 2 * len(matched) >= len(entries)
    return several and (not entries[0].page or _in_step(matched))


def _in_step(matched: Sequence[tuple[_Entry, set[int]]]) -> bool:
    """Return whether most page numbers differ from the pages of their titles by one offset."""
    numbered = [(int(entry.page), pages) for entry, pages in matched if entry.page.isdigit()]
    if len({number for number, _ in numbered}) < 2:
        return False
    steps: Counter[int] = Counter()
    for number, pages in numbered:
        steps.update({number - page for page in pages})
    return 4 * max(steps.values()) >= 3 * len(numbered)


def _possible_contents(page: Page) -> Iterator[_Entries]:
    """Yield entries that follow one another: links, page numbers after, and before the title."""
    trailing, leading = (
        [entry for place in range(len(page.blocks)) if (entry := _entry(page, place, form))]
        for form in (_TRAILING, _LEADING)
    )
    for minimum, entries in ((2, _linked(page)), (1, trailing), (3, leading)):
        parts = in_groups(entries, lambda part, entry: _follows(page, part[-1], entry))
        yield from (part for part in parts if len(part) >= minimum)


def _linked(page: Page) -> Iterator[_Entry]:
    """Yield blocks that are nothing but links within the document."""
    inside = [x.span for x in page.links if x.span is not None and x.url.startswith("#")]
    for place, block in enumerate(page.blocks if inside else ()):
        links = [s for s in inside if block.span.start <= s.start and s.end <= block.span.end]
        title = " ".join(span.of(page.text) for span in links)
        if links and _plain(title) == _plain(block.span.of(page.text)):
            yield _Entry(place, title)


def _entry(page: Page, place: int, form: re.Pattern[str]) -> _Entry | None:
    block = page.blocks[place]
    if block.span.end - block.span.start > _LONGEST or block.kind.aside:
        return None
    text = block.span.of(page.text)
    if form is _TRAILING and text[-1:] not in _PAGE_ENDS:  # a cheap test that rejects most blocks
        return None
    match = form.fullmatch(text)
    if not match or not _has_letters(match["title"]):
        return None
    title = match["title"].replace("\t", " ")
    if len(title.split()) > _MOST_WORDS or ends_sentence(title):
        return None
    return _Entry(place, title, match["page"], bool(match["led"].strip()))


def _follows(page: Page, before: _Entry, entry: _Entry) -> bool:
    """Return whether page numbers do not fall and only a few short lines are between entries."""
    if before.page.isdigit() and (
        entry.page.isalpha() or (entry.page.isdigit() and int(before.page) > int(entry.page))
    ):
        return False
    between = [_text(page, place) for place in _body_places(page, before.place + 1, entry.place)]
    short = all(len(t.split()) <= _BETWEEN_WORDS and not ends_sentence(t) for t in between)
    return len(between) <= _BETWEEN and short


def _text(page: Page, place: int) -> str:
    return page.blocks[place].span.of(page.text).strip(" :")


def _plain(text: str) -> str:
    """Return a title's words in lower case, without its number."""
    return " ".join(_WORDS.findall(_COUNTED.sub("", text.casefold(), count=1)))


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))
