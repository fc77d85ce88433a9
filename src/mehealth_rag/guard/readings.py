"""What the reader says of a case, and how exact values correct it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from mehealth_rag.guard.case import Case, Place
from mehealth_rag.guard.exact import Step
from mehealth_rag.guard.opposite import leaning, opposites
from mehealth_rag.reader.model import Judgement, Reader
from mehealth_rag.reader.regression import VerdictRegression

GATHERED, LEAST_EVIDENCE = 8, 0.2
"""The most sentences of several passages that are judged together, and the least probability of
deciding that each needs."""

MOST_QUOTES, NEAR_BEST = 5, 0.5
"""The most sentences quoted for a statement, and the share of the best one's probability that each
needs."""

CARRIED = 0.35
"""The least probability of entailment for a sentence on its citations to be shown; contradiction
must be less likely."""

ADDED = 0.03
"""The least probability of a sentence that is quoted only because it has a value that the others
lack."""

DOUBT = 0.35
"""The factor on the probability of support for a missing name, since a name has other forms. For a
missing figure it is 0."""

TAKEN_FOR_IT = 0.5
"""From this probability of support, a sentence with another figure is taken to be about the same
thing."""

OPPOSED, LEAST_CARRIED = 0.1, 0.2
"""The log odds by which a denied statement must lean towards support more than its opposites do,
and its least probability of support, to count as supported after all."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """The guard's judgement of a statement by some sentences.

    `read` is the reader's, `judgement` what exact values and all signals make of it. `quotes` are
    the deciding sentences, best first, and `steps` say how the exact values follow from them.
    """

    judgement: Judgement
    read: Judgement
    quotes: tuple[Place, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def missing(self) -> tuple[Step, ...]:
        """The values that the quotes neither contain nor give."""
        return missing(self.steps)

    @property
    def lacks_value(self) -> bool:
        """Whether a figure, date or time is missing."""
        return any(step.kind != "name" for step in self.missing)

    @property
    def differing(self) -> Step | None:
        """The first missing value in whose place the quotes have another one."""
        return next((s for s in self.missing if s.of), None)

    @property
    def is_carried(self) -> bool:
        """Whether the quotes carry the statement, by the reader and exact values alone."""
        return self.judgement.carried >= max(CARRIED, self.judgement.denied)

    @property
    def surely(self) -> float:
        """The probability of the likelier of entailment and contradiction."""
        return max(self.judgement.carried, self.judgement.denied)


_NOTHING = Judgement(0.0, 0.0, 1.0, ())
NOTHING_SAID = Weighed(_NOTHING, _NOTHING)


@dataclass(frozen=True)
class Readings:
    """The reader's judgements of a case.

    `passages` are those by each passage, `together` is that by the deciding sentences of all,
    `alone` is that by the likeliest of them, and `opposed` those of the statement's opposites by
    all of them. `places` are these sentences, likeliest first.
    """

    case: Case
    regression: VerdictRegression
    passages: Sequence[Judgement]
    places: tuple[Place, ...] = ()
    together: Judgement | None = None
    alone: Judgement | None = None
    opposed: Sequence[Judgement] = ()

    @classmethod
    def of(cls, reader: Reader, case: Case) -> Self:
        """Read the passages, then their deciding sentences together and the best one alone."""
        passages = reader.judge(case.statement, case.texts, case.question)
        ranked = deciding(passages)
        if not ranked:
            return cls(case, reader.verdicts, passages)
        texts = [case.only(ranked), case.only(ranked[:1])]
        together, alone = reader.judge(case.statement, texts, case.question)
        opposed = [
            reader.judge(opposite, texts[:1], case.question)[0]
            for opposite in opposites(case.statement)
        ]
        return cls(case, reader.verdicts, passages, tuple(ranked), together, alone, opposed)

    @property
    def best_sentence(self) -> tuple[str, str]:
        """The sentence likeliest to decide, and the context above it; empty without passages."""
        if not self.places:
            return "", ""
        n, i = self.places[0]
        return self.case.texts[n].sentences[i], self.case.texts[n].context

    @cached_property
    def candidates(self) -> list[Weighed]:
        """The judgements by each passage and by all of them together, held to exact values."""
        candidates = by_passage(self.case, self.passages)
        if self.together and len({n for n, _ in self.places}) > 1:
            candidates.append(_weighed(self.case, self.together, sorted(self.places)))
        return candidates


def by_passage(case: Case, judgements: Sequence[Judgement]) -> list[Weighed]:
    """Correct the judgements by each passage of a case by exact values."""
    return [
        _weighed(case, judgement, [(n, i) for i in range(len(text.sentences))])
        for n, (text, judgement) in enumerate(zip(case.texts, judgements, strict=True))
    ]


def read_together(reader: Reader, case: Case, passages: Sequence[Judgement]) -> Weighed:
    """Judge a statement by the deciding sentences alone, without their neighbours.

    `passages` are the judgements by each of the case's first passages. A denial becomes support if
    the reader denies the statement's opposites even more; not where a figure or date decides.
    """
    places = sorted(deciding(passages))
    if not places:
        return NOTHING_SAID
    (judgement,) = reader.judge(case.statement, [case.only(places)], case.question)
    weighed = _weighed(case, judgement, places)
    judgement = weighed.judgement
    by_values = any(step.kind != "name" or step.how == "missing" for step in weighed.steps)
    if by_values or not LEAST_CARRIED <= judgement.carried < judgement.denied:
        return weighed
    quotes = [case.only(weighed.quotes)]
    own, *opposed = (
        reader.judge(statement, quotes, case.question)[0]
        for statement in (case.statement, *opposites(case.statement))
    )
    if leaning(own, opposed) < OPPOSED:
        return weighed
    turned = replace(judgement, carried=judgement.denied, denied=judgement.carried)
    return replace(weighed, judgement=turned)


def deciding(judgements: Sequence[Judgement]) -> list[Place]:
    """Return the sentences likely to decide, likeliest first; at least one."""
    probabilities = {(n, i): p for n, j in enumerate(judgements) for i, p in enumerate(j.evidence)}
    ranked = sorted(probabilities, key=lambda place: (-probabilities[place], place))[:GATHERED]
    threshold = min(LEAST_EVIDENCE, max(probabilities.values(), default=0.0))
    return [place for place in ranked if probabilities[place] >= threshold]


def held_to(judgement: Judgement, lacking: Sequence[Step]) -> Judgement:
    """Correct a judgement by the values that are missing.

    A missing value lowers `carried`. What is lost goes to `denied` if another value stands in its
    place and the reader took that for the claimed one, else to `untold`.
    """
    carried, denied = judgement.carried, judgement.denied
    reader_agrees = carried >= TAKEN_FOR_IT
    for step in lacking:
        remaining = carried * DOUBT if step.kind == "name" else 0.0
        if (
            reader_agrees and step.of and step.kind != "word"
        ):  # number words have too many lookalikes
            denied += carried - remaining
        carried = remaining
    untold = max(1 - carried - denied, 0.0)
    return replace(judgement, carried=carried, denied=denied, untold=untold)


def _weighed(case: Case, judgement: Judgement, places: Sequence[Place]) -> Weighed:
    """Correct the judgement of some sentences by exact values.

    The quotes are the likeliest sentences, and others that have a value which these lack.
    """
    probability = dict(zip(places, judgement.evidence, strict=True))
    ranked = sorted(places, key=lambda place: -probability[place])
    quotes = [
        p for p in ranked[:MOST_QUOTES] if probability[p] >= NEAR_BEST * probability[ranked[0]]
    ]
    value_steps = case.steps(quotes)
    for place in [p for p in ranked if p not in quotes and probability[p] >= ADDED]:
        if len(quotes) >= MOST_QUOTES or not missing(value_steps):
            break
        extended = case.steps([*quotes, place])
        if len(missing(extended)) < len(missing(value_steps)):
            quotes, value_steps = [*quotes, place], extended
    return Weighed(held_to(judgement, missing(value_steps)), judgement, tuple(quotes), value_steps)


def missing(value_steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the values that the sources neither contain nor give."""
    return tuple(s for s in value_steps if s.how == "missing")
