"""Tables of contents: their lines name what stands elsewhere, and answer nothing.

A line of contents is a title and a page number. So is a line of a price list ("Adult ..... 12"),
and that does answer. A heading that says "Contents" tells them apart, or titles that stand as
headings elsewhere, on pages that keep step with the numbers.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from mehealth_rag.reading.marks import ends_sentence
from mehealth_rag.reading.runs import Region, in_groups
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
"""The counted part of a title, which its line in the contents may leave out."""
_WORDS = re.compile(r"[^\W_]+")
_LONGEST = 300
"""A title, with what leads to its page, has no more characters."""
_MOST_WORDS = 30
_BETWEEN = 2
"""So many short lines between two entries are parts of titles, or titles of parts."""
_BETWEEN_WORDS = 15


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of contents: its block's place, its title and page, and whether dots lead there."""

    place: int
    title: str
    page: str = ""
    led: bool = False


_Run = Sequence[_Entry]


_Titles = Mapping[str, Sequence[tuple[int, int]]]
"""Where a document's titles stand: page number and place in the page, by their words."""


def led_apart(regions: Iterable[Region]) -> list[Region]:
    """Make rows of lines whose dots lead to a figure: none of them goes on in the next line."""
    return [
        tuple(
            line._replace(text=text, row=True) if (text := led_row(line.text)) else line
            for line in region
        )
        for region in regions
    ]


def led_row(text: str) -> str | None:
    """A line whose dots lead to a figure as a row of two cells, None where it is no such line."""
    if len(text) > _LONGEST or not _DOTTED.search(text) or not (match := _LED.fullmatch(text)):
        return None
    return f"{match['title'].rstrip()}\t{match['last']}" if _has_letters(match["title"]) else None


def mark_contents(pages: tuple[Page, ...]) -> tuple[Page, ...]:
    """Mark the lines of tables of contents, and the headings over them."""
    runs = [list(_all_runs(page)) for page in pages]
    titles = _titles(pages if any(runs) else ())
    return tuple(map(_marked, pages, runs, [titles] * len(pages)))


def _titles(pages: Sequence[Page]) -> _Titles:
    titles: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for page in pages:
        for place, block in enumerate(page.blocks):
            text = block.span.of(page.text)
            if len(text) <= _LONGEST and not block.kind.aside:
                titles[_plain(text)].append((page.number, place))
    return titles


def _marked(page: Page, runs: Sequence[_Run], titles: _Titles) -> Page:
    found = set(_heads_of_nothing(page))
    for run in runs:
        head = _head(page, run[0].place, found)
        if _is_contents(page, run, titles, headed=head is not None):
            first = run[0].place if head is None else head
            found.update(range(first, run[-1].place + 1))
    if not found:
        return page
    blocks = [
        replace(block, kind=BlockKind.CONTENTS, level=0)
        if at in found and block.kind is not BlockKind.FURNITURE
        else block
        for at, block in enumerate(page.blocks)
    ]
    return replace(page, blocks=tuple(blocks))


def _own(page: Page, first: int = 0, end: int | None = None) -> list[int]:
    """The places of blocks that are no furniture."""
    places = range(first, len(page.blocks) if end is None else end)
    return [place for place in places if page.blocks[place].kind is not BlockKind.FURNITURE]


def _heads_of_nothing(page: Page) -> Iterator[int]:
    """Headings of contents over nothing but what a reader left out, or told to be contents."""
    for place, below in pairwise(_own(page)):
        block, following = page.blocks[place], page.blocks[below]
        if block.kind is not BlockKind.CONTENTS and _HEADING.fullmatch(_text(page, place)):
            heads = following.kind is BlockKind.HEADING and following.level <= block.level
            if heads or following.kind is BlockKind.CONTENTS:
                yield place


