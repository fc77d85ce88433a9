"""Fitting: from labelled examples to the three or four logistic models of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

from eval.fitting_data import LabelledQuestion
from mehealth_rag.answering.confidence import answer_features
from mehealth_rag.answering.doubts import Likeness, doubts
from mehealth_rag.answering.evidence import FEATURES, Candidate
from mehealth_rag.answering.reader_model import Scores
from mehealth_rag.answering.weighing import (
    READ,
    SentenceReader,
    Weighed,
    best_candidates,
    combined_features,
    pair,
    structure,
)
from mehealth_rag.answering.weights import (
    ANSWER_FEATURES,
    COMBINED_FEATURES,
    READ_FEATURES,
    Boosted,
    Logistic,
    Mixed,
    Models,
    Tree,
    sigmoid,
)
from mehealth_rag.questions import Question

DEVELOPMENT_SETS = ("xquad-dev", "prospectus-dev", "documents")
"""How the names of their corpora begin. Questions as people put them, with and without an answer
in the share that people do: threshold and confidence are made on them; near misses that were made
would bend both."""

HELD_TO_BE_RIGHT = 2
"""An answer has up to two statements: it is right when one of its best two sentences is."""

FOLDS = 5
REGULARISATION = 0.5
SPEAKS_AGAINST = frozenset({"unknown", "wanted_missing", "strictly_missing", "names_missing"})
"""Signals that can only speak against answering; all others can only speak for it."""


@dataclass(frozen=True, slots=True)
class KnownWords:
    """The word statistics of one question, so that its index can be closed."""

    passage_count: int
    frequencies: dict[str, int]

    def document_frequency(self, stem: str) -> int:
        """In how many passages a stem stands."""
        return self.frequencies.get(stem, 0)


@dataclass(frozen=True, slots=True)
class Example:
    """One question with its candidates, their features, and which of them hold the answer."""

    question: LabelledQuestion
    analysed: Question
    found: tuple[Candidate, ...]
    table: NDArray[np.float32]
    right: NDArray[np.bool_]
    known: KnownWords
    alike: Likeness
    corpus: str
    weight: float

    @property
    def unseen(self) -> bool:
        """Whether the reader was not trained on it."""
        return self.corpus.startswith(("unseen", "xquad", "prospectus", "documents"))


@dataclass(frozen=True, slots=True)
class Read:
    """An example with the reader's scores of its best candidates."""

    example: Example
    base: NDArray[np.float64]
    scores: Scores


def fit_sentence(examples: Sequence[Example]) -> Logistic:
    """The model of which sentence answers, from the questions that one of them does."""
    right = [e for e in examples if e.right.any()]
    return _logistic(
        FEATURES,
        np.vstack([e.table for e in right]),
        np.concatenate([e.right for e in right]),
        np.concatenate([np.full(len(e.right), e.weight) for e in right]),
    )


def fit_without_reader(examples: Sequence[Example], sentence: Logistic) -> Models:
    """The models of an engine that has no reader."""
    usable = [e for e in examples if len(e.right)]
    weighed = [Weighed(e.found, e.table, base_logits(e, sentence)) for e in usable]
    return _fit_answers(usable, weighed, sentence, None, ANSWER_FEATURES)


def fit_with_reader(reads: Sequence[Read], sentence: Logistic) -> Models:
    """The models of an engine with a reader, from questions that it was not trained on."""
    right = [r for r in reads if r.example.right.any()]
    weight = even_weights([r.example.corpus for r in right])
    combined = _logistic(
        COMBINED_FEATURES,
        np.vstack([combined_features(r.base, r.scores, r.example.found) for r in right]),
        np.concatenate([r.example.right for r in right]),
        np.concatenate([np.full(len(r.base), w) for r, w in zip(right, weight, strict=True)]),
    )
    weighed = [with_reader(r, combined) for r in reads]
    names = ANSWER_FEATURES + READ_FEATURES
    return _fit_answers([r.example for r in reads], weighed, sentence, combined, names)


