"""Scores the reader over our search alone: its best sentence, and its abstention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mehealth_eval.forms import match_forms
from mehealth_eval.sets import Item
from mehealth_eval.written_scores import Abstention, abstention, share
from mehealth_rag.assistant import Assistant
from mehealth_rag.growing import Progress
from mehealth_rag.reader.choice import choose


@dataclass(frozen=True, slots=True)
class ReaderFigures:
    """Figures of the reader alone.

    `best_right`: of the answerable questions with facts, the share whose likeliest sentence holds
    one. `page_right`: of those with pages, the share whose likeliest sentence is on a right page.
    """

    questions: int
    best_right: float
    page_right: float
    abstention: Abstention


def evaluate_reader(
    items: Sequence[Item], assistant: Assistant, progress: Progress
) -> ReaderFigures:
    """Read every question of a set over the whole corpus."""
    facts, pages, declined = [], [], []
    reader = assistant.reader()
    progress.stage("reading", len(items))
    for item in items:
        hits = assistant.read(item.question, item.history)
        choice = choose([h.reading for h in hits], reader.limits)
        declined.append((not choice.sentences, not item.answerable))
        if item.answerable and choice.best is not None:
            hit = hits[choice.best.passage]
            passage = hit.hit.passage
            if item.facts:
                text = hit.text.sentences[choice.best.sentence]
                facts.append(any(match_forms(text, item.facts).facts))
            if item.pages:
                pages.append(passage.document == item.document and passage.page in item.pages)
        progress.advance()
    return ReaderFigures(len(items), share(facts), share(pages), abstention(declined))
