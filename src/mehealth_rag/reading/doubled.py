"""Letters that a file draws twice, a little aside, so that they look bold: one is enough.

pdfium knows most of them by itself, but not those of narrow letters, where the second stands as far
from the first as half a letter is wide.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mehealth_rag.reading.questions import Questions

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
