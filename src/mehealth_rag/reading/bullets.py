"""Bullets that a PDF draws as shapes, as pages printed by a browser have them.

The file's text has no sign of them, so lines of a list would run together.
"""

from __future__ import annotations

from collections.abc import Sequence

from mehealth_rag.reading.runs import Run
from mehealth_rag.types import Box

_NEAR, _FAR = 0.2, 2.5
"""Minimum and maximum distance in ems from a bullet to its text."""
_SMALLEST, _LARGEST = 0.15, 0.7
"""Minimum and maximum size of a bullet in ems."""
_LOWEST, _HIGHEST = 0.05, 0.7
"""Minimum and maximum height in ems of a bullet's middle above the baseline."""


def with_bullets(runs: Sequence[Run], dots: Sequence[Box]) -> tuple[Run, ...]:
    """Mark each run that has a bullet before it; its box then includes the bullet.

    Dots that stand in a row are a leader or a pattern and no bullets.
    """
    lone = [dot for dot in dots if not any(_is_beside(dot, other) for other in dots)]
    return tuple(_marked(run, lone) for run in runs) if lone else tuple(runs)


def _is_beside(dot: Box, other: Box) -> bool:
    level = abs(dot[1] - other[1]) < 1.0
    return level and dot is not other and abs(dot[0] - other[0]) < 4 * (dot[2] - dot[0])


def _marked(run: Run, dots: Sequence[Box]) -> Run:
    dot = next((dot for dot in dots if run.upright and _is_bullet(dot, run)), None)
    if dot is None:
        return run
    left, bottom, right, top = run.box
    return run._replace(box=(min(left, dot[0]), bottom, right, top), item=True)


def _is_bullet(dot: Box, run: Run) -> bool:
    left, bottom, right, top = (edge / max(run.size, 1.0) for edge in dot)
    start, base = run.box[0] / max(run.size, 1.0), run.baseline / max(run.size, 1.0)
    return (
        _NEAR < start - right < _FAR
        and _SMALLEST < right - left < _LARGEST
        and _LOWEST < (bottom + top) / 2 - base < _HIGHEST
    )
