"""Sentences that announce a list, and the forms in which a page gives what they announce."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from operator import itemgetter

from mehealth_rag.language.figures import Figure, FigureKind, figures
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.tables import row_contexts
from mehealth_rag.types import Block, BlockKind, Page, Span

FEWEST, MOST = 2, 20
"""How many items a list has."""

_FOLLOWING = re.compile(
    r"\b(?:following|as follows|these|below|among them|namely)\b", re.IGNORECASE
)
_COUNTED = re.compile(r"(?:[\s-]+[^\W\d_][\w’'-]*){0,3}?[\s-]+[^\W\d_][\w’'-]*[^\Wsu]s\b")
"""What follows a number that counts things: a plural after three words at the most."""

_MARK = re.compile(
    r"(?:(?P<word>[A-Z][a-z]+)\s+)?(?P<mark>\d{1,2}|[A-Z]\d{0,2}|[IVX]{1,4}"
    r"|one|two|three|four|five|six|seven|eight|nine|ten)\s?[.:,)–—-]\s?(?=\S)"
)
"""How the members of a series are marked: "Step 1, …", "E2: …", "Priority A: …"."""

_FIRST_MARK = re.compile(r"(?:[A-Z][a-z]+\s+)?(?:[A-Z]?1|[AI]|one)\b", re.IGNORECASE)

_LABEL = re.compile(r"[^\W_][^:.!?;]{0,60}:\s+\S")
"""A line that gives a value to a name: "Closing date: 27 September"."""

_ORDINAL = re.compile(
    r"(?:the )?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|final)"
    r"(?:ly)?\b|(?:next|finally|then)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a sentence says of a list that is to come: that it comes, and how many items it has."""

    sentence: Span
    opens: bool
    """It ends in a colon, or says that something follows."""
    counts: tuple[int, ...]

    def fits(self, items: Sequence[Span]) -> bool:
        """Whether there are as many as it says, where it says so."""
        return FEWEST <= len(items) <= MOST and (not self.counts or len(items) in self.counts)


def announcement(page: Page, sentence: Span) -> Announcement | None:
    """How a sentence announces a list, None where it does not."""
    text = sentence.of(page.text).rstrip()
    counts = tuple(int(f.value) for f in figures(text) if _counts_things(text, f))
    opens = text.endswith(":") or _FOLLOWING.search(text) is not None
    return Announcement(sentence, opens, counts) if opens or counts else None


def _counts_things(text: str, figure: Figure) -> bool:
    small = figure.kind is FigureKind.QUANTITY and FEWEST <= figure.value <= MOST
    return small and _COUNTED.match(text, figure.span.end) is not None


def announced(page: Page, said: Announcement) -> tuple[Span, ...]:
    """What a sentence announces, in the first form that fits it; none where nothing does."""
    place = place_of(page, said.sentence)
    if place is None:
        return ()
    below = _below(page, place)
    items = run_of_items(below)
    if said.opens and _is_last(page, place, said.sentence) and FEWEST <= len(items) <= MOST:
        return items  # "four berths:" may be told in three items
    return next((items for items in _forms(page, place, said) if said.fits(items)), ())


def _below(page: Page, place: int) -> tuple[Block, ...]:
    """The blocks below one, without running headers and footers."""
    return tuple(b for b in page.blocks[place + 1 :] if not b.kind.aside)


def _is_last(page: Page, place: int, sentence: Span) -> bool:
    """Whether a sentence is the last of its block."""
    return sentence.end >= page.blocks[place].span.end


def _forms(page: Page, place: int, said: Announcement) -> Iterator[tuple[Span, ...]]:
    """What may be announced, nearest first: what follows at once, then what is only counted."""
    yield _ordinal_sentences(page, page.blocks[place], said.sentence)
    below = _below(page, place)
    section = tuple(takewhile(lambda b: b.kind is not BlockKind.HEADING, below))
    if said.counts:
        yield from (run_of_items(section[at:]) for at in _starts(section, BlockKind.ITEM))
    yield _rows(page, section)
    yield _marked(page, section)
    yield _headed(page, below)


