"""From data to the packaged reader in one command: `python -m training --data DIR`.

DIR holds `reader/` with the question sets. Trains, quantises, and writes the model, its card and
the training's log into the package; the weights that join the reader with the other evidence are
fitted next, by `python -m eval.fit`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from training import package, reader

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and package; what is not named here is given on to the training."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the question sets")
    parser.add_argument("--run", type=Path, default=Path("training-run"), help="checkpoint and log")
    options, others = parser.parse_known_args(arguments)
    data = ["--data", str(options.data / "reader")]
    status = reader.main([*data, "--output", str(options.run), *others])
    return status or package.main([*data, "--run", str(options.run)])


if __name__ == "__main__":
    sys.exit(main())
