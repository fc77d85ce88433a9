"""Joins runs across lines: wrapped table cells, and large figures with their captions.

Only position is used. A wrapped cell is beside its row's label, level with it or centred on it; a
label of several rows is centred on them. Both need a whole table of such rows as evidence, because
running text in columns looks the same line by line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise, repeat

from mehealth_rag.reading.marks import is_figure, is_mark
from mehealth_rag.reading.runs import (
    Run,
    Stack,
    in_groups,
    in_rows,
    is_below,
    is_level,
    overlaps,
    union,
    without,
)

_EDGE = 2.0
"""Tolerance in points between the left edges of a column's cells."""
_ROWS = 3
"""Minimum rows with the same two columns for a table."""
_LINES, _WORDS, _LABEL_WORDS = 8, 60, 6
"""Maximum lines and words of a wrapped cell, and words of its label."""
_PROSE_SIGNS = 30
"""Minimum characters of the two lines above a figure that ends a text; headings have fewer."""
_SHARING_ROWS = 4
"""Minimum rows for labels centred on several rows: two labels with two rows each."""


def wrapped_cells(runs: Sequence[Run]) -> list[Run]:
    """Merge each cell of words that wraps beside its row's label into one run."""
    edge = min((run.box[2] for run in runs), default=0.0)
    stacks = [stack for stack in in_groups(runs, _goes_on) if _is_cell(stack, edge)]
    inside = {id(run) for stack in stacks for run in stack}
    labelled = [(label, stack) for stack in stacks if (label := _label(stack, runs, inside))]
    replaced: dict[int, Run | None] = {}
    for label, stack in labelled:
        if _rows_like(label, stack[0], runs, labelled) >= _ROWS:
            replaced |= dict.fromkeys(map(id, stack))
            replaced[id(stack[0])] = _joined(stack)._replace(
                baseline=label.baseline, order=label.order
            )
    cells = (replaced.get(id(run), run) for run in runs)
    return [run for run in cells if run is not None]


def _goes_on(stack: Stack, run: Run) -> bool:
    """Return whether a line is right below a stack of lines, at the same left edge."""
    above = stack[-1]
    near = 0 < above.baseline - run.baseline < 1.4 * run.size
    return near and _share_left(above, run) and above.bold_end == run.bold


def _share_left(run: Run, other: Run) -> bool:
    """Return whether two runs have the same left edge."""
    return abs(run.box[0] - other.box[0]) < _EDGE


def _is_cell(stack: Stack, edge: float) -> bool:
    return (
        1 < len(stack) <= _LINES
        and stack[0].box[0] > edge
        and not any(is_figure(run.text) for run in stack)
        and sum(len(run.text.split()) for run in stack) <= _WORDS
    )


def _label(stack: Stack, runs: Sequence[Run], inside: set[int]) -> Run | None:
    """Return the label of a wrapped cell, or None.

    It is the leftmost run beside the cell, level with its first line or its middle. Apart from its
    own row and the runs `inside` cells, nothing else may be there.
    """
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
    placed = any(abs(label.baseline - y) < 0.3 * label.size for y in (first.baseline, middle))
    alone = all(is_level(run, label) or id(run) in inside for run in beside)
    return label if placed and alone and _may_label(label) else None


def _may_label(run: Run) -> bool:
    return not is_mark(run.text) and len(run.text.split()) <= _LABEL_WORDS


def _rows_like(
    label: Run, cell: Run, runs: Sequence[Run], labelled: Sequence[tuple[Run, Stack]]
) -> int:
    """Count the rows with a label and a cell at the same two left edges."""
    cells = [run for run in runs if _share_left(run, cell)]
    labels = (run for run in runs if _share_left(run, label))
    rows = {id(run) for run in labels if any(is_level(run, other) for other in cells)}
    rows |= {
        id(run)
        for run, stack in labelled
        if _share_left(run, label) and _share_left(stack[0], cell)
    }
    return len(rows)


def _joined(stack: Stack) -> Run:
    """Join the lines of a cell into one run with the first line's baseline and order."""
    text = " ".join(run.text for run in stack)
    box = union(run.box for run in stack)
    return stack[0]._replace(text=text, box=box, bold_end=stack[-1].bold_end)


def ends_of_text(runs: Sequence[Run]) -> list[Run]:
    """Return the figures that are the last line of a text, such as a telephone number.

    Beside a line of another column they would look like the cell of a row. In the file, they come
    after two lines of their own text, in a table on the line of a cell or after a shorter one.
    """
    behind = [*runs[3:], None]
    stacks = zip(runs, runs[1:], runs[2:], behind, strict=False)
    return [run for *above, run, after in stacks if _ends_text(above, run, after)]