def place_of(page: Page, span: Span) -> int | None:
    """The place of the block that a span begins in."""
    blocks = page.blocks
    return next((i for i, b in enumerate(blocks) if b.span.start <= span.start < b.span.end), None)


def run_of_items(blocks: Sequence[Block]) -> tuple[Span, ...]:
    """The list items that blocks begin with."""
    return tuple(b.span for b in takewhile(lambda b: b.kind is BlockKind.ITEM, blocks))


def _starts(section: Sequence[Block], kind: BlockKind) -> Iterator[int]:
    """Where runs of a kind begin."""
    for at, block in enumerate(section):
        if block.kind is kind and (at == 0 or section[at - 1].kind is not kind):
            yield at


def _ordinal_sentences(page: Page, block: Block, after: Span) -> tuple[Span, ...]:
    """The sentences right after one in its paragraph that count up: "First, … Second, …"."""
    rest = [s for s in sentence_spans(page.text, block.span) if s.start >= after.end]
    return tuple(takewhile(lambda s: _ORDINAL.match(s.of(page.text)) is not None, rest))


def _rows(page: Page, section: Sequence[Block]) -> tuple[Span, ...]:
    """The rows of the first table of a section, without those that head its columns."""
    first = next(_starts(section, BlockKind.ROW), None)
    if first is None:
        return ()
    rows = takewhile(lambda b: b.kind is BlockKind.ROW, section[first:])
    heads = {page.blocks[at].span for at, row in row_contexts(page).items() if row.heads}
    return tuple(b.span for b in rows if b.span not in heads)


def _marked(page: Page, section: Sequence[Block]) -> tuple[Span, ...]:
    """The first paragraphs in a row that are marked as a series, or give values to names."""
    worded = [b for b in section if b.kind in {BlockKind.PARAGRAPH, BlockKind.ITEM}]
    for marked in (series_key, _label_key):
        run = _alike(page, worded, marked)
        if len(run) >= FEWEST:
            return run
    return ()


def series_around(page: Page, place: int) -> tuple[int, tuple[Span, ...]]:
    """The marked paragraphs that one stands among, and the place of the first of them."""
    keys = [
        series_key(b.span.of(page.text)) if b.kind is BlockKind.PARAGRAPH else ""
        for b in page.blocks
    ]
    if not keys[place]:
        return place, ()
    first = last = place
    while first > 0 and keys[first - 1] == keys[place]:
        first -= 1
    while last + 1 < len(keys) and keys[last + 1] == keys[place]:
        last += 1
    return first, tuple(b.span for b in page.blocks[first : last + 1])


def _headed(page: Page, below: Sequence[Block]) -> tuple[Span, ...]:
    """The headings below that are marked as a series: "Priority A: …", "Priority B: …".

    What is announced begins with its first: after "Rule A" nothing announces the rules.
    """
    run = _alike(page, [b for b in below if b.kind is BlockKind.HEADING], series_key)
    return run if run and _FIRST_MARK.match(run[0].of(page.text)) else ()


def _alike(page: Page, blocks: Sequence[Block], key: Callable[[str], str]) -> tuple[Span, ...]:
    """The first run of blocks that the same key marks, none where it is of one."""
    keyed = ((key(b.span.of(page.text)), b.span) for b in blocks)
    runs = (
        tuple(span for _, span in run) for shared, run in groupby(keyed, itemgetter(0)) if shared
    )
    return next((run for run in runs if len(run) >= FEWEST), ())


def series_key(text: str) -> str:
    """What the members of a series share in their marks, empty where a text has none."""
    match = _MARK.match(text.lstrip("•-–*· "))
    if match is None:
        return ""
    mark = match["mark"]
    kind = "#" if mark.isdigit() else f"{mark[0]}#" if mark[1:].isdigit() else "letter"
    return f"{match['word'] or ''} {kind}"


def _label_key(text: str) -> str:
    return "label" if _LABEL.match(text) else ""
