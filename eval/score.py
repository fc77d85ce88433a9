"""Scores of answers to our own questions, without a judge model: facts, pages, abstention."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, quantiles

from eval.questions import Question
from mehealth_rag.types import Answer, Page, Status

MAX_WORDS = 120
"""An answer longer than this is wrong, lists aside: printing a page is no answer."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One question with its answer and what is to be said of it."""

    question: Question
    answer: Answer
    right: bool
    forbidden: bool
    page_hit: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures over a set of scored answers; shares between 0 and 1, latencies in ms."""

    questions: int
    accuracy: float
    by_kind: dict[str, tuple[float, int]]
    abstention_precision: float
    abstention_recall: float
    abstention_f1: float
    page_hit: float
    citation_precision: float
    quotes_verbatim: float
    forbidden: float
    latency_p50: float
    latency_p95: float


def score(question: Question, answer: Answer) -> Scored:
    """Whether one answer is right: enough facts and no forbidden form, or a due abstention."""
    text = _plain(answer.answer)
    found = answer.status is Status.ANSWERED
    if not question.answerable:
        return Scored(question, answer, not found, False, False)
    held = sum(any(_plain(form) in text for form in fact) for fact in question.facts)
    needed = len(question.facts) if question.min_facts is None else question.min_facts
    forbidden = found and any(_plain(form) in text for form in question.forbidden)
    short = question.kind == "list" or len(text.split()) <= MAX_WORDS
    hit = any(c.page in question.pages for c in answer.citations)
    right = found and held >= needed and short and not forbidden
    return Scored(question, answer, right, forbidden, hit)


def summarise(scored: Sequence[Scored], pages: dict[tuple[str, int], Page]) -> Summary:
    """The figures over scored answers; `pages` by document and number to prove the quotes by."""
    answered = [s for s in scored if s.answer.status is Status.ANSWERED]
    carried = [s for s in answered if s.question.answerable]
    abstained = [s for s in scored if s.answer.status is Status.NOT_FOUND]
    due = [s for s in scored if not s.question.answerable]
    good = [s for s in abstained if not s.question.answerable]
    precision, recall = _share(good, abstained), _share(good, due)
    citations = [(c, s) for s in answered for c in s.answer.citations]
    times = sorted(s.answer.timings_ms["total"] for s in scored)
    return Summary(
        questions=len(scored),
        accuracy=_mean(s.right for s in scored),
        by_kind=_by_kind(scored),
        abstention_precision=precision,
        abstention_recall=recall,
        abstention_f1=2 * precision * recall / max(precision + recall, 1e-9),
        page_hit=_mean(s.page_hit for s in carried),
        citation_precision=_mean(
            c.page in s.question.pages for c, s in citations if s.question.answerable
        ),
        quotes_verbatim=_mean(c.quote in pages[c.document, c.page].text for c, _ in citations),
        forbidden=_share([s for s in answered if s.forbidden], answered),
        latency_p50=quantiles(times, n=20)[9],
        latency_p95=quantiles(times, n=20)[18],
    )


def _by_kind(scored: Sequence[Scored]) -> dict[str, tuple[float, int]]:
    groups: defaultdict[str, list[bool]] = defaultdict(list)
    for item in scored:
        groups[item.question.kind].append(item.right)
    return {kind: (_mean(rights), len(rights)) for kind, rights in sorted(groups.items())}


def _mean(values: Iterable[bool]) -> float:
    given = [float(v) for v in values]
    return mean(given) if given else 0.0


def _share(part: Sequence[Scored], whole: Sequence[Scored]) -> float:
    return len(part) / len(whole) if whole else 0.0


def _plain(text: str) -> str:
    return " ".join(text.replace("**", "").split()).casefold()
