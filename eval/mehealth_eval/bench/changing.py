"""Measures an index under change: `ingest` killed part-way, and run again with nothing to do.

`child.py` runs each function as a job.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mehealth_eval.bench.child import mehealth

SEED = 50
FILES, CHANGED = 40, 8
"""Files of the corpus that is rebuilt again and again, and how many change before each time."""
_PAGES_A_FILE = 10


def write_pages(corpus: str, count: int) -> dict[str, Any]:
    """Write text files of `count` pages in all, no two pages alike."""
    folder = Path(corpus)
    folder.mkdir(parents=True)
    for number in range(0, count, _PAGES_A_FILE):
        numbers = range(number, min(number + _PAGES_A_FILE, count))
        pages = [
            f"Sheet {n} tells of berth {n % 97} and of the ferry at {n % 24}." for n in numbers
        ]
        (folder / f"sheets-{number:05}.txt").write_text("\n\f\n".join(pages), encoding="utf-8")
    return {"pages": count}


def kill(folder: str, times: int) -> dict[str, Any]:
    """Kill `mehealth ingest` at random moments, and look at the index each time.

    Some files change before each run. `served` counts the indexes that held the whole corpus, as it
    was before the change or after it.
    """
    chance = random.Random(SEED)  # noqa: S311 - a sample
    trial = _Trial(Path(folder))
    trial.change(0, range(FILES))
    duration = min(trial.ingest(), trial.ingest("--rebuild"))
    served = 0
    for turn in range(1, times + 1):
        before = trial.served()
        trial.change(turn, chance.sample(range(FILES), CHANGED))
        trial.killed(chance.uniform(0, duration * 1.2))
        served += trial.served() in (before, trial.corpus())
    trial.ingest()
    return {"times": times, "served": served, "right_at_last": trial.served() == trial.corpus()}


class _Trial:
    """A corpus of one-sentence files, and its index."""

    def __init__(self, folder: Path) -> None:
        self._corpus, self._index = folder / "corpus", folder / "index"
        self._corpus.mkdir(parents=True)
        self._options = ["--json", "--corpus", str(self._corpus), "--index", str(self._index)]

    def change(self, turn: int, numbers: Any) -> None:  # noqa: ANN401 - any numbers
        """Write a new edition of some files."""
        for number in numbers:
            text = f"Edition {turn} of notice {number} is about berth {number * 7 + turn}."
            (self._corpus / f"notice-{number:02}.txt").write_text(text, encoding="utf-8")

    def corpus(self) -> set[str]:
        """The texts of the corpus."""
        return {p.read_text(encoding="utf-8") for p in self._corpus.iterdir()}

    def ingest(self, *options: str) -> float:
        """Build the index to the end, and return how many seconds it took."""
        begun = time.perf_counter()
        command = mehealth("ingest", *options, *self._options)
        subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - ours
        return time.perf_counter() - begun

    def killed(self, after: float) -> None:
        """Start a build, and kill it if it still runs after `after` seconds."""
        command = mehealth("ingest", *self._options)
        nowhere = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=nowhere, stderr=nowhere) as process:  # noqa: S603 - ours
            try:
                process.wait(after)
            except subprocess.TimeoutExpired:
                process.kill()

    def served(self) -> set[str]:
        """The texts that the index serves, a tenth of them searched for; empty if that fails."""
        from mehealth_eval.bench.ours import settings
        from mehealth_rag.assistant import Assistant
        from mehealth_rag.errors import MehealthError

        try:
            assistant = Assistant.open(settings(str(self._corpus), str(self._index)))
            index = assistant.index
            texts = {p.text for p in index.passages(range(index.passage_count))}
            results = [assistant.search(text, 1) for text in sorted(texts)[::10]]
            index.close()
        except MehealthError as error:
            print(f"bench: {error}", file=sys.stderr)
            return set()
        return texts if all(results) else set()
