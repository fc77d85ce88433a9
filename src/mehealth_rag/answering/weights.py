"""Fitted weights: logistic models kept as data, with what they were fitted on and when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.answering.evidence import FEATURES
from mehealth_rag.errors import IndexStateError


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic model over named, standardised features."""

    features: tuple[str, ...]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    intercept: float

    def logits(self, table: NDArray[np.floating]) -> NDArray[np.float64]:
        """One log-odds per row; shape [rows, features] to [rows]."""
        standard = (np.asarray(table, dtype=np.float64) - self.mean) / self.scale
        return np.asarray(standard @ self.coefficients + self.intercept)

    def probabilities(self, table: NDArray[np.floating]) -> NDArray[np.float64]:
        """One probability per row; shape [rows, features] to [rows]."""
        return sigmoid(self.logits(table))


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree of decisions, a node an entry: where `feature` is below 0 it is a leaf.

    A row goes to `left` where its feature is at most `threshold`, else to `right`.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]

    def values(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value of the leaf that each row comes to; shape [rows, features] to [rows]."""
        rows = np.arange(len(table))
        at = np.zeros(len(table), dtype=np.int64)
        while (inner := self.feature[at] >= 0).any():
            below = table[rows, self.feature[at]] <= self.threshold[at]
            at = np.where(inner, np.where(below, self.left[at], self.right[at]), at)
        return np.asarray(self.value[at])


@dataclass(frozen=True, slots=True)
class Boosted:
    """Boosted trees over named features: log-odds are the sum of their leaves."""

    features: tuple[str, ...]
    base: float
    trees: tuple[Tree, ...]

    def logits(self, table: NDArray[np.floating]) -> NDArray[np.float64]:
        """One log-odds per row; shape [rows, features] to [rows]."""
        rows = np.asarray(table, dtype=np.float64)
        return np.asarray(self.base + np.sum([tree.values(rows) for tree in self.trees], axis=0))


@dataclass(frozen=True, slots=True)
class Mixed:
    """The mean of a logistic model's and of boosted trees' log-odds over the same features.

    The trees see what a line cannot (likeness means less where all of a corpus is on one subject),
    the line is the surer of the two where few questions were seen.
    """

    line: Logistic
    trees: Boosted

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features, in order."""
        return self.line.features

    def logits(self, table: NDArray[np.floating]) -> NDArray[np.float64]:
        """One log-odds per row; shape [rows, features] to [rows]."""
        return np.asarray((self.line.logits(table) + self.trees.logits(table)) / 2)

    def probabilities(self, table: NDArray[np.floating]) -> NDArray[np.float64]:
        """One probability per row; shape [rows, features] to [rows]."""
        return sigmoid(self.logits(table))


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds as probabilities."""
    return np.asarray(1 / (1 + np.exp(-logits)))


@dataclass(frozen=True, slots=True)
class Models:
    """The fitted models: which sentence answers, whether any does, whether the answer is right.

    `combined` joins the sentence model's log-odds with a reader's; None: without a reader.
    `threshold` is the probability of `answerable` below which the documents are said not to answer.
    """

    sentence: Logistic
    answerable: Mixed
    right: Logistic
    threshold: float
    combined: Logistic | None = None


@lru_cache(maxsize=2)
def load_models(*, with_reader: bool = True) -> Models:
    """The packaged weights, those fitted with a reader or those without.

    Raises:
        IndexStateError: the weights were fitted to other features than this version computes.
    """
    text = files("mehealth_rag.answering").joinpath("weights.json").read_text(encoding="utf-8")
    data = json.loads(text)
    fitted = data["with_reader" if with_reader else "without_reader"]
    names = ANSWER_FEATURES + READ_FEATURES if with_reader else ANSWER_FEATURES
    return Models(
        sentence=_logistic(data["sentence"], FEATURES),
        answerable=Mixed(
            _logistic(fitted["answerable"]["line"], names),
            _boosted(fitted["answerable"]["trees"], names),
        ),
        right=_logistic(fitted["right"], names),
        threshold=float(fitted["threshold"]),
        combined=_logistic(fitted["combined"], COMBINED_FEATURES) if with_reader else None,
    )


ANSWER_FEATURES = (
    "best",
    "margin",
    "similarity",
    "coverage",
    "coverage_context",
    "coverage_passage",
    "unknown",
    "bm25",
    "pairs",
    "wanted_missing",
    "strictly_missing",
    "names_missing",
)
"""Signals of whether a question is answered: few, since more of them fitted the sets' habits."""

READ_FEATURES = (
    "read_choice",
    "read_below_best",
    "read_any",
    "read_answers",
    "read_answers_any",
)
"""What the reader adds to `ANSWER_FEATURES`."""

COMBINED_FEATURES = (
    "base",
    "base_below_best",
    "choice",
    "choice_below_best",
    "choice_off_text",
    "answers",
)
"""What a candidate's final log-odds are made of; see `weighing.combined_features`."""


def _check(data: dict[str, Any], expected: tuple[str, ...]) -> None:
    if tuple(data["features"]) != expected:
        raise IndexStateError(
            "the packaged weights were fitted to other features than this version computes; "
            "fit them again with: python -m eval.fit"
        )


def _boosted(data: dict[str, Any], expected: tuple[str, ...]) -> Boosted:
    _check(data, expected)
    trees = tuple(
        Tree(
            feature=np.asarray(tree["feature"], dtype=np.int64),
            threshold=np.asarray(tree["threshold"], dtype=np.float64),
            left=np.asarray(tree["left"], dtype=np.int64),
            right=np.asarray(tree["right"], dtype=np.int64),
            value=np.asarray(tree["value"], dtype=np.float64),
        )
        for tree in data["trees"]
    )
    return Boosted(expected, float(data["base"]), trees)


def _logistic(data: dict[str, Any], expected: tuple[str, ...]) -> Logistic:
    _check(data, expected)
    return Logistic(
        features=expected,
        mean=np.asarray(data["mean"], dtype=np.float64),
        scale=np.asarray(data["scale"], dtype=np.float64),
        coefficients=np.asarray(data["coefficients"], dtype=np.float64),
        intercept=float(data["intercept"]),
    )
