"""Finds what a table row is about: its column headings, the caption with units, its group label.

A row such as "Operating income, 6,098, 5,802" names no years or units; those are above it, often
far up the page. Every result is a span of the page's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from mehealth_rag.language.dates import MONTH
from mehealth_rag.language.figures import PERIOD, is_amount, is_measured
from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.types import Block, BlockKind, Page, PageOf, Passage, Quote, Sentence, Span

_TIME = re.compile(
    rf"\b(?:ended|ending|as of|as at|years?|quarters?|months|weeks|{MONTH})\b", re.IGNORECASE
)
_TELLING = re.compile(r"\(in |\btable\b", re.IGNORECASE)
_TOTAL = re.compile(r"(?:sub-?)?totals?\b", re.IGNORECASE)
_LABEL_WORDS = 14
"""Maximum words in a line between or right above table rows; longer lines are text."""
_CAPTION_LINES = 4
_HEAD_ROWS = 5
_QUOTED = 2
"""Maximum lines above a row that are quoted with it."""
_SET_IN = 40.0
"""Points to the right of the row labels from which a line without figures is a column heading."""
_HEAD_WORDS = 8
"""Maximum words of a column heading in a table of words."""
_COLUMNS = 3
"""Minimum columns of a row that opens a table by its words alone."""
_INDENT = 2.0
"""Points to the right of a label from which a row belongs under it, not beside it."""


@dataclass(frozen=True, slots=True)
class RowContext:
    """A row's caption and column headings, and the label of its group.

    `heads` is True for a row that holds column headings itself.
    """

    columns: tuple[Span, ...]
    label: Span | None = None
    heads: bool = False


def without_figures(row: str) -> str:
    """Return the cells of a row that are words, or the whole row if there are none."""
    words = [cell for cell in row.split("\t") if not is_measured(cell)]
    return "\t".join(words) or row


def quoted_columns(sentence: Sentence, text: str) -> tuple[Span, ...]:
    """Return the spans above a row that a quote of it needs, in the page's `text`.

    They are the nearest column headings, without remarks such as "(Unaudited)".
    """
    spans = [span for span in sentence.columns if not _is_remark(span.of(text))]
    return tuple(spans[-_QUOTED:])


def column_quotes(passage: Passage, sentence: Sentence, page_of: PageOf) -> tuple[Quote, ...]:
    """Return `quoted_columns` as quotes, none if the sentence is not a row."""
    if not sentence.columns:
        return ()
    page = page_of(passage.document, passage.page)
    spans = quoted_columns(sentence, page.text)
    return tuple(Quote.of_page(passage.document, page, span) for span in spans)


def row_contexts(page: Page) -> dict[int, RowContext]:
    """Return the context of each table row, by its index in `page.blocks`."""
    lefts = {line.span.start: line.box[0] for line in page.lines if line.box}
    sheet = _Sheet(page, lefts)
    return dict(context for table in sheet.tables() for context in _Walk(sheet, table).contexts())


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The blocks of a page, by their index, with what table detection asks about them.

    `lefts` maps the start of each line to its left edge in points.
    """

    page: Page
    lefts: Mapping[int, float]

    def tables(self) -> Iterator[list[int]]:
        """Yield the block indices of each table: its rows and the short lines between them."""
        table: list[int] = []
        between: list[int] = []
        for place, block in enumerate(self.page.blocks):
            if block.kind is BlockKind.ROW:
                if self._is_parted(table, between, place):
                    yield table
                    table, between = [], []
                table += [*between, place]
                between = []
            elif table and not block.kind.aside:
                between.append(place)
                if not self.is_label(block) or len(between) > _CAPTION_LINES:
                    yield table
                    table, between = [], []
        if table:
            yield table

    def _is_parted(self, table: Sequence[int], between: Sequence[int], place: int) -> bool:
        """Return whether a heading before a row starts a new table; it may only head a group."""
        if between and self._opens_table(place):
            return True
        if not any(map(self.is_heading, between)):
            return False
        counts = [count for p in table if (count := self.figures(p))]
        expected = counts[-1] if counts else self.figures(place)  # only column headings so far
        return expected != self.figures(place) or not expected

    def _opens_table(self, place: int) -> bool:
        """Return whether a row has words in three columns or more, and the next row has figures."""
        below = self.page.blocks[place + 1 : place + 2]
        followed = bool(below) and self.is_row(place + 1) and self.is_filled(place + 1, None)
        cells = [cell for cell in self.cells(place) if cell.strip()]
        worded = not (self.is_measuring(place) or any(map(is_amount, cells)))
        return followed and len(cells) >= _COLUMNS and worded

    def figures(self, place: int) -> int:
        """Return the number of figures in a row, including dashes that stand for one."""
        return sum(is_measured(c) and c.strip() not in "$£€¥" for c in self.cells(place))

    def span(self, place: int) -> Span:
        return self.page.blocks[place].span

    def text(self, place: int) -> str:
        return self.span(place).of(self.page.text)

    def cells(self, place: int) -> list[str]:
        return self.text(place).split("\t")

    def is_row(self, place: int) -> bool:
        return self.page.blocks[place].kind is BlockKind.ROW

    def is_heading(self, place: int) -> bool:
        return self.page.blocks[place].kind is BlockKind.HEADING

    def is_label(self, block: Block) -> bool:
        """Return whether a block is a short line without a full stop."""
        text = block.span.of(self.page.text)
        short = len(text.split()) <= _LABEL_WORDS and not text.endswith((".", "!"))
        return short and block.kind in (BlockKind.PARAGRAPH, BlockKind.HEADING)

    def left(self, place: int) -> float | None:
        """Return the left edge of a block in points; None if the format has no layout."""
        return self.lefts.get(self.span(place).start)

    def is_measuring(self, place: int) -> bool:
        """Return whether a row holds figures, so that it is not a header."""
        return any(map(is_measured, self.cells(place)))

    def is_filled(self, place: int, first: int | None) -> bool:
        """Return whether a row has figures or, below the `first` row, amounts."""
        if self.is_measuring(place):
            return True
        cells = self.cells(place)[1:] if self.is_row(place) and place != first else ()
        return any(map(is_amount, cells))

    def spans(self, place: int, below: int) -> bool:
        """Return whether a row has cells that span columns of the row `below`."""
        cells = self.cells(place)
        return "" in cells or len(cells) < len(self.cells(below))

    def may_head(self, place: int) -> bool:
        """Return whether the cells of a row are short enough for column headings."""
        return all(len(cell.split()) <= _HEAD_WORDS for cell in self.cells(place))

    def is_pair(self, place: int) -> bool:
        """Return whether a row is a label of words and one value ("Notice", "three months")."""
        label, *values = self.cells(place)
        worded = any(map(str.isalpha, label)) and not (_is_remark(label) or _names_time(label))
        return self.is_row(place) and len(values) == 1 and worded

    def is_timing(self, place: int) -> bool:
        """Return whether a line names dates or periods without measuring anything.

        In a row, most cells after the first do; one alone is what the row says of its subject.
        """
        first, *cells = self.cells(place)
        timed = sum(map(_names_time, cells or [first]))
        return 2 * timed > len(cells) and not self.text(place).endswith(":")

    def caption(self, first: int) -> list[Span]:
        """Return the spans right above a table: short lines, or the sentence that introduces it."""
        spans: list[Span] = []
        for block in reversed(self.page.blocks[:first]):
            if block.kind.aside:
                continue
            worded = block.kind in (BlockKind.PARAGRAPH, BlockKind.ITEM)
            if not worded or len(spans) == _CAPTION_LINES:
                break
            if not self.is_label(block):
                spans += self._announcing(block)
                break
            spans.append(block.span)
        return spans[::-1]

    def _announcing(self, block: Block) -> list[Span]:
        """Return the paragraph's last sentence if it is likely to introduce the table."""
        last = sentence_spans(self.page.text, block.span)[-1]
        text = last.of(self.page.text)
        return [last] if text.endswith(":") or _TELLING.search(text) else []


