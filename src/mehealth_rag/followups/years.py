"""Years that a follow-up tells by another: "the year before", "that year"."""

from __future__ import annotations

import re

YEAR = re.compile(r"\b(?:19|20)\d\d(?:\s?[-–/]\s?\d\d(?:\d\d)?)?\b")
PERIOD = re.compile(rf"(?:(?:in|for|during|of|by)\s+)?{YEAR.pattern}", re.IGNORECASE)
_RELATIVE = re.compile(
    r"(?:\b(?:in|for|during|of)\s+)?\b(?:the\s+(?:(?:(?P<back>previous|preceding|prior)|"
    r"(?P<on>following|next|subsequent))\s+year|"
    r"year\s+(?:(?P<before>before)|(?P<after>after))(?:\s+(?:that|this|then|it))?)|"
    r"(?P<same>(?:that|the\s+same)\s+year)|(?:a|one)\s+year\s+(?:(?P<earlier>earlier)|"
    r"(?P<later>later)))(?=\W*$|\s+(?:and|in|at|for|to)\b)(?!\s+to\s+that)",
    re.IGNORECASE,
)


def dated(core: str, earlier: str, answer: str) -> str:
    """`core` with the year that it tells by the one of the turn before; unchanged if it tells none.

    The year is the question's if it names just one, else the answer's.
    """
    match = _RELATIVE.search(core)
    known = _only_year(earlier) or _only_year(answer)
    if match is None or not known:
        return core
    step = 0
    if match["back"] or match["before"] or match["earlier"]:
        step = -1
    elif match["on"] or match["after"] or match["later"]:
        step = 1
    return f"{core[: match.start()]}in {_moved(known, step)}{core[match.end() :]}"


def exchanged(piece: str, earlier: str) -> str | None:
    """The earlier question with a year for its year; None where `piece` is no year alone."""
    if not PERIOD.fullmatch(piece):
        return None
    found = list(YEAR.finditer(earlier))
    if not found:
        text = piece if piece[0].isalpha() else f"in {piece}"
        return f"{earlier.rstrip(' ?.!')} {text}?"
    year = YEAR.search(piece)
    place = found[-1]
    return f"{earlier[: place.start()]}{year.group() if year else ''}{earlier[place.end() :]}"


def _only_year(text: str) -> str:
    found = {m.group() for m in YEAR.finditer(text)}
    return found.pop() if len(found) == 1 else ""


def _moved(year: str, step: int) -> str:
    def number(match: re.Match[str]) -> str:
        digits = match.group()
        return str((int(digits) + step) % 10 ** len(digits)).zfill(len(digits))

    return re.sub(r"\d+", number, year)
