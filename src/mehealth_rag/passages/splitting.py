"""Splits pages into passages: runs of whole sentences, list items or table rows under one heading.

A passage is a span of one page's text and never crosses a page or a heading. Its sentences are
spans too, including the heading it begins with. Sizes are estimated in tokens of the embedding
model, so that a passage is embedded whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from math import ceil

from mehealth_rag.language.contact_forms import entries
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.passages.running import Place, running_facts
from mehealth_rag.passages.tables import RowContext, row_contexts
from mehealth_rag.types import Block, BlockKind, Document, Page, Passage, Sentence, Span

SPLITTER_VERSION = 13
"""Increment when the same page would give other passages, so that indexes are rebuilt."""

MAX_PIECES = 170
"""Maximum tokens of a passage, well inside the embedding model's limit of 256."""

TABLE_PIECES = 60
"""Maximum tokens of a table's headings repeated before a passage that continues it."""

LONGEST = 600
"""Maximum tokens of a sentence; a longer one is cut into parts of `MAX_PIECES`.

Nobody writes such a sentence, but a line of data or a page without full stops may have any length,
and would become a passage and a quote of that length.
"""

_WIDEST = 8
"""Maximum characters per token with the white space around it; more are mostly white space."""

_LONGEST_HEADING = 300
"""Maximum characters of a heading that are repeated with each passage under it."""

_PIECE = re.compile(r"[^\W\d_]{1,7}|\d{1,2}|[^\w\s]|_")
"""About one token: up to seven letters, two digits, or a punctuation mark."""


def estimated_pieces(text: str) -> int:
    """Estimate how many tokens the embedding model makes of `text`, rather too many."""
    return len(_PIECE.findall(text))


def split(document: Document) -> tuple[Passage, ...]:
    """Return the passages of a document in reading order; headings carry over to the next page.

    Running lines with facts of their own come last on the page where they first occur.
    """
    running = running_facts(document)
    headings: dict[int, str] = {}
    return tuple(
        _passage(document, page, path, run)
        for page in document.pages
        for path, section in (*_sections(page, headings), *_running(page, running))
        for run in _runs(page, section)
    )


_Run = tuple[Sentence, ...]
_Section = tuple[tuple[str, ...], _Run]
"""The headings above some sentences of one page, and those sentences; the first may be the last of
the headings."""


def _sections(page: Page, headings: dict[int, str]) -> Iterator[_Section]:
    """Yield the sections of a page; updates `headings`, by level, to their state at its end."""
    sentences: list[Sentence] = []
    lead: Span | None = None
    rows = row_contexts(page)
    for place, block in enumerate(page.blocks):
        is_heading = block.kind is BlockKind.HEADING
        ends = block.kind.aside or (is_heading and any(s.kind is not block.kind for s in sentences))
        if sentences and ends:  # a passage is one span and must not include what stands between
            yield tuple(headings.values()), tuple(sentences)
            sentences = []
        if block.kind.aside:
            continue
        if is_heading:
            lead = None
            for level in [level for level in headings if level >= block.level]:
                del headings[level]
            headings[block.level] = block.span.of(page.text)[:_LONGEST_HEADING]
        whole = _sentences(page, block, lead, rows.get(place))
        added = tuple(part for sentence in whole for part in _parts(page, sentence))
        sentences.extend(added)
        if block.kind is BlockKind.PARAGRAPH:
            lead = _lead(page, added)
    if sentences:
        yield tuple(headings.values()), tuple(sentences)


def _running(page: Page, places: frozenset[Place]) -> Iterator[_Section]:
    """Yield each running line at one of `places` as a section without headings."""
    for place, block in enumerate(page.blocks):
        if (page.number, place) in places:
            yield (), tuple(_parts(page, Sentence(block.span, BlockKind.PARAGRAPH)))


