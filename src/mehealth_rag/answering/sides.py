"""The sides of a comparison: what speaks of each, and which evidence may answer for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from mehealth_rag.answering.evidence import Evidence, sentence_text
from mehealth_rag.answering.wanted import new_figures, strictly_holds
from mehealth_rag.language.words import content_words, stem_all
from mehealth_rag.questions import Wanted, analyse
from mehealth_rag.types import BlockKind, Passage

_AMOUNT = re.compile(
    r"\bhow\s+(?!(?:do|does|did|is|are|was|were|has|have|had|can|could|will|would|should|come|to|"
    r"good|bad)\b)\w+|\b(?:cost|weigh|measure|earn|pay|charge|last)\s*\??$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two things that a question compares, and the question for it alone.

    `own` are the stems of its words that the other thing does not have.
    """

    thing: str
    question: str
    own: frozenset[str]

    @property
    def wants_figure(self) -> bool:
        """Whether its question asks for an amount in so many words."""
        return _AMOUNT.search(self.question) is not None

    def told_in(self, text: str) -> bool:
        """Whether a text speaks of it: it holds a third of its own words."""
        return bool(self.own) and 3 * len(self.own & _stems(text)) >= len(self.own)


def tells_both(sides: Sequence[Side], text: str) -> bool:
    """Whether one text answers for every side.

    It speaks of all of them, and where amounts are asked for it gives one for each; or it gives
    them and names one side, as a sentence does whose subject stands before it.
    """
    told = [side.told_in(text) for side in sides]
    enough = not sides[0].wants_figure or _figure_for_each(sides, text)
    return enough and (all(told) or (any(told) and sides[0].wants_figure))


def answers_both(sides: Sequence[Side], text: str) -> bool:
    """Whether a text that was chosen for every side need not name them: its figures do."""
    figure = analyse(sides[0].question).wanted.is_figure
    return tells_both(sides, text) or (figure and _figure_for_each(sides, text))


def _figure_for_each(sides: Sequence[Side], text: str) -> bool:
    return len(new_figures(analyse(sides[0].question), text)) >= len(sides)


def giving(side: Side, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The evidence that may tell of a side: no heading, but a figure where it asks an amount."""
    asked = analyse(side.question)

    def gives(passage: Passage, place: int) -> bool:
        if passage.sentences[place].kind is BlockKind.HEADING:
            return False
        text = sentence_text(passage, place)
        if side.wants_figure and asked.wanted in {Wanted.MONEY, Wanted.PERCENT}:
            return strictly_holds(asked, text)
        return not side.wants_figure or bool(new_figures(asked, text))

    return _kept(evidence, gives)


def of_one_side(
    side: Side, other: Side, shared: str, evidence: Sequence[Evidence]
) -> tuple[Evidence, ...]:
    """The evidence without what is said of the other thing alone.

    A sentence that names neither thing speaks of the one that was named last before it; `shared`,
    which was chosen for both, of neither.
    """

    def kept(passage: Passage, place: int) -> bool:
        if sentence_text(passage, place) == shared:
            return side.told_in(shared)
        for text in (sentence_text(passage, p) for p in range(place, -1, -1)):
            if side.told_in(text) or other.told_in(text):
                return side.told_in(text)
        return True

    return _kept(giving(side, evidence), kept)


def _kept(
    evidence: Sequence[Evidence], keeps: Callable[[Passage, int], bool]
) -> tuple[Evidence, ...]:
    """The evidence with only those sentences allowed that are kept."""

    def lowered(item: Evidence) -> Evidence:
        passage = item.hit.passage
        allowed = [
            (not item.allowed or item.allowed[place]) and keeps(passage, place)
            for place in range(len(passage.sentences))
        ]
        return replace(item, allowed=tuple(allowed))

    return tuple(lowered(item) for item in evidence)


@lru_cache(maxsize=20_000)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem_all(content_words(text)))


def both_sides(one: str, other: str, asked: Callable[[str], str]) -> tuple[Side, ...]:
    """Both sides, with what is asked of each."""
    a, b = _stems(one), _stems(other)
    return Side(one, asked(one), (a - b) or a), Side(other, asked(other), (b - a) or b)
