"""Sentence segmentation of running text."""

from __future__ import annotations

import re

from mehealth_rag.types import Span

_END = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*+(?:\[\d++\]|[⁰¹²³⁴⁵⁶⁷⁸⁹])*+(?=\s|$)"
    r"|[.!?][\"'”’)\]]*+(?=[A-Z][a-z]+[\s,])"
)
"""Marks that may end a sentence, including ones with a missing space ("control.The two")."""

_NEVER_LAST = frozenset(
    """
    mr mrs ms dr prof sir st rev hon gen col capt lt sgt gov sen rep messrs fr mt ft
    e.g i.e cf viz vs fig figs eq vol pp ed eds trans approx ca est dept univ
    al ch para resp incl excl jan feb mar apr jun jul aug sep sept oct nov dec
    """.split()
)
"""Abbreviations that always have a word after them, so their full stop ends no sentence."""

_BEFORE_A_NUMBER = frozenset("no nos art sec max min".split())
"""Abbreviations only if a number follows; otherwise they are ordinary words."""

_MAY_BE_LAST = frozenset("inc ltd co corp plc llc jr sr etc u.s u.k a.m p.m ph.d b.c a.d".split())
"""Abbreviations that end a sentence only if the next word is one of `_STARTERS`."""

_LIST_NUMBER = re.compile(r"\(?(?:\d{1,2}|[A-Za-z]|[ivx]{1,4})")
"""The number of a list item, without its full stop ("1.", "b.", "iv.")."""

_WORD = re.compile(r"\w+")
_LAST_WORD = re.compile(r"[^\s(\[\"“‘']*$")
_OPENING = re.compile(r"\s*[\"'“‘«(\[]*")
_STARTERS = frozenset(
    "the a an this that these those in on at it its he she they we our as for from with by and but "
    "if then when while after before since although however there to of under such".split()
)


def sentence_spans(text: str, within: Span | None = None) -> tuple[Span, ...]:
    """Return the spans of the sentences of `text`, or of its part `within`, trimmed."""
    area = within or Span(0, len(text))
    spans = []
    start = area.start
    for mark in _END.finditer(text, area.start, area.end):
        list_number = _LIST_NUMBER.fullmatch(text, area.start, mark.start())
        if not list_number and _ends_sentence(text, mark, area):
            spans.append(_trim(text, start, mark.end()))
            start = mark.end()
    spans.append(_trim(text, start, area.end))
    return tuple(s for s in spans if s.end > s.start)


def _ends_sentence(text: str, mark: re.Match[str], area: Span) -> bool:
    opening_marks = _OPENING.match(text, mark.end())
    after = opening_marks.end() if opening_marks else mark.end()
    following = text[after : after + 1]
    if after >= area.end or not following:
        return True
    if following.islower() or (after == mark.end() and _in_address(text, after, area.start)):
        return False
    if mark.group()[0] != ".":
        return True
    before = _LAST_WORD.search(text[max(area.start, mark.start() - 40) : mark.start()])
    word = before.group().casefold() if before else ""
    if word in _BEFORE_A_NUMBER:
        return not following.isdigit()
    if word in _MAY_BE_LAST or _is_initial(word):
        next_word = _WORD.match(text, after)
        return next_word is not None and next_word.group().casefold() in _STARTERS
    return word not in _NEVER_LAST


def _in_address(text: str, at: int, floor: int) -> bool:
    """Return whether offset `at` is inside a web address, whose full stops end no sentence."""
    return "://" in text[max(floor, at - 200) : at].rsplit(None, 1)[-1]


def _is_initial(word: str) -> bool:
    """Return whether a word is an initial ("J. Smith"); "I" and single digits are not."""
    return len(word) == 1 and word.isalpha() and word != "i"


def _trim(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    return Span(start, start + len(part.strip()))
