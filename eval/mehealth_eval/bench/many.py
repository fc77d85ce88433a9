"""Many reports whose pages do not name their companies: is the right one found, and how fast.

`python -m mehealth_eval.bench.many [--companies 74] [--pages 100] [--sections 7]` builds the index
from the prospectus's own sentences (see `synthetic.py`); only what is asked for is embedded.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING, Any

from mehealth_eval.bench.companies import SEED, Asked, companies, write_reports
from mehealth_eval.bench.ours import plan, settings
from mehealth_eval.bench.synthetic import SyntheticEncoder, gather, section

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.encoder.embedding import Encoder, PassageText, PassageVectors

CORPUS = Path("corpus")


@dataclass(frozen=True, slots=True)
class MixedEncoder:
    """The real model for passages with a sentence that the pool does not know."""

    real: Encoder
    pool: SyntheticEncoder

    def encode_passages(
        self, batch: Sequence[PassageText], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        """The vectors of each passage, in order."""
        unknown = [i for i, item in enumerate(batch) if not self.pool.knows(item)]
        found = dict(enumerate(self.pool.encode_passages(batch)))
        real = self.real.encode_passages([batch[i] for i in unknown])
        found |= dict(zip(unknown, real, strict=True))
        if progress:
            progress(len(batch))
        return [found[i] for i in range(len(batch))]


def main() -> None:
    """Build, ask, print the figures as JSON."""
    given = argparse.ArgumentParser(description=__doc__)
    for name, default in (("companies", 74), ("pages", 100), ("sections", 7)):
        given.add_argument(f"--{name}", type=int, default=default)
    options = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="mehealth-many-") as scratch:
        print(json.dumps(measure(Path(scratch), **vars(options)), indent=1))


def measure(work: Path, companies: int, pages: int, sections: int) -> dict[str, Any]:
    """The figures of a corpus of so many reports, with so many passages a page."""
    from mehealth_rag.assistant import Assistant

    asked = build(work, companies, pages, sections)
    chosen = settings(str(work / "corpus"), str(work / "index"))
    assistant = Assistant.open(chosen)
    try:
        return {"passages": assistant.index.passage_count, **_asked(assistant, asked)}
    finally:
        assistant.index.close()


def build(work: Path, count: int, pages: int, sections: int) -> tuple[Asked, ...]:
    """Write and index the reports; the questions that they answer."""
    from mehealth_rag.encoder.minilm import MiniLM
    from mehealth_rag.index.build import build_index
    from mehealth_rag.wiring import ingest, open_index

    small = settings(str(CORPUS), str(work / "prospectus"))
    ingest(small)
    index, _ = open_index(small)
    pool = gather([index])
    index.close()
    chance = random.Random(SEED)  # noqa: S311 - the same on every run is the point
    one = partial(section, pool, chance)
    asked = write_reports(
        work / "corpus",
        companies(count),
        pages,
        lambda: "\n\n".join(one() for _ in range(sections)),
    )
    encoder = MixedEncoder(MiniLM.load(threads=1), SyntheticEncoder(pool))
    build_index(plan(settings(str(work / "corpus"), str(work / "index")), encoder))
    return asked


def _asked(assistant: Assistant, asked: Sequence[Asked]) -> dict[str, Any]:
    """What search and the engine make of every question."""
    for question in asked[:5]:
        assistant.ask(question.question)
    first, page, took = [], [], []
    for question in asked:
        hits = assistant.search(question.question, 5)
        first.append(hits[0].passage.document == question.document)
        page.append(
            (question.document, question.page)
            in {(h.passage.document, h.passage.page) for h in hits}
        )
        begun = perf_counter()
        assistant.ask(question.question)
        took.append((perf_counter() - begun) * 1000)
    return {
        "questions": len(asked),
        "right_document_first": sum(first) / len(first),
        "right_page_in_five": sum(page) / len(page),
        "ask_median_ms": round(median(took), 1),
        "ask_p95_ms": round(quantiles(took, n=20)[-1], 1),
    }


if __name__ == "__main__":
    main()