def _ends_text(above: Stack, run: Run, after: Run | None) -> bool:
    stack = [*above, run]
    return (
        is_figure(run.text)
        and not any(is_figure(line.text) for line in above)
        and sum(len(line.text) for line in above) >= _PROSE_SIGNS
        and above[-1].bold_end == run.bold
        and all(_share_left(line, run) for line in above)
        and all(is_below(line._replace(bold=below.bold), below) for line, below in pairwise(stack))
        and not (
            after
            and (after.order == run.order or (is_figure(after.text) and _share_left(run, after)))
        )
    )


def wrapped_labels(runs: Sequence[Run]) -> list[Run]:
    """Merge each row label that wraps over two lines; runs keep the file's order.

    The row's figures are either level with the label's first line and come after its second in the
    file, or centred on the two lines and on the second line in the file's text.
    """
    figures = {run.order: run for run in reversed(runs) if is_figure(run.text)}

    def goes_on(label: Stack, run: Run) -> bool:
        return len(label) == 1 and _wraps(label[0], run, figures)

    if not figures:
        return list(runs)
    labels = in_groups(runs, goes_on)
    return [_joined(label) if len(label) > 1 else label[0] for label in labels]


def _wraps(label: Run, after: Run, figures: Mapping[int, Run]) -> bool:
    if label.order + 1 != after.order or abs(after.box[0] - label.box[0]) > 1.5 * label.size:
        return False
    if label.bold_end != after.bold or not is_below(label, after):
        return False
    if is_figure(label.text) or is_figure(after.text):
        return False
    following, same = figures.get(after.order + 1), figures.get(after.order)
    beside = [run for run in (following, same) if run is not None and run.box[0] >= label.box[2]]
    if beside and beside[0] is following and is_level(following, label):
        return True
    margin = 0.15 * label.size
    return any(after.baseline + margin < f.baseline < label.baseline - margin for f in beside)


def shared_labels(runs: Sequence[Run]) -> list[Run]:
    """Copy each label that is centred on several rows to every one of them."""
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
    labels: list[Run] = []
    for label, group in zip(column, groups, strict=True):
        for cell, *_ in group:
            box = (label.box[0], cell.box[1], label.box[2], cell.box[3])
            labels.append(label._replace(box=box, baseline=cell.baseline, order=cell.order))
    return sorted([*without(runs, column), *labels], key=lambda run: (run.order, run.box[0]))


def _rows_without_label(runs: Sequence[Run]) -> list[list[Run]]:
    """Return rows of two or more cells, top to bottom, from the left edge that most rows share."""
    lines = in_groups(runs, lambda line, run: line[0].order == run.order)
    rows = [line for line in lines if len(line) > 1]
    if len(rows) < _SHARING_ROWS:
        return []
    edge = Counter(round(row[0].box[0]) for row in rows).most_common(1)[0][0] - _EDGE
    cells = ([run for run in row if run.box[0] >= edge] for row in rows)
    several = [row for row in cells if len(row) > 1 and row[0].box[0] < edge + 2 * _EDGE]
    return sorted(several, key=lambda row: -row[0].baseline)


def _centred(column: Stack, rows: list[list[Run]]) -> list[list[list[Run]]]:
    """Group the rows by label; empty unless every label is centred on its group."""
    groups: list[list[list[Run]]] = []
    start = 0
    for label in column:
        for end in range(start + 1, len(rows) + 1):
            middle = (rows[start][0].baseline + rows[end - 1][0].baseline) / 2
            if abs(middle - label.baseline) <= 0.3 * label.size:
                groups.append(rows[start:end])
                start = end
                break
        else:
            return []
    several = sum(len(group) > 1 for group in groups)
    return groups if start == len(rows) and several > 1 else []


_SMALLER = 0.8
"""Maximum size of a caption, relative to its figure."""
_SIGNS = 14
"""Maximum characters of a large figure, including a unit in the same run ("£3.2 million")."""
_LEADING = 1.6
"""Maximum distance between the lines of a caption, in ems."""
_NEAR, _APART = 0.4, 2.0
"""Maximum distance from a figure to its caption, in its ems; the second if a shape is around it."""
_PLACES = ((True, _NEAR), (False, _NEAR), (True, _APART))
"""Where captions may be, in the order of search: whether below their figures, and how far."""
_CAPTION_WORDS = 12
"""Maximum words of a caption that is less certain: one apart, or of figures in a column."""


