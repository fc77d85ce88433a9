"""The figures over a group of records, under the dotted names that floors and JSON use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import harmonic_mean

from mehealth_eval import ranking, stats
from mehealth_eval.figure import Figure, Figures, percentiles, share, share_of
from mehealth_eval.generated import generated
from mehealth_eval.records import Outcome, Place, Record
from mehealth_eval.sets import Format, Item, kinds

PERCENTILES = (50, 90, 95, 99)


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
    answers = _sure(records, Outcome.ANSWERED)
    confidence, right = [c for c, _ in answers], [r for _, r in answers]
    figures = {
        "questions": Figure(len(records), len(records)),
        "failures": share(records, lambda r: r.reply.outcome in _FAILED, falling=True),
        **_accuracy(records),
        **_abstention(records),
        **_answers_given(records),
        **_citations(records),
        **_confidence(records),
        **percentiles("latency", _times(records), PERCENTILES),
        **generated(records),
        **_retrieval(records),
        **(_found_words(records) if form is Format.SQUAD else _conflicts(records)),
    }
    return Group(
        name,
        title,
        figures,
        tuple(stats.risk_coverage(confidence, right, len(records))),
        tuple(stats.reliability(confidence, right)),
        tuple(_times(records)),
    )


def names(items: Sequence[Item], form: Format) -> frozenset[str]:
    """The names of all figures that a group of these questions has."""
    fixed = summarise("", "", (), form).figures
    return frozenset(fixed) | {f"kinds.{kind}" for kind in kinds(items)}


_FAILED = frozenset({Outcome.ERROR, Outcome.MISSING})


def _right(record: Record) -> bool:
    return record.verdict.right


def _answered(records: Sequence[Record]) -> list[Record]:
    return [r for r in records if r.reply.outcome is Outcome.ANSWERED]


def _accuracy(records: Sequence[Record]) -> Figures:
    return {
        "accuracy": share(records, _right),
        "accuracy_answerable": share([r for r in records if r.item.answerable], _right),
        "accuracy_unanswerable": share([r for r in records if not r.item.answerable], _right),
        "follow_ups": share([r for r in records if r.item.history], _right),
        **{
            f"kinds.{kind}": share([r for r in records if r.item.kind == kind], _right)
            for kind in kinds([r.item for r in records])
        },
    }


def _abstention(records: Sequence[Record]) -> Figures:
    silent = [r for r in records if r.reply.outcome is Outcome.NOT_FOUND]
    due = [r for r in records if not r.item.answerable]
    precision = share(silent, lambda r: not r.item.answerable)
    recall = share(due, lambda r: r.reply.outcome is Outcome.NOT_FOUND)
    if due and silent:
        f1 = Figure(harmonic_mean((precision.value or 0, recall.value or 0)), len(records))
    else:
        f1 = Figure(0.0 if due else None, len(records))
    return {"abstention.precision": precision, "abstention.recall": recall, "abstention.f1": f1}


def _answers_given(records: Sequence[Record]) -> Figures:
    answered = _answered(records)
    return {
        "answers.given": share(records, lambda r: r.reply.outcome is Outcome.ANSWERED),
        "answers.right": share(answered, _right),
        "answers.forbidden": share(answered, lambda r: bool(r.verdict.forbidden), falling=True),
        "answers.too_long": share(answered, lambda r: r.verdict.too_long, falling=True),
    }


def _citations(records: Sequence[Record]) -> Figures:
    answered = _answered(records)
    judged = [r for r in answered if r.item.pages]
    on_right = [hit for r in judged for hit in r.verdict.quotes_on_right_page]
    verbatim = [hit for r in answered for hit in r.verdict.quotes_verbatim]
    proved = [bool(s.citations) for r in answered for s in r.reply.statements]
    quoted = sum(min(r.verdict.facts_quoted, r.verdict.facts_quotable) for r in judged)
    return {
        "citations.page_hit": share(judged, lambda r: r.verdict.page_hit),
        "citations.precision": share_of(sum(on_right), len(on_right)),
        "citations.recall": share_of(quoted, sum(r.verdict.facts_quotable for r in judged)),
        "citations.verbatim": share_of(sum(verbatim), len(verbatim)),
        "citations.statements_cited": share_of(sum(proved), len(proved)),
    }


def _confidence(records: Sequence[Record]) -> Figures:
    answers = _sure(records, Outcome.ANSWERED)
    figures = {
        **_calibration("confidence", answers),
        **_calibration("confidence.abstentions", _sure(records, Outcome.NOT_FOUND)),
    }
    area = excess = None
    if answers:
        curve = stats.risk_coverage([c for c, _ in answers], [r for _, r in answers], len(records))
        area = stats.area(curve)
        excess = area - stats.least_area([r for _, r in answers])
    figures["confidence.aurc"] = Figure(area, len(answers), falling=True)
    figures["confidence.aurc_excess"] = Figure(excess, len(answers), falling=True)
    return figures


def _calibration(prefix: str, replies: Sequence[tuple[float, bool]]) -> Figures:
    error = score = None
    if replies:
        confidence, right = [c for c, _ in replies], [r for _, r in replies]
        error = stats.expected_calibration_error(stats.reliability(confidence, right))
        score = stats.brier(confidence, right)
    return {
        f"{prefix}.ece": Figure(error, len(replies), falling=True),
        f"{prefix}.brier": Figure(score, len(replies), falling=True),
    }


def _sure(records: Sequence[Record], outcome: Outcome) -> list[tuple[float, bool]]:
    """Confidence and correctness of the replies of one outcome that state a confidence."""
    replies = [(r.reply.confidence, _right(r)) for r in records if r.reply.outcome is outcome]
    return [(confidence, right) for confidence, right in replies if confidence is not None]


def _times(records: Sequence[Record]) -> list[float]:
    times = (r.reply.milliseconds for r in records)
    return sorted(t for t in times if t is not None)


def _conflicts(records: Sequence[Record]) -> Figures:
    answered = _answered(records)
    due = [r for r in answered if r.item.conflict]
    other = [r for r in answered if not r.item.conflict]
    return {
        "conflicts.told": share(due, lambda r: r.reply.conflicts > 0),
        "conflicts.false": share(other, lambda r: r.reply.conflicts > 0, falling=True),
    }


def _found_words(records: Sequence[Record]) -> Figures:
    """For questions whose answer is words of the document: where those words are found."""
    worded = [r for r in records if r.item.facts]
    return {
        "words.answer": share(worded, lambda r: r.verdict.facts_held > 0),
        "words.answer_given": share(_answered(worded), lambda r: r.verdict.facts_held > 0),
        "words.first_statement": share(worded, lambda r: r.verdict.first_statement),
        "words.first_sentence": share(worded, lambda r: r.verdict.first_quote),
    }


def _retrieval(records: Sequence[Record]) -> Figures:
    ranked = [r for r in records if r.item.pages and r.ranking is not None]
    everywhere = [(r, r.ranking.all_documents) for r in ranked if r.ranking]
    restricted = [(r, r.ranking.own_document) for r in ranked if r.ranking]
    within = [(r, places) for r, places in restricted if places is not None]
    first = [bool(p) and p[0][0] == r.item.document for r, p in everywhere]
    return {
        **_ranked("retrieval.all_documents", everywhere),
        **_ranked("retrieval.own_document", within),
        "retrieval.document_first": share_of(sum(first), len(first)),
    }


def _ranked(prefix: str, rankings: Sequence[tuple[Record, tuple[Place, ...]]]) -> Figures:
    right = {
        r.item.id: frozenset((r.item.document or "", n) for n in r.item.pages) for r, _ in rankings
    }
    values = ranking.measures(right, {r.item.id: p for r, p in rankings}) if rankings else {}
    figures = {f"{prefix}.{n}": Figure(v, len(rankings)) for n, v in ranking.means(values).items()}
    for k in ranking.CUTS:
        hits = round(sum(values.get(f"success@{k}", ())))
        figures[f"{prefix}.success@{k}"] = share_of(hits, len(rankings))
    return figures
