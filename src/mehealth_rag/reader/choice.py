"""From what was read to what is quoted: which sentences answer, and whether any does."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mehealth_rag.reader.rows import gathered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.reader.model import Judgement, Limits, PassageReading, Reader
    from mehealth_rag.reader.rows import PassageText

GATHERED, LEAST_EVIDENCE = 8, 0.2
"""Sentences of several passages that a statement is read against together, at the most, and the
probability that one of them needs."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sentence that answers: places of its passage and of itself in it, and its score."""

    passage: int
    sentence: int
    score: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The sentences that answer, in reading order of each passage, best passage first.

    `best` is the best sentence of all, chosen or not; `sentences` are empty where nothing answers.
    """

    confidence: float
    best: Chosen | None
    sentences: tuple[Chosen, ...]


def choose(readings: Sequence[PassageReading], limits: Limits) -> Choice:
    """The sentences that answer a question, none where the best is too unlikely to.

    The readings are in the order in which the search brought their passages.
    """
    scored = ranked(readings, limits)
    if not scored:
        return Choice(0.0, None, ())
    best = scored[0]
    if best.score < limits.answer:
        return Choice(best.score, best, ())
    least = max(limits.sentence, limits.near * best.score)
    chosen = [c for c in scored if c is best or c.score >= least][: limits.most]
    order = {place: n for n, place in enumerate(dict.fromkeys(c.passage for c in chosen))}
    kept = tuple(sorted(chosen, key=lambda c: (order[c.passage], c.sentence)))
    return Choice(best.score, best, kept)


def ranked(readings: Sequence[PassageReading], limits: Limits) -> list[Chosen]:
    """All sentences, likeliest first; of equals the one that the search brought first."""
    scored = [
        Chosen(place, number, score(reading.answers, probability, place, limits.by_rank))
        for place, reading in enumerate(readings)
        for number, probability in enumerate(reading.sentences)
    ]
    return sorted(scored, key=lambda c: (-c.score, c.passage, c.sentence))


def score(answers: float, sentence: float, place: int, by_rank: float) -> float:
    """How likely a sentence answers, of its own and its passage's probability and its place.

    The place counts, since the reader does not see what the search saw.
    """
    together = math.sqrt(answers * sentence)
    odds = together / max(1 - together, 1e-9) / math.pow(place + 1, by_rank)
    return odds / (1 + odds)


def judge(
    reader: Reader, statement: str, texts: Sequence[PassageText], question: str = ""
) -> Judgement:
    """What passages say of a statement together.

    Each is judged by itself; then the sentences that decide most, of all of them, are judged as
    one. What carries or denies most clearly counts. Its evidence is of all sentences of the
    passages in turn.
    """
    each = reader.judge(statement, texts, question)
    evidence = tuple(p for judgement in each for p in judgement.evidence)
    several = gather(texts, [j.evidence for j in each])
    together = reader.judge(statement, [several], question) if several else []
    decisive = max((*each, *together), key=lambda j: max(j.carried, j.denied))
    return replace(decisive, evidence=evidence)


def gather(texts: Sequence[PassageText], evidence: Sequence[Sequence[float]]) -> PassageText | None:
    """The sentences that decide most, as one text; None where they are of one passage or none."""
    ranked = sorted(
        ((p, n, i) for n, own in enumerate(evidence) for i, p in enumerate(own)),
        key=lambda x: (-x[0], x[1], x[2]),
    )
    places: dict[int, list[int]] = {}
    for n, i in sorted((n, i) for p, n, i in ranked[:GATHERED] if p >= LEAST_EVIDENCE):
        places.setdefault(n, []).append(i)
    return gathered([(texts[n], own) for n, own in places.items()]) if len(places) > 1 else None
