"""Checks whether a quote stands on its page word for word.

Any white space counts as one space, and a line-end hyphen may be missing on either side; nothing
else may differ.
"""

from __future__ import annotations

import re

_LINE_END = re.compile(r"(?<=\w)[-‐\u00ad][ \t]*\r?\n\s*(?=\w)")
_MARK = "\u00ad"
"""Stands for a hyphen that may be missing."""


def stands_on(quote: str, page: str) -> bool:
    """Whether `quote` is on `page`, line breaks aside; an empty quote is on no page."""
    wanted = " ".join(quote.split())
    if not wanted:
        return False
    if wanted in " ".join(page.split()):
        return True
    if not (_LINE_END.search(quote) or _LINE_END.search(page)):
        return False
    return re.search(_pattern(_marked(quote)), _marked(page)) is not None


def _marked(text: str) -> str:
    """The text on one line, with marks for the hyphens at line ends."""
    return " ".join(_LINE_END.sub(_MARK, text).split())


def _pattern(quote: str) -> str:
    """The quote as a regex in which a mark matches a hyphen, a mark or nothing."""
    parts: list[str] = []
    for character in quote:
        if character == _MARK:
            parts.append(rf"[-‐{_MARK}]?")
        elif character in "-‐":
            parts.append(rf"[{character}{_MARK}]")
        else:
            parts.append(re.escape(character) + rf"{_MARK}?")
    return "".join(parts)
