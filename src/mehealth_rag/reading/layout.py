"""Reading order: runs to lines, lines to rows of tables, columns and stretches of the whole width.

The file's own order is kept where it runs down the page; columns are told by a gutter that no line
of a stretch crosses, rows of a table by figures or short cells on one baseline.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from mehealth_rag.reading.cells import captioned_figures, shared_labels, wrapped_cells
from mehealth_rag.reading.marks import figures_apart, is_figure, is_lone_mark, is_number_of_title
from mehealth_rag.reading.raised import is_raised_run, raised
from mehealth_rag.reading.runs import RawPage, Region, Run, TextLine
from mehealth_rag.reading.stacks import heading_stacks, wrapped_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mehealth_rag.types import Box

_TOUCHING = 0.15
"""A gap in ems below which two runs are one word, above it two."""
_NEAR = 1.0
"""A gap in ems up to which two runs of one baseline are one line."""
_NEAR_APART = 0.5
"""The same where the file has other text between them: they are of two columns beside each other
far more often than parts of one line, and a column may stand less than an em from the next."""
_MARK_GAP = 20.0
"""A gap in ems up to which a bullet belongs to what follows it."""
_GUTTER = 3.0
"""So many points are free on either side of the line between two columns."""
_SECTION_GAP = 1.5
"""An empty band in ems under which columns may be over."""
_COLUMN_LINES = 3
"""So many lines of prose make a column."""
_PROSE_WORDS = 3
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
    lines += _lines(rest) + [_table_row(stack) for stack in stacks]
    lines.sort(key=lambda line: line.order)
    regions = _regions(lines)
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
        if _is_mark(run) and _is_far(before, run) and (after is None or _is_far(run, after))
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


def _is_mark(run: Run) -> bool:
    return len(run.text) <= 6 and not any(sign.isalpha() for sign in run.text)


def _is_far(before: Run | None, run: Run) -> bool:
    """Whether a run is not beside the one that the file has before it."""
    if before is None:
        return True
    return run.box[0] < before.box[2] - run.size or not _near_baseline(before, run)


def _near_baseline(one: Run, other: Run) -> bool:
    return abs(one.baseline - other.baseline) < max(one.size, other.size)


def _lines(runs: Sequence[Run]) -> list[TextLine]:
    lines: list[TextLine] = []
    for row in _baselines(runs):
        lines.extend(_cut(row))
    return lines


def _baselines(runs: Iterable[Run]) -> list[list[Run]]:
    """Group runs that stand beside each other, each row from left to right."""
    rows: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: -run.baseline):
        if rows and _beside(rows[-1][0], run):
            rows[-1].append(run)
        else:
            rows.append([run])
    for row in rows:
        if len(row) > 1:
            row.sort(key=lambda run: run.box[0])
    return rows


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
        elif same and min(before, words) <= _PROSE_WORDS:
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
        box=_union(run.box for run in group),
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


def _union(boxes: Iterable[Box]) -> Box:
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _regions(lines: list[TextLine]) -> list[Region]:
    """Stretches of the whole width and columns, in reading order."""
    gutter = _gutter(lines)
    if gutter is None:
        return [_downwards(lines)]
    regions: list[Region] = []
    whole: list[TextLine] = []
    for stretch, columns in _stretches(lines, gutter):
        if not columns:
            whole += stretch
            continue
        if whole:
            regions.append(_downwards(whole))
            whole = []
        left = [line for line in stretch if line.box[2] <= gutter]
        right = [line for line in stretch if line.box[2] > gutter]
        regions += _regions(left) + _regions(right)
    if whole:
        regions.append(_downwards(whole))
    return regions


def _downwards(lines: Sequence[TextLine]) -> Region:
    """Keep the file's order where it runs down the page, else go from top to bottom."""
    ordered = sorted(lines, key=lambda line: line.order)
    if not any(_jumps_up(above, below) for above, below in pairwise(ordered)):
        return tuple(ordered)
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: -line.baseline):
        if rows and rows[-1][0].baseline - line.baseline < 0.4 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return tuple(line for row in rows for line in sorted(row, key=lambda line: line.box[0]))


def _jumps_up(above: TextLine, below: TextLine) -> bool:
    """Whether the file goes back up the page without going over to the right."""
    return below.baseline > above.baseline + 0.5 * above.size and below.box[0] < above.box[2]


