"""Fit the engine's weights on public question sets and write them as package data.

Run as `python -m eval.fit --data DIR`, DIR holding `reader/selqa.jsonl`, `reader/qed.jsonl` and
`xquad-dev/`. Everything goes through the real pipeline: files, ingest, retrieval, features. One
half of the xquad articles is left out of a first fit to see what the weights are worth on articles
that they have not seen; the weights that are kept are fitted on all.
"""

from __future__ import annotations

import argparse
import datetime
import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from eval.fitting_data import LabelledCorpus, LabelledQuestion, file_hash, reader_corpora, xquad
from mehealth_rag.answering.confidence import answer_features
from mehealth_rag.answering.evidence import FEATURES, candidates, features
from mehealth_rag.answering.weights import ANSWER_FEATURES, Logistic
from mehealth_rag.assistant import PASSAGES_READ
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.questions import analyse
from mehealth_rag.retrieval import Retriever
from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest, open_index

OUTPUT = Path(__file__).parent.parent / "src/mehealth_rag/answering/weights.json"
SETS = ("reader/selqa.jsonl", "reader/qed.jsonl")
HELD_TO_BE_RIGHT = 2
"""An answer has up to two statements: it is right when one of its best two sentences is."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question with its candidates' features, which of them hold the answer, and the corpus."""

    question: LabelledQuestion
    table: NDArray[np.float32]
    right: NDArray[np.bool_]
    signals: Any
    corpus: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, report and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    options = parser.parse_args(arguments)
    files = [options.data / name for name in SETS] + [options.data / "xquad-dev/questions.jsonl"]
    examples = list(_examples(options.data))
    held_out = [e for e in examples if _is_held_out(e)]
    seen = [e for e in examples if not _is_held_out(e)]
    report = _report(*_fit(seen), held_out)
    sentence, answer = _fit(examples)
    threshold = _threshold(examples, sentence, answer)
    _write(options.output, sentence, answer, threshold, {"data": file_hash(files), **report})
    print(json.dumps(report, indent=1), file=sys.stderr)
    return 0


