"""Cells of a table that stand on several lines: column headings side by side, labels that wrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from mehealth_rag.reading.marks import is_figure
from mehealth_rag.reading.runs import Run, down_to, in_rows

_WORDS = 4
"""A line of a column's heading has no more words."""
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
    rows: list[list[Stack]] = []
    row: list[Stack] = []
    for run in runs:
        if not _fits(run):
            _close(row, rows)
            row = []
        elif row and _below(row[-1][-1], run):
            row[-1].append(run)
        elif row and _right_of(row, run):
            row.append([run])
        else:
            _close(row, rows)
            row = [[run]]
    _close(row, rows)
    kept = [row for row in rows if _above_figures(row, runs)]
    rest = _without(runs, kept)
    placed = _placed_stacks(rest)
    return kept + placed, _without(rest, placed)


def _without(runs: Sequence[Run], rows: Sequence[list[Stack]]) -> list[Run]:
    taken = {id(run) for row in rows for stack in row for run in stack}
    return [run for run in runs if id(run) not in taken]


def _placed_stacks(runs: Sequence[Run]) -> list[list[Stack]]:
    """Rows of stacked headings that the file has line by line: told by their place over figures."""
    figures = [run for run in runs if is_figure(run.text) and not _is_year(run)]
    rows = _first_rows(figures)
    if not rows:
        return []
    words = [run for run in runs if _fits(run) and (_is_year(run) or not is_figure(run.text))]
    words.sort(key=lambda run: run.baseline)
    found = (_stacks_over(row, words) for row in rows)
    whole = [row for row in found if _is_whole(row, runs)]
    return [_beside_labels(row, words) for row in whole]


def _is_whole(row: Sequence[Stack], runs: Sequence[Run]) -> bool:
    """Whether stacks are headings and nothing of them was left above: a part would mislead."""
    if len(row) < 2 or not 1 < max(map(len, row)) <= _HEIGHT:
        return False
    tops = [stack[0] for stack in row]
    taken = {id(run) for stack in row for run in stack}
    above = (run for run in runs if id(run) not in taken)
    return not any(
        sum(_overlap(top, run) for top in tops) == 1
        and any(_is_over(top, run) and _below(run, top) for top in tops)
        for run in above
    )


def _beside_labels(row: list[Stack], words: Sequence[Run]) -> list[Stack]:
    """Add what stands on the lowest line of headings to their left, like "(in millions)"."""
    low = min((stack[-1] for stack in row), key=lambda run: run.baseline)
    left = row[0][0].box[0]
    beside = [
        run
        for run in words
        if abs(run.baseline - low.baseline) < 0.3 * low.size and run.box[2] < left
    ]
    beside.sort(key=lambda run: run.box[0])
    return [*([run] for run in beside), *row]


def _is_year(run: Run) -> bool:
    return len(run.text) == 4 and run.text.isdigit() and run.text[:2] in ("19", "20")


def _first_rows(figures: Sequence[Run]) -> list[list[Run]]:
    """Rows of two figures or more that have no other row of figures close above them."""
    rows = in_rows(figures, lambda first, run: first.baseline - run.baseline < 0.3 * run.size)
    return [
        row
        for above, row in pairwise([None, *rows])
        if row is not None
        and len(row) > 1
        and (above is None or above[0].baseline - row[0].baseline > _REACH * row[0].size)
    ]


def _stacks_over(figures: Sequence[Run], words: Sequence[Run]) -> list[Stack]:
    """Stacks of words over a row of figures, from left to right; `words` go up the page."""
    size, base = figures[0].size, figures[0].baseline
    left = min(run.box[0] for run in figures) - size
    columns: list[Stack] = []
    for run in words:
        if not base + 0.7 * size < run.baseline or (run.box[0] + run.box[2]) / 2 < left:
            continue
        over = [column for column in columns if _overlap(column[-1], run)]
        if len(over) > 1 or not _may_stand_over(run, over, columns, (base, size)):
            break
        if over:
            over[0].append(run)
        else:
            columns.append([run])
    columns.sort(key=lambda column: column[0].box[0])
    return [_without_lone_top(column, columns)[::-1] for column in columns]


def _without_lone_top(column: Stack, columns: Sequence[Stack]) -> Stack:
    """Take a line off that stands by itself at a distance: it heads more than this column."""
    if len(column) < 2 or _below(column[-1], column[-2]):
        return column
    top = column[-1]
    others = (run for other in columns if other is not column for run in other)
    level = any(abs(run.baseline - top.baseline) < 0.3 * top.size for run in others)
    return column if level else column[:-1]