def _gutter(lines: Sequence[TextLine]) -> float | None:
    """Where the right one of two columns starts, None where there are none."""
    starts = _column_starts(lines)
    best, best_score = None, 0
    for start in starts:
        gutter = start - _GUTTER
        score = sum(len(part) for part, columns in _stretches(lines, gutter) if columns)
        if score > best_score:
            best, best_score = gutter, score
    return best


def _column_starts(lines: Sequence[TextLine]) -> list[float]:
    """Left edges that several lines of prose share, to the right of the page's own left edge."""
    prose = [line for line in lines if not line.row]
    left = min((line.box[0] for line in lines), default=0.0)
    width = max((line.box[2] for line in lines), default=0.0) - left
    counts: dict[int, list[float]] = {}
    for line in prose:
        if line.box[0] > left + 0.2 * width:
            counts.setdefault(round(line.box[0] / 3), []).append(line.box[0])
    return [min(edges) for edges in counts.values() if len(edges) >= _COLUMN_LINES]


def _stretches(lines: Sequence[TextLine], gutter: float) -> list[tuple[list[TextLine], bool]]:
    """Lines from top to bottom, cut where one crosses the gutter; true where there are columns."""
    stretches: list[tuple[list[TextLine], bool]] = []
    current: list[TextLine] = []

    def across(line: TextLine) -> bool:
        return line.box[0] < gutter < line.box[2] + _GUTTER

    for line in sorted(lines, key=lambda line: -line.box[3]):
        crosses = across(line)
        parted = bool(crosses and line.cells)
        if (crosses and not parted) or _opens_section(line, current):
            stretches += _closed(current, gutter)
            current = []
        if parted:
            current += line.cells
        elif crosses:
            stretches.append(([line], False))
        else:
            current.append(line)
    return stretches + _closed(current, gutter)


def _closed(lines: list[TextLine], gutter: float) -> list[tuple[list[TextLine], bool]]:
    """Close a stretch; what stands below its columns and is none becomes its own."""
    if not lines or not _are_columns(lines, gutter):
        return [(_wholes(lines), False)] if lines else []
    lowest, cut = lines[0].box[1], 0
    for index, line in enumerate(lines):
        if line.box[3] < lowest - _SECTION_GAP * line.size:
            cut = index
        lowest = min(lowest, line.box[1])
    upper, lower = lines[:cut], lines[cut:]
    if _are_columns(upper, gutter) and not _are_columns(lower, gutter):
        return [(upper, True), (_wholes(lower), False)]
    return [(lines, True)]


def _wholes(lines: Sequence[TextLine]) -> list[TextLine]:
    """Put rows that were parted for columns together again."""
    kept: dict[int, TextLine] = {}
    for line in lines:
        whole = line.whole or line
        kept[id(whole)] = whole
    return list(kept.values())


def _opens_section(line: TextLine, above: Sequence[TextLine]) -> bool:
    """Whether a large line stands alone below everything above it."""
    if not above:
        return False
    lowest = min(other.box[1] for other in above)
    usual = sorted(other.size for other in above)[len(above) // 2]
    return line.size > 1.2 * usual and line.box[3] < lowest - 0.8 * line.size


def _are_columns(lines: Sequence[TextLine], gutter: float) -> bool:
    own = [line for line in lines if line.whole is None]
    left = [line for line in own if line.box[2] <= gutter]
    right = [line for line in own if line.box[2] > gutter]
    if not (_is_column(left) and _is_column(right)):
        return False
    low = max(min(line.box[1] for line in left), min(line.box[1] for line in right))
    high = min(max(line.box[3] for line in left), max(line.box[3] for line in right))
    heights = [max(x.box[3] for x in side) - min(x.box[1] for x in side) for side in (left, right)]
    return high - low > 0.3 * min(heights)


def _is_column(lines: Sequence[TextLine]) -> bool:
    if len(lines) < _COLUMN_LINES:
        return False
    words = sorted(len(line.text.split()) for line in lines)
    if words[len(words) // 2] < _PROSE_WORDS:
        return False
    ordered = sorted(lines, key=lambda line: -line.baseline)
    tight = sum(a.baseline - b.baseline < 1.9 * a.size for a, b in pairwise(ordered))
    return tight * 2 >= len(ordered) - 1
