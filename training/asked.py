"""Trains the recogniser of questions about a whole document: `python -m training.asked`.

Its lines are `training/asked/*.txt`, one question a line in a file named after what is asked for
("none" for other questions), and the questions on the written documents: a general question asks
for the opening if sentences near the beginning answer it, and any other question asks for none.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from mehealth_eval.written_data import WrittenQuestion, load_documents
from mehealth_rag.answering.asked import WEIGHTS, Aspect
from mehealth_rag.encoder.minilm import MiniLM
from training.examples import WRITTEN

LINES = Path(__file__).parent / "asked"
NONE = "none"

_EARLY = 10
"""Sentences at a document's beginning; a general question that they answer is about the whole."""

_EVERY = 5
"""Of the questions that are not general, one in so many is taken, with this weight."""

_LINE = 10.0
"""Weight of a line of `LINES`: they are few, and worded as people type."""

_STRENGTH = 10.0
"""Inverse strength of the regularisation; 1 and 100 rank held-out documents' questions alike."""

Line = tuple[str, str, float]
"""A question, what it asks for, and its weight."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the recogniser and write its weights."""
    parser = argparse.ArgumentParser(prog="python -m training.asked", description=__doc__)
    parser.add_argument("--output", type=Path, default=WEIGHTS, help="file to write")
    output: Path = parser.parse_args(arguments).output
    questions, labels, weights = zip(*(*lines(), *written()), strict=True)
    encoder = MiniLM.load()
    vectors = np.stack([encoder.encode(question) for question in questions])
    order = [NONE, *Aspect]
    targets = [order.index(label) for label in labels]
    model = LogisticRegression(C=_STRENGTH, max_iter=3000).fit(vectors, targets, weights)
    np.save(output, np.column_stack([model.coef_, model.intercept_]).astype(np.float32))
    return 0


def lines() -> Iterator[Line]:
    """Yield the lines written for this."""
    for label in (NONE, *Aspect):
        for question in (LINES / f"{label}.txt").read_text(encoding="utf-8").splitlines():
            yield question, label, _LINE


def written() -> Iterator[Line]:
    """Yield the questions on the written documents that need no turns before them."""
    questions = [q for d in load_documents(WRITTEN) for q in d.questions if not q.history]
    general = [q for q in questions if q.kind == "general"]
    others = [q for q in questions if q.kind != "general"]
    for question in general:
        yield question.question, Aspect.OPENING if _is_early(question) else NONE, 1.0
    for question in others[::_EVERY]:
        yield question.question, NONE, float(_EVERY)


def _is_early(question: WrittenQuestion) -> bool:
    return any(all(int(i[1:]) <= _EARLY for i in ids) for ids in question.complete)


if __name__ == "__main__":
    sys.exit(main())
