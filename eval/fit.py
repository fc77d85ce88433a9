"""Fit the engine's weights on question sets and write them as package data.

Run as `python -m eval.fit --data DIR`, DIR holding `reader/selqa.jsonl` and `xquad-dev/`; our own
development questions are added, never the reporting half. Everything goes through the real
pipeline: files, ingest, retrieval, features. Half of the xquad questions are left out of a first
fit, to see what weights are worth on questions that they have not seen; the weights that are kept
are fitted on all.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from eval.fitting_data import (
    LabelledCorpus,
    LabelledQuestion,
    file_hash,
    prospectus,
    reader_corpora,
    xquad,
)
from mehealth_rag.answering.confidence import answer_features
from mehealth_rag.answering.evidence import FEATURES, candidates, features
from mehealth_rag.answering.weights import ANSWER_FEATURES, Logistic, Models
from mehealth_rag.assistant import PASSAGES_READ
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.words import stem
from mehealth_rag.questions import analyse
from mehealth_rag.retrieval import Retriever
from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest, open_index

ROOT = Path(__file__).parent.parent
OUTPUT = ROOT / "src/mehealth_rag/answering/weights.json"
OWN_QUESTIONS, OWN_DOCUMENT = ROOT / "eval/prospectus.jsonl", ROOT / "corpus/prospectus.pdf"
READER_SET, READER_MOST = "reader/selqa.jsonl", 800
DEVELOPMENT_SETS = ("xquad-dev", "prospectus-dev")
HELD_TO_BE_RIGHT = 2
"""An answer has up to two statements: it is right when one of its best two sentences is."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question with its candidates' features, which of them hold the answer, and the corpus."""

    question: LabelledQuestion
    table: NDArray[np.float32]
    right: NDArray[np.bool_]
    signals: Callable[[NDArray[np.float64]], list[float]]
    corpus: str
    weight: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, report and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    examples = list(_examples(options.data))
    held_out = [e for e in examples if _is_held_out(e)]
    report = _report(_fit([e for e in examples if not _is_held_out(e)]), held_out)
    models = _fit(examples)
    sets = [options.data / READER_SET, options.data / "xquad-dev/questions.jsonl", OWN_QUESTIONS]
    about = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "sets": [f"{p.parent.name}/{p.name}" for p in sets],
        "sha256": file_hash(sets),
        "questions": len(examples),
        "held_out": report,
    }
    _write(options.output, models, about)
    print(json.dumps(about, indent=1), file=sys.stderr)
    return 0


