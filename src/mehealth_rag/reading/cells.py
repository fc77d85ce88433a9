"""Runs that belong together across lines: cells of a table, large figures with their captions.

Told by place alone. A cell that wraps stands beside one row's label, at its height or around it; a
label of several rows stands at the middle of them. Both are believed only where a whole table of
such rows agrees, since running text in columns looks alike a line at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from mehealth_rag.reading.marks import is_figure, is_lone_mark, is_number_of_title
from mehealth_rag.reading.runs import Run, down_to, in_rows

_EDGE = 2.0
"""Points by which the left edges of a column's cells may differ."""
_ROWS = 3
"""So many rows of the same two columns make a table."""
_LINES, _WORDS = 8, 60
"""A cell has no more lines and words."""
_LABEL_WORDS = 6
_SHARING_ROWS = 4
"""So many rows show that labels stand at the middle of their own: two labels of two rows."""

Stack = list[Run]


def wrapped_cells(runs: Sequence[Run]) -> list[Run]:
    """Make one run of each cell of words that stands on several lines beside its row's label."""
    if not runs:
        return []
    edge = min(run.box[2] for run in runs)
    stacks = (stack for stack in _stacks(runs) if stack[0].box[0] > edge)
    found = [(label, stack) for stack in stacks if (label := _label(stack, runs))]
    taken: dict[int, Run | None] = {}
    for label, stack in found:
        if _rows_like(label, stack[0], runs, found) >= _ROWS:
            taken |= dict.fromkeys(map(id, stack))
            taken[id(stack[0])] = _whole(label, stack)
    return [kept for run in runs if (kept := taken.get(id(run), run)) is not None]


def _stacks(runs: Sequence[Run]) -> Iterable[Stack]:
    """Lines that stand right under one another, from the same left edge, as the file has them."""
    stack: Stack = []
    for run in runs:
        if stack and not _under(stack[-1], run):
            if _is_cell(stack):
                yield stack
            stack = []
        stack.append(run)
    if _is_cell(stack):
        yield stack


def _under(above: Run, run: Run) -> bool:
    step = above.baseline - run.baseline
    level = abs(above.box[0] - run.box[0]) < _EDGE
    return level and 0 < step < 1.4 * run.size and above.bold_end == run.bold


def _is_cell(stack: Stack) -> bool:
    if not 1 < len(stack) <= _LINES or any(is_figure(run.text) for run in stack):
        return False
    return sum(len(run.text.split()) for run in stack) <= _WORDS


def _label(stack: Stack, runs: Sequence[Run]) -> Run | None:
    """What stands left of a cell, where that is one row, at the cell's first line or its middle."""
    first, last = stack[0], stack[-1]
    beside = [
        run
        for run in runs
        if run.box[2] < first.box[0] - first.size
        and last.baseline - 0.5 * run.size < run.baseline < first.baseline + 0.5 * run.size
    ]
    if not beside:
        return None
    label = min(beside, key=lambda run: run.box[0])
    middle = (first.baseline + last.baseline) / 2
    height = 0.3 * label.size
    placed = any(abs(label.baseline - at) < height for at in (first.baseline, middle))
    if not placed or any(abs(run.baseline - label.baseline) > height for run in beside):
        return None
    return label if _may_label(label) else None


def _may_label(run: Run) -> bool:
    mark = is_lone_mark(run.text) or is_number_of_title(run.text)
    return not mark and len(run.text.split()) <= _LABEL_WORDS


def _rows_like(
    label: Run, cell: Run, runs: Sequence[Run], found: Sequence[tuple[Run, Stack]]
) -> int:
    """How many rows have a label and a cell at the same two edges."""
    wrapped = {
        id(other)
        for other, stack in found
        if _at(other, label) and _at(stack[0], cell)
    }  # fmt: skip
    cells = [run for run in runs if _at(run, cell)]
    plain = {
        id(run)
        for run in runs
        if _at(run, label)
        and any(abs(run.baseline - other.baseline) < 0.3 * run.size for other in cells)
    }
    return len(wrapped | plain)


def _at(run: Run, other: Run) -> bool:
    return abs(run.box[0] - other.box[0]) < _EDGE


def _whole(label: Run, stack: Stack) -> Run:
    first, last = stack[0], stack[-1]
    left, bottom, right, top = down_to(first.box, last.box)
    right = max(right, *(run.box[2] for run in stack))
    return first._replace(
        text=" ".join(run.text for run in stack),
        box=(left, bottom, right, top),
        baseline=label.baseline,
        order=label.order,
        bold_end=last.bold_end,
    )


def shared_labels(runs: Sequence[Run]) -> list[Run]:
    """Give each row of a table the label that stands at the middle of several of them."""
    rows = _rows_without_label(runs)
    if len(rows) < _SHARING_ROWS:
        return list(runs)
    edge = min(run.box[0] for row in rows for run in row)
    low, high = rows[-1][0].baseline, rows[0][0].baseline
    beside = [run for run in runs if run.box[2] < edge and low <= run.baseline <= high + run.size]
    column = sorted(beside, key=lambda run: -run.baseline)
    groups = _centred(column, rows) if all(map(_may_label, column)) else []
    if not groups:
        return list(runs)
    given = [
        label._replace(
            box=(label.box[0], cell.box[1], label.box[2], cell.box[3]),
            baseline=cell.baseline,
            order=cell.order,
        )
        for label, group in zip(column, groups, strict=True)
        for cell, *_ in group
    ]
    taken = set(map(id, column))
    kept = [run for run in runs if id(run) not in taken]
    return sorted([*kept, *given], key=lambda run: (run.order, run.box[0]))


