"""Groups runs into lines, and lines into table rows by figures or short cells on one baseline."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise

from mehealth_rag.reading.aligned import Cell, in_columns
from mehealth_rag.reading.cells import (
    captioned_figures,
    ends_of_text,
    shared_labels,
    wrapped_cells,
    wrapped_labels,
)
from mehealth_rag.reading.columns import PROSE_WORDS, regions_of
from mehealth_rag.reading.labels import heading_stacks
from mehealth_rag.reading.marks import figures_apart, is_figure, is_lone_mark, is_mark
from mehealth_rag.reading.raised import is_raised_run, raised
from mehealth_rag.reading.runs import (
    RawPage,
    Region,
    Run,
    TextLine,
    in_groups,
    in_rows,
    union,
    without,
)

_TOUCHING = 0.15
"""Gap in ems below which two runs form one word."""
_NEAR = 1.0
"""Maximum gap in ems between two runs of a line on one baseline."""
_NEAR_APART = 0.5
"""The same if the file has other text between them: they are then usually in two columns, which may
be less than an em apart."""
_MARK_GAP = 20.0
"""Maximum gap in ems between a bullet and its text."""
_CELL_WORDS = 12
"""Maximum words of a cell in a row without figures."""


def arrange(page: RawPage) -> list[Region]:
    """Return the regions of a page in reading order; each run is in exactly one line."""
    upright = [run for run in page.runs if run.upright and run.text]
    turned = [run for run in page.runs if not run.upright and run.text]
    marks = _detached(upright)
    statements, runs = captioned_figures(without(upright, marks))
    ends = ends_of_text(runs)
    runs = wrapped_labels(shared_labels(wrapped_cells(without(runs, ends))))
    stacks, runs = heading_stacks(runs)
    lines = [*map(_statement, statements), *(_line([run]) for run in ends)]
    for row in in_rows(runs, _beside):
        lines += _cut(sorted(row, key=lambda run: run.box[0]))
    lines += map(_table_row, stacks)
    lines.sort(key=lambda line: line.order)
    regions = regions_of(lines)
    if any(line.cell for line in lines):
        regions = [tuple(map(_row, in_groups(region, _is_same_row))) for region in regions]
    regions = [_with_columns(region) for region in regions]
    if turned:
        regions.append(tuple(_line([run]) for run in turned))
    if marks:
        regions.append(tuple(_line([run])._replace(furniture=True) for run in marks))
    return regions


def _statement(runs: Sequence[Run]) -> TextLine:
    """Make a line of a large figure and its caption, which stands where the figure does."""
    figure = max(runs, key=lambda run: run.size)
    return _line(runs)._replace(baseline=figure.baseline, statement=True)


def _detached(runs: list[Run]) -> list[Run]:
    """Return small footnote marks that the file lists away from their words.

    They would separate words that are together in the file's own text.
    """
    sizes = sorted(run.size for run in runs)
    return [
        run
        for before, run, after in zip([None, *runs], runs, [*runs[1:], None], strict=False)
        if len(run.text) <= 6
        and run.size < 0.75 * sizes[len(sizes) // 2]
        and not any(map(str.isalpha, run.text))
        and (before is None or _is_far(before, run))
        and (after is None or _is_far(run, after))
    ]


def _is_far(before: Run, run: Run) -> bool:
    """Return whether a run is not beside the previous one in the file."""
    level = abs(before.baseline - run.baseline) < max(before.size, run.size)
    return run.box[0] < before.box[2] - run.size or not level


def _beside(first: Run, run: Run) -> bool:
    low = max(first.box[1], run.box[1])
    high = min(first.box[3], run.box[3])
    return high - low > 0.55 * min(first.size, run.size)


def _cut(row: list[Run]) -> list[TextLine]:
    """Turn a row of runs into one line, one table row, or several lines side by side."""
    groups = in_groups(row, _is_near)
    if len(groups) == 1:
        line = _line(row)
        return [line._replace(row=True) if "\t" in line.text else line]
    if _is_table_row(groups):
        return [_table_row(groups)]
    lines: list[TextLine] = []
    for cells in _same_order(groups):
        if len(cells) > 2:
            lines.append(_table_row(cells))
        else:
            lines += [_line(group)._replace(cell=len(cells) == 2) for group in cells]
    return lines


def _with_columns(region: Region) -> Region:
    """Align the table rows of a region, so that empty cells keep their columns."""
    lines: list[TextLine] = []
    for is_table, group in groupby(region, lambda line: bool(line.cells)):
        rows = list(group)
        if is_table:
            texts = map(figures_apart, in_columns([row.cells for row in rows]))
            rows = [row._replace(text=text) for row, text in zip(rows, texts, strict=True)]
        lines += rows
    return tuple(lines)


def _is_same_row(row: list[TextLine], line: TextLine) -> bool:
    """Return whether two cells of words form a row, as no columns separate them."""
    return line.cell and row[0].cell and line.order == row[0].order and len(row) == 1


def _is_near(group: list[Run], run: Run) -> bool:
    """Return whether a run is close to the group before it, or follows its bullet."""
    left = group[-1]
    gap = (run.box[0] - left.box[2]) / max(left.size, run.size, 1.0)
    mark = len(group) == 1 and is_mark(left.text)
    if mark and gap <= _MARK_GAP and not is_figure(run.text):
        return True
    reach = _NEAR if abs(left.order - run.order) <= 1 else _NEAR_APART
    return gap <= reach and (left.order != run.order or gap < 0)


def _is_table_row(groups: Sequence[Sequence[Run]]) -> bool:
    texts = [_text(group) for group in groups]
    figures = sum(map(is_figure, texts[1:]))
    words = sorted(len(text.split()) for text in texts)
    if figures:
        return figures * 2 >= len(texts) - 1 or words[-1] < 6
    orders = {run.order for group in groups for run in group}
    short = words[len(words) // 2] <= 4 and words[-1] <= _CELL_WORDS
    return len(orders) == 1 and len(texts) > 2 and short


def _same_order(groups: list[list[Run]]) -> list[list[list[Run]]]:
    """Join groups that the file has on one line, unless they are columns of prose.

    A row has at least one short cell; columns of prose have none. Up to two words after a long
    line, such as check boxes, are the end of that line and no cell.
    """
    together: list[list[list[Run]]] = [[groups[0]]]
    for group in groups[1:]:
        left = together[-1][-1]
        same = left[-1].order == group[0].order
        lengths = [len(_text(cell).split()) for cell in together[-1]]
        before, words = lengths[-1], len(_text(group).split())
        if same and before > 8 and words <= 2:
            together[-1][-1] = left + group
        elif same and min(*lengths, words) <= PROSE_WORDS:
            together[-1].append(group)
        else:
            together.append([group])
    return together


def _text(group: Sequence[Run]) -> str:
    text = group[0].text
    for left, run in pairwise(group):
        gap = run.box[0] - left.box[2]
        size = min(left.size, run.size)
        touching = -0.5 * size < gap < _TOUCHING * size and left.order != run.order
        words = raised(run.text) if is_raised_run(run, left) else run.text
        text += words if touching and not run.parted else " " + words
    return text


def _line(group: Sequence[Run]) -> TextLine:
    main = max(group, key=lambda run: len(run.text))
    line = TextLine(
        main.text, main.box, main.baseline, main.size, main.order, main.bold and main.bold_end,
        upright=main.upright, note=main.note, slant=main.slant, item=group[0].item,
    )  # fmt: skip
    if len(group) == 1:  # the common case
        return line
    return _spanning(line, [_line([run]) for run in group])._replace(text=_text(group))


def _spanning(main: TextLine, parts: Sequence[TextLine]) -> TextLine:
    """Return the main part of a line with the extent and style of all its parts."""
    heavy = [part for part in parts if not is_lone_mark(part.text)] or parts
    return main._replace(
        box=union(part.box for part in parts),
        order=min(part.order for part in parts),
        bold=all(part.bold for part in heavy),
        slant=all(part.slant for part in heavy),
        note=parts[0].note or parts[0].size < 0.85 * main.size,
    )


def _table_row(groups: Sequence[Sequence[Run]]) -> TextLine:
    return _row([*map(_line, groups)])


def _row(cells: Sequence[TextLine]) -> TextLine:
    """Join cells into a table row; a single cell is returned unchanged."""
    if len(cells) == 1:
        return cells[0]
    main = max(cells, key=lambda cell: len(cell.text))
    return _spanning(main, cells)._replace(
        text=figures_apart("\t".join(cell.text for cell in cells)),
        cells=tuple(Cell(cell.text, cell.box[0], cell.box[2]) for cell in cells),
        row=True,
        cell=False,
    )
