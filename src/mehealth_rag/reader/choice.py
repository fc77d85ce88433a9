"""From the reader's probabilities to an answer: which sentences to quote, or to abstain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mehealth_rag.reader.model import Limits, PassageReading

ORDERED_BY_RANK = 0.7
"""How much a passage's retrieval rank counts when passages are re-ranked, as `Limits.by_rank` does
in an answer. With 0.5 to 1.4, the top four hold all gold passages for 0.964 of the development
questions; by the other measures no weight tried does clearly better than 0.7 (docs/reader.md)."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sentence by the index of its passage and its own index in the passage, with its score."""

    passage: int
    sentence: int
    score: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The sentences chosen as the answer: best passage first, reading order within each passage.

    `answerable` is the probability that the documents answer. `best` is the sentence with the
    highest score, chosen or not. `sentences` is empty if the reader abstains.
    """

    answerable: float
    best: Chosen | None
    sentences: tuple[Chosen, ...]

    @property
    def confidence(self) -> float:
        """The probability that the best sentence answers; 0 if there is none."""
        return self.best.score if self.best else 0.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """The scored sentences of all passages, before any threshold is applied.

    `answerable` is as in `Choice`; `sentences` holds all of them, best first.
    """

    answerable: float
    sentences: tuple[Chosen, ...]


def choose(readings: Sequence[PassageReading], limits: Limits) -> Choice:
    """Choose the sentences that answer a question; none if an answer is too unlikely.

    The readings are in retrieval order.
    """
    return chosen(weighed(readings, limits), limits)


def weighed(readings: Sequence[PassageReading], limits: Limits) -> Weighed:
    """Score every sentence and the question as a whole; of the limits, only `by_rank` is used."""
    return Weighed(answerable(readings), tuple(ranked(readings, limits)))


def chosen(candidates: Weighed, limits: Limits) -> Choice:
    """Apply the thresholds and the limit on the number of sentences."""
    if not candidates.sentences:
        return Choice(0.0, None, ())
    best, probability = candidates.sentences[0], candidates.answerable
    if probability < limits.answer:
        return Choice(probability, best, ())
    cutoff = max(limits.sentence, limits.near * best.score)
    top = candidates.sentences[: limits.most]
    kept = [c for c in top if c is best or c.score >= cutoff]
    rank = {place: n for n, place in enumerate(dict.fromkeys(c.passage for c in kept))}
    return Choice(
        probability, best, tuple(sorted(kept, key=lambda c: (rank[c.passage], c.sentence)))
    )


def answerable(readings: Sequence[PassageReading]) -> float:
    """Return the probability that the documents answer: that of the likeliest passage.

    A passage's is the geometric mean of its own probability and of the probability that any of its
    sentences answers, taking them as independent (noisy-or). On four development sets together this
    tells answerable questions from others better than the sentences of all passages do
    (docs/reader.md).
    """
    return max((math.sqrt(r.answers * _any(r.sentences)) for r in readings), default=0.0)


def _any(probabilities: Sequence[float]) -> float:
    return 1 - math.prod(1 - p for p in probabilities)


def ranked(readings: Sequence[PassageReading], limits: Limits) -> list[Chosen]:
    """Return all sentences, best first; ties go to the passage that retrieval ranked higher."""
    scored = [
        Chosen(place, number, score(reading.answers, probability, place, limits.by_rank))
        for place, reading in enumerate(readings)
        for number, probability in enumerate(reading.sentences)
    ]
    return sorted(scored, key=lambda c: (-c.score, c.passage, c.sentence))


def order(readings: Sequence[PassageReading]) -> list[int]:
    """Return the indices of the passages, the most likely to answer first."""
    scores = [score(r.answers, r.answers, n, ORDERED_BY_RANK) for n, r in enumerate(readings)]
    return sorted(range(len(readings)), key=lambda n: (-scores[n], n))


def score(answers: float, sentence: float, place: int, by_rank: float) -> float:
    """Combine the probabilities of a sentence and its passage with the passage's retrieval rank.

    Returns the geometric mean of the two, its odds divided by (place + 1) ** `by_rank`. The rank
    counts because the reader does not see the retrieval score.
    """
    mean = math.sqrt(answers * sentence)
    odds = mean / max(1 - mean, 1e-9) / math.pow(place + 1, by_rank)
    return odds / (1 + odds)