def _examples(data: Path) -> Iterable[Example]:
    corpora = [c for name in SETS for c in reader_corpora(data / name)]
    for corpus in [*corpora, xquad(data / "xquad-dev")]:
        print(corpus.name, len(corpus.texts), len(corpus.questions), file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            yield from _of_corpus(corpus, Path(folder))


def _of_corpus(corpus: LabelledCorpus, folder: Path) -> Iterable[Example]:
    for name, text in corpus.texts.items():
        path = folder / "corpus" / f"{name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    settings = Settings.load({"corpus": folder / "corpus", "index": folder / "index"}, environ={})
    ingest(settings)
    index, encoder = open_index(settings)
    retriever = Retriever(index, encoder, index.acronyms())
    for question in corpus.questions:
        yield _example(question, retriever, index, corpus.name)
    index.close()


def _example(
    question: LabelledQuestion, retriever: Retriever, index: OpenIndex, corpus: str
) -> Example:
    analysed = analyse(question.text)
    found = candidates(retriever.retrieve(question.text, PASSAGES_READ))
    table = features(analysed, found, index)
    right = np.asarray([question.answerable and question.holds(c) for c in found], dtype=np.bool_)
    frequencies = {s: index.document_frequency(s) for s in (*analysed.subject, *analysed.names)}
    known = _Known(index.passage_count, frequencies)

    def signals(logits: NDArray[np.float64]) -> list[float]:
        values = answer_features(analysed, table, logits, known)
        return [values[name] for name in ANSWER_FEATURES]

    return Example(question, table, right, signals, corpus)


@dataclass(frozen=True, slots=True)
class _Known:
    """The word statistics of one question, so that its index can be closed."""

    passage_count: int
    frequencies: dict[str, int]

    def document_frequency(self, stem: str) -> int:
        return self.frequencies.get(stem, 0)


def _is_held_out(example: Example) -> bool:
    return example.corpus == "xquad-dev" and sum(map(ord, example.question.text)) % 2 == 1


def _fit(examples: Sequence[Example]) -> tuple[Logistic, Logistic]:
    answerable = [e for e in examples if e.right.any() and not e.corpus.startswith("qed")]
    sentence = _logistic(
        FEATURES,
        np.vstack([e.table for e in answerable]),
        np.concatenate([e.right for e in answerable]),
    )
    usable = [e for e in examples if len(e.right)]
    answer = _logistic(
        ANSWER_FEATURES,
        np.asarray([e.signals(sentence.logits(e.table)) for e in usable]),
        np.asarray([_is_right(e, sentence) for e in usable]),
    )
    return sentence, answer


def _is_right(example: Example, sentence: Logistic) -> bool:
    order = np.argsort(-sentence.logits(example.table), kind="stable")
    return bool(example.right[order[:HELD_TO_BE_RIGHT]].any())


def _logistic(
    names: tuple[str, ...], table: NDArray[Any], right: NDArray[np.bool_]
) -> Logistic:
    scaler = StandardScaler().fit(table)
    model = LogisticRegression(max_iter=5000, C=0.5).fit(scaler.transform(table), right)
    return Logistic(
        names, scaler.mean_, scaler.scale_, model.coef_[0], float(model.intercept_[0])
    )


def _confidences(
    examples: Sequence[Example], sentence: Logistic, answer: Logistic
) -> NDArray[np.float64]:
    rows = [e.signals(sentence.logits(e.table)) for e in examples]
    return answer.probabilities(np.asarray(rows))


def _threshold(examples: Sequence[Example], sentence: Logistic, answer: Logistic) -> float:
    """The confidence with the best mean of abstention F1 and F1 on answerable questions."""
    usable = [e for e in examples if len(e.right)]
    sure = _confidences(usable, sentence, answer)
    answerable = np.asarray([e.question.answerable for e in usable])
    weight = _even_weights([e.corpus for e in usable])
    grid = np.linspace(0.05, 0.8, 76)
    scores = [_f1(~answerable, sure < t, weight) + _f1(answerable, sure >= t, weight) for t in grid]
    return round(float(grid[int(np.argmax(scores))]), 2)


def _even_weights(corpora: Sequence[str]) -> NDArray[np.float64]:
    """Each set counts the same, however many questions it has."""
    sets = [c.split("-")[0] for c in corpora]
    return np.asarray([1 / sets.count(s) for s in sets])


def _f1(truth: NDArray[np.bool_], said: NDArray[np.bool_], weight: NDArray[np.float64]) -> float:
    hit = float(weight[truth & said].sum())
    return 2 * hit / max(float(weight[truth].sum() + weight[said].sum()), 1e-9)


def _report(
    sentence: Logistic, answer: Logistic, held_out: Sequence[Example]
) -> dict[str, float | int]:
    usable = [e for e in held_out if len(e.right)]
    answerable = [e for e in usable if e.question.answerable]
    sure = _confidences(usable, sentence, answer)
    truth = np.asarray([e.question.answerable for e in usable])
    best = [e.right[int(np.argmax(sentence.logits(e.table)))] for e in answerable]
    return {
        "held_out_questions": len(usable),
        "best_sentence": round(float(np.mean(best)), 4),
        "one_of_best_two": round(float(np.mean([_is_right(e, sentence) for e in answerable])), 4),
        "answerable_auc": round(float(roc_auc_score(truth, sure)), 4),
    }


def _write(
    path: Path, sentence: Logistic, answer: Logistic, threshold: float, about: dict[str, Any]
) -> None:
    def plain(model: Logistic) -> dict[str, Any]:
        return {
            "features": list(model.features),
            "mean": [round(float(x), 6) for x in model.mean],
            "scale": [round(float(x), 6) for x in model.scale],
            "coefficients": [round(float(x), 6) for x in model.coefficients],
            "intercept": round(model.intercept, 6),
        }

    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    data = {
        "fitted": {"date": today, "sets": [*SETS, "xquad-dev"], **about},
        "threshold": threshold,
        "sentence": plain(sentence),
        "answer": plain(answer),
    }
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
