"""Fitted weights of grounding, kept as data with what they were fitted on and when."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.errors import IndexStateError
from mehealth_rag.grounding.signals import SIGNALS
from mehealth_rag.grounding.values import Outcome


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


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds as probabilities."""
    return np.asarray(1 / (1 + np.exp(-logits)))


@dataclass(frozen=True, slots=True)
class GroundingModels:
    """How likely quotes carry a sentence or deny it; `least` is from when on they are held to."""

    of: dict[Outcome, Logistic]
    least: dict[Outcome, float]


@lru_cache(maxsize=1)
def load_grounding() -> GroundingModels:
    """The packaged weights.

    Raises:
        IndexStateError: the weights were fitted to other signals than this version computes.
    """
    text = files("mehealth_rag.grounding").joinpath("weights.json").read_text(encoding="utf-8")
    data = json.loads(text)
    return GroundingModels(
        of={o: _logistic(data[o], SIGNALS) for o in (Outcome.CARRIED, Outcome.DENIED)},
        least={o: float(data["least"][o]) for o in (Outcome.CARRIED, Outcome.DENIED)},
    )


def _logistic(data: dict[str, Any], expected: tuple[str, ...]) -> Logistic:
    if tuple(data["features"]) != expected:
        raise IndexStateError(
            "the packaged weights were fitted to other signals than this version computes; "
            "reinstall mehealth-rag"
        )
    return Logistic(
        features=expected,
        mean=np.asarray(data["mean"], dtype=np.float64),
        scale=np.asarray(data["scale"], dtype=np.float64),
        coefficients=np.asarray(data["coefficients"], dtype=np.float64),
        intercept=float(data["intercept"]),
    )