def _rows_without_label(runs: Sequence[Run]) -> list[list[Run]]:
    """Rows of two cells or more, downwards, from the edge on at which most rows start."""
    lines: dict[int, list[Run]] = {}
    for run in runs:
        lines.setdefault(run.order, []).append(run)
    rows = [line for line in lines.values() if len(line) > 1]
    edges = Counter(round(row[0].box[0]) for row in rows)
    if len(rows) < _SHARING_ROWS:
        return []
    edge = edges.most_common(1)[0][0] - _EDGE
    cells = ([run for run in row if run.box[0] >= edge] for row in rows)
    several = [row for row in cells if len(row) > 1 and row[0].box[0] < edge + 2 * _EDGE]
    return sorted(several, key=lambda row: -row[0].baseline)


def _centred(column: Stack, rows: list[list[Run]]) -> list[list[list[Run]]]:
    """The rows of each label, where every label stands at the middle of its own; else none."""
    groups: list[list[list[Run]]] = []
    at, middle = 0, 0.0
    for label in column:
        size, start = label.size, at
        while at < len(rows):
            at += 1
            middle = (rows[start][0].baseline + rows[at - 1][0].baseline) / 2
            if middle < label.baseline + 0.3 * size:
                break
        group = rows[start:at]
        if not group or abs(middle - label.baseline) > 0.3 * size:
            return []
        groups.append(group)
    several = sum(len(group) > 1 for group in groups)
    return groups if at == len(rows) and several > 1 else []


_SMALLER = 0.8
"""A caption has at most this share of its figure's size."""
_SIGNS = 14
"""A large figure has no more characters, what stands right behind it included: "£3.2 million"."""
_LEADING = 1.6
"""Lines of a caption are no further apart, in ems."""

Statement = list[Run]
"""A figure's runs and its caption's, in the order that they are read."""


def captioned_figures(runs: Sequence[Run]) -> tuple[list[Statement], list[Run]]:
    """Statements of figures side by side that all have a caption, and the runs of no statement."""
    statements: list[Statement] = []
    taken: set[int] = set()
    for row in _rows(runs):
        found = _nearest(row, runs)
        own = {id(run) for statement in found for run in statement}
        if own.isdisjoint(taken):
            statements += found
            taken |= own
    return statements, [run for run in runs if id(run) not in taken]


def _rows(runs: Sequence[Run]) -> list[list[Statement]]:
    """Two figures or more on one baseline, from left to right, each with what stands behind it."""
    sizes = sorted(run.size for run in runs)
    least = sizes[len(sizes) // 2] / _SMALLER if sizes else 0.0
    large = (run for run in runs if run.size >= least and len(run.text) <= _SIGNS)
    figures = [run for run in large if any(map(str.isdigit, run.text))]
    rows = (row for row in in_rows(figures, _is_level) if len(row) > 1)
    placed = (sorted(row, key=lambda run: run.box[0]) for row in rows)
    return [[[run, *_behind(run, runs)] for run in row] for row in placed]


def _behind(figure: Run, runs: Sequence[Run]) -> list[Run]:
    """A unit or the like, set apart by its size or font: "million", "%"."""
    right, reach = figure.box[2], 0.5 * figure.size
    return [run for run in runs if _is_level(figure, run) and 0 <= run.box[0] - right < reach]


def _is_level(one: Run, other: Run) -> bool:
    return abs(one.baseline - other.baseline) < 0.3 * min(one.size, other.size)


def _nearest(row: list[Statement], runs: Sequence[Run]) -> list[Statement]:
    """The statements of a row, with the captions below it or else those above it."""
    if below := _captions(row, runs, below=True):
        return [figure + caption for figure, caption in zip(row, below, strict=True)]
    above = _captions(row, runs, below=False)
    return [caption[::-1] + figure for figure, caption in zip(row, above, strict=False)]


def _captions(row: list[Statement], runs: Sequence[Run], *, below: bool) -> list[list[Run]]:
    """The caption of each figure, line by line away from it; none where a figure has none."""
    captions = [_caption(figure[0], runs, below=below) for figure in row]
    return captions if all(captions) else []


def _caption(figure: Run, runs: Sequence[Run], *, below: bool) -> list[Run]:
    side = [
        run
        for run in runs
        if (run.baseline < figure.baseline) is below
        and not _is_level(figure, run)
        and min(run.box[2], figure.box[2]) > max(run.box[0], figure.box[0])
    ]
    side.sort(key=lambda run: abs(run.baseline - figure.baseline))
    caption: list[Run] = []
    for run in side:
        if not _goes_on(figure, caption, run):
            break
        caption.append(run)
    return caption


def _goes_on(figure: Run, caption: Sequence[Run], run: Run) -> bool:
    """Whether a run is a caption's next line, away from its figure."""
    if caption:
        last = caption[-1]
        same = abs(run.size - last.size) < 0.08 * last.size
        return same and abs(run.baseline - last.baseline) < _LEADING * run.size
    gap = max(figure.box[1] - run.box[3], run.box[1] - figure.box[3])
    return gap < 0.4 * figure.size and run.size <= _SMALLER * figure.size