def _may_stand_over(
    run: Run, over: Sequence[Stack], columns: Sequence[Stack], row: tuple[float, float]
) -> bool:
    """Whether a run goes on in the column below it, or opens one beside the others."""
    base, size = row
    if not 0.6 * size < run.size < 1.25 * size:
        return False
    if over:
        return _is_over(over[0][-1], run) and _below(run, over[0][-1], _LOOSE)
    if not columns:
        return run.baseline - base < _FAR * size
    return run.baseline < max(column[-1].baseline for column in columns) + 0.3 * size


def _is_over(below: Run, run: Run) -> bool:
    """Whether one of two runs has its middle over or under the other."""
    middle, other = (run.box[0] + run.box[2]) / 2, (below.box[0] + below.box[2]) / 2
    return below.box[0] <= middle <= below.box[2] or run.box[0] <= other <= run.box[2]


def _overlap(one: Run, other: Run) -> bool:
    return min(one.box[2], other.box[2]) > max(one.box[0], other.box[0])


def _fits(run: Run) -> bool:
    return len(run.text) <= 30 and len(run.text.split()) <= _WORDS


def _below(above: Run, run: Run, leading: float = 1.5) -> bool:
    step = above.baseline - run.baseline
    near = 0.7 * run.size < step < leading * run.size
    return near and _overlap(above, run) and above.bold == run.bold


def _right_of(row: Sequence[Stack], run: Run) -> bool:
    last = row[-1]
    top = max(stack[0].box[3] for stack in row) + 2.5 * run.size
    low = min(stack[-1].box[1] for stack in row)
    right = max(part.box[2] for part in last)
    return run.box[0] > right and low - 0.2 * run.size < run.box[1] and run.box[3] < top


def _close(row: list[Stack], rows: list[list[Stack]]) -> None:
    """Keep a finished row where it looks like headings."""
    if len(row) < 2 or max(map(len, row)) < 2 or max(map(len, row)) > _HEIGHT:
        return
    words = ["".join(run.text for run in stack if not is_figure(run.text)) for stack in row]
    if all(any(map(str.isalpha, text)) for text in words):
        rows.append(row)


def _above_figures(row: Sequence[Stack], runs: Sequence[Run]) -> bool:
    low = min(run.baseline for stack in row for run in stack)
    left = row[0][0].box[0] - 20.0
    reach = _REACH * row[0][0].size
    figures = (
        run
        for run in runs
        if low - reach < run.baseline < low - 1.0 and run.box[0] > left and is_figure(run.text)
    )
    return sum(1 for _ in figures) >= 2


def wrapped_labels(runs: Sequence[Run]) -> list[Run]:
    """Make one run of a row's label that wraps; runs stay in the file's order.

    The figures of such a row stand beside the label's first line and follow its last one, or they
    stand at the middle of two lines, in the file's text on the second.
    """
    joined: list[Run] = []
    figures = {run.order: run for run in reversed(runs) if is_figure(run.text)}
    if not figures:
        return list(runs)
    skip = False
    for label, after in pairwise([*runs, None]):
        if skip or label is None:
            skip = False
            continue
        skip = after is not None and _wraps(label, after, figures)
        joined.append(_wrapped(label, after) if skip and after is not None else label)
    return joined


def _wraps(label: Run, after: Run, figures: Mapping[int, Run]) -> bool:
    if label.order + 1 != after.order or abs(after.box[0] - label.box[0]) > 1.5 * label.size:
        return False
    if label.bold_end != after.bold or not _below(label, after):
        return False
    if is_figure(label.text) or is_figure(after.text):
        return False
    following = figures.get(after.order + 1)
    beside = [
        run
        for run in (following, figures.get(after.order))
        if run is not None and run.box[0] >= label.box[2]
    ]
    level = abs(beside[0].baseline - label.baseline) < 0.3 * label.size if beside else False
    return (level and beside[0] is following) or any(
        _is_between(label, run, after) for run in beside
    )


def _is_between(label: Run, figure: Run, after: Run) -> bool:
    """Whether a figure stands at the middle of a label of two lines."""
    least = 0.15 * label.size
    return after.baseline + least < figure.baseline < label.baseline - least


def _wrapped(label: Run, after: Run) -> Run:
    box = down_to(label.box, after.box)
    return label._replace(text=f"{label.text} {after.text}", box=box, bold_end=after.bold_end)