def read(examples: Sequence[Example], sentence: Logistic, reader: SentenceReader) -> list[Read]:
    """The reader's scores of each example's best candidates; the others are dropped."""
    found = []
    for example in examples:
        if not len(example.right):
            continue
        base = base_logits(example, sentence)
        kept = np.argsort(-base, kind="stable")[:READ]
        chosen = tuple(example.found[int(i)] for i in kept)
        scores = reader.scores(example.analysed.text, [pair(c) for c in chosen])
        short = replace(example, found=chosen, table=example.table[kept], right=example.right[kept])
        found.append(Read(short, base[kept], scores))
    return found


def base_logits(example: Example, sentence: Logistic) -> NDArray[np.float64]:
    """The sentence model's log-odds and what is known of the candidates' place."""
    place = structure(example.analysed, example.found, example.table)
    return sentence.logits(example.table) + place


def with_reader(item: Read, combined: Logistic) -> Weighed:
    """The candidates as the engine weighs them."""
    example = item.example
    logits = combined.logits(combined_features(item.base, item.scores, example.found))
    return Weighed(example.found, example.table, logits, item.scores)


def report(
    examples: Sequence[Example], weighed: Sequence[Weighed], models: Models
) -> dict[str, float | int]:
    """What models are worth on questions that they were not fitted to."""
    table = _signals(examples, weighed, models.answerable.features)
    truth = np.asarray([e.question.answerable for e in examples])
    ordered = [
        e.right[np.argsort(-w.logits, kind="stable")]
        for e, w in zip(examples, weighed, strict=True)
        if e.question.answerable
    ]
    sure = models.answerable.probabilities(table)
    return {
        "questions": len(examples),
        "best_sentence": round(float(np.mean([o[0] for o in ordered])), 4),
        "one_of_best_two": round(float(np.mean([o[:2].any() for o in ordered])), 4),
        "answerable_auc": round(float(roc_auc_score(truth, sure)), 4),
    }


def even_weights(corpora: Sequence[str]) -> NDArray[np.float64]:
    """Each set counts the same, however many questions it has; the mean weight is 1."""
    sets = [c.split("-")[0] for c in corpora]
    return np.asarray([len(sets) / len(set(sets)) / sets.count(s) for s in sets])


def _fit_answers(
    examples: Sequence[Example],
    weighed: Sequence[Weighed],
    sentence: Logistic,
    combined: Logistic | None,
    names: tuple[str, ...],
) -> Models:
    table = _signals(examples, weighed, names)
    truth = np.asarray([e.question.answerable for e in examples])
    correct = np.asarray([_is_right(e, w) for e, w in zip(examples, weighed, strict=True)])
    weight = even_weights([e.corpus for e in examples])
    against = np.asarray([_doubts(e, w) for e, w in zip(examples, weighed, strict=True)])
    sure = sigmoid(_out_of_fold(names, table, truth, weight) - against)
    threshold = _threshold([e.corpus for e in examples], truth, correct, sure)
    answerable = _mixed(names, table, truth, weight)
    asked = np.asarray([e.corpus.startswith(DEVELOPMENT_SETS) for e in examples])
    right = _monotone(names, table[asked], correct[asked], weight[asked])
    return Models(sentence, answerable, right, threshold, combined)


def _signals(
    examples: Sequence[Example], weighed: Sequence[Weighed], names: tuple[str, ...]
) -> NDArray[np.float64]:
    rows = []
    for example, item in zip(examples, weighed, strict=True):
        values = answer_features(example.analysed, item, example.known)
        rows.append([values[name] for name in names])
    return np.asarray(rows)


def _doubts(example: Example, weighed: Weighed) -> float:
    return doubts(example.analysed, best_candidates(weighed), example.known, example.alike)


def _is_right(example: Example, weighed: Weighed) -> bool:
    order = np.argsort(-weighed.logits, kind="stable")
    return bool(example.right[order[:HELD_TO_BE_RIGHT]].any())


def _logistic(
    names: tuple[str, ...],
    table: NDArray[Any],
    truth: NDArray[np.bool_],
    weight: NDArray[np.float64],
) -> Logistic:
    scaler = StandardScaler().fit(table)
    model = LogisticRegression(max_iter=5000, C=REGULARISATION)
    model.fit(scaler.transform(table), truth, sample_weight=weight)
    return Logistic(names, scaler.mean_, scaler.scale_, model.coef_[0], float(model.intercept_[0]))


