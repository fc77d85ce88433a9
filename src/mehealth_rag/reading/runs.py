"""What the layout works on: pieces of text with their place and style on the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from mehealth_rag.reading.aligned import Cell
from mehealth_rag.types import BlockKind, Box, Fault, Link

NO_TEXT = "no text on the page (a picture or blank)"
"""The problem of a page that has nothing to read."""

HYPHENS = "-\u2010\u00ad"
"""Signs that break a word at the end of a line: hyphen-minus, hyphen, soft hyphen."""


_T = TypeVar("_T")
_Piece = TypeVar("_Piece", "Run", "TextLine")


class Run(NamedTuple):
    """Words on one baseline without a wide gap between them.

    `box`, `baseline` and `size` are in points, in the frame of the page as it is displayed.
    `order` is the run's place in the file's own text; two runs of one line there have the same
    `order`. `bold` and `bold_end` tell the weight of the first and of the last character; `note`
    is true where a small raised sign stands first, as before a footnote; `slant` where the first
    character is of an italic font. `turn` are the degrees clockwise by which the page would have to
    be turned for words on their side to stand upright.

    A page has hundreds of runs, and a named tuple is made in a quarter of a dataclass's time.
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


ASCENT, DESCENT = 0.78, 0.22
"""Where a line's box ends above and below the baseline, in ems."""


def line_box(left: float, right: float, baseline: float, size: float) -> Box:
    """The box of a line of text, as high as its font's size."""
    return left, baseline - DESCENT * size, right, baseline + ASCENT * size


def union(boxes: Iterable[Box]) -> Box:
    """The box around several."""
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def in_groups(items: Iterable[_T], goes_on: Callable[[list[_T], _T], bool]) -> list[list[_T]]:
    """Items that follow each other by groups: each goes on in the group before it or opens one."""
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
    """Runs or lines by rows, downwards: each is `beside` the first of its row."""
    ordered = sorted(pieces, key=lambda piece: -piece.baseline)
    return in_groups(ordered, lambda row, piece: beside(row[0], piece))


def is_level(one: _Piece, other: _Piece) -> bool:
    """Whether two stand on one baseline."""
    return abs(one.baseline - other.baseline) < 0.3 * min(one.size, other.size)


def overlaps(one: _Piece, other: _Piece) -> bool:
    """Whether two share some of the width of the page, however far apart they are in height."""
    return min(one.box[2], other.box[2]) > max(one.box[0], other.box[0])


def is_below(above: Run, run: Run, leading: float = 1.5) -> bool:
    """Whether a run stands right under another and looks like it; `leading` is in ems."""
    step = above.baseline - run.baseline
    near = 0.7 * run.size < step < leading * run.size
    return near and overlaps(above, run) and above.bold == run.bold


def without(runs: Iterable[Run], taken: Iterable[Run]) -> list[Run]:
    """The runs that were not taken, told by what they are and not by what they say."""
    gone = set(map(id, taken))
    return [run for run in runs if id(run) not in gone] if gone else list(runs)


def down_to(above: Box, below: Box) -> Box:
    """The box around two that stand one over the other, from the top of the one to the bottom."""
    return min(above[0], below[0]), below[1], max(above[2], below[2]), above[3]


@dataclass(frozen=True, slots=True)
class RawPage:
    """A page before its layout is known: its runs in the file's order, its displayed size.

    `label` is its printed number, empty where that could not be read. `turn` is 90 or 270 where
    most of its text stands on its side: its runs are then placed on the page turned so far
    clockwise, while `size` remains the displayed page's.
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
        """Width and height of the page as its runs stand on it, in points."""
        return self.size[::-1] if self.turn else self.size

    def displayed(self, box: Box | None) -> Box | None:
        """Place a box of the page as its runs stand on it on the page as displayed."""
        if box is None or not self.turn:
            return box
        return Frame((0.0, 0.0, *self.placed_on), 360 - self.turn).box(box)


@dataclass(frozen=True, slots=True)
class Frame:
    """From a PDF's user space to the page as displayed: crop box taken off, rotation applied.

    `crop` is left, bottom, right, top in user space; `rotation` is 0, 90, 180 or 270 degrees
    clockwise.
    """

    crop: Box
    rotation: int = 0

    def turned(self, degrees: int) -> Frame:
        """The frame of the same page turned clockwise."""
        return Frame(self.crop, (self.rotation + degrees) % 360)

    @property
    def plain(self) -> bool:
        """Whether user space and displayed page are the same."""
        return self.rotation == 0 and self.crop[0] == 0 and self.crop[1] == 0

    def direction(self, a: float, b: float) -> tuple[float, float]:
        """Turn a direction of user space as the displayed page shows it."""
        match self.rotation:
            case 90:
                return b, -a
            case 180:
                return -a, -b
            case 270:
                return -b, a
            case _:
                return a, b

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Place a point of user space on the displayed page, origin at its bottom left."""
        left, bottom, right, top = self.crop
        across, up = self.direction(x, y)
        (x0, y0), (x1, y1) = self.direction(left, bottom), self.direction(right, top)
        return across - min(x0, x1), up - min(y0, y1)

    def box(self, box: Box) -> Box:
        """Place a box of user space on the displayed page."""
        if self.plain:
            return box
        x0, y0 = self.point(box[0], box[1])
        x1, y1 = self.point(box[2], box[3])
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


class TextLine(NamedTuple):
    """One line of the layout: a run, or the runs of one baseline that belong together.

    `row` marks a table's row; its cells are separated by a tab in `text`. `bold` is true where the
    whole line is. `cell` marks one of two cells of words, which are a row unless columns part
    them. `statement` marks a large figure with its caption, which is a block of its own. `cells`
    are those of a table's row, by their places in points.
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
    cells: tuple[Cell, ...] = ()


Region = tuple[TextLine, ...]
"""Lines that are read one after another: a column, or a stretch of the whole width."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One line's text inside a block, before it is joined with the next."""

    text: str
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A block before its place in the page's text is known."""

    kind: BlockKind
    pieces: tuple[Piece, ...]
    level: int = 0
