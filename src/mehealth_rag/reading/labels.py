"""Table rows that span several lines: labels above figures, headings over columns.

Headings that wrap side by side ("January / 28, / 2023" beside "January / 29, / 2022") are stacked
while the page still consists of runs; the rest is done with the blocks of its lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from mehealth_rag.reading.marks import ends_clause, is_figure
from mehealth_rag.reading.runs import (
    Run,
    Stack,
    TextLine,
    in_groups,
    in_rows,
    is_below,
    is_level,
    overlaps,
    union,
    without,
)
from mehealth_rag.types import BlockKind

_LABEL_SIZE = 0.8
"""Maximum size of a label above a large figure, relative to the figure."""
_HEAD_WORDS = 8
"""Maximum words of a column heading or label."""


@dataclass(slots=True)
class Group:
    """The lines of a block under construction; `right` is the right edge of its column."""

    kind: BlockKind
    lines: list[TextLine]
    right: float

    @property
    def last(self) -> TextLine:
        """The last line."""
        return self.lines[-1]

    @property
    def left(self) -> float:
        """The left edge of the block."""
        return min(line.box[0] for line in self.lines)


def with_whole_rows(groups: list[Group]) -> list[Group]:
    """Complete rows with labels from other lines, and turn column headings into rows."""
    return _with_column_heads(_side_by_side(_labelled_rows(groups)))


def _labelled_rows(groups: list[Group]) -> list[Group]:
    """Add to rows, and to large figures on their own, the label on the lines above."""
    made: list[Group] = []
    for group, below in zip(groups, [*groups[1:], None], strict=False):
        row = group
        if made and is_figure(row.last.text) and _is_its_label(made[-1].last, row.last, below):
            row = _as_row((made.pop(), row), row)
        if made and made[-1].kind is BlockKind.PARAGRAPH and row.kind is BlockKind.ROW:
            if _goes_on(made[-1], row):
                row = replace(row, lines=[*made.pop().lines, *row.lines])
            elif _is_lone_label(made[-1].last, row.last):
                row = _as_row((made.pop(), row), row)
        made.append(row)
    return made


def _is_its_label(label: TextLine, figure: TextLine, below: Group | None) -> bool:
    """Return whether the line above a figure is small, short, and nearer than the block below."""
    if label.size > _LABEL_SIZE * figure.size or len(label.text.split()) > _HEAD_WORDS:
        return False
    gap = label.box[1] - figure.box[3]
    nearer = below is None or gap < figure.box[1] - below.lines[0].box[3]
    return 0 < figure.size + gap < 1.8 * figure.size and nearer


def _goes_on(above: Group, row: Group) -> bool:
    """Return whether a row continues the sentence of the line above it."""
    line, last = row.lines[0], above.last
    near = 0 < last.baseline - line.baseline < 1.6 * line.size
    aligned = abs(line.box[0] - above.lines[0].box[0]) < 2.5 * line.size
    return near and aligned and line.text.lstrip("(“")[:1].islower() and not ends_clause(last.text)


def _is_lone_label(label: TextLine, figures: TextLine) -> bool:
    """Return whether a row has only figures and the line above is their label."""
    near = 0 < label.baseline - figures.baseline < 1.8 * figures.size
    return near and label.box[0] < figures.box[0] and all(map(is_figure, figures.text.split("\t")))


def _as_row(cells: Sequence[Group], main: Group) -> Group:
    """Join the last lines of blocks into a row that stands where `main` does."""
    text = "\t".join(cell.last.text for cell in cells)
    line = main.last._replace(text=text, box=union(cell.last.box for cell in cells), row=True)
    return Group(BlockKind.ROW, [line], main.right)


def _side_by_side(groups: list[Group]) -> list[Group]:
    """Join short lines side by side right above a row into one row of column headings."""
    joined: list[Group] = []
    for heads, after in pairwise([*in_groups(groups, _stands_beside), []]):
        right_above = len(heads) > 1 and after and _is_right_above(heads[0].last, after[0])
        joined += [_as_row(heads, heads[0])] if right_above else heads
    return joined


def _stands_beside(heads: list[Group], group: Group) -> bool:
    left, line = heads[-1].last, group.last
    beside = is_level(left, line) and line.box[0] > left.box[2]
    return beside and _may_head(heads[-1]) and _may_head(group)


def _may_head(group: Group) -> bool:
    short = len(group.lines) == 1 and len(group.last.text.split()) <= _HEAD_WORDS
    return short and group.kind in (BlockKind.PARAGRAPH, BlockKind.HEADING)


def _is_right_above(head: TextLine, row: Group) -> bool:
    line = row.lines[0]
    near = head.baseline > line.baseline and head.box[1] - line.box[3] < 1.2 * line.size
    return near and row.kind is BlockKind.ROW


def _with_column_heads(groups: list[Group]) -> list[Group]:
    """Turn lines above a table's columns, rather than above its labels, into rows."""
    made: list[Group] = []
    for group in reversed(groups):
        heads = bool(made) and _is_column_head(group, made[-1])
        made.append(replace(group, kind=BlockKind.ROW) if heads else group)
    return made[::-1]


