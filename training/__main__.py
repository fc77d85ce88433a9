"""From data to the packaged reader in one command: `python -m training --data DIR`.

DIR holds `reader/` with the question sets. Trains twice, a short while and long, quantises the mean
of both, and writes the model, its card and the log into the package; the weights that join the
reader with the other evidence are fitted next, by `python -m eval.fit`.
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and package; what is not named here is given on to the training."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    parser.add_argument("--run", type=Path, default=Path("training-run"), help="checkpoints, logs")
    options, others = parser.parse_known_args(arguments)
    data = ["--data", str(options.data / "reader")]
    given = [*data]
    for name, epochs in RUNS.items():
        run = str(options.run / name)
        reader.main([*data, "--output", run, "--epochs", str(epochs), *others])
        given += ["--run", run]
    return package.main(given)


if __name__ == "__main__":
    sys.exit(main())