def _mixed(
    names: tuple[str, ...],
    table: NDArray[Any],
    truth: NDArray[np.bool_],
    weight: NDArray[np.float64],
) -> Mixed:
    return Mixed(_monotone(names, table, truth, weight), _boosted(names, table, truth, weight))


def _boosted(
    names: tuple[str, ...],
    table: NDArray[Any],
    truth: NDArray[np.bool_],
    weight: NDArray[np.float64],
) -> Boosted:
    """Shallow boosted trees in which no signal speaks the other way than it must."""
    ways = [-1 if name in SPEAKS_AGAINST else 1 for name in names]
    model = HistGradientBoostingClassifier(
        max_depth=2,
        max_iter=80,
        learning_rate=0.06,
        min_samples_leaf=15,
        l2_regularization=5.0,
        monotonic_cst=ways,
        early_stopping=False,
        random_state=7,
    )
    model.fit(table, truth, sample_weight=weight)
    trees = tuple(_tree(stage[0].nodes) for stage in model._predictors)
    return Boosted(names, float(model._baseline_prediction.item()), trees)


def _tree(nodes: NDArray[Any]) -> Tree:
    """A tree of scikit-learn's as ours."""
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        feature=np.where(leaf, -1, nodes["feature_idx"]).astype(np.int64),
        threshold=np.where(leaf, 0.0, nodes["num_threshold"]),
        left=np.where(leaf, 0, nodes["left"]).astype(np.int64),
        right=np.where(leaf, 0, nodes["right"]).astype(np.int64),
        value=np.where(leaf, nodes["value"], 0.0),
    )


def _monotone(
    names: tuple[str, ...],
    table: NDArray[Any],
    truth: NDArray[np.bool_],
    weight: NDArray[np.float64],
) -> Logistic:
    """A logistic model in which no signal speaks the other way than it must.

    The sets' unanswerable questions are of few kinds; without the bounds the fit takes what these
    kinds have in common (few words, say) for a sign that questions cannot be answered.
    """
    scaler = StandardScaler().fit(table)
    x, y = scaler.transform(table), np.where(truth, 1.0, -1.0)

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        w, intercept = point[:-1], point[-1]
        margin = y * (x @ w + intercept)
        cost = REGULARISATION * float(weight @ np.logaddexp(0, -margin)) + float(w @ w) / 2
        slope = -REGULARISATION * weight * y * sigmoid(-margin)
        return cost, np.append(x.T @ slope + w, slope.sum())

    bounds = [(None, 0) if n in SPEAKS_AGAINST else (0, None) for n in names]
    start = np.zeros(len(names) + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)])
    return Logistic(names, scaler.mean_, scaler.scale_, found.x[:-1], float(found.x[-1]))


def _out_of_fold(
    names: tuple[str, ...],
    table: NDArray[np.float64],
    truth: NDArray[np.bool_],
    weight: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Each question's log-odds from a model that was not fitted to it."""
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=7)
    logits = np.zeros(len(truth))
    for train, test in folds.split(table, truth):
        model = _mixed(names, table[train], truth[train], weight[train])
        logits[test] = model.logits(table[test])
    return logits


def _threshold(
    corpora: Sequence[str],
    truth: NDArray[np.bool_],
    correct: NDArray[np.bool_],
    sure: NDArray[np.float64],
) -> float:
    """The probability with the best accuracy and the best F1 of abstaining, added up.

    The development sets count alike. The reader sets do not: their near misses are made, not asked
    by people.
    """
    grid = np.linspace(0.05, 0.9, 86)
    scores = np.zeros(len(grid))
    for name in DEVELOPMENT_SETS:
        of_set = np.asarray([c.startswith(name) for c in corpora])
        if of_set.any():
            said = sure[of_set] >= grid[:, None]
            scores += np.where(said, correct[of_set], ~truth[of_set]).mean(axis=1)
            scores += _abstention_f1(said, truth[of_set])
    return round(float(grid[int(np.argmax(scores))]), 2)


def _abstention_f1(said: NDArray[np.bool_], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The F1 of abstaining at each threshold; `said` is [thresholds, questions]."""
    due = (~said & ~truth).sum(axis=1)
    return np.asarray(2 * due / np.maximum((~said).sum(axis=1) + (~truth).sum(), 1))
