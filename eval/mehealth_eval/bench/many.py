"""Measures search over many reports that do not name their companies: accuracy and speed.

`python -m mehealth_eval.bench.many [--companies 74] [--pages 100] [--sections 7]` fills each page
with that many sections of the prospectus's sentences (see `synthetic.py`); by default there are
about 50,000 passages.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from mehealth_eval.bench.companies import SEED, Asked, companies, write_reports
from mehealth_eval.bench.ours import settings
from mehealth_eval.bench.synthetic import gather, section
from mehealth_rag.assistant import Assistant
from mehealth_rag.wiring import ingest

CORPUS = Path("corpus")


def main() -> None:
    """Build the corpus, ask the questions, print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("companies", 74), ("pages", 100), ("sections", 7)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    pool, chance = gather([CORPUS]), random.Random(SEED)  # noqa: S311 - the same on every run

    def filler() -> str:
        return "\n\n".join(section(pool, chance) for _ in range(options.sections))

    with tempfile.TemporaryDirectory(prefix="mehealth-many-") as scratch:
        work = Path(scratch)
        known = companies(options.companies)
        asked = write_reports(work / "corpus", known, options.pages, filler)
        chosen = settings(str(work / "corpus"), str(work / "index"))
        ingest(chosen)
        assistant = Assistant.open(chosen)
        with closing(assistant.index):
            print(json.dumps(measure(assistant, asked), indent=1))


def measure(assistant: Assistant, asked: Sequence[Asked]) -> dict[str, Any]:
    """How often search finds the right document and page, and how long answers take."""
    for question in asked[:5]:
        assistant.ask(question.question)
    first, page, took = [], [], []
    for question in asked:
        hits = assistant.search(question.question, 5)
        places = [(h.passage.document, h.passage.page) for h in hits]
        first.append(places[0][0] == question.document)
        page.append((question.document, question.page) in places)
        begun = perf_counter()
        assistant.ask(question.question)
        took.append((perf_counter() - begun) * 1000)
    return {
        "passages": assistant.index.passage_count,
        "questions": len(asked),
        "right_document_first": sum(first) / len(first),
        "right_page_in_five": sum(page) / len(page),
        "ask_median_ms": round(median(took), 1),
        "ask_p95_ms": round(quantiles(took, n=20)[-1], 1),
    }


if __name__ == "__main__":
    main()
