"""From what was read to what is quoted: which sentences answer, and whether any does."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.reader.model import Limits, PassageReading


ORDERED_BY_RANK = 0.7
"""What a passage's place in the search counts for in its new order, as `Limits.by_rank` does in an
answer. From 0.5 to 1.4 all gold passages are among the first four for 0.964 of the development
questions; 0.7 is best for the first one of those, and for tables of filings (docs/reader.md)."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sentence that answers: places of its passage and of itself in it, and its score."""

    passage: int
    sentence: int
    score: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The sentences that answer, in reading order of each passage, best passage first.

    `answerable` is the probability that any sentence answers. `best` is the best one of all, chosen
    or not; `sentences` are empty where nothing answers.
    """

    answerable: float
    best: Chosen | None
    sentences: tuple[Chosen, ...]

    @property
    def confidence(self) -> float:
        """How likely the best sentence answers; 0 where there is none."""
        return self.best.score if self.best else 0.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """What is read of a question, before any limit but `by_rank` is held against it.

    `answerable` is as in a choice; `sentences` are all, likeliest first.
    """

    answerable: float
    sentences: tuple[Chosen, ...]


def choose(readings: Sequence[PassageReading], limits: Limits) -> Choice:
    """The sentences that answer a question, none where it is too unlikely that any does.

    The readings are in the order in which the search brought their passages.
    """
    return chosen(weighed(readings, limits), limits)


def weighed(readings: Sequence[PassageReading], limits: Limits) -> Weighed:
    """How likely each sentence answers, and whether any does; of the limits `by_rank` counts."""
    return Weighed(answerable(readings), tuple(ranked(readings, limits)))


def chosen(found: Weighed, limits: Limits) -> Choice:
    """The sentences of what was weighed that the limits let answer."""
    if not found.sentences:
        return Choice(0.0, None, ())
    best, likely = found.sentences[0], found.answerable
    if likely < limits.answer:
        return Choice(likely, best, ())
    least = max(limits.sentence, limits.near * best.score)
    first = found.sentences[: limits.most]
    kept = [c for c in first if c is best or c.score >= least]
    order = {place: n for n, place in enumerate(dict.fromkeys(c.passage for c in kept))}
    return Choice(likely, best, tuple(sorted(kept, key=lambda c: (order[c.passage], c.sentence))))


def answerable(readings: Sequence[PassageReading]) -> float:
    """How likely any sentence answers, each by itself (a noisy or).

    On unseen documents this tells what is answered from what is not better than the best
    sentence's probability does (docs/reader.md): an answer often stands in several places.
    """
    return 1 - math.prod(1 - p for reading in readings for p in reading.sentences)


def ranked(readings: Sequence[PassageReading], limits: Limits) -> list[Chosen]:
    """All sentences, likeliest first; of equals the one that the search brought first."""
    scored = [
        Chosen(place, number, score(reading.answers, probability, place, limits.by_rank))
        for place, reading in enumerate(readings)
        for number, probability in enumerate(reading.sentences)
    ]
    return sorted(scored, key=lambda c: (-c.score, c.passage, c.sentence))


def order(readings: Sequence[PassageReading]) -> list[int]:
    """The places of passages, the likeliest to answer first."""
    odds = [score(r.answers, r.answers, n, ORDERED_BY_RANK) for n, r in enumerate(readings)]
    return sorted(range(len(readings)), key=lambda n: (-odds[n], n))


def score(answers: float, sentence: float, place: int, by_rank: float) -> float:
    """How likely a sentence answers, of its own and its passage's probability and its place.

    The place counts, since the reader does not see what the search saw.
    """
    together = math.sqrt(answers * sentence)
    odds = together / max(1 - together, 1e-9) / math.pow(place + 1, by_rank)
    return odds / (1 + odds)
