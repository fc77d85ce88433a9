"""Rows of cells to pages: the tables of a sheet, each with its title and its column headings.

A long sheet is cut into pages of so many rows, and each of them begins with the column headings, as
a printed sheet does: to prove a quote, its whole page is opened.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, takewhile
from pathlib import Path
from typing import Literal

from mehealth_rag.language.figures import is_measured
from mehealth_rag.reading.encoding import decode
from mehealth_rag.reading.faults import noted
from mehealth_rag.reading.flow import FlowBlock, page_of, plain, row_of
from mehealth_rag.reading.tidy import clean
from mehealth_rag.types import BlockKind, Fault, Page

PAGE_ROWS = 1_000
"""Rows of one page at the most."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's cells as they are shown, an empty text for an empty one.

    `wide` are the places of rows with a cell that reaches over several columns.
    """

    name: str
    rows: Sequence[Sequence[str]]
    wide: frozenset[int] = frozenset()
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """One row that holds something, and its number in the sheet, from 1."""

    number: int
    block: FlowBlock

    @property
    def heads(self) -> bool:
        """Whether it holds column headings."""
        return self.block.kind is BlockKind.ROW and self.block.level > 0


def sheet_pages(sheets: Iterable[Sheet]) -> tuple[Page, ...]:
    """Read the pages of a workbook, sheet by sheet; a page is called what its sheet is."""
    pages: list[Page] = []
    for sheet in sheets:
        parts = list(_parts(_rows(sheet))) or [[]]
        for part in parts:
            label = sheet.name
            if len(parts) > 1:
                own = [row.number for row in part if not row.heads] or [part[0].number]
                label = ", ".join(filter(None, (label, f"rows {own[0]}–{own[-1]}")))
            hidden = "sheet" if sheet.hidden else ""
            pages.append(page_of(len(pages) + 1, [row.block for row in part], label, hidden=hidden))
    return tuple(pages)


def _parts(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Cut rows into pages; each begins with the column headings that hold there."""
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
            yield from _table(list(group), sheet.wide)


def _table(rows: list[tuple[int, Sequence[str]]], wide: frozenset[int]) -> Iterator[_Row]:
    """One run of rows without an empty one between: titles, column headings, the rest."""
    counts = [sum(map(bool, cells)) for _, cells in rows]
    single = max(counts) == 1
    titles = len(rows) if single else sum(1 for _ in takewhile(lambda n: n == 1, counts))
    heads = _heads(rows[titles:], wide)
    for place, (at, cells) in enumerate(rows):
        titled = place < titles or (counts[place] == 1 and at in wide)
        kind = BlockKind.PARAGRAPH if titled else BlockKind.ROW
        level = int(titles <= place < titles + heads)
        yield _Row(at + 1, FlowBlock(kind, row_of(map(plain, cells)), level))


def _heads(rows: Sequence[tuple[int, Sequence[str]]], wide: frozenset[int]) -> int:
    """How many rows head a table: the first where it is all words, a second under a wide one."""
    worded = [not any(map(is_measured, cells)) for _, cells in rows[:2]]
    if len(rows) < 2 or not worded[0]:
        return 0
    return 2 if len(rows) > 2 and worded[1] and rows[0][0] in wide else 1


_DELIMITERS = ",;\t|"
_SAMPLE = 50
"""So many rows show which sign parts the cells."""
_LONGEST_CELL = 1_000_000
_TOLD = re.compile(r"sep=(.)\r?\n")
"""What Excel writes first where the sign is not the one of its country."""


def read_delimited(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the one page of a table in text, or several where it is long."""
    decoded = decode(path, content)
    text = decoded.text.removeprefix("\ufeff")
    told = _TOLD.match(text)
    text = text[told.end() :] if told else text
    rows = _cells(text, told[1] if told else _delimiter(text))
    return noted(sheet_pages([Sheet("", rows)]), decoded.told, Fault.ENCODING), {}


def _cells(text: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    try:
        return list(_parsed(text, delimiter, csv.QUOTE_MINIMAL))
    except csv.Error:  # a quotation mark that is never closed takes in the rest of the file
        return list(_parsed(text, delimiter, csv.QUOTE_NONE))


def _parsed(text: str, delimiter: str, quoting: Literal[0, 3]) -> Iterator[list[str]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
    return ([*map(clean, row)] for row in rows)


def _delimiter(text: str) -> str:
    """The sign that parts most rows into the same number of cells, two or more."""

    def agreement(delimiter: str) -> tuple[int, int]:
        rows = islice(_parsed(text[:_LONGEST_CELL], delimiter, csv.QUOTE_NONE), _SAMPLE)
        counts = Counter(len(row) for row in rows if len(row) > 1)
        return max(((often, width) for width, often in counts.items()), default=(0, 0))

    return max(_DELIMITERS, key=agreement)
