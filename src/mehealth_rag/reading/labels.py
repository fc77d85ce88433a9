"""Rows of a table that stand on several lines: labels above figures, headings over columns."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mehealth_rag.reading.marks import ends_clause, is_figure
from mehealth_rag.reading.runs import TextLine, down_to
from mehealth_rag.types import BlockKind

_LABEL_SIZE = 0.8
"""The label over a large figure has at most this share of its size."""
_HEAD_WORDS = 8
"""A line over a table's columns has no more words."""


@dataclass(slots=True)
class Group:
    """Lines of one block while it grows; `right` is its column's right edge."""

    kind: BlockKind
    lines: list[TextLine]
    right: float

    @property
    def last(self) -> TextLine:
        """The line that was added last."""
        return self.lines[-1]


def _joined_labels(groups: list[Group]) -> list[Group]:
    """Give rows whose label stands, or began, on the line above that line."""
    joined: list[Group] = []
    for group in groups:
        above = joined[-1] if joined and joined[-1].kind is BlockKind.PARAGRAPH else None
        if above is None or group.kind is not BlockKind.ROW:
            joined.append(group)
        elif _is_label(above, group):
            joined[-1] = Group(BlockKind.ROW, [*above.lines, *group.lines], group.right)
        elif _is_lone_label(above, group):
            joined[-1] = Group(BlockKind.ROW, [_labelled(above.last, group.last)], group.right)
        else:
            joined.append(group)
    return joined


def _is_label(above: Group, row: Group) -> bool:
    """Whether a row goes on with the words of the line above it."""
    line, last = row.lines[0], above.last
    near = 0 < last.baseline - line.baseline < 1.6 * line.size
    aligned = abs(line.box[0] - above.lines[0].box[0]) < 2.5 * line.size
    return near and aligned and line.text.lstrip("(“")[:1].islower() and not ends_clause(last.text)


def _is_lone_label(above: Group, row: Group) -> bool:
    """Whether a row has figures only, and the line above them is what they are about."""
    label, figures = above.last, row.last
    near = 0 < label.baseline - figures.baseline < 1.8 * figures.size
    return near and label.box[0] < figures.box[0] and all(map(is_figure, figures.text.split("\t")))


def _labelled_figures(groups: list[Group]) -> list[Group]:
    """Make rows of large figures that stand alone, each right under the few words it is about."""
    made: list[Group] = []
    for at, group in enumerate(groups):
        below = groups[at + 1].lines[0] if at + 1 < len(groups) else None
        if made and is_figure(group.last.text) and _is_its_label(made[-1].last, group.last, below):
            label = made.pop()
            made.append(Group(BlockKind.ROW, [_labelled(label.last, group.last)], group.right))
        else:
            made.append(group)
    return made


def _is_its_label(label: TextLine, figure: TextLine, below: TextLine | None) -> bool:
    """Whether the line above a figure is smaller, few words, and nearer than what is below it."""
    if label.size > _LABEL_SIZE * figure.size or len(label.text.split()) > _HEAD_WORDS:
        return False
    gap = label.box[1] - figure.box[3]
    nearer = below is None or gap < figure.box[1] - below.box[3]
    return 0 < figure.size + gap < 1.8 * figure.size and nearer


def _labelled(label: TextLine, figures: TextLine) -> TextLine:
    box = down_to(label.box, figures.box)
    return figures._replace(text=f"{label.text}\t{figures.text}", box=box)


def _side_by_side(groups: list[Group]) -> list[Group]:
    """Make one row of short lines beside each other right above a row: they head its columns."""
    joined: list[Group] = []
    heads: list[Group] = []
    for group in groups:
        if heads and not (_may_head(group) and _right_of(heads[-1].last, group.last)):
            joined += _as_row(heads, group)
            heads = []
        if _may_head(group):
            heads.append(group)
        else:
            joined.append(group)
    return joined + heads


def _may_head(group: Group) -> bool:
    short = len(group.lines) == 1 and len(group.last.text.split()) <= _HEAD_WORDS
    return short and group.kind in (BlockKind.PARAGRAPH, BlockKind.HEADING)


def _right_of(left: TextLine, line: TextLine) -> bool:
    """Whether a line stands beside another on the same baseline."""
    level = abs(left.baseline - line.baseline) < 0.3 * line.size
    return level and line.box[0] > left.box[2]


def _as_row(heads: list[Group], below: Group) -> list[Group]:
    """Join lines side by side where what follows them is a row right below."""
    first, row = heads[0].last, below.lines[0]
    near = first.baseline - row.baseline > 0 and first.box[1] - row.box[3] < 1.2 * row.size
    if len(heads) < 2 or below.kind is not BlockKind.ROW or not near:
        return heads
    boxes = [head.last.box for head in heads]
    box = (boxes[0][0], min(b[1] for b in boxes), boxes[-1][2], max(b[3] for b in boxes))
    text = "\t".join(head.last.text for head in heads)
    line = first._replace(text=text, box=box, row=True)
    return [Group(BlockKind.ROW, [line], heads[0].right)]


def _with_column_heads(groups: list[Group]) -> list[Group]:
    """Make rows of lines that stand over a table's columns, not over its labels."""
    made: list[Group] = []
    for group in reversed(groups):
        if made and _is_column_head(group, made[-1]):
            made.append(replace(group, kind=BlockKind.ROW))
        else:
            made.append(group)
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


def with_whole_rows(groups: list[Group]) -> list[Group]:
    """Give rows what stands on other lines, and make rows of what heads their columns."""
    return _with_column_heads(_side_by_side(_joined_labels(_labelled_figures(groups))))
