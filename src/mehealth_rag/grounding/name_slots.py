"""Whether every name of a sentence stands in the quotes or above them."""

from __future__ import annotations

from itertools import pairwise

from mehealth_rag.grounding.frame import Frame, affinity
from mehealth_rag.grounding.matching import ENOUGH, Matched
from mehealth_rag.grounding.values import Reason, ReasonKind
from mehealth_rag.types import Span

SAME_SLOT = 0.3
"""From this affinity on two names stand in one slot."""

_APART = 3
_BETWEEN = (["of"], ["of", "the"], ["for"], ["for", "the"], ["&"])
"""Small words inside a name."""

_SAME_LEAD = 0.15
"""What the same small word before both adds ("in", "by")."""


def check_names(frame: Frame) -> tuple[Reason, ...]:
    """The names that stand neither in the quotes nor above them, with what stands in their slot."""
    missing = [w for w in frame.words if w.is_name and not w.said]
    return tuple(_reason(frame, run) for run in _runs(missing))


def composed_name(frame: Frame) -> str:
    """A name put together from words of several names of the quotes, empty where there is none.

    "Fox Street" is no name of "Fox Road, Bridge Street": neighbouring words of a name stand
    together, in one quote and in the same order, at most two small words apart.
    """
    names = [w for w in frame.words if w.is_name and w.score >= ENOUGH]
    for one, other in pairwise(names):
        gap = frame.sentence.text[one.token.span.end : other.token.span.start]
        if (gap.strip() and gap.split() not in _BETWEEN) or "\n" in gap:
            continue
        if not any(_together(frame, a.place, b.place) for a in one.places for b in other.places):
            return Span(one.token.span.start, other.token.span.end).of(frame.sentence.text)
    return ""


def _together(frame: Frame, one: int, other: int) -> bool:
    tokens = frame.quotes.tokens
    return 0 <= other - one <= _APART and tokens[one].line == tokens[other].line


def _runs(words: list[Matched]) -> list[list[Matched]]:
    """Neighbouring words as one name."""
    found: list[list[Matched]] = []
    for word in words:
        if found and word.place == found[-1][-1].place + 1:
            found[-1].append(word)
        else:
            found.append([word])
    return found


def _reason(frame: Frame, run: list[Matched]) -> Reason:
    first, last = run[0], run[-1]
    claimed = _without_possessive(
        Span(first.token.span.start, last.token.span.end).of(frame.sentence.text)
    )
    slot = (first.place, last.place)
    scored = [
        (affinity(frame, slot, other) + _lead(frame, slot[0], other[0]), other)
        for other in _free_names(frame)
    ]
    best, other = max(scored, key=lambda s: s[0], default=(0.0, (0, 0)))
    if best < SAME_SLOT:
        return Reason(ReasonKind.NAME, claimed)
    tokens = frame.quotes.tokens
    found = Span(tokens[other[0]].span.start, tokens[other[1]].span.end)
    shown = _without_possessive(found.of(frame.quotes.text))
    return Reason(ReasonKind.NAME, claimed, shown, min(best, 1.0))


def _without_possessive(name: str) -> str:
    return name.removesuffix("'s").removesuffix("’s")


def _lead(frame: Frame, one: int, other: int) -> float:
    """Whether the same word stands before both slots."""
    if one == 0 or other == 0:
        return 0.0
    same = frame.sentence.tokens[one - 1].word == frame.quotes.tokens[other - 1].word
    return _SAME_LEAD * same


def _free_names(frame: Frame) -> list[tuple[int, int]]:
    """Runs of capitalised words of the quotes that no word of the sentence is laid against."""
    taken = {m.place for m in frame.aligned.values()}
    figures = frame.quotes.figure_places
    runs: list[tuple[int, int]] = []
    for place, token in enumerate(frame.quotes.tokens):
        free = token.capital and token.content and place not in taken and place not in figures
        if not free or (token.opening and not _is_name_at_opening(frame, place)):
            continue
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def _is_name_at_opening(frame: Frame, place: int) -> bool:
    """A capital at a sentence's opening is a name's where the next word has one too."""
    tokens = frame.quotes.tokens
    return place + 1 < len(tokens) and tokens[place + 1].capital
