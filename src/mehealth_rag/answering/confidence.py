"""How sure the engine may be that its best sentence answers at all.

A high similarity alone is known not to tell a question that the documents answer from one on the
same subject that they do not; so several signals go together: how far the best evidence stands
out, which of the question's words stand beside it, which stand nowhere, and whether the kind of
answer that is wanted was found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.answering.evidence import FEATURES, Candidate, Statistics, Weights
from mehealth_rag.language.words import stem
from mehealth_rag.questions import Question, Wanted

_FROM_BEST = (
    "similarity",
    "coverage",
    "coverage_context",
    "coverage_passage",
    "bm25",
    "pairs",
    "near_words",
    "wanted_missing",
    "wanted_present",
    "strictly_missing",
    "figure_wanted_missing",
    "strictly_present",
    "names_asked_missing",
    "expands",
    "names",
    "names_missing",
    "focus",
)


def answer_features(
    question: Question,
    table: NDArray[np.floating],
    logits: NDArray[np.floating],
    statistics: Statistics,
) -> dict[str, float]:
    """The features of the best candidate as an answer, by name.

    `table` holds the candidates' features [n, len(FEATURES)], `logits` their log-odds [n]; n > 0.
    """
    order = np.argsort(-logits, kind="stable")
    best = table[order[0]]
    second = float(logits[order[1]]) if len(order) > 1 else float(logits[order[0]]) - 3.0
    taken = {name: float(best[FEATURES.index(name)]) for name in _FROM_BEST}
    weights = Weights(question, statistics)
    unknown = weights.share(lambda s: statistics.document_frequency(s) == 0)
    names = [stem(n) for n in question.names]
    return taken | {
        "best": float(logits[order[0]]),
        "margin": float(logits[order[0]]) - second,
        "second": second,
        "best_coverage_passage": float(table[:, FEATURES.index("coverage_passage")].max()),
        "unknown": unknown,
        "unknown_any": float(unknown > 0),
        "names_unknown": float(any(statistics.document_frequency(n) == 0 for n in names)),
        "subject_size": float(np.log1p(len(question.subject))),
        "general": float(question.wanted is Wanted.GENERAL),
    }


def best_first(found: Sequence[Candidate], logits: NDArray[np.floating]) -> list[int]:
    """Indices of the candidates, best first, ties in reading order."""
    return [int(i) for i in np.argsort(-logits, kind="stable")][: len(found)]
