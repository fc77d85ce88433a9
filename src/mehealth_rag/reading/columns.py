"""Reading order: splits a page's lines into columns and full-width stretches.

The file's own order is kept if it runs down the page. Columns are detected by a gutter that no line
of a stretch crosses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from mehealth_rag.reading.runs import Region, TextLine, in_groups, in_rows, is_level, union

_GUTTER = 3.0
"""Minimum free space in points on either side of the line between two columns."""
_SECTION_GAP = 1.5
"""Minimum height in ems of an empty band at which columns may end."""
_COLUMN_LINES = 3
"""Minimum lines of prose for a column."""
PROSE_WORDS = 3

_Stretch = tuple[list[TextLine], bool]
"""Lines of a page from top to bottom, and whether they are columns."""


def regions_of(lines: list[TextLine]) -> list[Region]:
    """Return full-width stretches and columns in reading order."""
    gutter = _gutter(lines)
    if gutter is None:
        return [_downwards(lines)]
    regions: list[Region] = []
    for part, columns in _parts(lines, gutter):
        if columns:
            left = [line for line in part if line.box[2] <= gutter]
            right = [line for line in part if line.box[2] > gutter]
            regions += regions_of(left) + regions_of(right)
        else:  # the text above or below may have other columns
            regions += regions_of(part)
    return regions


def _downwards(lines: Sequence[TextLine]) -> Region:
    """Order lines as in the file if that runs down the page, else from top to bottom.

    Headers and footers, which a file may draw before all else, do not disturb the order of the
    lines between them.
    """
    ordered = sorted(lines, key=lambda line: line.order)
    parts = in_groups(ordered, lambda part, line: not _jumps_up(part[-1], line))
    if len(parts) < 2:
        return tuple(ordered)
    main = max(parts, key=len)
    _, low, _, high = union(line.box for line in main)
    others = [line for part in parts if part is not main for line in part]
    above = [line for line in others if line.box[1] >= high]
    below = [line for line in others if line.box[3] <= low]
    if len(above) + len(below) < len(others):
        return _by_rows(lines)
    return (*_by_rows(above), *main, *_by_rows(below))


def _by_rows(lines: Sequence[TextLine]) -> Region:
    """Order lines from top to bottom, those on one level from left to right."""
    rows = in_rows(lines, lambda first, line: first.baseline - line.baseline < 0.4 * line.size)
    return tuple(line for row in rows for line in sorted(row, key=lambda line: line.box[0]))


def _jumps_up(above: TextLine, below: TextLine) -> bool:
    """Return whether the file's order goes back up the page, or to the left on one level."""
    if is_level(above, below):
        return below.box[2] <= above.box[0]
    return below.baseline > above.baseline + 0.5 * above.size and below.box[0] < above.box[2]


def _gutter(lines: Sequence[TextLine]) -> float | None:
    """Return the x position of the best gutter, or None if there are no columns.

    With it, most lines are in columns, counting those that another gutter makes of the rest.
    """
    parted = {start - _GUTTER: _parts(lines, start - _GUTTER) for start in _column_starts(lines)}
    parted = {gutter: parts for gutter, parts in parted.items() if _in_columns(parts)}

    def score(gutter: float) -> tuple[int, int]:
        own = _in_columns(parted[gutter])
        remaining = [part for part, columns in parted[gutter] if not columns]
        most = (max(_in_columns(_parts(part, other)) for other in parted) for part in remaining)
        return own + sum(most), own

    return max(parted, key=score) if len(parted) > 1 else next(iter(parted), None)


def _in_columns(parts: Iterable[_Stretch]) -> int:
    return sum(len(part) for part, columns in parts if columns)


def _parts(lines: Sequence[TextLine], gutter: float) -> list[_Stretch]:
    """Return the stretches of some lines; those without columns are joined."""
    parts: list[_Stretch] = []
    for part, columns in _stretches(lines, gutter):
        if parts and not columns and not parts[-1][1]:
            parts[-1] = ([*parts[-1][0], *part], False)
        else:
            parts.append((part, columns))
    return parts


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


def _stretches(lines: Sequence[TextLine], gutter: float) -> list[_Stretch]:
    """Cut lines, top to bottom, where one crosses the gutter; the flag marks columns."""
    stretches: list[_Stretch] = []
    current: list[TextLine] = []
    statements = [line for line in lines if line.statement]
    for line in sorted(lines, key=lambda line: -line.box[3]):
        # A row of figures is as wide as all of them together.
        row = [other for other in statements if line.statement and is_level(line, other)]
        left, _, right, _ = union(other.box for other in (line, *row))
        across = left < gutter < right + _GUTTER
        if across or (_opens_section(line, current) and not _is_beside(line, lines, gutter)):
            stretches += _closed(current, gutter)
            current = []
        if across:
            stretches.append(([line], False))
        else:
            current.append(line)
    return stretches + _closed(current, gutter)


def _closed(lines: list[TextLine], gutter: float) -> list[_Stretch]:
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


def _is_beside(heading: TextLine, lines: Sequence[TextLine], gutter: float) -> bool:
    """Return whether a smaller line is level with a heading, across the gutter."""
    left = heading.box[2] <= gutter
    return any(
        1.2 * line.size < heading.size
        and (line.box[2] <= gutter) is not left
        and min(line.box[3], heading.box[3]) > max(line.box[1], heading.box[1])
        for line in lines
    )


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
    tight = sum(_is_tight(above, below) for above, below in pairwise(ordered))
    return tight * 2 >= len(ordered) - 1


def _is_tight(above: TextLine, below: TextLine) -> bool:
    """Return whether two lines are as close as in a text; a figure with its caption is taller."""
    tallest = max(
        line.box[3] - line.box[1] if line.statement else above.size for line in (above, below)
    )
    return above.box[1] - below.box[3] < 0.9 * tallest
