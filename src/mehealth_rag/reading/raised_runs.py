"""Figures that stand raised on a PDF's page: the marks of notes, powers, square and cubic units.

Written on the line they would change what the page says: a note's 1 makes 330,001 of 33,000 and
ten to the sixth becomes 106. So they are kept as the raised figures that they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mehealth_rag.reading.raised import raised

if TYPE_CHECKING:
    from mehealth_rag.reading.questions import Questions, Style
    from mehealth_rag.reading.runs import Run

_SMALLER = 0.9
"""A raised figure has at most this share of the size of what it stands at."""
_HIGHER = 0.15
"""It stands at least so many of that one's ems above the line."""
_FIGURES = re.compile(r"\d+")
_LONE = re.compile(r"\d{1,3}(?:, ?\d{1,3})*")
_WORD = re.compile(r"\S+")


def is_raised_run(run: Run, left: Run) -> bool:
    """Whether a run of nothing but figures stands raised at the one on its left."""
    small = run.size <= _SMALLER * left.size
    high = run.baseline >= left.baseline + _HIGHER * left.size
    return small and high and _LONE.fullmatch(run.text) is not None


def with_raised(page: Questions, line: str, first: int) -> str:
    """A line of several text objects, first character `first`, with what stands raised in it.

    The length stays. What stands first on its line is left as it is: a note starts so.
    """
    if _FIGURES.search(line) is None:
        return line
    before: int | None = None
    parts = list(line)
    for word in _WORD.finditer(line):
        start = word.start()
        for match in _FIGURES.finditer(word[0]):
            base = start if match.start() or before is None else before
            at = _raised_from(page, (start + match.start(), start + match.end()), base, first)
            for place in range(at, start + match.end()):
                parts[place] = raised(parts[place])
        before = start
    return "".join(parts)


def _raised_from(page: Questions, figures: tuple[int, int], base: int, first: int) -> int:
    """Where the raised end of some figures begins; their end where none of them is raised."""
    start, end = figures
    if base == end - 1:
        return end
    if page.baseline(first + end - 1) <= page.baseline(first + base):
        return end  # what does not stand higher needs no other question
    level, last = page.style(first + base), page.style(first + end - 1)
    if last is level or not _is_raised(last, level):
        return end
    at = end - 1
    while at > max(start, base + 1) and page.style(first + at - 1) is last:
        at -= 1
    return at


def _is_raised(style: Style, level: Style) -> bool:
    small = style.size <= _SMALLER * level.size
    return small and level.upright and style.baseline >= level.baseline + _HIGHER * level.size
