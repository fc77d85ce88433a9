"""Scores over written documents: evidence, abstention, verdicts and twins, overall and by kind.

Whatever is missing counts as wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mehealth_eval.stats import f1, ratio
from mehealth_eval.written_data import Twin, WrittenClaim, WrittenQuestion

HELD = 0.6
"""Share of a sentence that must be quoted for the sentence to count as quoted."""

MOST_OTHERS = 2
"""Sentences that a right answer may quote besides the gold and harmless ones."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with the numbered sentences that were quoted; empty if it was declined.

    `best` are those of the best single sentence, whether or not the question was declined; None if
    the engine does not report it. `failed` means that there was no answer at all.
    """

    question: WrittenQuestion
    quoted: frozenset[str]
    best: frozenset[str] | None = None
    failed: bool = False

    @property
    def declined(self) -> bool:
        """True if the engine abstained."""
        return not self.quoted and not self.failed

    @property
    def right(self) -> bool:
        """True if the quotes are a complete answer with at most `MOST_OTHERS` other sentences.

        Where nothing answers, only declining is right.
        """
        if self.failed:
            return False
        if not self.question.gold:
            return not self.quoted
        others = self.quoted - self.question.allowed
        whole = any(self.quoted.issuperset(ids) for ids in self.question.complete)
        return whole and len(others) <= MOST_OTHERS

    @property
    def best_is_right(self) -> bool:
        """True if the best sentence answers."""
        answering = frozenset(i for ids in self.question.complete for i in ids)
        return bool(self.best and self.best & answering)


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim with the verdict that it was given; empty if there was none."""

    claim: WrittenClaim
    verdict: str


@dataclass(frozen=True, slots=True)
class JudgedTwin:
    """A twin: whether its true half and its lie were called supported, and their scores."""

    twin: Twin
    true_carried: bool
    lie_carried: bool
    true_score: float
    lie_score: float


@dataclass(frozen=True, slots=True)
class Abstention:
    """Precision, recall and F1, as of declining questions."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class WrittenFigures:
    """All figures of a run over written documents; shares are of 1.

    `best_right` is empty if the engine does not report its best sentence.
    """

    documents: int
    questions: int
    evidence: Mapping[str, float]
    best_right: Mapping[str, float]
    abstention: Abstention
    claims: int
    verdicts: Mapping[str, float]
    macro_f1: float
    false_support: float
    twins: int
    twins_in_order: float
    true_carried: float
    lies_passed: Mapping[str, float]


def figures(
    documents: int,
    answered: Sequence[Answered],
    judged: Sequence[Judged],
    twins: Sequence[JudgedTwin],
) -> WrittenFigures:
    """Compute all figures of a run."""
    with_best = [a for a in answered if a.question.gold and a.best is not None]
    unsupported = [j for j in judged if j.claim.verdict != "supported"]
    return WrittenFigures(
        documents=documents,
        questions=len(answered),
        evidence=by_kind((a.question.kind, a.right) for a in answered),
        best_right=by_kind((a.question.kind, a.best_is_right) for a in with_best),
        abstention=abstention([(a.declined, not a.question.gold) for a in answered]),
        claims=len(judged),
        verdicts=by_kind((j.claim.verdict, j.verdict == j.claim.verdict) for j in judged),
        macro_f1=_macro_f1(judged),
        false_support=share(j.verdict == "supported" for j in unsupported),
        twins=len(twins),
        twins_in_order=share(t.true_score > t.lie_score for t in twins),
        true_carried=share(t.true_carried for t in twins),
        lies_passed=by_kind((t.twin.how, t.lie_carried) for t in twins),
    )


def quoted_ids(shares: Iterable[Mapping[str, float]]) -> frozenset[str]:
    """The sentences that are quoted, given the share of each that each quote holds."""
    total: defaultdict[str, float] = defaultdict(float)
    for quote in shares:
        for id_, share in quote.items():
            total[id_] += share
    return frozenset(id_ for id_, share in total.items() if share >= HELD)


def abstention(pairs: Sequence[tuple[bool, bool]]) -> Abstention:
    """Score pairs of (declined, to be declined), or of any other (predicted, actual)."""
    both = sum(predicted and actual for predicted, actual in pairs)
    precision = _rounded(ratio(both, sum(predicted for predicted, _ in pairs)))
    recall = _rounded(ratio(both, sum(actual for _, actual in pairs)))
    return Abstention(precision, recall, _rounded(f1(precision, recall)))


def _macro_f1(judged: Sequence[Judged]) -> float:
    scores = [
        abstention([(j.verdict == kind, j.claim.verdict == kind) for j in judged]).f1
        for kind in ("supported", "contradicted", "not_found")
    ]
    return _rounded(sum(scores) / len(scores))


def by_kind(rows: Iterable[tuple[str, bool]]) -> dict[str, float]:
    """The share of right rows overall, then by kind."""
    kinds: defaultdict[str, list[bool]] = defaultdict(list)
    for kind, right in rows:
        kinds[kind].append(right)
    if not kinds:
        return {}
    every = [right for rights in kinds.values() for right in rights]
    return {"all": share(every), **{k: share(v) for k, v in sorted(kinds.items())}}


def share(values: Iterable[bool]) -> float:
    """The share of true values; 0 if there are none."""
    counted = list(values)
    return _rounded(ratio(sum(counted), len(counted)))


def _rounded(value: float) -> float:
    return round(value, 4)
