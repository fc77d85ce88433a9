"""Column headings of a table that wrap over several lines, side by side: "January / 28, / 2023"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from mehealth_rag.reading.marks import is_figure
from mehealth_rag.reading.runs import Run, in_rows, is_below, is_level, overlaps, without

_WORDS, _SIGNS = 4, 30
"""Maximum words and characters of a line of a column heading."""
_HEIGHT = 5
"""Maximum lines of a column heading."""
_REACH = 3.5
"""Maximum distance in ems from the headings down to the first figures of their table."""
_FAR = 5.0
"""The same with up to two group labels ("Assets:", "Current assets:") between them."""
_LOOSE = 1.7
"""Maximum distance in ems between lines of a heading that are joined by position alone."""

Stack = list[Run]


def heading_stacks(runs: Sequence[Run]) -> tuple[list[list[Stack]], list[Run]]:
    """Return rows of stacked headings, and the remaining runs in file order.

    "January / 28, / 2023" beside "January / 29, / 2022" is a row of two stacks. Only runs right
    above figures qualify; the file may list them stack by stack or line by line.
    """
    written = [row for row in _written_rows(runs) if _above_figures(row, runs)]
    rest = _without(runs, written)
    placed = _placed_rows(rest)
    return written + placed, _without(rest, placed)


def _without(runs: Sequence[Run], rows: Iterable[list[Stack]]) -> list[Run]:
    return without(runs, (run for row in rows for stack in row for run in stack))


def _fits(run: Run) -> bool:
    return len(run.text) <= _SIGNS and len(run.text.split()) <= _WORDS


def _written_rows(runs: Sequence[Run]) -> list[list[Stack]]:
    """Return rows of stacks that the file lists stack by stack, each with words in it."""
    rows: list[list[Stack]] = [[]]
    for run in runs:
        row = rows[-1]
        if not _fits(run):
            rows.append([])
        elif row and is_below(row[-1][-1], run):
            row[-1].append(run)
        elif row and _right_of(row, run):
            row.append([run])
        else:
            rows.append([[run]])
    return [row for row in rows if _may_head(row) and all(map(_has_words, row))]


def _right_of(row: Sequence[Stack], run: Run) -> bool:
    if any(run.box[0] <= part.box[2] for part in row[-1]):
        return False
    top = max(stack[0].box[3] for stack in row) + 2.5 * run.size
    low = min(stack[-1].box[1] for stack in row) - 0.2 * run.size
    return low < run.box[1] and run.box[3] < top


def _may_head(row: Sequence[Stack]) -> bool:
    return len(row) > 1 and 1 < max(map(len, row)) <= _HEIGHT


def _has_words(stack: Stack) -> bool:
    return any(any(map(str.isalpha, run.text)) for run in stack if not is_figure(run.text))


def _above_figures(row: Sequence[Stack], runs: Sequence[Run]) -> bool:
    low = min(run.baseline for stack in row for run in stack)
    left = row[0][0].box[0] - 20.0
    reach = _REACH * row[0][0].size
    below = (r for r in runs if low - reach < r.baseline < low - 1.0 and r.box[0] > left)
    return sum(is_figure(run.text) for run in below) > 1


def _placed_rows(runs: Sequence[Run]) -> list[list[Stack]]:
    """Return rows of stacks that the file lists line by line, found by position above figures."""
    figures = [run for run in runs if is_figure(run.text) and not _is_year(run)]
    rows = _first_rows(figures)
    if not rows:
        return []
    words = [run for run in runs if _fits(run) and (_is_year(run) or not is_figure(run.text))]
    words.sort(key=lambda run: run.baseline)
    heads = (_stacks_over(row, words) for row in rows)
    return [_beside_labels(row, words) for row in heads if _may_head(row) and _is_whole(row, runs)]


def _is_year(run: Run) -> bool:
    return len(run.text) == 4 and run.text.isdigit() and run.text[:2] in ("19", "20")


def _first_rows(figures: Sequence[Run]) -> list[list[Run]]:
    """Return rows of two or more figures with no other row of figures close above."""
    rows = in_rows(figures, is_level)
    far = [
        above[0].baseline - row[0].baseline > _REACH * row[0].size for above, row in pairwise(rows)
    ]
    return [row for row, first in zip(rows, [True, *far], strict=False) if first and len(row) > 1]


def _stacks_over(figures: Sequence[Run], words: Sequence[Run]) -> list[Stack]:
    """Return the stacks of words above a row of figures, left to right.

    `words` are ordered from the bottom of the page to the top.
    """
    size, base = figures[0].size, figures[0].baseline
    left = min(run.box[0] for run in figures) - size
    columns: list[Stack] = []
    for run in words:
        if not base + 0.7 * size < run.baseline or (run.box[0] + run.box[2]) / 2 < left:
            continue
        over = [column for column in columns if overlaps(column[-1], run)]
        if len(over) > 1 or not _may_stand_over(run, over, columns, figures[0]):
            break
        if over:
            over[0].append(run)
        else:
            columns.append([run])
    columns.sort(key=lambda column: column[0].box[0])
    return [_without_lone_top(column, columns)[::-1] for column in columns]


def _may_stand_over(run: Run, over: Sequence[Stack], columns: Sequence[Stack], figure: Run) -> bool:
    """Return whether a run continues the column below it or starts one beside the others."""
    if not 0.6 * figure.size < run.size < 1.25 * figure.size:
        return False
    if over:
        below = over[0][-1]
        return _is_over(below, run) and is_below(run, below, _LOOSE)
    if not columns:
        return run.baseline - figure.baseline < _FAR * figure.size
    return run.baseline < max(column[-1].baseline for column in columns) + 0.3 * figure.size


def _is_over(below: Run, run: Run) -> bool:
    """Return whether the middle of one run is within the width of the other."""
    middle, other = (run.box[0] + run.box[2]) / 2, (below.box[0] + below.box[2]) / 2
    return below.box[0] <= middle <= below.box[2] or run.box[0] <= other <= run.box[2]


def _without_lone_top(column: Stack, columns: Sequence[Stack]) -> Stack:
    """Remove a separate line at the top, which is a heading over several columns."""
    if len(column) < 2 or is_below(column[-1], column[-2]):
        return column
    others = (run for other in columns if other is not column for run in other)
    return column if any(is_level(run, column[-1]) for run in others) else column[:-1]


def _is_whole(row: list[Stack], runs: Sequence[Run]) -> bool:
    """Return whether no part of the headings was left out above; an incomplete one misleads."""
    tops = [stack[0] for stack in row]
    return not any(
        sum(overlaps(top, run) for top in tops) == 1
        and any(_is_over(top, run) and is_below(run, top) for top in tops)
        for run in _without(runs, [row])
    )


def _beside_labels(row: list[Stack], words: Sequence[Run]) -> list[Stack]:
    """Add runs to the left on the lowest line of the headings, such as "(in millions)"."""
    low = min((stack[-1] for stack in row), key=lambda run: run.baseline)
    left = row[0][0].box[0]
    beside = [run for run in words if is_level(run, low) and run.box[2] < left]
    beside.sort(key=lambda run: run.box[0])
    return [*([run] for run in beside), *row]
