"""Runs to lines, and lines to rows of tables: by figures or short cells on one baseline."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mehealth_rag.reading.cells import (
    captioned_figures,
    shared_labels,
    wrapped_cells,
    wrapped_labels,
)
from mehealth_rag.reading.columns import PROSE_WORDS, regions_of
from mehealth_rag.reading.marks import figures_apart, is_figure, is_lone_mark, is_number_of_title
from mehealth_rag.reading.raised import is_raised_run, raised
from mehealth_rag.reading.runs import RawPage, Region, Run, TextLine, in_rows, union
from mehealth_rag.reading.stacks import heading_stacks

_TOUCHING = 0.15
"""A gap in ems below which two runs are one word, above it two."""
_NEAR = 1.0
"""A gap in ems up to which two runs of one baseline are one line."""
_NEAR_APART = 0.5
"""The same where the file has other text between them: they are of two columns beside each other
far more often than parts of one line, and a column may stand less than an em from the next."""
_MARK_GAP = 20.0
"""A gap in ems up to which a bullet belongs to what follows it."""
_CELL_WORDS = 12
"""A row without figures has no longer cell."""


def arrange(page: RawPage) -> list[Region]:
    """Give the regions of a page in reading order; every run is in one line of one region."""
    upright = [run for run in page.runs if run.upright and run.text]
    turned = [run for run in page.runs if not run.upright and run.text]
    upright, marks = _detached(upright)
    statements, rest = captioned_figures(upright)
    stacks, rest = heading_stacks(wrapped_labels(shared_labels(wrapped_cells(rest))))
    lines = [_line(runs, row=False)._replace(statement=True) for runs in statements]
    for row in in_rows(rest, _beside):
        lines += _cut(sorted(row, key=lambda run: run.box[0]))
    lines += [_table_row(stack) for stack in stacks]
    lines.sort(key=lambda line: line.order)
    regions = regions_of(lines)
    if turned:
        regions.append(tuple(_line((run,), row=False) for run in turned))
    if marks:
        regions.append(tuple(_line((run,), row=False)._replace(furniture=True) for run in marks))
    return regions


def _detached(runs: list[Run]) -> tuple[list[Run], list[Run]]:
    """Part runs from the small signs of footnotes that the file has far from their words.

    They would part words from each other that the file's own text has together.
    """
    marks = [
        run
        for before, run, after in zip([None, *runs], runs, [*runs[1:], None], strict=False)
        if len(run.text) <= 6
        and not any(map(str.isalpha, run.text))
        and _is_far(before, run)
        and (after is None or _is_far(run, after))
    ]
    if not marks:
        return runs, []
    sizes = sorted(run.size for run in runs)
    small = 0.75 * sizes[len(sizes) // 2]
    taken = {id(run) for run in marks if run.size < small}
    return (
        [run for run in runs if id(run) not in taken],
        [run for run in marks if id(run) in taken],
    )


def _is_far(before: Run | None, run: Run) -> bool:
    """Whether a run is not beside the one that the file has before it."""
    if before is None:
        return True
    level = abs(before.baseline - run.baseline) < max(before.size, run.size)
    return run.box[0] < before.box[2] - run.size or not level


def _beside(first: Run, run: Run) -> bool:
    low = max(first.box[1], run.box[1])
    high = min(first.box[3], run.box[3])
    return high - low > 0.55 * min(first.size, run.size)


def _cut(row: list[Run]) -> list[TextLine]:
    """Make a row of runs one line, one row of a table, or several lines side by side."""
    groups = _neighbours(row)
    if len(groups) == 1:
        return [_line(groups[0], row=any("\t" in run.text for run in groups[0]))]
    if _is_table_row(groups):
        return [_table_row(groups)]
    return [
        _parted_row(same) if len(same) > 1 else _line(same[0], row=False)
        for same in _same_order(groups)
    ]


def _neighbours(row: list[Run]) -> list[tuple[Run, ...]]:
    """Group runs of a row that touch, and bullets with what follows them."""
    groups: list[list[Run]] = [[row[0]]]
    for left, run in pairwise(row):
        gap = (run.box[0] - left.box[2]) / max(left.size, run.size, 1.0)
        mark = is_lone_mark(left.text) or is_number_of_title(left.text)
        marked = mark and gap <= _MARK_GAP and not is_figure(run.text)
        if marked and len(groups[-1]) == 1:
            near = True
        else:
            reach = _NEAR if abs(left.order - run.order) <= 1 else _NEAR_APART
            near = gap <= reach and (left.order != run.order or gap < 0)
        if near:
            groups[-1].append(run)
        else:
            groups.append([run])
    return [tuple(group) for group in groups]


def _is_table_row(groups: Sequence[Sequence[Run]]) -> bool:
    texts = [_text(group) for group in groups]
    figures = sum(map(is_figure, texts[1:]))
    words = sorted(len(text.split()) for text in texts)
    if figures:
        return figures * 2 >= len(texts) - 1 or words[-1] < 6
    orders = {run.order for group in groups for run in group}
    short = words[len(words) // 2] <= 4 and words[-1] <= _CELL_WORDS
    return len(orders) == 1 and len(texts) > 2 and short


def _same_order(groups: list[tuple[Run, ...]]) -> list[list[tuple[Run, ...]]]:
    """Join groups that the file itself has on one line unless they are columns of prose.

    What trails a long line, as check boxes do, is no cell but the line's own end.
    """
    together: list[list[tuple[Run, ...]]] = [[groups[0]]]
    for group in groups[1:]:
        left = together[-1][-1]
        same = left[-1].order == group[0].order
        before, words = len(_text(left).split()), len(_text(group).split())
        if same and before > 8 and words <= 2:
            together[-1][-1] = (*left, *group)
        elif same and min(before, words) <= PROSE_WORDS:
            together[-1].append(group)
        else:
            together.append([group])
    return together


def _text(group: Sequence[Run]) -> str:
    if len(group) == 1:
        return group[0].text
    text = group[0].text
    for left, run in pairwise(group):
        gap = run.box[0] - left.box[2]
        size = min(left.size, run.size)
        touching = -0.5 * size < gap < _TOUCHING * size and left.order != run.order
        words = raised(run.text) if is_raised_run(run, left) else run.text
        text += words if touching and not run.parted else " " + words
    return text


def _line(group: Sequence[Run], *, row: bool, text: str | None = None) -> TextLine:
    if len(group) == 1:
        return _line_of(group[0], row=row, text=text)
    main = max(group, key=lambda run: len(run.text))
    heavy = [run for run in group if not is_lone_mark(run.text)] or group
    return TextLine(
        text=_text(group) if text is None else text,
        box=union(run.box for run in group),
        baseline=main.baseline,
        size=main.size,
        order=min(run.order for run in group),
        bold=all(run.bold and run.bold_end for run in heavy),
        slant=all(run.slant for run in heavy),
        row=row,
        upright=main.upright,
        note=group[0].note or group[0].size < 0.85 * main.size,
    )


def _line_of(run: Run, *, row: bool, text: str | None) -> TextLine:
    return TextLine(
        text=run.text if text is None else text,
        box=run.box,
        baseline=run.baseline,
        size=run.size,
        order=run.order,
        bold=run.bold and run.bold_end,
        slant=run.slant,
        row=row,
        upright=run.upright,
        note=run.note,
    )


def _table_row(groups: Sequence[Sequence[Run]]) -> TextLine:
    runs = [run for group in groups for run in group]
    return _line(runs, row=True, text=figures_apart("\t".join(map(_text, groups))))


def _parted_row(groups: Sequence[Sequence[Run]]) -> TextLine:
    """Make a row of words that can still be parted, should it lie over two columns."""
    row = _table_row(groups)
    if len(groups) != 2:
        return row
    cells = (_line(group, row=False) for group in groups)
    return row._replace(cells=tuple(cell._replace(whole=row) for cell in cells))
