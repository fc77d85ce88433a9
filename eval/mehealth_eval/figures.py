"""The figures over a group of records, under the dotted names that floors and JSON use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, harmonic_mean

import numpy as np

from mehealth_eval import ranking, stats
from mehealth_eval.records import Outcome, Place, Record, Reply
from mehealth_eval.sets import Format, Item, kinds
from mehealth_eval.support import repetition, unsupported

PERCENTILES = (50, 90, 95, 99)
GENERATIVE = "generative"
"""The engine of answers that a language model wrote."""

_FAILED = frozenset({Outcome.ERROR, Outcome.MISSING})


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure over `n` cases; None if there were none.

    A share has its `hits` and the bounds of its 95 % interval (Wilson). `falling` means that less
    is better.
    """

    value: float | None
    n: int
    hits: int | None = None
    low: float | None = None
    high: float | None = None
    falling: bool = False


Figures = dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of questions: its figures, and the curves to plot.

    `latencies` are milliseconds, in ascending order.
    """

    name: str
    title: str
    figures: Figures
    risk_coverage: tuple[stats.Kept, ...] = ()
    reliability: tuple[stats.Bin, ...] = ()
    latencies: tuple[float, ...] = ()


def summarise(name: str, title: str, records: Sequence[Record], form: Format) -> Group:
    """Compute all figures and curves of one group's records."""
    answers = _graded(records, Outcome.ANSWERED)
    latencies = sorted(r.reply.milliseconds for r in records if r.reply.milliseconds is not None)
    figures = {
        "questions": Figure(len(records), len(records)),
        "failures": _share(records, lambda r: r.reply.outcome in _FAILED, falling=True),
        **_accuracy(records),
        **_abstention(records),
        **_answers_given(records),
        **_citations(records),
        **_confidence(records),
        **_percentiles("latency", latencies, PERCENTILES),
        **_generated(records),
        **_retrieval(records),
        **(_gold_words(records) if form is Format.SQUAD else _conflicts(records)),
    }
    curve = stats.risk_coverage(answers, len(records))
    bins = stats.reliability(answers)
    return Group(name, title, figures, tuple(curve), tuple(bins), tuple(latencies))


def names(items: Sequence[Item], form: Format) -> frozenset[str]:
    """The names of all figures that a group of these questions has."""
    fixed = summarise("", "", (), form).figures
    return frozenset(fixed) | {f"kinds.{kind}" for kind in kinds(items)}


def unsupported_in(reply: Reply) -> tuple[tuple[str, ...], ...]:
    """The numbers, dates and names of each statement that are in none of its cited quotes."""
    quotes = [q.quote for q in reply.quotes]
    return tuple(
        unsupported(s.text, [quotes[n - 1] for n in s.citations if 0 < n <= len(quotes)])
        for s in reply.statements
    )


def _share(
    records: Sequence[Record], holds: Callable[[Record], bool | None], *, falling: bool = False
) -> Figure:
    """The share of the records for which `holds` is true."""
    return _share_of(sum(bool(holds(r)) for r in records), len(records), falling=falling)


def _share_of(hits: int, n: int, *, falling: bool = False) -> Figure:
    """The share of `hits` in `n` cases; None if `n` is 0."""
    if n == 0:
        return Figure(None, 0, falling=falling)
    return Figure(hits / n, n, hits, *stats.wilson(hits, n), falling)


def _share_true(values: Sequence[bool], *, falling: bool = False) -> Figure:
    return _share_of(sum(values), len(values), falling=falling)


def _mean(values: Sequence[float], *, falling: bool = False) -> Figure:
    return Figure(fmean(values) if values else None, len(values), falling=falling)


def _percentiles(name: str, values: Sequence[float], wanted: Sequence[int]) -> Figures:
    """Percentiles of values where less is better, named `NAME.p50` and so on."""
    return {
        f"{name}.p{p}": Figure(
            float(np.percentile(values, p)) if values else None, len(values), falling=True
        )
        for p in wanted
    }


def _right(record: Record) -> bool:
    return record.verdict.right


def _of_outcome(records: Sequence[Record], outcome: Outcome) -> list[Record]:
    return [r for r in records if r.reply.outcome is outcome]


def _accuracy(records: Sequence[Record]) -> Figures:
    return {
        "accuracy": _share(records, _right),
        "accuracy_answerable": _share([r for r in records if r.item.answerable], _right),
        "accuracy_unanswerable": _share([r for r in records if not r.item.answerable], _right),
        "follow_ups": _share([r for r in records if r.item.history], _right),
        **{
            f"kinds.{kind}": _share([r for r in records if r.item.kind == kind], _right)
            for kind in kinds([r.item for r in records])
        },
    }


def _abstention(records: Sequence[Record]) -> Figures:
    silent = _of_outcome(records, Outcome.NOT_FOUND)
    due = [r for r in records if not r.item.answerable]
    precision = _share(silent, lambda r: not r.item.answerable)
    recall = _share(due, lambda r: r.reply.outcome is Outcome.NOT_FOUND)
    f1 = float(harmonic_mean((precision.value or 0, recall.value or 0))) if due else None
    return {
        "abstention.precision": precision,
        "abstention.recall": recall,
        "abstention.f1": Figure(f1, len(records)),
    }


def _answers_given(records: Sequence[Record]) -> Figures:
    answered = _of_outcome(records, Outcome.ANSWERED)
    return {
        "answers.given": _share_of(len(answered), len(records)),
        "answers.right": _share(answered, _right),
        "answers.forbidden": _share(answered, lambda r: bool(r.verdict.forbidden), falling=True),
        "answers.too_long": _share(answered, lambda r: r.verdict.too_long, falling=True),
    }


