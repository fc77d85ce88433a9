"""Figures of the answers that a language model wrote."""

from __future__ import annotations

from collections.abc import Sequence

from mehealth_eval.figure import Figure, Figures, percentiles, share, share_of
from mehealth_eval.records import Outcome, Record, Reply
from mehealth_eval.support import repetition, unsupported

ENGINE = "generative"


def generated(records: Sequence[Record]) -> Figures:
    """Figures of the questions that a model was asked; without values if it was asked none.

    `generated.unsupported` is the share of the sentences shown in a model's answers with a number,
    a date or a name that is in none of their quotes: see `eval/mehealth_eval/support.py`.
    """
    asked = [r for r in records if r.reply.written and r.reply.outcome is Outcome.ANSWERED]
    spoken = [r for r in asked if r.reply.engine == ENGINE]
    sentences = [bool(u) for r in spoken for u in unsupported_in(r.reply)]
    dropped = sum(r.reply.dropped for r in asked)
    waits = [r.reply.first_words for r in spoken if r.reply.first_words is not None]
    return {
        "generated.asked": Figure(len(asked) if asked else None, len(asked)),
        "generated.spoken": share(asked, lambda r: r.reply.engine == ENGINE),
        "generated.fallbacks": share(asked, lambda r: r.reply.engine != ENGINE, falling=True),
        "generated.dropped": share_of(dropped, dropped + len(sentences), falling=True),
        "generated.unsupported": share_of(sum(sentences), len(sentences), falling=True),
        "generated.words": _mean([float(r.verdict.words) for r in spoken]),
        "generated.repetition": _mean([repetition(r.reply.text) for r in spoken], falling=True),
        "generated.tokens": _mean([float(r.reply.tokens) for r in asked], falling=True),
        **percentiles("generated.first_words", waits, (50, 95)),
    }


def unsupported_in(reply: Reply) -> tuple[tuple[str, ...], ...]:
    """The numbers, dates and names of each statement that are in none of its cited quotes."""
    quotes = [q.quote for q in reply.quotes]
    return tuple(
        unsupported(s.text, [quotes[n - 1] for n in s.citations if 0 < n <= len(quotes)])
        for s in reply.statements
    )


def _mean(values: Sequence[float], *, falling: bool = False) -> Figure:
    value = sum(values) / len(values) if values else None
    return Figure(value, len(values), falling=falling)