def _examples(data: Path) -> Iterable[Example]:
    corpora = [
        *reader_corpora(data / READER_SET, most=READER_MOST),
        xquad(data / "xquad-dev"),
        prospectus(OWN_QUESTIONS, OWN_DOCUMENT),
    ]
    for corpus in corpora:
        print(corpus.name, len(corpus.files), len(corpus.questions), file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            yield from _of_corpus(corpus, Path(folder))


def _of_corpus(corpus: LabelledCorpus, folder: Path) -> Iterable[Example]:
    (folder / "corpus").mkdir()
    for name, content in corpus.files.items():
        (folder / "corpus" / name).write_bytes(content)
    settings = Settings.load({"corpus": folder / "corpus", "index": folder / "index"}, environ={})
    ingest(settings)
    index, encoder = open_index(settings)
    retriever = Retriever(index, encoder, index.acronyms())
    for question in corpus.questions:
        yield _example(question, retriever, index, corpus)
    index.close()


def _example(
    question: LabelledQuestion, retriever: Retriever, index: OpenIndex, corpus: LabelledCorpus
) -> Example:
    analysed = analyse(question.text, retriever.acronyms)
    found = candidates(retriever.retrieve(question.text, PASSAGES_READ))
    table = features(analysed, found, index)
    right = np.asarray([question.answerable and question.holds(c) for c in found], dtype=np.bool_)
    asked = {*analysed.subject, *(stem(n) for n in analysed.names)}
    frequencies = {s: index.document_frequency(s) for s in asked}
    known = _Known(index.passage_count, frequencies)

    def signals(logits: NDArray[np.float64]) -> list[float]:
        values = answer_features(analysed, table, logits, known)
        return [values[name] for name in ANSWER_FEATURES]

    return Example(question, table, right, signals, corpus.name, corpus.weight)


@dataclass(frozen=True, slots=True)
class _Known:
    """The word statistics of one question, so that its index can be closed."""

    passage_count: int
    frequencies: dict[str, int]

    def document_frequency(self, stem: str) -> int:
        return self.frequencies.get(stem, 0)


def _is_held_out(example: Example) -> bool:
    return example.corpus == "xquad-dev" and sum(map(ord, example.question.text)) % 2 == 1


def _fit(examples: Sequence[Example]) -> Models:
    """The weights of sentences first; those of whole answers on top of what they choose."""
    right = [e for e in examples if e.right.any()]
    sentence = _logistic(
        FEATURES,
        np.vstack([e.table for e in right]),
        np.concatenate([e.right for e in right]),
        np.concatenate([np.full(len(e.right), e.weight) for e in right]),
    )
    usable = [e for e in examples if len(e.right)]
    table = np.asarray([e.signals(sentence.logits(e.table)) for e in usable])
    truth = np.asarray([e.question.answerable for e in usable])
    weight = _even_weights([e.corpus for e in usable])
    correct = np.asarray([_is_right(e, sentence) for e in usable])
    answerable = _logistic(ANSWER_FEATURES, table, truth, weight)
    sure = answerable.probabilities(table)
    threshold = _threshold([e.corpus for e in usable], truth, correct, sure)
    return Models(
        sentence, answerable, _logistic(ANSWER_FEATURES, table, correct, weight), threshold
    )


def _is_right(example: Example, sentence: Logistic) -> bool:
    order = np.argsort(-sentence.logits(example.table), kind="stable")
    return bool(example.right[order[:HELD_TO_BE_RIGHT]].any())


def _logistic(
    names: tuple[str, ...],
    table: NDArray[Any],
    truth: NDArray[np.bool_],
    weight: NDArray[np.float64],
) -> Logistic:
    scaler = StandardScaler().fit(table)
    model = LogisticRegression(max_iter=5000, C=0.5)
    model.fit(scaler.transform(table), truth, sample_weight=weight)
    return Logistic(names, scaler.mean_, scaler.scale_, model.coef_[0], float(model.intercept_[0]))


def _threshold(
    corpora: Sequence[str],
    truth: NDArray[np.bool_],
    correct: NDArray[np.bool_],
    sure: NDArray[np.float64],
) -> float:
    """The probability with most right answers and right abstentions, development sets alike.

    The reader sets do not count here: their near misses are made, not asked by people. The F1 of
    abstention is no part of it: on questions that the weights were fitted to it is flattered, and
    a threshold chosen by it was too high for others.
    """
    grid = np.linspace(0.05, 0.9, 86)
    scores = np.zeros(len(grid))
    for name in DEVELOPMENT_SETS:
        of_set = np.asarray([c == name for c in corpora])
        if of_set.any():
            said = sure[of_set] >= grid[:, None]
            good = np.where(said, correct[of_set], ~truth[of_set])
            scores += good.mean(axis=1)
    return round(float(grid[int(np.argmax(scores))]), 2)


def _even_weights(corpora: Sequence[str]) -> NDArray[np.float64]:
    """Each set counts the same, however many questions it has; the mean weight is 1."""
    sets = [c.split("-")[0] for c in corpora]
    return np.asarray([len(sets) / len(set(sets)) / sets.count(s) for s in sets])


def _report(models: Models, held_out: Sequence[Example]) -> dict[str, float | int]:
    usable = [e for e in held_out if len(e.right)]
    answerable = [e for e in usable if e.question.answerable]
    table = np.asarray([e.signals(models.sentence.logits(e.table)) for e in usable])
    truth = np.asarray([e.question.answerable for e in usable])
    best = [e.right[int(np.argmax(models.sentence.logits(e.table)))] for e in answerable]
    two = [_is_right(e, models.sentence) for e in answerable]
    return {
        "questions": len(usable),
        "best_sentence": round(float(np.mean(best)), 4),
        "one_of_best_two": round(float(np.mean(two)), 4),
        "answerable_auc": round(
            float(roc_auc_score(truth, models.answerable.probabilities(table))), 4
        ),
    }


def _write(path: Path, models: Models, about: dict[str, Any]) -> None:
    def plain(model: Logistic) -> dict[str, Any]:
        return {
            "features": list(model.features),
            "mean": [round(float(x), 6) for x in model.mean],
            "scale": [round(float(x), 6) for x in model.scale],
            "coefficients": [round(float(x), 6) for x in model.coefficients],
            "intercept": round(model.intercept, 6),
        }

    data = {
        "fitted": about,
        "threshold": models.threshold,
        "sentence": plain(models.sentence),
        "answerable": plain(models.answerable),
        "right": plain(models.right),
    }
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
