"""Reads plain text: splits pages at form feeds, joins hard-wrapped lines into blocks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mehealth_rag.reading.aligned import Cell, in_columns
from mehealth_rag.reading.contents import led_row
from mehealth_rag.reading.encoding import decode
from mehealth_rag.reading.faults import noted
from mehealth_rag.reading.flow import Read
from mehealth_rag.reading.marks import (
    ends_clause,
    ends_sentence,
    goes_on,
    is_figure,
    is_unfinished,
    starts_item,
)
from mehealth_rag.reading.runs import NO_TEXT, Draft, Piece, in_groups
from mehealth_rag.reading.tidy import Vocabulary, clean, compose
from mehealth_rag.types import BlockKind, Fault, Link, Page

_URL = re.compile(r"<?(https?://[^\s<>]+)>?")
_AFTER_ADDRESS = ".,;:!?)"
"""Punctuation after a web address that belongs to the sentence around it."""
_GAPS = re.compile(r" *\t[ \t]*| {3,}")
_DASH = re.compile(r"[-–—*] ")
_NUMBERED_TITLE = re.compile(r"\d{1,2}\.? [^\W\da-z_]")
_LABELLED = re.compile(r"[^\W\da-z_][^:.!?]{1,50}: (?=\S)")
"""A label with its value: "Closing date: 27 September"."""
_HEADING_WORDS = 18
_HEADING_LINES = 5
_LONG = 150
"""Maximum characters of a hard-wrapped line; a longer one is a whole paragraph."""
_FULL = 0.8
"""Minimum length of a full line, relative to the width of the lines around it."""
_NEAR = 4
"""Number of lines above and below from which to measure the width around a line."""


@dataclass(frozen=True, slots=True)
class _TextRow:
    """One cleaned line of the file; `gap` means that a blank line precedes it.

    `width` is that of the lines around it. The extents of cells are in characters or, in a line
    with tabs, in columns.
    """

    text: str
    cells: tuple[Cell, ...]
    gap: bool
    width: int

    @property
    def short(self) -> bool:
        """True if it is clearly shorter than the lines around it."""
        return len(self.text) < _FULL * self.width


@dataclass(slots=True)
class _Group:
    """The lines of a block under construction."""

    kind: BlockKind
    rows: list[_TextRow]

    @property
    def texts(self) -> list[str]:
        return [row.text for row in self.rows]


def read_text(path: Path, content: bytes) -> Read:
    """Read the pages of a plain-text file, split at form feeds.

    Raises ReadingError if the file is not text.
    """
    decoded = decode(path, content)
    drafts = [_drafts(_rows(part)) for part in split_pages(decoded.text)]
    drafts = _without_running(drafts)
    texts = (piece.text for page in drafts for draft in page for piece in draft.pieces)
    vocabulary = Vocabulary.of(texts)
    pages = tuple(_page(number, page, vocabulary) for number, page in enumerate(drafts, 1))
    return noted(pages, decoded.note, Fault.ENCODING), {}


def split_pages(text: str) -> list[str]:
    """Split a text at form feeds, whether they start pages, end them or separate them."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    parts = text.split("\f")
    if len(parts) > 1 and not parts[-1].strip():
        return parts[:-1]
    if len(parts) > 1 and not parts[0].strip():
        return parts[1:]
    return parts


def _page(number: int, drafts: Sequence[Draft], vocabulary: Vocabulary) -> Page:
    text, blocks, lines = compose(drafts, vocabulary)
    links = tuple(
        Link(match[1].rstrip(_AFTER_ADDRESS), None, line.span)
        for line in lines
        if (match := _URL.fullmatch(line.span.of(text)))
    )
    problem, fault = (None, None) if text else (NO_TEXT, Fault.BLANK)
    return Page(number, str(number), text, blocks, lines, links, None, problem, fault)


def _rows(part: str) -> list[_TextRow]:
    lines = [(line, clean(line)) for line in part.split("\n")]
    full = [at for at, (_, text) in enumerate(lines) if text]
    lengths = [0 if _URL.fullmatch(lines[at][1]) else len(lines[at][1]) for at in full]
    rows = []
    for place, at in enumerate(full):
        line, text = lines[at]
        gap = at > 0 and not lines[at - 1][1]
        width = max(lengths[max(0, place - _NEAR) : place + _NEAR + 1])
        rows.append(_TextRow(text, tuple(_cells(line, text)), gap, width))
    return rows


