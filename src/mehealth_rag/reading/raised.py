"""Superscripts and subscripts in plain text: “33,000” with a footnote mark “1” is not 33,0001.

Also removes letters that a PDF draws twice with a small offset to look bold.
"""

from __future__ import annotations

import re
from itertools import pairwise
from statistics import median_high
from typing import TYPE_CHECKING

from mehealth_rag.reading.runs import Run

if TYPE_CHECKING:
    from mehealth_rag.reading.queries import Questions  # would load pdfium

_RAISED = str.maketrans("0123456789+-−–=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+-−–=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎")
_WHOLE = re.compile(r"[-\d+−–=()n,;*†‡§ ]*")
"""Text made only of characters with a superscript form, and of the marks between them."""
_REFERENCE = re.compile(r"\s*\[.*\]\s*", re.DOTALL)


def raised(text: str) -> str:
    """Return superscript text: digits as superscript digits, letters only (“th”) unchanged.

    Mixed text becomes “^(…)”; a bracketed reference such as “[1]” is unchanged.
    """
    if not any(map(str.isdigit, text)) and text.strip() != "n":
        return text
    if _REFERENCE.fullmatch(text):
        return text
    if _WHOLE.fullmatch(text):
        return text.translate(_RAISED)
    return f"^({text.strip()})"


def lowered(text: str, before: str) -> str:
    """Return subscript text after `before`; changed only after a digit, which it would extend."""
    return text.translate(_LOWERED) if before[-1:].isdigit() else text


_SMALLER = 0.9
"""Maximum size of a raised figure, relative to the text before it."""
_HIGHER = 0.15
"""Minimum rise of its baseline, in ems of that text."""
_FIGURES = re.compile(r"[-−–+]?\d+")
_LONE = re.compile(r"\d{1,3}(?:, ?\d{1,3})*")
_WORD = re.compile(r"\S+")


def is_raised_run(run: Run, left: Run) -> bool:
    """Return whether a run of only figures is a superscript of the run on its left."""
    small = run.size <= _SMALLER * left.size
    high = run.baseline >= left.baseline + _HIGHER * left.size
    return small and high and _LONE.fullmatch(run.text) is not None


def with_raised(page: Questions, line: str, first: int) -> str:
    """Return a line of several text objects with its raised figures as superscripts.

    `first` is the index of its first character. The length stays the same. A figure at the start of
    the line is left alone, because footnotes start so.
    """
    if _FIGURES.search(line) is None:
        return line
    before: int | None = None
    letters = list(line)
    for word in _WORD.finditer(line):
        for match in _FIGURES.finditer(line, *word.span()):
            start, end = match.span()
            base = word.start() if start > word.start() or before is None else before
            at = _raised_from(page, (start, end), base, first)
            letters[at:end] = raised(line[at:end])
        before = word.start()
    return "".join(letters)


def _raised_from(page: Questions, figures: tuple[int, int], base: int, first: int) -> int:
    """Return where the raised part of some digits begins; their end if none is raised."""
    start, end = figures
    if base == end - 1:
        return end
    if page.text_object(first + end - 1) == page.text_object(first + base):
        return end  # of one text object, so no further queries are needed
    if page.baseline(first + end - 1) <= page.baseline(first + base):
        return end
    level, last = page.style(first + base), page.style(first + end - 1)
    small = last.size <= _SMALLER * level.size
    high = level.upright and last.baseline >= level.baseline + _HIGHER * level.size
    if not (small and high):
        return end
    at = end - 1
    while at > max(start, base + 1) and page.style(first + at - 1).baseline == last.baseline:
        at -= 1
    return at


_TWICE = re.compile(r"(\S)\1+")
_SHAPELESS = "\u2060"
"""Replaces a removed letter, so that the offsets of the others stay valid."""
_ADVANCE = 0.75
"""Distance to an equal letter, as a share of its width, below which it is the same drawn twice."""


def without_doubles(page: Questions, line: str, first: int) -> str:
    """Replace letters drawn twice in a line, whose first character has index `first`."""
    letters = list(line)
    for match in _TWICE.finditer(line):
        drawn = match.start()
        for at in range(drawn + 1, match.end()):
            if _is_again(page, first + drawn, first + at):
                letters[at] = _SHAPELESS
            else:
                drawn = at
    return "".join(letters)


def _is_again(page: Questions, drawn: int, again: int) -> bool:
    """Return whether a character is another one drawn again, which must be another text object."""
    if page.text_object(drawn) == page.text_object(again):
        return False
    first, second = page.advance_box(drawn), page.advance_box(again)
    level = abs(first[1] - second[1]) < 0.2 * (first[3] - first[1])
    return level and abs(second[0] - first[0]) < _ADVANCE * (first[2] - first[0])


_SPREAD = re.compile(r"\S(?: \S){5,}\s*")
"""A line of single letters: six or more with a space between any two."""
_WIDER = 1.6
"""Distance from which a gap parts two words, as a multiple of the usual one between letters."""


def without_spread(page: Questions, line: str, first: int) -> str:
    """Remove the spaces between spread letters in a line, whose first character has index `first`.

    Designers spread the letters of small titles, and pdfium then takes each for a word.
    """
    if _SPREAD.fullmatch(line) is None:
        return line
    boxes = [page.advance_box(first + at) for at in range(0, len(line.rstrip()), 2)]
    gaps = [right[0] - left[2] for left, right in pairwise(boxes)]
    usual = median_high(gaps)
    letters = list(line)
    for at, gap in enumerate(gaps):
        if gap < _WIDER * usual:
            letters[2 * at + 1] = _SHAPELESS
    return "".join(letters)
