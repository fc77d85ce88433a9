"""Column alignment of table rows: an empty cell keeps its column.

Without layout, a row whose second cell is empty reads “South, 21”, which puts the 21 in the wrong
column. The rows that fill every column show where the columns are.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

_COLUMNS = 3
"""Minimum columns of a table; with two, a row with an empty cell would be a single cell."""
_FULL_ROWS = 2
"""Minimum number of complete rows needed to locate the columns."""
_BEFORE, _BEHIND = "$£€¥", ("%", ")%", ")")
"""Signs that financial filings set apart from their figures; they form no column of their own."""


class Cell(NamedTuple):
    """A cell's text and its horizontal extent, in any unit."""

    text: str
    left: float
    right: float


_Extent = tuple[float, float]


def in_columns(rows: Sequence[Sequence[Cell]]) -> list[str]:
    """Return the text of each row, with one tab per column between its first and its last cell.

    Cells that are merged over two rows are in both.
    """
    merged = list(map(_with_signs, rows))
    columns = _columns(merged)
    whole = accumulate(merged, lambda above, row: _with_cells_above(row, above, columns))
    return [_row(row, columns) for row in whole]


def _with_signs(row: Sequence[Cell]) -> list[Cell]:
    """Merge the currency and per cent signs of a row into the cells of their figures."""
    cells: list[Cell] = []
    for cell in row:
        last = cells[-1] if cells else None
        if last and (last.text[-1] in _BEFORE or cell.text in _BEHIND):
            cells[-1] = Cell(f"{last.text}\t{cell.text}", last.left, cell.right)
        else:
            cells.append(cell)
    return cells


def _columns(rows: Sequence[Sequence[Cell]]) -> list[_Extent]:
    """Return the extents of the columns; empty if the fullest rows do not agree on them."""
    most = max(map(len, rows))
    full = [row for row in rows if len(row) == most]
    if most < _COLUMNS or len(full) < _FULL_ROWS:
        return []
    columns = [
        (min(cell.left for cell in cells), max(cell.right for cell in cells))
        for cells in zip(*full, strict=True)
    ]
    return columns if all(left[1] < right[0] for left, right in pairwise(columns)) else []


def _row(row: Sequence[Cell], columns: Sequence[_Extent]) -> str:
    places = [_place(cell, columns) for cell in row]
    known = [place for place in places if place is not None]
    rising = all(left < right for left, right in pairwise(known))
    if len(row) == len(columns) or len(known) < len(row) or not rising:
        return "\t".join(cell.text for cell in row)
    text = row[0].text
    for cell, (before, place) in zip(row[1:], pairwise(known), strict=True):
        text += "\t" * (place - before) + cell.text
    return text


def _with_cells_above(
    row: list[Cell], above: Sequence[Cell], columns: Sequence[_Extent]
) -> list[Cell]:
    """Return a row with the cells above in the columns that it lacks, or unchanged.

    It may lack only the label of the full row above. Or it is the second row of headings, below
    some that span several columns.
    """
    places = [_place(cell, columns) for cell in row]
    lacking = sorted(set(range(len(columns))).difference(places))
    over = {_place(cell, columns): cell for cell in above}
    whole = len(places) + len(lacking) == len(columns) and None not in places
    if not (whole and lacking and lacking[0] == 0 and over.keys() >= set(lacking)):
        return row
    if len(above) == len(columns):
        shares = len(lacking) == 1 and row[0].text[:1].isalpha()
    else:
        shares = all(map(_may_head, (*above, *row)))
    cells = over | dict(zip(places, row, strict=True))
    return [cells[place] for place in range(len(columns))] if shares else row


def _may_head(cell: Cell) -> bool:
    """Return whether a cell has words or a year, as the heading of a column has."""
    return any(map(str.isalpha, cell.text)) or (cell.text.isdigit() and len(cell.text) == 4)


def _place(cell: Cell, columns: Sequence[_Extent]) -> int | None:
    """Return the index of the only column that a cell overlaps; None if there is no single one."""
    overlapping = [
        i for i, (left, right) in enumerate(columns) if cell.left < right and left < cell.right
    ]
    return overlapping[0] if len(overlapping) == 1 else None
