"""The figures' labels, and their values as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mehealth_eval.figures import PERCENTILES, Figure, Group
from mehealth_eval.ranking import CUTS
from mehealth_eval.sets import Item, Judged

KIND = "kinds."
"""Prefix of the names of the accuracies by kind."""

LABELS: dict[str, dict[str, str]] = {
    "Answers": {
        "accuracy": "Accuracy",
        "accuracy_answerable": "… where the documents answer",
        "accuracy_unanswerable": "… where they do not",
        "follow_ups": "… of follow-ups",
        "answers.given": "Questions answered",
        "answers.right": "Answers given that are right",
        "answers.forbidden": "Answers given with a forbidden form",
        "answers.too_long": "Answers given that are too long",
        "conflicts.told": "Conflicts of the documents told",
        "conflicts.false": "Conflicts told where there is none",
        "failures": "Questions without an answer line, or with an error",
    },
    "Words of the answer": {
        "words.answer": "The answer holds them, of all answerable",
        "words.answer_given": "… of those answered",
        "words.first_statement": "The first statement holds them",
        "words.first_sentence": "The first sentence found holds them",
    },
    "Not in the documents": {
        "abstention.precision": "Precision",
        "abstention.recall": "Recall",
        "abstention.f1": "F1",
    },
    "Citations": {
        "citations.page_hit": "A cited page is right",
        "citations.precision": "Precision: citations on a right page",
        "citations.recall": "Recall: required facts quoted from one",
        "citations.verbatim": "Quotes verbatim on their page",
        "citations.statements_cited": "Statements with a citation",
    },
    "Confidence": {
        "confidence.ece": "Calibration error (ECE), answers given",
        "confidence.brier": "Brier score, answers given",
        "confidence.abstentions.ece": "Calibration error (ECE), abstentions",
        "confidence.abstentions.brier": "Brier score, abstentions",
        "confidence.aurc": "Area under risk-coverage (AURC)",
        "confidence.aurc_excess": "… over the best possible",
    },
    "Answers of the language model": {
        "generated.asked": "Questions that it was asked",
        "generated.spoken": "… answered in its words",
        "generated.fallbacks": "… answered in the documents' own words alone",
        "generated.dropped": "Sentences that were dropped, of all that it wrote",
        "generated.unsupported": "Sentences shown with a figure, date or name not in their quotes",
        "generated.words": "Words of an answer",
        "generated.repetition": "Share of word triples that repeat",
        "generated.tokens": "Tokens written for a question",
        "generated.first_words.p50": "Milliseconds to the first words, median",
        "generated.first_words.p95": "… 95th percentile",
    },
    "Milliseconds for an answer": {
        f"latency.p{p}": "Median" if p == 50 else f"{p}th percentile" for p in PERCENTILES
    },
}
"""The label of each figure, by section and name."""

SCOPES = {
    "retrieval.all_documents": "all documents",
    "retrieval.own_document": "its own document",
}
RANKED = {
    "success": "A right page among the first",
    "recall": "Share of the right pages among the first",
    "mrr": "Mean reciprocal rank to the first",
}


def judged_by_page(items: Sequence[Item]) -> str:
    """A note on the questions that have no answer words; empty if there are none."""
    count = sum(item.judged is Judged.PAGE for item in items)
    note = f"Of {count} questions no words are given: right is an answer that cites a right page."
    return note if count else ""


def sections(groups: Sequence[Group]) -> dict[str, dict[str, str]]:
    """The sections, with the figures that have a value in some group."""
    kinds = Counter[str]()
    for group in groups:
        kinds.update({n: f.n for n, f in group.figures.items() if n.startswith(KIND)})
    kind_labels = {n: n.removeprefix(KIND) for n in sorted(kinds, key=lambda n: (-kinds[n], n))}
    measured_only = {
        section: {n: label for n, label in names.items() if measured(groups, n)}
        for section, names in (LABELS | {"Accuracy by kind": kind_labels}).items()
    }
    return {section: names for section, names in measured_only.items() if names}


def ranked(groups: Sequence[Group]) -> list[tuple[str, list[str]]]:
    """The rows of the table of ranking measures: a label, and its figure's name at each cut."""
    rows = []
    for scope, where in SCOPES.items():
        for measure, label in RANKED.items():
            names = [f"{scope}.{measure}@{k}" for k in CUTS]
            if measured(groups, names[0]):
                rows.append((f"{label}, {where}", names))
    return rows


def measured(groups: Sequence[Group], name: str) -> bool:
    """Return whether the figure has a value in any group."""
    return any(g.figures[name].value is not None for g in groups if name in g.figures)


def value(name: str, figure: Figure | None) -> str:
    """A figure's value as text; a dash if it has none."""
    if figure is None or figure.value is None:
        return "–"
    if name.startswith(
        ("latency.", "generated.first_words.", "generated.words", "generated.tokens")
    ):
        return f"{figure.value:,.1f}"
    return f"{figure.value:.3f}"


def around(figure: Figure | None) -> str:
    """A share's interval and counts, as text; empty if it has no value."""
    if figure is None or figure.value is None or figure.n == 0:
        return ""
    if figure.low is None or figure.high is None:
        return f"n {figure.n}"
    return f"{figure.low:.2f}–{figure.high:.2f} · {figure.hits} of {figure.n}"
