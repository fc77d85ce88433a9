"""The guard's judgement of one statement: the reader's second head, held to exact values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mehealth_rag.guard.exact import Sources, Step, steps
from mehealth_rag.reader.rows import gathered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.reader.model import Judgement, Limits, Reader
    from mehealth_rag.reader.rows import PassageText

GATHERED, LEAST_EVIDENCE = 8, 0.2
"""Sentences of several passages that a statement is read against together, at the most, and the
probability of deciding it that one of them needs."""

MOST_QUOTES, NEAR_BEST = 5, 0.5
"""Sentences that are quoted for one statement, at the most, and the share of the best one's
probability that the others need."""

ADDED = 0.03
"""The probability that a sentence needs to be quoted for a value that stands in it alone."""

Place = tuple[int, int]
"""A sentence: the place of its passage, and its own in it."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """What passages say of a statement.

    `carried` and `denied` are probabilities, `steps` how its exact values are had from `quotes`,
    the sentences that decide it, best first.
    """

    carried: float
    denied: float
    quotes: tuple[Place, ...]
    steps: tuple[Step, ...]

    @property
    def missing(self) -> tuple[Step, ...]:
        """The values that neither stand nor follow."""
        return tuple(s for s in self.steps if s.how == "missing")

    def verdict(self, limits: Limits) -> str:
        """The verdict: carried or denied only where that is likely enough."""
        if self.carried >= max(limits.carried, self.denied):
            return "supported"
        return "contradicted" if self.denied >= limits.denied else "not_found"


def weigh(
    reader: Reader, statement: str, texts: Sequence[PassageText], question: str = ""
) -> Weighed:
    """What passages say of a statement, which may be the answer to a question.

    Each is judged by itself; then the sentences that decide most, of all of them, are judged as
    one. What carries or denies most clearly counts.
    """
    each = reader.judge(statement, texts, question)
    places = gather([j.evidence for j in each])
    several = [gathered([(texts[n], own) for n, own in _by_passage(places)])] if places else []
    together = reader.judge(statement, several, question)
    found = [
        _Reading(statement, question, text, judgement, [(n, i) for i in range(len(text.sentences))])
        for n, (text, judgement) in enumerate(zip(texts, each, strict=True))
    ]
    found += [
        _Reading(statement, question, text, judgement, places)
        for text, judgement in zip(several, together, strict=True)
    ]
    return decide(found)


def decide(found: Sequence[_Reading]) -> Weighed:
    """The reading that carries or denies most clearly."""
    if not found:
        return Weighed(0.0, 0.0, (), ())
    return max((r.weighed() for r in found), key=lambda w: max(w.carried, w.denied))


def gather(evidence: Sequence[Sequence[float]]) -> list[Place]:
    """The sentences of all passages that decide most; none where they are of one passage."""
    ranked = sorted(
        ((p, n, i) for n, own in enumerate(evidence) for i, p in enumerate(own)),
        key=lambda x: (-x[0], x[1], x[2]),
    )
    places = sorted((n, i) for p, n, i in ranked[:GATHERED] if p >= LEAST_EVIDENCE)
    return places if len({n for n, _ in places}) > 1 else []


def _by_passage(places: Sequence[Place]) -> list[tuple[int, list[int]]]:
    grouped: dict[int, list[int]] = {}
    for n, i in places:
        grouped.setdefault(n, []).append(i)
    return list(grouped.items())


@dataclass(frozen=True, slots=True)
class _Reading:
    """A statement read with one text, whose sentences stand at `places`."""

    statement: str
    question: str
    text: PassageText
    judgement: Judgement
    places: Sequence[Place]

    def weighed(self) -> Weighed:
        """The judgement, held to exact values."""
        quoted = self._quoted()
        had = self._steps(quoted)
        missing = [s for s in had if s.how == "missing"]
        if missing:
            quoted, had = self._with_more(quoted, missing)
            missing = [s for s in had if s.how == "missing"]
        carried, denied = held_to(self.judgement, missing)
        return Weighed(carried, denied, tuple(self.places[i] for i in quoted), had)

    def _quoted(self) -> list[int]:
        evidence = self.judgement.evidence
        ranked = sorted(range(len(evidence)), key=lambda i: -evidence[i])
        least = NEAR_BEST * evidence[ranked[0]] if ranked else 0.0
        return [i for i in ranked[:MOST_QUOTES] if evidence[i] >= least]

    def _steps(self, quoted: Sequence[int]) -> tuple[Step, ...]:
        quotes = tuple(self.text.sentences[i] for i in quoted)
        return steps(self.statement, Sources(quotes, self.text.context, self.question))

    def _with_more(
        self, quoted: list[int], missing: Sequence[Step]
    ) -> tuple[list[int], tuple[Step, ...]]:
        """With the sentences that have what is missing, if they may decide it at all."""
        evidence = self.judgement.evidence
        others = [i for i, p in enumerate(evidence) if i not in quoted and p >= ADDED]
        others.sort(key=lambda i: -evidence[i])
        had = self._steps(quoted)
        for i in others[:MOST_QUOTES]:
            if len(quoted) >= MOST_QUOTES or not missing:
                break
            now = self._steps([*quoted, i])
            left = [s for s in now if s.how == "missing"]
            if len(left) < len(missing):
                quoted, had, missing = [*quoted, i], now, left
        return quoted, had


FIGURES = frozenset({"figure", "date", "time"})
"""Values of which one that is missing cannot be carried."""

DOUBT = 0.35
"""What is left of the probability that a statement is carried for each name or number word that
neither stands nor follows: they have other forms."""


def held_to(judgement: Judgement, missing: Sequence[Step]) -> tuple[float, float]:
    """The probabilities of carried and denied, given the values that are missing.

    What is taken from carried goes to denied where something else stands in the value's place.
    """
    carried, denied = judgement.carried, judgement.denied
    for step in missing:
        left = 0.0 if step.kind in FIGURES else carried * DOUBT
        if step.of:
            denied += carried - left
        carried = left
    return carried, denied
