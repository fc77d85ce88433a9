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
        return np.asarray(1 / (1 + np.exp(-self.logits(table))))


@dataclass(frozen=True, slots=True)
class Models:
    """The fitted models: which sentence answers, whether any does, whether the answer is right.

    `threshold` is the probability of `answerable` below which the documents are said not to answer.
    """

    sentence: Logistic
    answerable: Logistic
    right: Logistic
    threshold: float


@lru_cache(maxsize=1)
def load_models() -> Models:
    """The packaged weights.

    Raises:
        IndexStateError: the weights were fitted to other features than this version computes.
    """
    text = files("mehealth_rag.answering").joinpath("weights.json").read_text(encoding="utf-8")
    data = json.loads(text)
    sentence = _logistic(data["sentence"], FEATURES)
    answerable = _logistic(data["answerable"], ANSWER_FEATURES)
    right = _logistic(data["right"], ANSWER_FEATURES)
    return Models(sentence, answerable, right, float(data["threshold"]))


ANSWER_FEATURES = (
    "best",
    "margin",
    "second",
    "similarity",
    "coverage",
    "coverage_context",
    "coverage_passage",
    "best_coverage_passage",
    "unknown",
    "unknown_any",
    "near_words",
    "bm25",
    "pairs",
    "wanted_missing",
    "wanted_present",
    "strictly_missing",
    "figure_wanted_missing",
    "strictly_present",
    "names_asked_missing",
    "expands",
    "names",
    "names_missing",
    "names_unknown",
    "focus",
    "subject_size",
    "general",
)


def _logistic(data: dict[str, Any], expected: tuple[str, ...]) -> Logistic:
    if tuple(data["features"]) != expected:
        raise IndexStateError(
            "the packaged weights were fitted to other features than this version computes; "
            "fit them again with: python -m eval.fit"
        )
    return Logistic(
        features=expected,
        mean=np.asarray(data["mean"], dtype=np.float64),
        scale=np.asarray(data["scale"], dtype=np.float64),
        coefficients=np.asarray(data["coefficients"], dtype=np.float64),
        intercept=float(data["intercept"]),
    )
