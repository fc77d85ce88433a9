"""Tables of contents: their lines name what stands elsewhere, and answer nothing.

A line of contents is a title and a page number. So is a line of a price list ("Adult ..... 12"),
and that does answer. A heading that says "Contents" tells them apart, or titles that stand as
headings elsewhere, on pages that keep step with the numbers.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from mehealth_rag.reading.marks import ends_sentence
from mehealth_rag.reading.runs import Region
from mehealth_rag.types import BlockKind, Page

_DOTS = "[.·․‧_]"
_LEADER = rf"(?:(?:{_DOTS}\s?){{3,}}|(?:…\s?)+)"
_PAGE = r"(?:\d{1,4}|[ivxlc]{1,7}|[A-Z]{1,2}-\d{1,3})"
_PAGE_ENDS = frozenset("0123456789ivxlc")
_TRAILING = re.compile(rf"(?P<title>\S.*?)(?P<led>\s*{_LEADER}\s*|\s+)(?P<page>{_PAGE})")
_LEADING = re.compile(rf"(?P<page>{_PAGE})(?P<led>)\s+(?P<title>\S.*)")
_LED = re.compile(
    rf"(?P<title>\S.*?\s*(?:(?:{_DOTS}\s?){{4,}}|(?:…\s?){{2,}}))\s*"
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
    r"(?:(?:chapter|part|section|appendix)\s+)?[\divxlc]+(?:\.\d+)*[.):]?\s+", re.IGNORECASE
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


@dataclass(frozen=True, slots=True)
class _Titles:
    """Where a document's titles stand: page number and place in the page, by their words."""

    places: dict[str, list[tuple[int, int]]]

    @classmethod
    def of(cls, pages: Sequence[Page]) -> _Titles:
        """Look up all blocks that are short enough."""
        places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for page in pages:
            for place, block in enumerate(page.blocks):
                text = block.span.of(page.text)
                if len(text) <= _LONGEST and not block.kind.aside:
                    places[_plain(text)].append((page.number, place))
        return cls(places)

    def elsewhere(self, run: _Run, page: Page) -> list[tuple[_Entry, set[int]]]:
        """The entries whose title stands elsewhere, with the pages where."""
        own = {(page.number, entry.place) for entry in run}
        found = []
        for entry in run:
            places = self.places.get(_plain(entry.title), ())
            if pages := {place[0] for place in places if place not in own}:
                found.append((entry, pages))
        return found


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
    runs = {page.number: list(_all_runs(page)) for page in pages}
    titles = _Titles.of(pages if any(runs.values()) else ())
    return tuple(_marked(page, runs[page.number], titles) for page in pages)


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


def _heads_of_nothing(page: Page) -> Iterator[int]:
    """Headings of contents over nothing but what a reader left out, or told to be contents."""
    own = [p for p, block in enumerate(page.blocks) if block.kind is not BlockKind.FURNITURE]
    for place, below in pairwise(own):
        block, following = page.blocks[place], page.blocks[below]
        if block.kind is not BlockKind.CONTENTS and _HEADING.fullmatch(_text(page, place)):
            heads = following.kind is BlockKind.HEADING and following.level <= block.level
            if heads or following.kind is BlockKind.CONTENTS:
                yield place


def _head(page: Page, first: int, found: set[int]) -> int | None:
    """The place above entries that says they are contents; a short line may stand between."""
    above = [p for p in range(first) if page.blocks[p].kind is not BlockKind.FURNITURE][-2:]
    for place in reversed(above):
        if place in found or _HEADING.fullmatch(_text(page, place)):
            return place
        if len(_text(page, place).split()) > 2:  # more than "Page", or "Section" and "Page"
            return None
    return None


def _is_contents(page: Page, run: _Run, titles: _Titles, *, headed: bool) -> bool:
    told = titles.elsewhere(run, page)
    if headed:
        return 3 * len(told) >= len(run) or any(entry.led for entry in run)
    if len(run) < 2 or 2 * len(told) < len(run):
        return False
    return not run[0].page or _in_step(told)


def _in_step(told: Sequence[tuple[_Entry, set[int]]]) -> bool:
    """Whether the numbers are, up to a fixed difference, those of the pages with the titles."""
    steps: Counter[int] = Counter()
    numbered = [(int(entry.page), pages) for entry, pages in told if entry.page.isdigit()]
    for number, pages in numbered:
        steps.update({number - page for page in pages})
    if len(numbered) < 2 or len({number for number, _ in numbered}) < 2:
        return False
    return 4 * steps.most_common(1)[0][1] >= 3 * len(numbered)


def _all_runs(page: Page) -> Iterator[_Run]:
    """Lines that may be contents: by their links, by numbers behind them, by numbers before."""
    linked = _linked(page)
    yield from (run for run in _runs(page, linked) if len(run) > 1)
    for form in (_TRAILING, _LEADING):
        found = (_entry(page, place, form) for place in range(len(page.blocks)))
        entries = {entry.place: entry for entry in found if entry is not None}
        least = 1 if form is _TRAILING else 3
        yield from (run for run in _runs(page, entries) if len(run) >= least)


def _linked(page: Page) -> dict[int, _Entry]:
    """Blocks that are nothing but a link to a place in their own document."""
    inside = [x.span for x in page.links if x.span is not None and x.url.startswith("#")]
    entries = {}
    for place, block in enumerate(page.blocks if inside else ()):
        own = [s for s in inside if block.span.start <= s.start and s.end <= block.span.end]
        title = " ".join(span.of(page.text) for span in own)
        if own and _plain(title) == _plain(block.span.of(page.text)):
            entries[place] = _Entry(place, title)
    return entries


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


def _runs(page: Page, entries: dict[int, _Entry]) -> Iterator[_Run]:
    """Entries that follow each other, short lines between them left out; no number falls."""
    run: list[_Entry] = []
    for place in sorted(entries):
        entry = entries[place]
        if run and not (_follows(run[-1], entry) and _is_near(page, run[-1].place, place)):
            yield run
            run = []
        run.append(entry)
    if run:
        yield run


def _follows(before: _Entry, entry: _Entry) -> bool:
    if before.page.isdigit() and entry.page.isdigit():
        return int(before.page) <= int(entry.page)
    return not before.page.isdigit() or not entry.page.isalpha()


def _is_near(page: Page, above: int, below: int) -> bool:
    own = (b for b in page.blocks[above + 1 : below] if b.kind is not BlockKind.FURNITURE)
    texts = [block.span.of(page.text) for block in own]
    short = all(len(t.split()) <= _BETWEEN_WORDS and not ends_sentence(t) for t in texts)
    return len(texts) <= _BETWEEN and short


def _text(page: Page, place: int) -> str:
    return page.blocks[place].span.of(page.text).strip(" :")


def _plain(text: str) -> str:
    """A title's words, without its counted part."""
    return " ".join(_WORDS.findall(_COUNTED.sub("", text.casefold(), count=1)))


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))
