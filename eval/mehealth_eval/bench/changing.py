"""What is measured of an index that changes: killed while it is built, and built again for nothing.

One function a job, by `job.py`.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mehealth_eval.bench.child import mehealth

if TYPE_CHECKING:
    from mehealth_rag.index.folder import IndexFolder

SEED = 50
FILES, CHANGED = 40, 8
"""Files of the corpus that is built again and again, and those that change before each time."""
_PAGES_A_FILE = 10


def write_pages(corpus: str, count: int) -> dict[str, Any]:
    """Write text files of `count` pages, no two pages alike."""
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
    """Kill `mehealth ingest` at random moments and look at the index each time.

    Before each time some files change. `served` counts the indexes that held, whole, the corpus
    before or the one after; `twice` the vectors that a last, undisturbed run computed although an
    interrupted one had kept them.
    """
    chance = random.Random(SEED)  # noqa: S311 - a sample
    trial = _Trial(Path(folder))
    trial.change(0, range(FILES))
    whole = min(trial.ingest(), trial.ingest("--rebuild"))
    served, replaced = 0, 0
    for turn in range(1, times + 1):
        before = trial.found()
        trial.change(turn, chance.sample(range(FILES), CHANGED))
        trial.killed(chance.uniform(0, whole * 1.2))
        found = trial.found()
        served += found in (before, trial.corpus())
        replaced += found == trial.corpus()
    trial.change(times + 1, range(FILES))
    trial.killed(whole * 0.8)
    kept = trial.kept()
    trial.ingest()
    return {
        "times": times,
        "served": served,
        "ended_before": replaced,
        "whole_seconds": whole,
        "last": trial.report["embedded"],
        "twice": trial.report["embedded"] - (FILES - kept),
        "right_at_last": trial.found() == trial.corpus(),
    }


class _Trial:
    """A corpus of one-sentence files, and its index."""

    def __init__(self, folder: Path) -> None:
        self._corpus, self._index = folder / "corpus", folder / "index"
        self._corpus.mkdir(parents=True)
        self._options = ["--json", "--corpus", str(self._corpus), "--index", str(self._index)]
        self.report: dict[str, Any] = {}

    def change(self, turn: int, numbers: Any) -> None:  # noqa: ANN401 - any numbers
        """Write a new edition of some files."""
        for number in numbers:
            text = f"Edition {turn} of notice {number} is about berth {number * 7 + turn}."
            (self._corpus / f"notice-{number:02}.txt").write_text(text, encoding="utf-8")

    def corpus(self) -> set[str]:
        """What stands in the corpus."""
        return {p.read_text(encoding="utf-8") for p in self._corpus.iterdir()}

    def ingest(self, *options: str) -> float:
        """Build to the end; the seconds that it took."""
        begun = time.perf_counter()
        command = mehealth("ingest", *options, *self._options)
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ours
        self.report = json.loads(done.stdout)
        return time.perf_counter() - begun

    def killed(self, after: float) -> None:
        """Build, and kill it after so many seconds if it has not ended."""
        command = mehealth("ingest", *self._options)
        nowhere = subprocess.DEVNULL
        with subprocess.Popen(command, stdout=nowhere, stderr=nowhere) as process:  # noqa: S603 - ours
            try:
                process.wait(after)
            except subprocess.TimeoutExpired:
                process.kill()

    def found(self) -> set[str]:
        """The texts that the index serves, each found by its own words; empty if it does not."""
        from mehealth_rag.encoder.minilm import MiniLM
        from mehealth_rag.encoder.model_files import model_id
        from mehealth_rag.errors import MehealthError
        from mehealth_rag.index.opened import OpenIndex
        from mehealth_rag.language.words import stems

        try:
            index = OpenIndex.open(self._folder(), model_id())
            index.ready()
            encoder = MiniLM.load()
            texts = {p.text for p in index.passages(range(index.passage_count))}
            for text in sorted(texts)[::10]:
                nearest = index.passage(index.dense(encoder.encode(text), 1)[0][0]).text
                if not index.lexical(stems(text), 1) or nearest not in texts:
                    return set()
            index.close()
        except MehealthError as error:
            print(f"bench: {error}", file=sys.stderr)
            return set()
        return texts

    def kept(self) -> int:
        """Of how many passages of the corpus an ended or killed build has kept the vectors."""
        from mehealth_rag.corpus import load_sources
        from mehealth_rag.encoder.model_files import model_id
        from mehealth_rag.index.cache import BuildCache, vector_key
        from mehealth_rag.index.texts import embedding_text
        from mehealth_rag.passages.splitting import split
        from mehealth_rag.reading import read_document

        passages = [p for s in load_sources(self._corpus) for p in split(read_document(s))]
        cache = BuildCache(self._folder().cache)
        try:
            return len(cache.vectors([vector_key(model_id(), embedding_text(p)) for p in passages]))
        finally:
            cache.close()

    def _folder(self) -> IndexFolder:
        from mehealth_rag.index.folder import IndexFolder

        return IndexFolder(self._index)
