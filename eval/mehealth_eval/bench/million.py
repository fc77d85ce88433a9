"""Measures one large index: `python -m mehealth_eval.bench.million [--passages 1000000]`.

Reading, splitting, Chroma, BM25, SQLite and the answers are the real ones. Only the model is
spared: each distinct sentence is embedded once, and a passage's vector is the mean of its
sentences'.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from mehealth_eval.bench.child import job, run
from mehealth_eval.bench.ours import recombine, settings
from mehealth_eval.bench.sets import asked
from mehealth_rag.encoder.embedding import PassageVectors, unit
from mehealth_rag.encoder.minilm import MiniLM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mehealth_rag.encoder.embedding import EncoderInput, Vectors

_CORPUS = Path("corpus")
_HOURS = 6 * 3600.0


class SentenceEncoder:
    """Embeds each distinct sentence once; a passage is the mean of its sentences."""

    def __init__(self) -> None:
        self._model = MiniLM.load()
        self._known: dict[str, Vectors] = {}

    def encode_passages(
        self, batch: Sequence[EncoderInput], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """The vectors of passages, in order."""
        passages = [self._passage(item) for item in batch]
        if progress:
            progress(len(batch))
        return passages

    def _passage(self, item: EncoderInput) -> PassageVectors:
        vectors = np.stack([self._sentence(span.of(item.text)) for span in item.sentences])
        return PassageVectors(unit(vectors.mean(axis=0)[None])[0], vectors, truncated=False)

    def _sentence(self, text: str) -> Vectors:
        if text not in self._known:
            self._known[text] = self._model.encode(text)
        return self._known[text]


def main() -> int:
    """Build the index, ask it, print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=160)
    parser.add_argument("--work", type=Path, help="folder for corpus and index; a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mehealth-million-") as scratch:
        work = (options.work or Path(scratch)).resolve()
        corpus, index = str(work / "corpus"), str(work / "index")
        recombine(corpus, options.passages, [str(_CORPUS)])
        built = run(job("million", "build", corpus=corpus, index=index), work, _HOURS)
        figures = built.json() | {"build_memory_mb": round(built.peak_mb)}
        print(json.dumps(figures), file=sys.stderr, flush=True)
        where = {"corpus": corpus, "index": index, "count": options.questions}
        answered = run(job("million", "answer", **where), work, _HOURS)
        print(json.dumps(figures | answered.json() | {"memory_mb": round(answered.peak_mb)}))
    return 0


def build(corpus: str, index: str) -> dict[str, Any]:
    """Build the index; seconds by stage, and gigabytes on disk."""
    from mehealth_rag import wiring

    wiring.open_encoder = lambda *_, **__: SentenceEncoder()  # type: ignore[assignment]
    begun = perf_counter()
    report = wiring.ingest(settings(corpus, index))
    size = sum(p.stat().st_size for p in Path(index).rglob("*") if p.is_file())
    return {
        "passages": report.passages,
        "build_s": round(perf_counter() - begun),
        "stages_s": {name: round(seconds) for name, seconds in report.seconds.items()},
        "index_gb": round(size / 1e9, 2),
    }


def answer(corpus: str, index: str, count: int) -> dict[str, Any]:
    """Milliseconds of searching and of answering, at the median and the 95th percentile."""
    from mehealth_rag.assistant import Assistant

    begun = perf_counter()
    assistant = Assistant.open(settings(corpus, index))
    assistant.search("How many hubs are there?", 5)
    figures: dict[str, Any] = {"open_s": round(perf_counter() - begun, 1)}
    for name, ask in (
        ("search", lambda q: assistant.search(q.question, 12)),
        ("ask", lambda q: assistant.ask(q.question, q.history)),
    ):
        times = [row["ms"] for row in asked(ask, count, 1)]
        figures |= {
            f"{name}_p50_ms": round(float(np.percentile(times, 50))),
            f"{name}_p95_ms": round(float(np.percentile(times, 95))),
        }
    assistant.index.close()
    return figures


if __name__ == "__main__":
    sys.exit(main())