def _citations(records: Sequence[Record]) -> Figures:
    answered = _of_outcome(records, Outcome.ANSWERED)
    judged = [r for r in answered if r.item.pages]
    quoted = sum(min(r.verdict.facts_quoted, r.verdict.facts_quotable) for r in judged)
    return {
        "citations.page_hit": _share(judged, lambda r: r.verdict.page_hit),
        "citations.precision": _share_true(
            [hit for r in judged for hit in r.verdict.quotes_on_right_page]
        ),
        "citations.recall": _share_of(quoted, sum(r.verdict.facts_quotable for r in judged)),
        "citations.verbatim": _share_true(
            [hit for r in answered for hit in r.verdict.quotes_verbatim]
        ),
        "citations.statements_cited": _share_true(
            [bool(s.citations) for r in answered for s in r.reply.statements]
        ),
    }


def _confidence(records: Sequence[Record]) -> Figures:
    answers = _graded(records, Outcome.ANSWERED)
    area = excess = None
    if answers:
        area = stats.area(stats.risk_coverage(answers, len(records)))
        excess = area - stats.least_area(answers)
    return {
        **_calibration("confidence", answers),
        **_calibration("confidence.abstentions", _graded(records, Outcome.NOT_FOUND)),
        "confidence.aurc": Figure(area, len(answers), falling=True),
        "confidence.aurc_excess": Figure(excess, len(answers), falling=True),
    }


def _calibration(prefix: str, graded: stats.Graded) -> Figures:
    n, error = len(graded), stats.expected_calibration_error(graded) if graded else None
    return {
        f"{prefix}.ece": Figure(error, n, falling=True),
        f"{prefix}.brier": Figure(stats.brier(graded) if graded else None, n, falling=True),
    }


def _graded(records: Sequence[Record], outcome: Outcome) -> list[tuple[float, bool]]:
    """Confidence and correctness of the replies of one outcome that state a confidence."""
    replies = [(r.reply.confidence, _right(r)) for r in _of_outcome(records, outcome)]
    return [(confidence, right) for confidence, right in replies if confidence is not None]


def _generated(records: Sequence[Record]) -> Figures:
    """Figures of the questions that a language model was asked; no values if it was asked none.

    `generated.unsupported` is the share of the sentences shown in a model's answers with a number,
    a date or a name that is in none of their quotes: see `support.py`.
    """
    asked = [r for r in _of_outcome(records, Outcome.ANSWERED) if r.reply.written]
    spoken = [r for r in asked if r.reply.engine == GENERATIVE]
    sentences = [bool(u) for r in spoken for u in unsupported_in(r.reply)]
    dropped = sum(r.reply.dropped for r in asked)
    waits = [r.reply.first_words for r in spoken if r.reply.first_words is not None]
    return {
        "generated.asked": Figure(len(asked) if asked else None, len(asked)),
        "generated.spoken": _share_of(len(spoken), len(asked)),
        "generated.fallbacks": _share_of(len(asked) - len(spoken), len(asked), falling=True),
        "generated.dropped": _share_of(dropped, dropped + len(sentences), falling=True),
        "generated.unsupported": _share_true(sentences, falling=True),
        "generated.words": _mean([r.verdict.words for r in spoken]),
        "generated.repetition": _mean([repetition(r.reply.text) for r in spoken], falling=True),
        "generated.tokens": _mean([r.reply.tokens for r in asked], falling=True),
        **_percentiles("generated.first_words", waits, (50, 95)),
    }


def _conflicts(records: Sequence[Record]) -> Figures:
    answered = _of_outcome(records, Outcome.ANSWERED)
    due = [r for r in answered if r.item.conflict]
    other = [r for r in answered if not r.item.conflict]
    return {
        "conflicts.told": _share(due, lambda r: r.reply.conflicts > 0),
        "conflicts.false": _share(other, lambda r: r.reply.conflicts > 0, falling=True),
    }


def _gold_words(records: Sequence[Record]) -> Figures:
    """For questions whose answer is words of the document: which part of an answer holds them."""
    worded = [r for r in records if r.item.facts]
    answered = _of_outcome(worded, Outcome.ANSWERED)
    return {
        "words.answer": _share(worded, lambda r: r.verdict.facts_held > 0),
        "words.answer_given": _share(answered, lambda r: r.verdict.facts_held > 0),
        "words.first_statement": _share(worded, lambda r: r.verdict.first_statement),
        "words.first_sentence": _share(worded, lambda r: r.verdict.first_quote),
    }


def _retrieval(records: Sequence[Record]) -> Figures:
    everywhere, within = [], []
    for record in records:
        if record.item.pages and (ranked := record.ranking):
            everywhere.append((record, ranked.all_documents))
            if ranked.own_document is not None:
                within.append((record, ranked.own_document))
    return {
        **_ranked("retrieval.all_documents", everywhere),
        **_ranked("retrieval.own_document", within),
        "retrieval.document_first": _share_true(
            [bool(places) and places[0][0] == r.item.document for r, places in everywhere]
        ),
    }


def _ranked(prefix: str, rankings: Sequence[tuple[Record, tuple[Place, ...]]]) -> Figures:
    right = {
        r.item.id: frozenset((r.item.document or "", n) for n in r.item.pages) for r, _ in rankings
    }
    values = ranking.measures(right, {r.item.id: p for r, p in rankings}) if rankings else {}
    figures = {f"{prefix}.{n}": Figure(v, len(rankings)) for n, v in ranking.means(values).items()}
    for k in ranking.CUTS:
        hits = round(sum(values.get(f"success@{k}", ())))
        figures[f"{prefix}.success@{k}"] = _share_of(hits, len(rankings))
    return figures