def captioned_figures(runs: Sequence[Run]) -> tuple[list[Stack], list[Run]]:
    """Return the statements in lines of figures that all have captions, and the remaining runs.

    A statement is the runs of a figure and its caption, in reading order.
    """
    statements: list[Stack] = []
    taken: dict[int, Run] = {}
    large = _large_figures(runs)
    for figures in (*_side_by_side(large), *_stacked(large)):
        captioned = _with_captions([[figure, *_behind(figure, runs)] for figure in figures], runs)
        used = {id(run): run for statement in captioned for run in statement}
        if taken.keys().isdisjoint(used):
            statements += captioned
            taken |= used
    return statements, without(runs, taken.values())


def _large_figures(runs: Sequence[Run]) -> list[Run]:
    """Return the figures that are larger than the page's text."""
    # Weighted by characters, because on a poster few runs are body text.
    sizes = sorted(chain.from_iterable(repeat(run.size, len(run.text)) for run in runs))
    minimum = sizes[len(sizes) // 2] / _SMALLER if sizes else 0.0
    large = (run for run in runs if run.size >= minimum and len(run.text) <= _SIGNS)
    return [run for run in large if any(map(str.isdigit, run.text))]


def _side_by_side(figures: Sequence[Run]) -> Iterator[list[Run]]:
    """Yield rows of two or more figures, left to right."""
    for row in in_rows(figures, is_level):
        if len(row) > 1:
            yield sorted(row, key=lambda run: run.box[0])


def _stacked(figures: Sequence[Run]) -> Iterator[list[Run]]:
    """Yield columns of two or more figures of one size, top to bottom, as in a side bar.

    Words with a number, such as "Article 5", are headings of text and no figures.
    """
    plain = sorted((run for run in figures if _measures(run.text)), key=lambda run: run.box[0])
    for column in in_groups(plain, lambda column, run: _share_left(column[0], run)):
        if len(column) > 1 and len({run.size for run in column}) == 1:
            yield sorted(column, key=lambda run: -run.baseline)


def _measures(text: str) -> bool:
    """Return whether a text is a figure, perhaps with a unit ("5 years"), and no title."""
    figure, _, unit = text.partition(" ")
    return is_figure(text) or (is_figure(figure) and unit[:1].islower())


def _behind(figure: Run, runs: Sequence[Run]) -> list[Run]:
    """Return the unit right after a figure, which another size or font makes a separate run."""
    right, reach = figure.box[2], 0.5 * figure.size
    return [run for run in runs if is_level(figure, run) and 0 <= run.box[0] - right < reach]


def _with_captions(figures: list[Stack], runs: Sequence[Run]) -> list[Stack]:
    """Add the captions below the figures, or above, or apart; empty if a figure has none."""
    side_by_side = is_level(figures[0][0], figures[1][0])
    for below, reach in _PLACES if side_by_side else _PLACES[:1]:
        captions = [_caption(figure[0], runs, below=below, reach=reach) for figure in figures]
        apart = reach == _APART
        if (
            all(captions)
            and ((side_by_side and not apart) or all(map(_is_short, captions)))
            and (not apart or all(map(_is_under, figures, captions)))
        ):
            pairs = zip(figures, captions, strict=True)
            return [figure + lines if below else lines[::-1] + figure for figure, lines in pairs]
    return []


def _is_short(caption: Sequence[Run]) -> bool:
    words = " ".join(run.text for run in caption)
    return len(words.split()) <= _CAPTION_WORDS and any(map(str.isalpha, words))


def _is_under(figure: Stack, caption: Sequence[Run]) -> bool:
    """Return whether a caption is centred under its figure or begins under it."""
    left, _, right, _ = union(run.box for run in figure)
    start, _, end, _ = union(run.box for run in caption)
    return abs(left - start) < _EDGE or abs((left + right) - (start + end)) < figure[0].size


def _caption(figure: Run, runs: Sequence[Run], *, below: bool, reach: float) -> list[Run]:
    """Return the caption lines on one side of a figure, nearest first."""
    side = [r for r in runs if (r.baseline < figure.baseline) is below and overlaps(r, figure)]
    side = [run for run in side if not is_level(figure, run)]
    side.sort(key=lambda run: abs(run.baseline - figure.baseline))
    if not side or side[0].size > _SMALLER * figure.size:
        return []
    gap = max(figure.box[1] - side[0].box[3], side[0].box[1] - figure.box[3])
    if gap >= reach * figure.size:
        return []
    for at, (last, run) in enumerate(pairwise(side), start=1):
        same = abs(run.size - last.size) < 0.08 * last.size
        if not same or abs(run.baseline - last.baseline) >= _LEADING * run.size:
            return side[:at]
    return side
