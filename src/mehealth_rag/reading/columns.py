"""Reading order: splits a page's lines into columns and full-width stretches.

The file's own order is kept if it runs down the page. Columns are detected by a gutter that no line
of a stretch crosses.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from mehealth_rag.reading.runs import Region, TextLine, in_rows, union

_GUTTER = 3.0
"""Minimum free space in points on either side of the line between two columns."""
_SECTION_GAP = 1.5
"""Minimum height in ems of an empty band at which columns may end."""
_COLUMN_LINES = 3
"""Minimum lines of prose for a column."""
PROSE_WORDS = 3


def regions_of(lines: list[TextLine]) -> list[Region]:
    """Return full-width stretches and columns in reading order."""
    gutter = _gutter(lines)
    if gutter is None:
        return [_downwards(lines)]
    regions: list[Region] = []
    for columns, stretches in groupby(_stretches(lines, gutter), key=lambda stretch: stretch[1]):
        parts = [part for part, _ in stretches]
        if not columns:
            regions.append(_downwards([line for part in parts for line in part]))
            continue
        for part in parts:
            left = [line for line in part if line.box[2] <= gutter]
            right = [line for line in part if line.box[2] > gutter]
            regions += regions_of(left) + regions_of(right)
    return regions


def _downwards(lines: Sequence[TextLine]) -> Region:
    """Order lines as in the file if that runs down the page, else from top to bottom."""
    ordered = sorted(lines, key=lambda line: line.order)
    if not any(_jumps_up(above, below) for above, below in pairwise(ordered)):
        return tuple(ordered)
    rows = in_rows(lines, lambda first, line: first.baseline - line.baseline < 0.4 * line.size)
    return tuple(line for row in rows for line in sorted(row, key=lambda line: line.box[0]))


def _jumps_up(above: TextLine, below: TextLine) -> bool:
    """Return whether the file's order goes back up the page without moving right."""
    return below.baseline > above.baseline + 0.5 * above.size and below.box[0] < above.box[2]


def _gutter(lines: Sequence[TextLine]) -> float | None:
    """Return the x position of the best gutter, or None if there are no columns."""
    starts = _column_starts(lines)
    best, best_score = None, 0
    for start in starts:
        gutter = start - _GUTTER
        score = sum(len(part) for part, columns in _stretches(lines, gutter) if columns)
        if score > best_score:
            best, best_score = gutter, score
    return best


def _column_starts(lines: Sequence[TextLine]) -> list[float]:
    """Return left edges shared by several prose lines, away from the page's left edge."""
    prose = [line for line in lines if not (line.row or line.cell)]
    left = min((line.box[0] for line in lines), default=0.0)
    width = max((line.box[2] for line in lines), default=0.0) - left
    counts: dict[int, list[float]] = {}
    for line in prose:
        if line.box[0] > left + 0.2 * width:
            counts.setdefault(round(line.box[0] / 3), []).append(line.box[0])
    return [min(edges) for edges in counts.values() if len(edges) >= _COLUMN_LINES]


def _stretches(lines: Sequence[TextLine], gutter: float) -> list[tuple[list[TextLine], bool]]:
    """Cut lines, top to bottom, where one crosses the gutter; the flag marks columns."""
    stretches: list[tuple[list[TextLine], bool]] = []
    current: list[TextLine] = []
    for line in sorted(lines, key=lambda line: -line.box[3]):
        across = line.box[0] < gutter < line.box[2] + _GUTTER
        if across or _opens_section(line, current):
            stretches += _closed(current, gutter)
            current = []
        if across:
            stretches.append(([line], False))
        else:
            current.append(line)
    return stretches + _closed(current, gutter)


def _closed(lines: list[TextLine], gutter: float) -> list[tuple[list[TextLine], bool]]:
    """Close a stretch; lines below its columns that form none become a stretch of their own."""
    if not _are_columns(lines, gutter):
        return [(lines, False)] if lines else []
    lowest, cut = lines[0].box[1], 0
    for index, line in enumerate(lines):
        if line.box[3] < lowest - _SECTION_GAP * line.size:
            cut = index
        lowest = min(lowest, line.box[1])
    upper, lower = lines[:cut], lines[cut:]
    if _are_columns(upper, gutter) and not _are_columns(lower, gutter):
        return [(upper, True), (lower, False)]
    return [(lines, True)]


def _opens_section(line: TextLine, above: Sequence[TextLine]) -> bool:
    """Return whether a line is large and clearly below all lines before it."""
    if not above:
        return False
    lowest = min(other.box[1] for other in above)
    usual = sorted(other.size for other in above)[len(above) // 2]
    return line.size > 1.2 * usual and line.box[3] < lowest - 0.8 * line.size


def _are_columns(lines: Sequence[TextLine], gutter: float) -> bool:
    prose = [line for line in lines if not line.cell]
    left = [line for line in prose if line.box[2] <= gutter]
    right = [line for line in prose if line.box[2] > gutter]
    if not (_is_column(left) and _is_column(right)):
        return False
    (_, low, _, high), (_, bottom, _, top) = (union(x.box for x in side) for side in (left, right))
    return min(high, top) - max(low, bottom) > 0.3 * min(high - low, top - bottom)


def _is_column(lines: Sequence[TextLine]) -> bool:
    if len(lines) < _COLUMN_LINES:
        return False
    words = sorted(len(line.text.split()) for line in lines)
    if words[len(words) // 2] < PROSE_WORDS:
        return False
    ordered = sorted(lines, key=lambda line: -line.baseline)
    tight = sum(a.baseline - b.baseline < 1.9 * a.size for a, b in pairwise(ordered))
    return tight * 2 >= len(ordered) - 1
