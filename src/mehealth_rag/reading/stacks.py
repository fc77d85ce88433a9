"""Column headings of a table that stand on several lines, side by side: "January / 28, / 2023"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from mehealth_rag.reading.marks import is_figure
from mehealth_rag.reading.runs import Run, in_rows, is_below, is_level, overlaps, without

_WORDS, _SIGNS = 4, 30
"""A line of a column's heading has no more words and characters."""
_HEIGHT = 5
"""Nor has the heading more lines."""
_REACH = 3.5
"""So many ems below the headings the first figures of their table stand."""
_FAR = 5.0
"""The same where two labels of groups ("Assets:", "Current assets:") may stand between them."""
_LOOSE = 1.7
"""Lines of one heading are no further apart, in ems, where their place alone joins them."""

Stack = list[Run]


def heading_stacks(runs: Sequence[Run]) -> tuple[list[list[Stack]], list[Run]]:
    """Rows of stacked headings, and the runs that are in none; both in the file's order.

    Only what stands right above figures is taken, whether the file itself has it stack by stack or
    line by line: "January / 28, / 2023", "January / 29, / 2022" is a row of two cells.
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
    """Rows of stacks that the file has stack by stack, each of them with words in it."""
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
    """Rows of stacks that the file has line by line: told by their place over figures."""
    figures = [run for run in runs if is_figure(run.text) and not _is_year(run)]
    rows = _first_rows(figures)
    if not rows:
        return []
    words = [run for run in runs if _fits(run) and (_is_year(run) or not is_figure(run.text))]
    words.sort(key=lambda run: run.baseline)
    found = (_stacks_over(row, words) for row in rows)
    return [_beside_labels(row, words) for row in found if _may_head(row) and _is_whole(row, runs)]


def _is_year(run: Run) -> bool:
    return len(run.text) == 4 and run.text.isdigit() and run.text[:2] in ("19", "20")


def _first_rows(figures: Sequence[Run]) -> list[list[Run]]:
    """Rows of two figures or more that have no other row of figures close above them."""
    rows = in_rows(figures, is_level)
    far = [
        above[0].baseline - row[0].baseline > _REACH * row[0].size for above, row in pairwise(rows)
    ]
    return [row for row, first in zip(rows, [True, *far], strict=False) if first and len(row) > 1]


def _stacks_over(figures: Sequence[Run], words: Sequence[Run]) -> list[Stack]:
    """Stacks of words over a row of figures, from left to right; `words` go up the page."""
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
    """Whether a run goes on in the column below it, or opens one beside the others."""
    if not 0.6 * figure.size < run.size < 1.25 * figure.size:
        return False
    if over:
        below = over[0][-1]
        return _is_over(below, run) and is_below(run, below, _LOOSE)
    if not columns:
        return run.baseline - figure.baseline < _FAR * figure.size
    return run.baseline < max(column[-1].baseline for column in columns) + 0.3 * figure.size


def _is_over(below: Run, run: Run) -> bool:
    """Whether one of two runs has its middle over or under the other."""
    middle, other = (run.box[0] + run.box[2]) / 2, (below.box[0] + below.box[2]) / 2
    return below.box[0] <= middle <= below.box[2] or run.box[0] <= other <= run.box[2]


def _without_lone_top(column: Stack, columns: Sequence[Stack]) -> Stack:
    """Take a line off that stands by itself at a distance: it heads more than this column."""
    if len(column) < 2 or is_below(column[-1], column[-2]):
        return column
    others = (run for other in columns if other is not column for run in other)
    return column if any(is_level(run, column[-1]) for run in others) else column[:-1]


def _is_whole(row: list[Stack], runs: Sequence[Run]) -> bool:
    """Whether nothing of a row of headings was left above it: a part would mislead."""
    tops = [stack[0] for stack in row]
    return not any(
        sum(overlaps(top, run) for top in tops) == 1
        and any(_is_over(top, run) and is_below(run, top) for top in tops)
        for run in _without(runs, [row])
    )


def _beside_labels(row: list[Stack], words: Sequence[Run]) -> list[Stack]:
    """Add what stands on the lowest line of headings to their left, like "(in millions)"."""
    low = min((stack[-1] for stack in row), key=lambda run: run.baseline)
    left = row[0][0].box[0]
    beside = [run for run in words if is_level(run, low) and run.box[2] < left]
    beside.sort(key=lambda run: run.box[0])
    return [*([run] for run in beside), *row]
