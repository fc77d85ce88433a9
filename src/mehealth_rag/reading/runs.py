"""Data types of the layout: runs and lines of text with their position and style."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from mehealth_rag.reading.aligned import Cell
from mehealth_rag.types import BlockKind, Box, Fault, Link

NO_TEXT = "no text on the page (a picture or blank)"
"""The problem of a page without text."""

HYPHENS = "-\u2010\u00ad"
"""Hyphens that may break a word at the end of a line: hyphen-minus, hyphen, soft hyphen."""

_T = TypeVar("_T")
_Piece = TypeVar("_Piece", "Run", "TextLine")


class Run(NamedTuple):
    """Words on one baseline without a wide gap between them.

    `box`, `baseline` and `size` are in points on the displayed page. `order` is the line number in
    the file's own text; runs of one line share it. `bold` and `bold_end` are the weight of the
    first and the last character. `note` means that a small raised sign comes first, as in a
    footnote; `slant` that the first character is italic. `turn` is the clockwise turn of the page,
    in degrees, that would make sideways words upright. `parted` means that the file has white
    space before the run's line, so it is not part of the word before. `item` means that a bullet,
    drawn as a shape, comes before it.

    A named tuple, because a page has hundreds of runs and it is four times as fast as a dataclass.
    """

    text: str
    box: Box
    baseline: float
    size: float
    order: int
    bold: bool = False
    bold_end: bool = False
    upright: bool = True
    note: bool = False
    slant: bool = False
    turn: int = 0
    parted: bool = False
    item: bool = False


Stack = list[Run]
"""Runs that are read one after another, mostly lines of one cell or heading, top to bottom."""

ASCENT, DESCENT = 0.78, 0.22
"""Height of a line's box above and below the baseline, in ems."""


def line_box(left: float, right: float, baseline: float, size: float) -> Box:
    """Return the box of a line of text, as high as its font size."""
    return left, baseline - DESCENT * size, right, baseline + ASCENT * size


def union(boxes: Iterable[Box]) -> Box:
    """Return the smallest box around several boxes."""
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def in_groups(items: Iterable[_T], goes_on: Callable[[list[_T], _T], bool]) -> list[list[_T]]:
    """Split items into groups; each continues the group before it if `goes_on`, or opens one."""
    groups: list[list[_T]] = []
    group: list[_T] = []
    for item in items:
        if group and goes_on(group, item):
            group.append(item)
        else:
            group = [item]
            groups.append(group)
    return groups


def in_rows(
    pieces: Iterable[_Piece], beside: Callable[[_Piece, _Piece], bool]
) -> list[list[_Piece]]:
    """Split runs or lines into rows, top to bottom; each is `beside` the first of its row."""
    ordered = sorted(pieces, key=lambda piece: -piece.baseline)
    return in_groups(ordered, lambda row, piece: beside(row[0], piece))


def is_level(piece: _Piece, other: _Piece) -> bool:
    """Return whether two pieces are on one baseline."""
    return abs(piece.baseline - other.baseline) < 0.3 * min(piece.size, other.size)


def overlaps(piece: _Piece, other: _Piece) -> bool:
    """Return whether two pieces overlap horizontally, at any vertical distance."""
    return min(piece.box[2], other.box[2]) > max(piece.box[0], other.box[0])


def is_below(above: Run, run: Run, leading: float = 1.5) -> bool:
    """Return whether a run is right below another of the same weight; `leading` is in ems."""
    step = above.baseline - run.baseline
    near = 0.7 * run.size < step < leading * run.size
    return near and overlaps(above, run) and above.bold == run.bold


def without(runs: Iterable[Run], taken: Iterable[Run]) -> list[Run]:
    """Return the runs that are not in `taken`, compared by identity, as equal runs may exist."""
    taken_ids = set(map(id, taken))
    return [run for run in runs if id(run) not in taken_ids] if taken_ids else list(runs)


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page before layout analysis: its runs in file order and its displayed size.

    `label` is its printed number, empty if unknown. `turn` is 90 or 270 if most of its text is
    sideways; the runs are then placed on the page turned clockwise by that angle, while `size`
    remains that of the displayed page.
    """

    number: int
    size: tuple[float, float]
    runs: tuple[Run, ...] = ()
    problem: str | None = None
    fault: Fault | None = None
    label: str = ""
    links: tuple[Link, ...] = ()
    turn: int = 0

    @property
    def placed_on(self) -> tuple[float, float]:
        """Width and height in points of the page on which the runs are placed."""
        return self.size[::-1] if self.turn else self.size


@dataclass(frozen=True, slots=True)
class Frame:
    """Maps a PDF's user space to the displayed page, which is cropped and rotated.

    `crop` is left, bottom, right, top in user space; `rotation` is 0, 90, 180 or 270 degrees
    clockwise.
    """

    crop: Box
    rotation: int = 0

    def turned(self, degrees: int) -> Frame:
        """Return the frame of the same page turned clockwise by more degrees."""
        return Frame(self.crop, (self.rotation + degrees) % 360)

    @property
    def plain(self) -> bool:
        """Whether user space and displayed page coincide."""
        return self.rotation == 0 and self.crop[0] == 0 and self.crop[1] == 0

    def direction(self, a: float, b: float) -> tuple[float, float]:
        """Convert a direction from user space to the displayed page."""
        for _ in range(self.rotation // 90):
            a, b = b, -a
        return a, b

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Convert a point from user space to the displayed page, origin at the bottom left."""
        left, bottom, right, top = self.crop
        across, up = self.direction(x, y)
        (x0, y0), (x1, y1) = self.direction(left, bottom), self.direction(right, top)
        return across - min(x0, x1), up - min(y0, y1)

    def box(self, box: Box) -> Box:
        """Convert a box from user space to the displayed page."""
        if self.plain:
            return box
        x0, y0 = self.point(box[0], box[1])
        x1, y1 = self.point(box[2], box[3])
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


class TextLine(NamedTuple):
    """One line of the layout: a run, or several runs of one baseline.

    `row` marks a table row, whose cells are separated by tabs in `text`; `cells` are the same with
    their extents in points. `bold` means that the whole line is bold. `cell` marks one of two cells
    of words, which form a row unless columns separate them. `statement` marks a large figure with
    its caption, which is a block of its own; `item` one with a bullet that is drawn as a shape.
    """

    text: str
    box: Box
    baseline: float
    size: float
    order: int
    bold: bool = False
    row: bool = False
    furniture: bool = False
    upright: bool = True
    note: bool = False
    slant: bool = False
    cell: bool = False
    statement: bool = False
    item: bool = False
    cells: tuple[Cell, ...] = ()


Region = tuple[TextLine, ...]
"""Lines that are read one after another: a column or a full-width stretch."""


class Piece(NamedTuple):
    """The text of one line of a block, before it is joined with the next."""

    text: str
    box: Box | None = None


class Draft(NamedTuple):
    """A block before its span in the page's text is known."""

    kind: BlockKind
    pieces: tuple[Piece, ...]
    level: int = 0
