"""What a picture of a page shows in a box: a change, ink, or ink that looks like printed words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from mehealth_rag.types import Box

    Levels = NDArray[np.uint8]

_SEEN = 20
"""Levels by which a pixel must differ to be seen."""
_SHARE = 0.02
"""The share of its box that a text must change; letters cover a tenth or more."""
_INK = 60
"""Levels between the lightest and the darkest in a box that has ink."""
_ACROSS = 0.5
"""The share of a box's columns that has ink where words are printed."""
_VALLEY = 0.35
"""Above and below a printed line is a row with at most this share of its fullest row's ink."""
_TALL = 0.2
"""The share of a box's rows that is well inked where words are printed; a rule's is less."""
_TRUSTED = 0.5
"""The share of the words over ink that lies on printed words from which on they are a scan's."""
_SHORT = 60.0
"""Words of up to so many points across need only some ink then: theirs may be too little to tell.
"""
_PIECE = 6
"""A box is looked at in pieces so many times as wide as high: lines of a scan may lean."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as drawn: the levels of its pixels [height, width], and pixels a displayed point."""

    levels: Levels
    scale: float

    def area(self, box: Box) -> tuple[int, int, int, int]:
        """Left, top, right, bottom in pixels of a box in displayed points, inside the picture."""
        height, width = self.levels.shape
        left = max(0, int(box[0] * self.scale))
        right = min(width, int(box[2] * self.scale) + 1)
        top = max(0, height - int(box[3] * self.scale) - 1)
        bottom = min(height, height - int(box[1] * self.scale))
        return left, top, right, bottom

    def inside(self, box: Box) -> Levels:
        """The levels in a box in displayed points."""
        left, top, right, bottom = self.area(box)
        return self.levels[top : max(top, bottom), left : max(left, right)]


def differs(one: Picture, other: Picture, box: Box) -> bool:
    """Whether two pictures differ in a box by enough for an eye to see."""
    a, b = one.inside(box).astype(np.int16), other.inside(box)
    return bool((np.abs(a - b) > _SEEN).sum() >= max(2.0, _SHARE * a.size))


def on_ink(drawn: Picture, boxes: Mapping[int, Box]) -> set[int]:
    """Those of some unseen words, by their boxes, that lie on the words of a scanned page.

    Where most of the words over ink lie on printed ones, all of them are a scan's; words on bare
    paper never are, and do not speak against the others.
    """
    over = {name: box for name, box in boxes.items() if _contrast(drawn.inside(box)) >= _INK}
    printed = {name: list(_printed(drawn, box)) for name, box in over.items()}
    if sum(2 * sum(pieces) >= len(pieces) for pieces in printed.values()) < _TRUSTED * len(over):
        return set()
    return {name for name, box in over.items() if any(printed[name]) or box[2] - box[0] <= _SHORT}


def _contrast(levels: Levels) -> int:
    return int(levels.max()) - int(levels.min()) if levels.size else 0


def _printed(drawn: Picture, box: Box) -> Iterator[bool]:
    """For each piece of a box whether words are printed in it."""
    left, top, right, bottom = drawn.area(box)
    count = max(1, round((right - left) / (_PIECE * (bottom - top))))
    strip = max(1, (bottom - top) // 2)
    rows = drawn.levels[max(0, top - strip) : bottom + strip]
    inside = slice(min(strip, top), min(strip, top) + bottom - top)
    for start, end in pairwise(np.linspace(left, right, count + 1).astype(int).tolist()):
        yield _looks_printed(rows[:, start:end], inside)


def _looks_printed(levels: Levels, inside: slice) -> bool:
    """Whether ink goes across some rows, `inside` among them, and less of it above and below."""
    if _contrast(levels[inside]) < _INK:
        return False
    limit = (int(levels[inside].max()) + int(levels[inside].min())) / 2
    ink = levels < limit
    if 2 * ink[inside].sum() > ink[inside].size:  # light words on a dark ground
        ink = ~ink
    profile = ink.mean(axis=1)
    peak = inside.start + int(profile[inside].argmax())
    low = _VALLEY * profile[peak]
    valleys = profile[:peak].min(initial=1.0) <= low and profile[peak:].min() <= low
    tall = (profile[inside] > low).mean() >= _TALL
    return bool(valleys and tall and ink[inside].any(axis=0).mean() >= _ACROSS)
