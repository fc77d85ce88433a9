"""Cells of a table that stand on several lines: column headings side by side, labels that wrap."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from mehealth_rag.reading.marks import is_figure
from mehealth_rag.reading.runs import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WORDS = 4
"""A line of a column's heading has no more words."""
_HEIGHT = 5
"""Nor has the heading more lines."""
_REACH = 3.5
"""So many ems below the headings the first figures of their table stand."""

Stack = list[Run]


def heading_stacks(runs: Sequence[Run]) -> tuple[list[list[Stack]], list[Run]]:
    """Rows of stacked headings, and the runs that are in none; both in the file's order.

    Only what the file itself has stack by stack, from left to right, and right above figures, is
    taken: "January / 28, / 2023", "January / 29, / 2022" is a row of two cells.
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
    taken = {id(run) for row in kept for stack in row for run in stack}
    return kept, [run for run in runs if id(run) not in taken]


def _fits(run: Run) -> bool:
    return len(run.text) <= 30 and len(run.text.split()) <= _WORDS


def _below(above: Run, run: Run) -> bool:
    step = above.baseline - run.baseline
    overlap = min(above.box[2], run.box[2]) - max(above.box[0], run.box[0])
    return 0.7 * run.size < step < 1.5 * run.size and overlap > 0 and above.bold == run.bold


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
    if all(any(_has_letters(run) for run in stack) for stack in row):
        rows.append(row)


def _has_letters(run: Run) -> bool:
    return any(map(str.isalpha, run.text)) and not is_figure(run.text)


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
    skip = False
    for label, after in pairwise([*runs, None]):
        if skip or label is None:
            skip = False
            continue
        skip = after is not None and _wraps(label, after, figures)
        joined.append(_wrapped(label, after) if skip and after is not None else label)
    return joined


def _wraps(label: Run, after: Run, figures: Mapping[int, Run]) -> bool:
    if is_figure(label.text) or is_figure(after.text):
        return False
    if label.order + 1 != after.order or abs(after.box[0] - label.box[0]) > 1.5 * label.size:
        return False
    if not _below(label, after) or label.bold_end != after.bold:
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
    box = (
        min(label.box[0], after.box[0]),
        after.box[1],
        max(label.box[2], after.box[2]),
        label.box[3],
    )
    return label._replace(text=f"{label.text} {after.text}", box=box, bold_end=after.bold_end)
