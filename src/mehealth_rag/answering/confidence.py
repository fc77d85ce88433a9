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
from mehealth_rag.answering.reader_model import Scores
from mehealth_rag.answering.weighing import Weighed, contact_bonus
from mehealth_rag.questions import Question

_FROM_BEST = (
    "similarity",
    "coverage",
    "coverage_context",
    "coverage_passage",
    "bm25",
    "pairs",
    "wanted_missing",
    "strictly_missing",
    "names_missing",
)


def answer_features(
    question: Question, weighed: Weighed, statistics: Statistics
) -> dict[str, float]:
    """The features of the best candidate as an answer, by name; there is one at least.

    Those of `weights.READ_FEATURES` are among them where a reader has had its say.
    """
    # the form of an address chooses the sentence, but does not say that it is the one asked for
    table, logits = weighed.table, weighed.logits - contact_bonus(question, weighed.found)
    order = np.argsort(-logits, kind="stable")
    best = table[order[0]]
    second = float(logits[order[1]]) if len(order) > 1 else float(logits[order[0]]) - 3.0
    taken = {name: float(best[FEATURES.index(name)]) for name in _FROM_BEST}
    weights = Weights(question, statistics)
    unknown = weights.share(lambda s: statistics.document_frequency(s) == 0)
    own = {
        "best": float(logits[order[0]]),
        "margin": float(logits[order[0]]) - second,
        "unknown": unknown,
    }
    read = {} if weighed.scores is None else _read(weighed.scores, int(order[0]))
    return taken | own | read


def _read(scores: Scores, best: int) -> dict[str, float]:
    """What the reader says of the chosen sentence, and of all that it has read."""
    choice, answers = scores[:, 0].astype(np.float64), scores[:, 1].astype(np.float64)
    return {
        "read_choice": float(choice[best]),
        "read_below_best": float(choice[best] - choice.max()),
        "read_any": float(np.logaddexp.reduce(choice)),
        "read_answers": float(answers[best]),
        "read_answers_any": float(np.logaddexp.reduce(answers)),
    }


def best_first(found: Sequence[Candidate], logits: NDArray[np.floating]) -> list[int]:
    """Indices of the candidates, best first, ties in reading order."""
    return [int(i) for i in np.argsort(-logits, kind="stable")][: len(found)]
