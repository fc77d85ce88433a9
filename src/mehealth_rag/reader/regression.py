"""The regression that turns signals for and against a statement into the three verdicts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class VerdictRegression:
    """A softmax regression: for each verdict, a weight of each signal by its name.

    Fitted by `python -m training.verdicts`; without weights the reader's surest judgement decides.
    """

    carried: Weights = field(default_factory=lambda: {"surest_carried": 1.0})
    denied: Weights = field(default_factory=lambda: {"surest_denied": 1.0})
    untold: Weights = field(default_factory=lambda: {"surest_untold": 1.0})

    def probabilities(self, signals: Weights) -> tuple[float, float, float]:
        """Return the probabilities that a statement is entailed, contradicted, and neither."""
        scores = [
            sum(weight * signals[name] for name, weight in weights.items())
            for weights in (self.carried, self.denied, self.untold)
        ]
        shares = [math.exp(score - max(scores)) for score in scores]
        carried, denied, untold = (share / sum(shares) for share in shares)
        return carried, denied, untold