def _cells(line: str, text: str) -> Iterator[Cell]:
    """Yield the cells of a line with their extents; `text` is the cleaned line."""
    if (led := led_row(text)) is not None:
        yield from (Cell(cell, at, at) for at, cell in enumerate(map(clean, led.split("\t"))))
        return
    tabbed = "\t" in line.strip()
    start = column = 0
    for gap in (*_GAPS.finditer(line), None):
        end = gap.start() if gap else len(line)
        if cell := clean(line[start:end]):
            yield Cell(cell, *((column, column + 0.5) if tabbed else (start, end)))
        if gap:
            start = gap.end()
            column += max(1, gap[0].count("\t"))


def _drafts(rows: Sequence[_TextRow]) -> list[Draft]:
    groups: list[_Group] = []
    for index, row in enumerate(rows):
        kind = _kind(rows, index)
        if groups and kind is BlockKind.PARAGRAPH and _belongs(groups[-1], row):
            groups[-1].rows.append(row)
        else:
            groups.append(_Group(kind, [row]))
    groups = _headings(groups)
    _place_cells(groups)
    return [
        Draft(group.kind, tuple(map(Piece, group.texts)), level)
        for group, level in zip(groups, _levels(groups), strict=True)
    ]


def _place_cells(groups: Sequence[_Group]) -> None:
    """Align the rows of each table by columns; changes the groups in place."""
    for table in in_groups(groups, lambda table, group: table[0].kind is group.kind):
        if table[0].kind is BlockKind.ROW:
            texts = in_columns([group.rows[0].cells for group in table])
            for group, text in zip(table, texts, strict=True):
                group.rows = [replace(group.rows[0], text=text)]


def _kind(rows: Sequence[_TextRow], index: int) -> BlockKind:
    row = rows[index]
    above = rows[index - 1] if index > 0 else None
    below = rows[index + 1] if index + 1 < len(rows) else None
    if led_row(row.text) is not None:
        return BlockKind.ROW
    if _URL.fullmatch(row.text) and not _ends_sentence_above(row, above):
        return BlockKind.FURNITURE
    if starts_item(row.text) and not _is_subtitle(rows, index):
        titled = _is_numbered_title(row, above, below)
        return BlockKind.PARAGRAPH if titled else BlockKind.ITEM
    if len(row.cells) == 1 and _is_among_labels(row, above, below):
        return BlockKind.ITEM
    if len(row.cells) > 1 and _is_table_row(row, above, below):
        return BlockKind.ROW
    return BlockKind.PARAGRAPH


def _ends_sentence_above(row: _TextRow, above: _TextRow | None) -> bool:
    """Return whether a line continues a sentence begun on the line right above it.

    A web address may be on a line of its own only because of hard wrapping. The links that
    converters put below a page follow a blank line, a full stop or one another.
    """
    if above is None or row.gap:
        return False
    return not (_URL.fullmatch(above.text) or ends_sentence(above.text))


def _is_subtitle(rows: Sequence[_TextRow], index: int) -> bool:
    """Return whether a dash starts the second half of a title rather than a list item."""
    if not _DASH.match(rows[index].text) or index == 0 or ends_clause(rows[index - 1].text):
        return False
    around = [*rows[max(0, index - 3) : index], *rows[index + 1 : index + 4]]
    return not any(_DASH.match(row.text) for row in around)


def _is_numbered_title(row: _TextRow, above: _TextRow | None, below: _TextRow | None) -> bool:
    """Return whether a number starts a free-standing title rather than a list item."""
    text = row.text
    if not _NUMBERED_TITLE.match(text) or ends_clause(text) or is_unfinished(text):
        return False
    if below is None or not below.gap or not (row.gap or above is None):
        return False
    listed = any(other and _NUMBERED_TITLE.match(other.text) for other in (above, below))
    return not listed and len(text.split()) <= _HEADING_WORDS


def _is_among_labels(row: _TextRow, above: _TextRow | None, below: _TextRow | None) -> bool:
    """Return whether a line is a label with its value, and so is the line right above or below."""
    beside = (None if row.gap else above, None if below is None or below.gap else below)
    return bool(_LABELLED.match(row.text)) and any(
        other and _LABELLED.match(other.text) for other in beside
    )


