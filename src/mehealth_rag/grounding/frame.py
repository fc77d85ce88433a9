"""A sentence laid against quotes: tokens, amounts and matches, worked out once for all checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp

from mehealth_rag.grounding.amounts import Amount, amounts
from mehealth_rag.grounding.matching import Match, Matched, matched
from mehealth_rag.grounding.tokens import Token, distance, tokenise
from mehealth_rag.grounding.values import Ground

REACH = 4.0
"""Words after which nearness has fallen to a third."""

JUMP, MOST_JUMP = 0.02, 0.3
"""What a word more or less between two matches costs, and what it costs at the most."""

BETWEEN_QUOTES = "\n"


@dataclass(frozen=True, slots=True)
class Placed:
    """An amount and the places of the first and the last of its tokens."""

    amount: Amount
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its tokens and amounts."""

    text: str
    tokens: tuple[Token, ...]
    amounts: tuple[Placed, ...]

    @property
    def figure_places(self) -> frozenset[int]:
        """The places of all tokens that belong to an amount."""
        return frozenset(i for p in self.amounts for i in range(p.first, p.last + 1))

    def words_of(self, placed: Placed) -> str:
        """An amount as it is written."""
        return placed.amount.span.of(self.text)


@dataclass(frozen=True, slots=True)
class Frame:
    """A sentence, the quotes' text, what stands above them, and the sentence's matched words."""

    sentence: Text
    quotes: Text
    above: Text
    words: tuple[Matched, ...]
    aligned: Mapping[int, Match]
    """For each place of the sentence whose word the quotes have, the match among its fellows."""


def lay(sentence: str, grounds: Sequence[Ground], acronyms: Mapping[str, str]) -> Frame:
    """Lay a sentence against quotes."""
    own = as_text(sentence)
    quotes = as_text(BETWEEN_QUOTES.join(g.text for g in grounds))
    above = as_text(BETWEEN_QUOTES.join(g.above for g in grounds))
    words = matched(own.tokens, own.figure_places, quotes.tokens, above.tokens, acronyms)
    return Frame(own, quotes, above, words, _aligned(words))


def _aligned(words: Sequence[Matched]) -> dict[int, Match]:
    """One match for each word that has any: together the best, in the sentence's order and steps.

    Found word by word: each match keeps the best way to it from the matches of the word before.
    """
    steps: list[list[tuple[float, int]]] = []
    said = [w for w in words if w.places]
    for i, word in enumerate(said):
        before = said[i - 1].places if i else ()
        step = word.place - said[i - 1].place if i else 0
        ways = []
        for match in word.places:
            reached = [
                (steps[-1][k][0] - _jump(match.place - b.place, step), -k)
                for k, b in enumerate(before)
            ]
            best, back = max(reached, default=(0.0, 0))
            ways.append((best + match.score, -back))
        steps.append(ways)
    found = {}
    at = max(range(len(steps[-1])), key=lambda k: steps[-1][k][0]) if steps else 0
    for i in range(len(said) - 1, -1, -1):
        found[said[i].place] = said[i].places[at]
        at = steps[i][at][1]
    return found


def _jump(given: int, claimed: int) -> float:
    """What a step costs that is not the sentence's own; a step back a little more."""
    return min(JUMP * abs(given - claimed) + JUMP * (given < 0), MOST_JUMP)


@lru_cache(maxsize=20_000)
def as_text(text: str) -> Text:
    """A text with its tokens and amounts."""
    tokens = tokenise(text)
    placed = []
    for amount in amounts(text):
        inside = [
            i
            for i, t in enumerate(tokens)
            if t.span.start < amount.span.end and amount.span.start < t.span.end
        ]
        if inside:
            placed.append(Placed(amount, inside[0], inside[-1]))
    return Text(text, tokens, tuple(placed))


def affinity(frame: Frame, claimed: tuple[int, int], given: tuple[int, int]) -> float:
    """How far a slot of the quotes is the slot of the sentence: whether the same words stand near.

    Both slots are first and last place. The sentence's words count by how near they stand to the
    slot, and are held to be there as far as their matches stand as near to the other. From 0 to 1.
    """
    total = got = 0.0
    for word in frame.words:
        if claimed[0] <= word.place <= claimed[1] or word.token.quiet:
            continue
        share = _nearness(frame.sentence.tokens, claimed, word.place)
        total += word.weight * share
        near = (
            m.score * _nearness(frame.quotes.tokens, given, m.place)
            for m in word.places
            if not given[0] <= m.place <= given[1]
        )
        got += word.weight * min(share, max(near, default=0.0))
    return got / total if total else 0.0


def _nearness(tokens: tuple[Token, ...], slot: tuple[int, int], place: int) -> float:
    """1 right beside the slot, falling with distance; what comes after it is a little nearer.

    In English the thing that is counted, and mostly what a name does, follow.
    """
    if place > slot[1]:
        away = distance(tokens, slot[1], place) - 1
    else:
        away = distance(tokens, slot[0], place) - 1 + 1.5
    return exp(-max(away, 0.0) / REACH)
