"""Trains and packages a reader: `python -m training [--form large] [--data DIR]`.

Makes the examples, trains in stages, and packages the result. Run again after an interruption, it
skips what is done and resumes a stage at its last checkpoint.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from training import bases, examples, outside, package, reader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEVELOPMENT = Path(__file__).parent.parent / "eval" / "written" / "development"

DONE = "done"
"""Marks the folder of a finished stage."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A training run: its name and its command-line options."""

    name: str
    options: tuple[str, ...]


NEAR = ("--copied", "0.2", "--asked", "1")
"""In every stage: statements made from gold sentences and from yes/no questions."""

LARGE = ("--groups-at-once", "24", *NEAR)

STAGES = {
    "small": (
        Stage("first", ("--statements", "0.4", "--twins", "0.4", *NEAR)),
        Stage("second", ("--after", "1", "--rate", "6e-5", *NEAR)),
    ),
    "large": (
        Stage(
            "first",
            ("--statements", "0.7", "--twins", "0.7", "--answers", "0.1", *LARGE),
        ),
        Stage("second", ("--after", "1", "--rate", "3e-5", *LARGE)),
    ),
}
"""The stages of each form; each continues from the one before (docs/reader.md)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do everything that is not done yet."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--form", choices=bases.FORMS, default="small")
    parser.add_argument("--run", type=Path, default=Path("training-run"), help="work and logs")
    parser.add_argument("--data", type=Path, help="folder with other people's question sets")
    options = parser.parse_args(arguments)
    options.run.mkdir(parents=True, exist_ok=True)
    written = options.run / "written.json"
    development = options.run / "development.json"
    work = options.run / "work"
    _once(
        written, lambda: examples.main(["--output", str(written), "--work", str(work / "written")])
    )
    _once(development, lambda: examples.main(
        ["--written", str(DEVELOPMENT), "--output", str(development),
         "--work", str(work / "development"), "--forms", "md"]))  # fmt: skip
    files = [str(written)]
    if options.data is not None:
        others = options.run / "outside.json"
        _once(others, lambda: outside.main(["--data", str(options.data), "--output", str(others)]))
        files.append(str(others))
    earlier: Path | None = None
    for stage in STAGES[options.form]:
        folder = options.run / options.form / stage.name
        first = ["--first", str(earlier)] if earlier else []
        _once(folder / DONE, lambda: _stage(options.form, files, folder, [*stage.options, *first]))  # noqa: B023 - called at once
        earlier = folder
    return package.main(["--run", str(earlier), "--development", str(development)])


def _stage(form: str, files: Sequence[str], folder: Path, arguments: Sequence[str]) -> None:
    reader.main(["--form", form, "--examples", *files, "--output", str(folder), *arguments])
    (folder / DONE).touch()


def _once(path: Path, make: Callable[[], object]) -> None:
    if not path.exists():
        make()


if __name__ == "__main__":
    sys.exit(main())