def _is_table_row(row: _TextRow, above: _TextRow | None, below: _TextRow | None) -> bool:
    if any(is_figure(cell.text) for cell in row.cells[1:]):
        return True
    return any(other and len(other.cells) == len(row.cells) for other in (above, below))


def _belongs(group: _Group, row: _TextRow) -> bool:
    """Return whether a line that starts no block itself continues the block before it."""
    if group.kind not in (BlockKind.PARAGRAPH, BlockKind.ITEM):
        return False
    last = group.rows[-1]
    if row.gap:
        return _bridges_gap(group, row)
    if _URL.fullmatch(row.text):
        return True
    if len(last.text) > _LONG:
        return row.text[:1].islower() and not ends_clause(last.text)
    if ends_clause(last.text):
        return not last.short
    return not (_is_title(group) and _breaks_early(last, row))


def _bridges_gap(group: _Group, row: _TextRow) -> bool:
    """Return whether a block continues after a blank line."""
    last = group.rows[-1].text
    if _DASH.match(row.text):
        return True
    if is_unfinished(last):  # only one short line may be a title that ends in a word such as "of"
        return goes_on(row.text) or not group.rows[-1].short or len(group.rows) > 1
    if ends_clause(last):
        return False
    item = group.kind is BlockKind.ITEM
    full = len(last) >= (0.65 if goes_on(row.text) else 0.85) * group.rows[-1].width
    if goes_on(row.text):
        return full or (item and row.text[:1].islower())
    return item and full


def _is_title(group: _Group) -> bool:
    texts = group.texts
    return (
        group.kind is BlockKind.PARAGRAPH
        and len(texts) <= _HEADING_LINES
        and len(" ".join(texts).split()) <= _HEADING_WORDS
        and not any(map(ends_clause, texts))
        and not is_unfinished(texts[-1])
        and any(map(str.isalpha, texts[0]))
        and not texts[0][:1].islower()
    )


def _is_parted(group: _Group, below: _Group) -> bool:
    """Return whether one short line is a heading although it ends like an unfinished sentence."""
    (first, *more) = group.rows
    alone = not more and first.short and below.rows[0].gap and is_unfinished(first.text)
    letters = first.text[:1].isupper() and not first.text.endswith((",", "-"))
    return group.kind is BlockKind.PARAGRAPH and alone and letters


def _breaks_early(last: _TextRow, row: _TextRow) -> bool:
    """Return whether a line ended early, before a word that would have fit and opens a sentence."""
    first = row.text.split(" ", 1)[0]
    fits = len(last.text) + 1 + len(first) <= row.width
    return last.short and fits and not goes_on(row.text)


def _headings(groups: list[_Group]) -> list[_Group]:
    """Mark short groups without a full stop as headings if text follows; join adjacent ones."""
    merged: list[_Group] = []
    for index, group in enumerate(groups):
        followed = index + 1 < len(groups) and groups[index + 1].kind is not BlockKind.FURNITURE
        if followed and (_is_title(group) or _is_parted(group, groups[index + 1])):
            group.kind = BlockKind.HEADING
            above = merged[-1] if merged else None
            if above and above.kind is BlockKind.HEADING and not group.rows[0].gap:
                above.rows.extend(group.rows)
                continue
        merged.append(group)
    return merged


def _levels(groups: Sequence[_Group]) -> Iterator[int]:
    """Yield heading levels: 1 on top of a page, 2 above a blank line, else 3; 0 for others."""
    for index, group in enumerate(groups):
        if group.kind is not BlockKind.HEADING:
            yield 0
        elif index == 0:
            yield 1
        else:  # every heading has a group after it
            yield 2 if groups[index + 1].rows[0].gap else 3


def _without_running(pages: list[list[Draft]]) -> list[list[Draft]]:
    """Turn first and last blocks that three or more pages share into furniture."""
    ends = ({_running_key(draft) for draft in (*page[:1], *page[-1:])} for page in pages)
    keys = Counter(key for page in ends for key in page if key)
    return [
        [
            Draft(BlockKind.FURNITURE, draft.pieces)
            if at in (0, len(page) - 1) and keys[_running_key(draft)] >= 3
            else draft
            for at, draft in enumerate(page)
        ]
        for page in pages
    ]


def _running_key(draft: Draft) -> str:
    if len(draft.pieces) > 1 or len(draft.pieces[0].text) > 90:
        return ""
    text = draft.pieces[0].text.casefold()
    return text if ends_clause(text) else re.sub(r"\d+", "#", text)