def _sentences(
    page: Page, block: Block, lead: Span | None, row: RowContext | None
) -> Iterator[Sentence]:
    if row is not None:
        kind = BlockKind.HEADING if row.heads else block.kind  # it answers nothing by itself
        label = None if row.label is None or _is_long(page, row.label) else row.label
        columns = tuple(span for span in row.columns if not _is_long(page, span))
        yield Sentence(block.span, kind, label, columns)
    elif block.kind in {BlockKind.ROW, BlockKind.HEADING}:
        yield Sentence(block.span, block.kind)
    else:
        item_lead = lead if block.kind is BlockKind.ITEM else None
        sentences = sentence_spans(page.text, block.span)
        spans = (entry for sentence in sentences for entry in entries(page.text, sentence))
        yield from (Sentence(span, block.kind, item_lead) for span in spans)


def _parts(page: Page, sentence: Sentence) -> Iterator[Sentence]:
    """Yield a sentence, or its parts if it is too long, cut between words if there are any."""
    whole = sentence.span
    if not _is_long(page, whole):
        yield sentence
        return
    start, last, pieces = whole.start, whole.start, 0
    for piece in _PIECE.finditer(page.text, whole.start, whole.end):
        if page.text[piece.start() - 1].isspace():
            last = piece.start()
        if pieces == MAX_PIECES or piece.start() - start > _WIDEST * MAX_PIECES:
            cut = last if last > start else piece.start()
            yield replace(sentence, span=_trimmed(page, start, cut))
            pieces = estimated_pieces(page.text[cut : piece.start()])
            start = cut
        pieces += 1
    yield replace(sentence, span=_trimmed(page, start, whole.end))


def _is_long(page: Page, span: Span) -> bool:
    size = span.end - span.start
    wide = size > _WIDEST * LONGEST
    return wide or (size > LONGEST and estimated_pieces(span.of(page.text)) > LONGEST)


def _trimmed(page: Page, start: int, end: int) -> Span:
    """Return a span without the white space at its end."""
    return Span(start, start + len(page.text[start:end].rstrip()))


def _lead(page: Page, sentences: _Run) -> Span | None:
    """Return the paragraph's last sentence if it introduces a list."""
    last = sentences[-1].span if sentences else None
    return last if last and last.of(page.text).endswith(":") else None


def _runs(page: Page, sentences: _Run) -> Iterator[_Run]:
    """Split a section into runs of about equal size, within `MAX_PIECES` if its sentences are."""
    sizes = [estimated_pieces(s.span.of(page.text)) for s in sentences]
    remaining = sum(sizes)
    parts = ceil(remaining / MAX_PIECES)
    run: list[Sentence] = []
    filled = 0
    for sentence, size in zip(sentences, sizes, strict=True):
        full = filled + size > MAX_PIECES or filled + size / 2 > remaining / max(parts, 1)
        if run and (full or sentence.span.end - run[0].span.start > _WIDEST * LONGEST):
            yield tuple(run)
            remaining -= filled
            parts = max(parts - 1, ceil(remaining / MAX_PIECES))
            run, filled = [], 0
        run.append(sentence)
        filled += size
    if run:
        yield tuple(run)


def _table(page: Page, run: _Run) -> tuple[str, ...]:
    """Return the headings of a run's rows that are not in the run, within `TABLE_PIECES`."""
    spans = {
        span
        for sentence in run
        if sentence.kind is BlockKind.ROW
        for span in (*sentence.columns, *filter(None, [sentence.lead]))
        if span.end <= run[0].span.start
    }
    texts: list[str] = []
    room = TABLE_PIECES
    for span in sorted(spans, key=lambda span: -span.start):  # the nearest headings matter most
        text = span.of(page.text)
        room -= estimated_pieces(text)
        if room >= 0:
            texts.append(text)
    return tuple(reversed(texts))


def _passage(document: Document, page: Page, headings: tuple[str, ...], run: _Run) -> Passage:
    span = Span(run[0].span.start, run[-1].span.end)
    text = span.of(page.text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Passage(
        id=f"{document.source.id}:{page.number}:{span.start}:{digest}",
        document=document.source.id,
        title=document.source.title,
        page=page.number,
        page_label=page.label,
        headings=headings,
        span=span,
        text=text,
        sentences=run,
        table=_table(page, run),
    )
