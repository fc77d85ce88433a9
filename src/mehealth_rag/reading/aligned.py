"""Cells of a table by their place: where a row leaves a column empty, its others keep theirs.

A text that is read without its layout gives “South, 21” for a row whose second cell is empty, and
the 21 would stand for the wrong column. The rows that fill every column tell where the columns are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

_COLUMNS = 3
"""A table has so many columns at the least: of two, a row that lacks one is no row."""
_FULL_ROWS = 2
"""So many rows that fill every column tell where the columns are."""

_BEFORE, _BEHIND = "$£€¥", ("%", ")%", ")")
"""Signs that filings set apart from their figures: they are no columns."""


class Cell(NamedTuple):
    """A cell's text, and where it begins and ends across the page, in any unit."""

    text: str
    left: float
    right: float


Span = tuple[float, float]


def in_columns(rows: Sequence[Sequence[Cell]]) -> list[str]:
    """Each row's text, a tab for each column up to its last cell, from its first cell on."""
    whole = [_with_signs(row) for row in rows]
    columns = _columns(whole)
    return [_row(row, columns) for row in whole]


def _with_signs(row: Sequence[Cell]) -> list[Cell]:
    """The cells of a row, currency signs before their figures and per cent signs behind them."""
    cells: list[Cell] = []
    for cell in row:
        last = cells[-1] if cells else None
        if last and (last.text[-1] in _BEFORE or cell.text in _BEHIND):
            cells[-1] = Cell(f"{last.text}\t{cell.text}", last.left, cell.right)
        else:
            cells.append(cell)
    return cells


def _columns(rows: Sequence[Sequence[Cell]]) -> list[Span]:
    """Where the columns are; none where the fullest rows do not agree."""
    most = max(map(len, rows))
    full = [row for row in rows if len(row) == most]
    if most < _COLUMNS or len(full) < _FULL_ROWS:
        return []
    found = [_around(cells) for cells in zip(*full, strict=True)]
    return found if all(one[1] < next_[0] for one, next_ in pairwise(found)) else []


def _around(cells: Iterable[Cell]) -> Span:
    _, lefts, rights = zip(*cells, strict=True)
    return min(lefts), max(rights)


def _row(row: Sequence[Cell], columns: Sequence[Span]) -> str:
    places = [_place(cell, columns) for cell in row]
    known = [place for place in places if place is not None]
    rising = all(one < next_ for one, next_ in pairwise(known))
    if len(row) == len(columns) or len(known) < len(row) or not rising:
        return "\t".join(cell.text for cell in row)
    text = row[0].text
    for cell, (before, place) in zip(row[1:], pairwise(known), strict=True):
        text += "\t" * (place - before) + cell.text
    return text


def _place(cell: Cell, columns: Sequence[Span]) -> int | None:
    """The one column that a cell shares some width with."""
    shared = [
        i for i, (left, right) in enumerate(columns) if cell.left < right and left < cell.right
    ]
    return shared[0] if len(shared) == 1 else None