def _head(page: Page, first: int, found: set[int]) -> int | None:
    """The place above entries that says they are contents; a short line may stand between."""
    for place in reversed(_own(page, end=first)[-2:]):
        if place in found or _HEADING.fullmatch(_text(page, place)):
            return place
        if len(_text(page, place).split()) > 2:  # more than "Page", or "Section" and "Page"
            return None
    return None


def _is_contents(page: Page, run: _Run, titles: _Titles, *, headed: bool) -> bool:
    """Whether entries stand under a heading of contents, or their titles stand elsewhere."""
    own = {(page.number, entry.place) for entry in run}
    places = ((entry, set(titles.get(_plain(entry.title), ())) - own) for entry in run)
    told = [(entry, {page for page, _ in elsewhere}) for entry, elsewhere in places if elsewhere]
    if headed:
        return 3 * len(told) >= len(run) or any(entry.led for entry in run)
    several = len(run) > 1 and 2 * len(told) >= len(run)
    return several and (not run[0].page or _in_step(told))


def _in_step(told: Sequence[tuple[_Entry, set[int]]]) -> bool:
    """Whether the numbers are, up to a fixed difference, those of the pages with the titles."""
    numbered = [(int(entry.page), pages) for entry, pages in told if entry.page.isdigit()]
    if len({number for number, _ in numbered}) < 2:
        return False
    steps: Counter[int] = Counter()
    for number, pages in numbered:
        steps.update({number - page for page in pages})
    return 4 * max(steps.values()) >= 3 * len(numbered)


def _all_runs(page: Page) -> Iterator[_Run]:
    """Lines that may be contents: by their links, by numbers behind them, by numbers before."""
    trailing, leading = (
        [entry for place in range(len(page.blocks)) if (entry := _entry(page, place, form))]
        for form in (_TRAILING, _LEADING)
    )
    for least, entries in ((2, _linked(page)), (1, trailing), (3, leading)):
        runs = in_groups(entries, lambda run, entry: _follows(page, run[-1], entry))
        yield from (run for run in runs if len(run) >= least)


def _linked(page: Page) -> Iterator[_Entry]:
    """Blocks that are nothing but a link to a place in their own document."""
    inside = [x.span for x in page.links if x.span is not None and x.url.startswith("#")]
    for place, block in enumerate(page.blocks if inside else ()):
        own = [s for s in inside if block.span.start <= s.start and s.end <= block.span.end]
        title = " ".join(span.of(page.text) for span in own)
        if own and _plain(title) == _plain(block.span.of(page.text)):
            yield _Entry(place, title)


def _entry(page: Page, place: int, form: re.Pattern[str]) -> _Entry | None:
    block = page.blocks[place]
    if block.span.end - block.span.start > _LONGEST or block.kind.aside:
        return None
    text = block.span.of(page.text)
    if form is _TRAILING and text[-1:] not in _PAGE_ENDS:  # most blocks: nothing else is so quick
        return None
    match = form.fullmatch(text)
    if not match or not _has_letters(match["title"]):
        return None
    title = match["title"].replace("\t", " ")
    if len(title.split()) > _MOST_WORDS or ends_sentence(title):
        return None
    return _Entry(place, title, match["page"], bool(match["led"].strip()))


def _follows(page: Page, before: _Entry, entry: _Entry) -> bool:
    """Whether no number falls, and only short lines stand between two entries."""
    if before.page.isdigit() and (
        entry.page.isalpha() or (entry.page.isdigit() and int(before.page) > int(entry.page))
    ):
        return False
    between = [_text(page, place) for place in _own(page, before.place + 1, entry.place)]
    short = all(len(t.split()) <= _BETWEEN_WORDS and not ends_sentence(t) for t in between)
    return len(between) <= _BETWEEN and short


def _text(page: Page, place: int) -> str:
    return page.blocks[place].span.of(page.text).strip(" :")


def _plain(text: str) -> str:
    """A title's words, without its counted part."""
    return " ".join(_WORDS.findall(_COUNTED.sub("", text.casefold(), count=1)))


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))
