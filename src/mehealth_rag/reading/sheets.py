"""Converts sheets of cells to pages: tables with their titles and column headings.

A long sheet is cut into several pages, because a quote is proved by opening its whole page. Each
page starts with the column headings, as in a printed sheet.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, takewhile
from pathlib import Path
from typing import Literal

from mehealth_rag.language.figures import is_measured
from mehealth_rag.reading.encoding import decode
from mehealth_rag.reading.faults import noted
from mehealth_rag.reading.flow import FlowBlock, Read, page_of, plain, row_of
from mehealth_rag.reading.tidy import clean
from mehealth_rag.types import BlockKind, Fault, Page

PAGE_ROWS = 1_000
"""Maximum rows of a page."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with its cells as displayed; an empty cell is "".

    `wide` holds the indices of rows with a cell that spans columns, `repeats` those of rows that
    only repeat cells merged with the row above.
    """

    name: str
    rows: Sequence[Sequence[str]]
    wide: frozenset[int] = frozenset()
    repeats: frozenset[int] = frozenset()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """A non-empty row and its number in the sheet, from 1."""

    number: int
    block: FlowBlock

    @property
    def heads(self) -> bool:
        """True if it holds column headings."""
        return self.block.kind is BlockKind.ROW and self.block.level > 0


def sheet_pages(sheets: Iterable[Sheet]) -> tuple[Page, ...]:
    """Convert sheets to pages, labelled with the sheet's name and, if cut, the row numbers."""
    pages: list[Page] = []
    for sheet in sheets:
        parts = list(_parts(_rows(sheet))) or [[]]
        for part in parts:
            label = sheet.name
            if len(parts) > 1:
                numbers = [row.number for row in part if not row.heads] or [part[0].number]
                label = ", ".join(filter(None, (label, f"rows {numbers[0]}–{numbers[-1]}")))
            hidden = "sheet" if sheet.hidden else ""
            pages.append(page_of(len(pages) + 1, [row.block for row in part], label, hidden=hidden))
    return tuple(pages)


def _parts(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Cut rows into pages; each begins with the column headings that apply to it."""
    part: list[_Row] = []
    heads: list[_Row] = []
    repeated = 0
    for row in rows:
        if len(part) - repeated >= PAGE_ROWS:
            yield part
            part = [] if row.heads else list(heads)
            repeated = len(part)
        if row.heads:
            heads = [*heads, row] if part and part[-1].heads else [row]
        part.append(row)
    if part:
        yield part


def _rows(sheet: Sheet) -> Iterator[_Row]:
    numbered = enumerate(sheet.rows)
    for is_full, group in groupby(numbered, key=lambda pair: any(pair[1])):
        if is_full:
            rows = [row for row in group if row[0] not in sheet.repeats]
            yield from _table(rows, sheet.wide)


def _table(rows: list[tuple[int, Sequence[str]]], wide: frozenset[int]) -> Iterator[_Row]:
    """Classify a run of rows without an empty one: titles, column headings, the rest."""
    counts = [sum(map(bool, cells)) for _, cells in rows]
    titles = len(list(takewhile(lambda count: count == 1, counts)))
    heads = _heads(rows[titles:], wide)
    for place, (at, cells) in enumerate(rows):
        titled = place < titles or (counts[place] == 1 and at in wide)
        kind = BlockKind.PARAGRAPH if titled else BlockKind.ROW
        level = int(titles <= place < titles + heads)
        yield _Row(at + 1, FlowBlock(kind, row_of(map(plain, cells)), level))


def _heads(rows: Sequence[tuple[int, Sequence[str]]], wide: frozenset[int]) -> int:
    """Count the heading rows: the first if it is all words, also a second under a spanning one."""
    worded = [not any(map(is_measured, cells)) for _, cells in rows[:2]]
    if len(rows) < 2 or not worded[0]:
        return 0
    return 2 if len(rows) > 2 and worded[1] and rows[0][0] in wide else 1


_DELIMITERS = ",;\t|"
_SAMPLE = 50
"""Number of rows from which to detect the delimiter."""
_LONGEST_CELL = 1_000_000
"""Maximum characters of a quoted cell; a longer one has a quotation mark that is never closed."""
_DECLARED = re.compile(r"sep=(.)\r?\n")
"""The first line with which a file declares its delimiter to Excel."""


def read_delimited(path: Path, content: bytes) -> Read:
    """Read a CSV or TSV file as one page, or several if it is long."""
    decoded = decode(path, content)
    text = decoded.text.removeprefix("\ufeff")
    declared = _DECLARED.match(text)
    text = text[declared.end() :] if declared else text
    rows = _cells(text, declared[1] if declared else _delimiter(text))
    return noted(sheet_pages([Sheet("", rows)]), decoded.note, Fault.ENCODING), {}


def _cells(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(_parsed(text, delimiter, csv.QUOTE_MINIMAL))
    except csv.Error:
        return list(_parsed(text, delimiter, csv.QUOTE_NONE))


def _parsed(text: str, delimiter: str, quoting: Literal[0, 3]) -> Iterator[list[str]]:
    quoted = quoting == csv.QUOTE_MINIMAL
    csv.field_size_limit(_LONGEST_CELL if quoted else max(_LONGEST_CELL, len(text)))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
    return ([*map(clean, row)] for row in rows)


def _delimiter(text: str) -> str:
    """Return the delimiter that splits most rows into the same number of cells, two or more."""

    def agreement(delimiter: str) -> tuple[int, int]:
        rows = islice(_parsed(text[:_LONGEST_CELL], delimiter, csv.QUOTE_NONE), _SAMPLE)
        counts = Counter(len(row) for row in rows if len(row) > 1)
        return max(((often, width) for width, often in counts.items()), default=(0, 0))

    return max(_DELIMITERS, key=agreement)
