"""From data to the packaged reader in one command: `python -m training --data DIR`.

DIR holds `reader/` with the question sets. Trains twice, a short while and long, goes on from the
mean of both with lists of near misses, quantises, and writes the model, its card and the log into
the package; the weights that join the reader with the other evidence are fitted next, by
`python -m eval.fit`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from training import package, reader

if TYPE_CHECKING:
    from collections.abc import Sequence


RUNS = {"short": 1, "long": 4}
"""Epochs of each run. The long one knows more, the short one is less sure of itself; the mean of
their weights is better than either (docs/reader.md)."""

LAST = {"epochs": "1", "after": str(max(RUNS.values())), "lists": "near-misses", "rate": "4e-5"}
"""What the mean learns last."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and package; what is not named here is given on to the training."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    parser.add_argument("--run", type=Path, default=Path("training-run"), help="checkpoints, logs")
    options, others = parser.parse_known_args(arguments)
    data = ["--data", str(options.data / "reader")]
    runs = [str(options.run / name) for name in RUNS]
    for run, epochs in zip(runs, RUNS.values(), strict=True):
        reader.main([*data, "--output", run, "--epochs", str(epochs), *others])
    last = str(options.run / "last")
    plan = [word for name, value in LAST.items() for word in (f"--{name}", value)]
    reader.main([*data, "--output", last, *plan, *_each("--first", runs), *others])
    return package.main([*data, *_each("--earlier", runs), "--run", last])


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]


if __name__ == "__main__":
    sys.exit(main())
