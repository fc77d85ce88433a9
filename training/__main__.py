"""Trains and packages a reader: `python -m training [--form large] [--data DIR]`.

Makes the examples, trains in stages, and packages the result. Run again after an interruption, it
skips what is done and resumes a stage at its last checkpoint.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from training import bases, examples, outside, package, reader, verdicts

DEVELOPMENT = Path(__file__).parent.parent / "eval" / "written" / "development"

DONE = "done"
"""Marks the folder of a finished stage."""

NEAR = ("--copied", "0.2", "--asked", "1")
"""In every stage: statements made from gold sentences and from yes/no questions."""

LARGE = ("--groups-at-once", "24", *NEAR)

STAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "small": {
        "first": ("--statements", "0.4", "--twins", "0.4", *NEAR),
        "second": ("--after", "1", "--rate", "6e-5", *NEAR),
    },
    "large": {
        "first": ("--statements", "0.7", "--twins", "0.7", "--answers", "0.1", *LARGE),
        "second": ("--after", "1", "--rate", "3e-5", *LARGE),
    },
}
"""The stages of each form with their options; each continues from the one before."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do everything that is not done yet."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--form", choices=bases.FORMS, default="small")
    parser.add_argument("--run", type=Path, default=Path("training-run"), help="work and logs")
    parser.add_argument("--data", type=Path, help="folder with other people's question sets")
    options = parser.parse_args(arguments)
    options.run.mkdir(parents=True, exist_ok=True)
    written, development, others = (
        options.run / f"{name}.json" for name in ("written", "development", "outside")
    )
    _make(written, examples.main, "--work", options.run / "work" / "written")
    work = options.run / "work" / "development"
    _make(development, examples.main, "--written", DEVELOPMENT, "--work", work, "--forms", "md")
    files = [written]
    if options.data is not None:
        _make(others, outside.main, "--data", options.data)
        files.append(others)
    folder, first = options.run, list[str]()
    for name, stage in STAGES[options.form].items():
        folder = options.run / options.form / name
        if not (folder / DONE).exists():
            places = ["--examples", *map(str, files), "--output", str(folder)]
            reader.main(["--form", options.form, *places, *stage, *first])
            (folder / DONE).touch()
        first = ["--first", str(folder)]
    package.main(["--run", str(folder), "--development", str(development)])
    return verdicts.main(["--reader", options.form])


def _make(output: Path, step: Callable[[list[str]], object], *arguments: object) -> None:
    """Run a step unless its output is there."""
    if not output.exists():
        step([*map(str, arguments), "--output", str(output)])


if __name__ == "__main__":
    sys.exit(main())
