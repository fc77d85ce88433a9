"""Which texts of a page may be covered by what is drawn after them, or lost on a like ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Boxes = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Orders = NDArray[np.float64]

_LIKE = 24
"""Levels by which two colours may differ and still look the same."""
_OVER = 1 / 3
"""The share of a text's width that a ground must reach over."""
_PLACES = np.asarray([65_536, 256, 1])
"""Three channels as one number."""
_PAIRS = 1_000_000
"""Pairs of a text and a ground that are compared at a time: bounds the memory."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Areas of a page: boxes [n, 4], places in the order of drawing [n], colours [n, 3].

    Pictures have no colour.
    """

    boxes: Boxes
    orders: Orders
    colours: NDArray[np.uint32] | None


def covered(
    orders: Orders,
    colours: NDArray[np.uint32],
    boxes: Callable[[Flags], Boxes],
    grounds: Sequence[Grounds],
) -> Flags:
    """The texts [n] that a ground reaches over which is drawn later, or is of their own colour.

    `orders` [n] are the texts' places in the order of drawing, `colours` [n, 3] theirs; `boxes`
    gives those of the texts that are marked, since to ask for them costs.
    """
    found = np.zeros(len(orders), np.bool_)
    own = colours.astype(np.int64) @ _PLACES
    for packed in np.unique(own):
        same = own == packed
        colour = packed // _PLACES % 256
        near = [_near(g, colour, float(orders[same].min())) for g in grounds]
        areas, limits = (np.concatenate(parts) for parts in zip(*near, strict=True))
        if len(limits):
            asked = same & (orders < limits.max())
            found[asked] = _reached(boxes(asked), orders[asked], areas, limits)
    return found


def _near(grounds: Grounds, colour: NDArray[np.int64], first: float) -> tuple[Boxes, Orders]:
    """The grounds that texts of a colour may be lost on: boxes, and the order until which."""
    alike = np.zeros(len(grounds.orders), np.bool_)
    if grounds.colours is not None:
        alike = (np.abs(grounds.colours.astype(np.int64) - colour) <= _LIKE).all(axis=1)
    kept = alike | (grounds.orders > first)
    return grounds.boxes[kept], np.where(alike, np.inf, grounds.orders)[kept]


def _reached(texts: Boxes, orders: Orders, boxes: Boxes, limits: Orders) -> Flags:
    """Which of some texts, by their boxes [n, 4], one of the boxes [m, 4] reaches over."""
    left, bottom, right, top = (side[:, None] for side in texts.T)
    middle, least = (bottom + top) / 2, (right - left) * _OVER
    found = np.zeros(len(texts), np.bool_)
    step = max(1, _PAIRS // max(1, len(texts)))
    for start in range(0, len(boxes), step):
        part = slice(start, start + step)
        x0, y0, x1, y1 = boxes[part].T
        over = (y0 <= middle) & (middle <= y1) & (orders[:, None] < limits[part])
        over &= np.minimum(right, x1) - np.maximum(left, x0) >= least
        found |= over.any(axis=1)
    return found
