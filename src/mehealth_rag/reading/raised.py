"""Raised and lowered words in plain text: “33,000” with a note's “1” above it is not 33,0001.

And letters that a PDF draws twice, a little aside, so that they look bold: one is enough.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mehealth_rag.reading.runs import Run

if TYPE_CHECKING:
    from mehealth_rag.reading.questions import Questions  # would load pdfium

_RAISED = str.maketrans("0123456789+-−–=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
_WHOLE = re.compile(r"[-\d+−–=()n,;*†‡§ ]*")
"""What has raised letters of its own, and the marks that stand between them."""
_REFERENCE = re.compile(r"\s*\[.*\]\s*", re.DOTALL)


def raised(text: str) -> str:
    """Words that stand raised: figures as raised figures, letters (“1st”) as they are."""
    if not any(map(str.isdigit, text)) and text.strip() != "n":
        return text
    if _REFERENCE.fullmatch(text):
        return text
    if _WHOLE.fullmatch(text):
        return text.translate(_RAISED)
    return f"^({text.strip()})"


def lowered(text: str, before: str) -> str:
    """Words that stand lowered after `before`: only next to a figure would they change it."""
    return text.translate(_LOWERED) if before[-1:].isdigit() else text


_SMALLER = 0.9
"""A raised figure has at most this share of the size of what it stands at."""
_HIGHER = 0.15
"""It stands at least so many of that one's ems above the line."""
_FIGURES = re.compile(r"[-−–+]?\d+")
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
            parts[at : start + match.end()] = raised(line[at : start + match.end()])
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
    small = last.size <= _SMALLER * level.size
    high = level.upright and last.baseline >= level.baseline + _HIGHER * level.size
    if last is level or not (small and high):
        return end
    at = end - 1
    while at > max(start, base + 1) and page.style(first + at - 1).baseline == last.baseline:
        at -= 1
    return at


_TWICE = re.compile(r"(\S)\1+")
_SHAPELESS = "\u2060"
"""Put in place of a letter that is left out, so that the places of the others stay true."""
_ADVANCE = 0.75
"""A letter nearer to one of its kind than so much of its own width is that one drawn again."""


def without_doubles(page: Questions, line: str, first: int) -> str:
    """A line, whose first character is `first`, with letters drawn twice made shapeless."""
    parts: list[str] | None = None
    for match in _TWICE.finditer(line):
        kept = match.start()
        for place in range(kept + 1, match.end()):
            if _is_again(page, first + kept, first + place):
                parts = list(line) if parts is None else parts
                parts[place] = _SHAPELESS
            else:
                kept = place
    return line if parts is None else "".join(parts)


def _is_again(page: Questions, one: int, other: int) -> bool:
    """Whether a character is another one drawn again; those of one text object never are."""
    if page.text_object(one) == page.text_object(other):
        return False
    first, second = page.advance_box(one), page.advance_box(other)
    level = abs(first[1] - second[1]) < 0.2 * (first[3] - first[1])
    return level and abs(second[0] - first[0]) < _ADVANCE * (first[2] - first[0])
