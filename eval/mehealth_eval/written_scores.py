"""Scores over written data: evidence, abstention, verdicts and twins, each in all and by kind.

What is missing counts as wrong.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mehealth_eval.stats import f1, ratio

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mehealth_eval.written_data import Twin, WrittenClaim, WrittenQuestion

HELD = 0.6
"""The share of a sentence that has to be quoted for it to count as quoted."""

MOST_OTHERS = 2
"""Sentences beside the gold and harmless ones that a right answer may quote."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with the numbered sentences that were quoted; none: it was declined.

    `best` are those of the single sentence that was held to be the best, declined or not; None
    where no such sentence is told. `failed`: no answer came at all.
    """

    question: WrittenQuestion
    quoted: frozenset[str]
    best: frozenset[str] | None = None
    failed: bool = False

    @property
    def declined(self) -> bool:
        """Whether the answer was that nothing answers."""
        return not self.quoted and not self.failed

    @property
    def right(self) -> bool:
        """Whether the evidence is right: what answers is there whole, and little besides."""
        if self.failed:
            return False
        if not self.question.gold:
            return not self.quoted
        others = self.quoted - self.question.allowed
        whole = any(self.quoted.issuperset(ids) for ids in self.question.complete)
        return whole and len(others) <= MOST_OTHERS

    @property
    def best_is_right(self) -> bool:
        """Whether the best sentence is one that answers."""
        answering = frozenset(i for ids in self.question.complete for i in ids)
        return bool(self.best and self.best & answering)


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim with the verdict that it was given; empty where none came."""

    claim: WrittenClaim
    verdict: str


@dataclass(frozen=True, slots=True)
class JudgedTwin:
    """A twin with whether its true and its false half were carried, and how surely."""

    twin: Twin
    true_carried: bool
    lie_carried: bool
    true_score: float
    lie_score: float


@dataclass(frozen=True, slots=True)
class Abstention:
    """How well "not in the documents" is told: of those declined, of those to be declined."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class WrittenFigures:
    """All figures of a run over written documents; shares are of 1, counts are whole.

    `best_right` is empty where the engine does not tell its best sentence.
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

    def as_json(self) -> dict[str, Any]:
        """The figures as JSON holds them."""
        return asdict(self)


def figures(
    documents: int,
    answered: Sequence[Answered],
    judged: Sequence[Judged],
    twins: Sequence[JudgedTwin],
) -> WrittenFigures:
    """Sum up."""
    told = [a for a in answered if a.question.gold and a.best is not None]
    unsupported = [j for j in judged if j.claim.verdict != "supported"]
    return WrittenFigures(
        documents=documents,
        questions=len(answered),
        evidence=by_kind((a.question.kind, a.right) for a in answered),
        best_right=by_kind((a.question.kind, a.best_is_right) for a in told),
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
    """The sentences that quotes hold, of the shares that each quote holds of them."""
    total: defaultdict[str, float] = defaultdict(float)
    for quote in shares:
        for id_, share in quote.items():
            total[id_] += share
    return frozenset(id_ for id_, share in total.items() if share >= HELD)


def abstention(pairs: Sequence[tuple[bool, bool]]) -> Abstention:
    """How well it is told, of pairs: whether it was declined, whether it was to be."""
    return Abstention(*_precision_recall_f1(pairs))


def _macro_f1(judged: Sequence[Judged]) -> float:
    scores = [
        _precision_recall_f1([(j.verdict == kind, j.claim.verdict == kind) for j in judged])[2]
        for kind in ("supported", "contradicted", "not_found")
    ]
    return _rounded(sum(scores) / len(scores))


def _precision_recall_f1(pairs: Sequence[tuple[bool, bool]]) -> tuple[float, float, float]:
    """Of pairs: whether something was said, whether it was to be said."""
    both = sum(said and wanted for said, wanted in pairs)
    precision = _rounded(ratio(both, sum(said for said, _ in pairs)))
    recall = _rounded(ratio(both, sum(wanted for _, wanted in pairs)))
    return precision, recall, _rounded(f1(precision, recall))


def by_kind(rows: Iterable[tuple[str, bool]]) -> dict[str, float]:
    """The share in all, then by kind."""
    kinds: defaultdict[str, list[bool]] = defaultdict(list)
    for kind, right in rows:
        kinds[kind].append(right)
    if not kinds:
        return {}
    every = [right for rights in kinds.values() for right in rights]
    return {"all": share(every), **{k: share(v) for k, v in sorted(kinds.items())}}


def share(values: Iterable[bool]) -> float:
    """The share of the true ones, 0 of none."""
    counted = list(values)
    return _rounded(ratio(sum(counted), len(counted)))


def _rounded(value: float) -> float:
    return round(value, 4)
