"""Classifies a line by its characters: bullets, enumerators, figures, sentence ends."""

from __future__ import annotations

import re
from functools import lru_cache

_BULLETS = (
    "•▪●○◦‣⁃∙·■□▫◆◇➢➤►▶✓✔❖¨§☐☒☑"
    "\uf0b7\uf0a7\uf076\uf0d8\uf0fc\uf02d\uf06e\uf071\uf0a8\uf078\uf06f\uf0fe"
)
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
"""Superscript digits of footnote marks."""
_ENUMERATOR = r"\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,5})\)|(?:\d{1,2}|[a-zA-Z]|[ivx]{1,5})\."
_LONE_MARK = re.compile(rf"(?:[{_BULLETS}]|[-–—*]|o|{_ENUMERATOR})")
_NUMBERED = re.compile(
    r"(?:item|note|part|section|article|chapter|exhibit|schedule|appendix|annex)\s+(?:\d{1,2}\.\d{1,2}|[\dA-Z]{1,4})[.:]?"
    r"|\d{1,2}(?:\.\d{1,2}){1,3}\.?",
    re.IGNORECASE,
)
_SIGNED = re.compile(r"(?<=[\d%)—–-]) (?=[$£€¥]\s?[\d(—–-])")
_ITEM = re.compile(rf"(?:[{_BULLETS}]\s?|[-–—*]\s|o\s(?=[A-Z])|(?:{_ENUMERATOR})\s)(?=\S)")
_FIGURE = re.compile(
    r"[~<>≈]?[+\-–—−(]?\s?(?:[$£€¥]|US\$|A\$)?\s?[(\-–—−]?\d[\d.,/]*\s?"
    r"(?:%|x|bps|bn|[mkMKB]|million|billion)?\)?\s?%?(?:\s?\(\w{1,2}\))?"
    rf"(?:\s?[{_RAISED}]+(?:, ?[{_RAISED}]+)*)?"
)
_LONGEST_FIGURE = 48
_ABOUT = re.compile(r"(?:approximately|about|circa|ca\.|up to|at least|over|under) ", re.IGNORECASE)
_RANGE = re.compile(r" (?:to|and|or) ")
_SIGN = re.compile(r"[$£€¥%)\-–—−/]+|\(?[Nn]/?[Aa]\)?|[Nn]/?[Mm]|\(\w{1,2}\)|[☐☒✓✔]")
_UNFINISHED = re.compile(
    r"(?:^|\s)(?:a|an|and|as|at|by|for|from|in|into|of|on|or|our|that|the|their|to|with|&)$|[,–-]$"
)
_END = re.compile(rf"[.!?:;…][\"'”’)\]]*[{_RAISED}]*$")
_FULL_STOP = re.compile(rf"[.!?…][\"'”’)\]]*[{_RAISED}]*$")


def is_lone_mark(text: str) -> bool:
    """Return whether the text is only a bullet or an enumerator, like "•" or "(a)"."""
    return len(text) <= 7 and _LONE_MARK.fullmatch(text) is not None


def is_mark(text: str) -> bool:
    """Return whether the text is a lone mark, or only the number of a title, like "Item 1A."."""
    return is_lone_mark(text) or (len(text) <= 16 and _NUMBERED.fullmatch(text) is not None)


def starts_title(text: str) -> bool:
    """Return whether a line starts with the number of a title, followed by its words."""
    match = _NUMBERED.match(text)
    return match is not None and re.match(r"\s+[“\"(]?[A-Z]", text[match.end() :]) is not None


def figures_apart(text: str) -> str:
    """Replace the space between a figure and a following currency sign with a tab."""
    return _SIGNED.sub("\t", text)


def starts_numbered(text: str) -> bool:
    """Return whether a line starts with an enumerator followed by text."""
    return (text[:1] == "(" or text[:1].isalnum()) and starts_item(text)


def starts_item(text: str) -> bool:
    """Return whether a line starts with a bullet or an enumerator followed by text."""
    return _ITEM.match(text) is not None


def without_mark(text: str) -> str:
    """Return an item's text without its bullet or enumerator."""
    mark = _ITEM.match(text)
    return text[mark.end() :] if mark else text


def is_figure(text: str) -> bool:
    """Return whether a cell holds figures, a range, a currency sign, a dash or the like."""
    return len(text) <= _LONGEST_FIGURE and _is_short_figure(text)


@lru_cache(maxsize=10_000)
def _is_short_figure(text: str) -> bool:
    if _FIGURE.fullmatch(text) or _SIGN.fullmatch(text):
        return True
    words = text.split(" ")
    if len(words) == 1:
        return False
    if all(_FIGURE.fullmatch(word) or _SIGN.fullmatch(word) for word in words):
        return True
    bounds = _RANGE.split(_ABOUT.sub("", text))
    return len(bounds) <= 2 and all(_FIGURE.fullmatch(bound) for bound in bounds)


def ends_clause(text: str) -> bool:
    """Return whether a line ends in punctuation after which a new block may start."""
    return _END.search(text) is not None


def ends_sentence(text: str) -> bool:
    """Return whether a line ends in a full stop, question mark or exclamation mark."""
    return _FULL_STOP.search(text) is not None


def is_unfinished(text: str) -> bool:
    """Return whether a line ends in a word or sign that needs a continuation."""
    return _UNFINISHED.search(text) is not None


def goes_on(text: str) -> bool:
    """Return whether a line starts like the middle of a sentence."""
    start = text.lstrip("(“‘\"'[")[:1]
    return start.islower() or start.isdigit() or start in "£$€&"


def is_upper(text: str) -> bool:
    """Return whether a text has at least three letters, all capitals."""
    return text.isupper() and sum(map(str.isalpha, text)) >= 3