class _Walk:
    """Goes through one table from top to bottom and tracks the headings and label of each row."""

    def __init__(self, sheet: _Sheet, table: Sequence[int]) -> None:
        self._sheet = sheet
        self._table = table
        self._caption = sheet.caption(table[0])
        self._heads: list[Span] = []
        self._titles: list[Span] = []  # lines since the last row: a caption if headers follow
        self._label: int | None = None
        self._indented = False
        self._filled = False
        self._rows = rows = [p for p in table if sheet.is_row(p)]
        self._marked_headers = {p for p in rows if sheet.page.blocks[p].level}
        self._has_layout = any(sheet.left(p) is not None for p in rows)
        self._width = max((len(sheet.cells(p)) for p in rows), default=0)
        lefts = [sheet.left(p) for p in rows if sheet.is_measuring(p)]
        self._rows_left = min((left for left in lefts if left is not None), default=None)
        """The left edge of the row labels, in points."""

    def contexts(self) -> Iterator[tuple[int, RowContext]]:
        """Yield the index of each row with its context."""
        opening = set(self._opening())
        for place in self._table:
            if place in opening or self._heads_again(place):
                self._head(place)
                if self._sheet.is_row(place):
                    yield place, RowContext((), heads=True)
            elif self._sheet.is_row(place):
                self._leave_group(place)
                if not any(map(str.isalpha, self._sheet.text(place))):
                    self._label = None  # an unnamed total covers more than the last group
                label = None if self._label is None else self._sheet.span(self._label)
                yield place, RowContext((*self._caption, *self._heads), label)
                self._filled = True
                self._titles = []
                if _TOTAL.match(self._sheet.text(place)):
                    self._label = None
            elif self._sheet.is_heading(place):  # passages have their heading anyway
                self._label = None
            else:
                self._label, self._indented = place, False
                self._titles.append(self._sheet.span(place))

    def _opening(self) -> list[int]:
        """Return the header indices: everything above the first figures, else the first row.

        Cells of a file, unlike a layout, are never wrapped onto another row: there a second header
        only follows one with cells that span columns.
        """
        if self._marked_headers:  # the file marks its header rows, which may hold anything
            return sorted(self._marked_headers)
        sheet = self._sheet
        first = next(iter(self._rows), None)
        above = list(takewhile(lambda p: not sheet.is_filled(p, first), self._table))
        rows = [p for p in above if sheet.is_row(p)]
        only_words = len(above) == len(self._table)
        if only_words and (len(rows) < 2 or not sheet.may_head(rows[0])):
            return []
        # labels with their values, of which the first are words
        is_listing = self._has_layout and len(rows) > 1 and all(map(sheet.is_pair, rows))
        if (is_listing and not only_words) or self._is_listing():
            return []
        if only_words or not self._has_layout:
            rows = rows[:1] if self._has_layout else self._spanning(rows)
        if only_words:
            return rows
        last = rows[-1] if rows else -1
        heads = [p for p in above if p <= last or (not sheet.is_row(p) and self._is_telling(p))]
        return heads if len(heads) <= _HEAD_ROWS + _CAPTION_LINES else rows[:1]

    def _is_telling(self, place: int) -> bool:
        return self._sheet.is_timing(place) or _is_remark(self._sheet.text(place))

    def _spanning(self, rows: Sequence[int]) -> list[int]:
        """Return the first of some rows and each that follows one with cells over its columns."""
        followed = takewhile(lambda pair: self._sheet.spans(*pair), pairwise(rows))
        return [*rows[:1], *(below for _, below in followed)]

    def _is_listing(self) -> bool:
        """Return whether each row is a name and its value: two cells, figures among words.

        A column under a heading has one kind of value, but for a few cells.
        """
        if self._has_layout or self._width != 2:
            return False
        filled = sum(self._sheet.is_filled(p, None) for p in self._rows[1:])
        count = len(self._rows) - 1
        return 3 * min(filled, count - filled) >= count > 2

    def _heads_again(self, place: int) -> bool:
        """Return whether a line inside a table is a header for what follows."""
        sheet = self._sheet
        if self._marked_headers or place == self._table[-1] or sheet.is_measuring(place):
            return False
        if not sheet.is_row(place):
            return self._is_telling(place)
        is_complete = not self._has_layout and len(sheet.cells(place)) == self._width
        if sheet.is_timing(place) and not (is_complete or sheet.is_pair(place)):
            return True
        if self._rows_left is None:
            return False
        left = sheet.left(place)
        return left is not None and left > self._rows_left + _SET_IN

    def _head(self, place: int) -> None:
        if self._filled:  # the headers of a further part replace the earlier ones
            self._heads, self._filled = [], False
            self._caption = self._titles or self._caption
        self._titles = []
        self._heads.append(self._sheet.span(place))
        self._label = None

    def _leave_group(self, place: int) -> None:
        """Drop the label at a row further left than the rows the label is for."""
        if self._label is None:
            return
        label_left, row_left = self._sheet.left(self._label), self._sheet.left(place)
        if label_left is None or row_left is None:
            return
        announced = self._sheet.text(self._label).endswith(":")
        if row_left > label_left + _INDENT:
            self._indented = True
        elif self._indented or row_left < label_left - _INDENT or not announced:
            self._label = None


def _names_time(text: str) -> bool:
    return bool(PERIOD.search(text) or _TIME.search(text))


def _is_remark(text: str) -> bool:
    """Return whether a line is in brackets, such as "(In millions)" or "(Unaudited)"."""
    return text.startswith("(") and text.endswith(")")
