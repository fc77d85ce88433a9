"""Table rows that span several lines: labels above figures, headings over columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from mehealth_rag.reading.marks import ends_clause, is_figure
from mehealth_rag.reading.runs import TextLine, in_groups, is_level, union
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


def with_whole_rows(groups: list[Group]) -> list[Group]:
    """Complete rows with labels from other lines, and turn column headings into rows."""
    return _with_column_heads(_side_by_side(_labelled_rows(groups)))


def _labelled_rows(groups: list[Group]) -> list[Group]:
    """Add to rows, and to large figures on their own, the label on the lines above."""
    made: list[Group] = []
    for at, group in enumerate(groups):
        row = group
        below = groups[at + 1].lines[0] if at + 1 < len(groups) else None
        if made and is_figure(row.last.text) and _is_its_label(made[-1].last, row.last, below):
            row = _labelled(made.pop(), row)
        if made and made[-1].kind is BlockKind.PARAGRAPH and row.kind is BlockKind.ROW:
            if _goes_on(made[-1], row):
                row = replace(row, lines=[*made.pop().lines, *row.lines])
            elif _is_lone_label(made[-1].last, row.last):
                row = _labelled(made.pop(), row)
        made.append(row)
    return made


def _is_its_label(label: TextLine, figure: TextLine, below: TextLine | None) -> bool:
    """Return whether the line above a figure is small, short, and nearer than the line below."""
    if label.size > _LABEL_SIZE * figure.size or len(label.text.split()) > _HEAD_WORDS:
        return False
    gap = label.box[1] - figure.box[3]
    nearer = below is None or gap < figure.box[1] - below.box[3]
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


def _labelled(label: Group, figures: Group) -> Group:
    text = f"{label.last.text}\t{figures.last.text}"
    box = union((label.last.box, figures.last.box))
    return Group(BlockKind.ROW, [figures.last._replace(text=text, box=box)], figures.right)


def _side_by_side(groups: list[Group]) -> list[Group]:
    """Join short lines side by side right above a row into one row of column headings."""
    joined: list[Group] = []
    for heads, after in pairwise([*in_groups(groups, _stands_beside), []]):
        if len(heads) > 1 and after and _is_right_above(heads[0].last, after[0]):
            text = "\t".join(head.last.text for head in heads)
            box = union(head.last.box for head in heads)
            line = heads[0].last._replace(text=text, box=box, row=True)
            joined.append(Group(BlockKind.ROW, [line], heads[0].right))
        else:
            joined += heads
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
