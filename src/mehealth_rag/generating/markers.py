"""Citation marks in generated text: recognised, read as numbers, never shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WIDE = str.maketrans("［］【】〔〕０１２３４５６７８９，–—", "[][][]0123456789,--")
"""Full-width and typographic forms some models write; each maps to one character, so offsets stay
valid."""

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_LABEL = (
    r"(?:(?:evidence|sources?|citations?|refs?|references?|passages?|docs?|documents?|quotes?)"
    r"[\s:.#]*+)"
)
_PLACE = r"(?:(?:pages?|pp?\.|sections?|lines?)\s*+[\divx]++(?:\s*+-\s*+[\divx]++)?)"
_NUMBERS = r"\d{1,4}(?:\s*+(?:[-,;&/]|and)\s*+\d{1,4}){0,20}"
_INSIDE = rf"(?:[\^#]\s*+)?{_LABEL}?{_NUMBERS}(?:†[^\[\]]{{0,20}})?(?:\s*+[,:;]\s*+{_PLACE})?"
_MARK = re.compile(
    rf"\[{{1,2}}\s*+(?=[\w^#])(?P<square>{_INSIDE}|{_PLACE})\s*+\]{{1,2}}(?:\([^()\s]*\))?"
    rf"|\(\s*+(?P<round>{_LABEL}{_NUMBERS}|{_PLACE})\s*+\)"
    r"|(?<=[.!?,;:”\"’)\]])(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
    r"|(?<=[a-z]{3})(?P<after_word>[⁰¹²³⁴⁵⁶⁷⁸⁹]+)",
    re.IGNORECASE,
)
_AT_END = rf"\[{{1,2}}\s*+(?:[\^#]\s*+)?(?:{_LABEL}?[\d,;&\s-]*+|[a-z]{{0,12}})$"
_HALF_AT_END = re.compile(_AT_END, re.IGNORECASE)
_OPEN_AT_END = re.compile(r"[\[(][^\[\]()\n]{0,60}$")
_HALF = re.compile(
    rf"{_AT_END}"
    rf"|\[\s*+\^?{_NUMBERS}(?=\s+[A-Za-z])(?![^\[\]]*\])"  # never closed
    rf"|(?<=\s){_NUMBERS}\s*+\](?:\])?",  # never opened
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?P<first>\d{1,4})(?:\s*-\s*(?P<last>\d{1,4}))?")
_LEFT = re.compile(r"\[\s*\^?\d|\d\s*\]|\[\s*$|[†［］【】]")
_SPACE_BEFORE_STOP = re.compile(r"(?<!\s)\s++(?=[.,;:!?](?:\s|$))")
_MOST_IN_RANGE = 20


@dataclass(frozen=True, slots=True)
class Marked:
    """A text without its marks, and the numbers they named, in order without repeats.

    `broken`: something like a mark could not be read, so the text must not be shown.
    """

    text: str
    numbers: tuple[int, ...]
    broken: bool = False


def without_marks(text: str) -> Marked:
    """Remove the marks from a text, including those cut in half."""
    plain = text.translate(_WIDE)
    numbers: list[int] = []
    pieces: list[str] = []
    end = 0
    for mark in _MARK.finditer(plain):
        pieces.append(text[end : mark.start()])
        numbers += _numbers(mark)
        end = mark.end()
    rest = "".join([*pieces, text[end:]])
    rest = _without(rest, _HALF)
    tidy = _SPACE_BEFORE_STOP.sub("", " ".join(rest.split()))
    return Marked(tidy, tuple(dict.fromkeys(numbers)), bool(_LEFT.search(tidy)))


def blanked(text: str, *, final: bool) -> str:
    """Return the text with each mark replaced by as many spaces, so that sentence ends are visible.

    Half a mark at the end is blanked if the text is `final`. Otherwise what may still become a mark
    is cut off, so the result is shorter.
    """
    plain = _MARK.sub(_spaces, text.translate(_WIDE))
    return _HALF_AT_END.sub(_spaces, plain) if final else _OPEN_AT_END.sub("", plain)


def ends_marked(text: str) -> bool:
    """Return whether a text ends with a complete mark, which closes a sentence."""
    plain = text.translate(_WIDE).rstrip()
    return any(mark.end() == len(plain) for mark in _MARK.finditer(plain))


def _numbers(mark: re.Match[str]) -> list[int]:
    raised = mark["raised"] or mark["after_word"]
    if raised:
        return [int(raised.translate(_RAISED))]
    inside = (mark["square"] or mark["round"] or "").translate(_WIDE)
    inside = re.sub(rf"(?:†|{_PLACE}).*$", "", inside, flags=re.IGNORECASE)
    numbers: list[int] = []
    for number in _NUMBER.finditer(inside):
        first = int(number["first"])
        last = int(number["last"] or first)
        numbers += range(first, min(last, first + _MOST_IN_RANGE) + 1) if last >= first else [first]
    return numbers


def _without(text: str, pattern: re.Pattern[str]) -> str:
    kept = []
    end = 0
    for match in pattern.finditer(text.translate(_WIDE)):
        kept.append(text[end : match.start()])
        end = match.end()
    return "".join([*kept, text[end:]])


def _spaces(mark: re.Match[str]) -> str:
    return " " * len(mark.group())