def _is_column_head(group: Group, row: Group) -> bool:
    if row.kind is not BlockKind.ROW or not _may_head(group):
        return False
    line, below = group.last, row.lines[0]
    width = below.box[2] - below.box[0]
    beside = below.box[0] + 0.25 * width < line.box[0] < below.box[2]
    unlabelled = not any(map(str.isalpha, below.text.split("\t")[0]))
    over = below.box[0] + 2 * line.size < line.box[0] and line.box[2] < below.box[2] and unlabelled
    near = 0 < line.baseline - below.baseline < 2.2 * below.size
    return near and (beside or over)


_STACK_WORDS, _STACK_SIGNS = 4, 30
"""Maximum words and characters of a line of a column heading."""
_STACK_LINES = 5
"""Maximum lines of a column heading."""
_REACH = 3.5
"""Maximum distance in ems from the headings down to the first figures of their table."""
_FAR = 5.0
"""The same with up to two group labels ("Assets:", "Current assets:") between them."""
_LOOSE = 1.7
"""Maximum distance in ems between lines of a heading that are joined by position alone."""


def heading_stacks(runs: Sequence[Run]) -> tuple[list[list[Stack]], list[Run]]:
    """Return rows of stacked headings, and the remaining runs in file order.

    "January / 28, / 2023" beside "January / 29, / 2022" is a row of two stacks. Only runs right
    above figures qualify; the file may list them stack by stack or line by line.
    """
    written = [row for row in _written_rows(runs) if _above_figures(row, runs)]
    remaining = _without(runs, written)
    placed = _placed_rows(remaining)
    return written + placed, _without(remaining, placed)


def _without(runs: Sequence[Run], rows: Iterable[list[Stack]]) -> list[Run]:
    return without(runs, (run for row in rows for stack in row for run in stack))


def _fits(run: Run) -> bool:
    return len(run.text) <= _STACK_SIGNS and len(run.text.split()) <= _STACK_WORDS


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
    return [row for row in rows if _are_heads(row) and all(map(_has_words, row))]


def _right_of(row: Sequence[Stack], run: Run) -> bool:
    if any(run.box[0] <= part.box[2] for part in row[-1]):
        return False
    top = max(stack[0].box[3] for stack in row) + 2.5 * run.size
    low = min(stack[-1].box[1] for stack in row) - 0.2 * run.size
    return low < run.box[1] and run.box[3] < top


def _are_heads(row: Sequence[Stack]) -> bool:
    return len(row) > 1 and 1 < max(map(len, row)) <= _STACK_LINES


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
    return [_beside_labels(row, words) for row in heads if _are_heads(row) and _is_whole(row, runs)]


def _is_year(run: Run) -> bool:
    return len(run.text) == 4 and run.text.isdigit() and run.text[:2] in ("19", "20")


def _first_rows(figures: Sequence[Run]) -> list[list[Run]]:
    """Return rows of two or more figures with no other row of figures close above."""
    rows = in_rows(figures, is_level)
    return [
        row
        for above, row in zip([None, *rows], rows, strict=False)
        if len(row) > 1
        and (not above or above[0].baseline - row[0].baseline > _REACH * row[0].size)
    ]


def _stacks_over(figures: Sequence[Run], words: Sequence[Run]) -> list[Stack]:
    """Return the stacks of words above a row of figures, left to right.

    `words` are ordered from the bottom of the page to the top.
    """
    size, base = figures[0].size, figures[0].baseline
    left = min(run.box[0] for run in figures) - size
    columns: list[Stack] = []
    for run in words:
        if run.baseline <= base + 0.7 * size or _middle(run) < left:
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


def _middle(run: Run) -> float:
    return (run.box[0] + run.box[2]) / 2


def _is_over(below: Run, run: Run) -> bool:
    """Return whether the middle of one run is within the width of the other."""
    over = below.box[0] <= _middle(run) <= below.box[2]
    return over or run.box[0] <= _middle(below) <= run.box[2]


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
