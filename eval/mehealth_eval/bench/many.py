"""Measures search over many reports that do not name their companies: accuracy and speed.

The companies are made up, and named in titles and file names, but not on the pages. All reports
have the same sentences with different figures, so that only the name tells which company's figure
is asked for.

`python -m mehealth_eval.bench.many [--companies 74] [--pages 100] [--sections 7]` fills each page
with that many sections of the prospectus's sentences (see `synthetic.py`); by default there are
about 50,000 passages.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median, quantiles
from time import perf_counter
from typing import Any

from mehealth_eval.bench.ours import settings
from mehealth_eval.bench.synthetic import gather, section
from mehealth_rag.assistant import Assistant
from mehealth_rag.wiring import ingest

CORPUS = Path("corpus")
SEED = 74
_BEGINNINGS = (
    "bel cor dra fen gal hol jun kal lor mar nor pel quor ras sol tam ul ver wil zan".split()
)
_ENDINGS = "bex dane fort gano lia mere nix oria pharm quist ronic stal tron via wick zeta".split()
_ORDINARY = (
    "Green Lantern", "Silver Harbour", "Oak Street", "North Wind", "Stone Bridge", "Blue Meadow",
)  # fmt: skip
_FACTS = (
    ("Revenue for the year came to £{} million.", "What was {}'s revenue?"),
    ("At the year's end the company employed {} people.", "How many people did {} employ?"),
    ("Spending on research rose to £{} million.", "What did {} spend on research?"),
    ("The board declared a dividend of {} pence a share.", "Which dividend did {} declare?"),
    ("Net debt fell to £{} million in the course of the year.", "How high was the net debt of {}?"),
    ("It ran {} sites in eleven countries.", "How many sites does {} run?"),
)


@dataclass(frozen=True, slots=True)
class Company:
    """A company as questions name it, and its report's file name without the ending."""

    name: str
    file: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the document (its id) and page (from 1) that answer it, and the answer."""

    question: str
    document: str
    page: int
    figure: str


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


def companies(count: int) -> tuple[Company, ...]:
    """Invented names, every eighth of them two ordinary words; the same on every call."""
    chance = random.Random(SEED)  # noqa: S311 - the same on every run is the point
    names = [f"{a}{b}".capitalize() for a in _BEGINNINGS for b in _ENDINGS]
    chance.shuffle(names)
    names[7 : 8 * len(_ORDINARY) : 8] = _ORDINARY
    return tuple(
        Company(name, f"{name.replace(' ', '').upper()}_2022_10K") for name in names[:count]
    )


def write_reports(
    folder: Path, known: Sequence[Company], pages: int, filler: Callable[[], str] = str
) -> tuple[Asked, ...]:
    """Write a Markdown report for each company, and return the questions that they answer.

    The facts are spread over the pages; `filler` returns the text after them on each page.
    """
    chance = random.Random(SEED)  # noqa: S311 - the same on every run is the point
    folder.mkdir(parents=True, exist_ok=True)
    asked = []
    for company in known:
        texts: list[list[str]] = [[] for _ in range(pages)]
        for number, (fact, question) in enumerate(_FACTS):
            page = number * pages // len(_FACTS)
            figure = str(chance.randint(100, 999))
            texts[page].append(fact.format(figure))
            asked.append(Asked(question.format(company.name), company.file, page + 1, figure))
        text = "\n\f\n".join("## The year\n\n" + "\n\n".join([*page, filler()]) for page in texts)
        (folder / f"{company.file}.md").write_text(f"{text}\n", encoding="utf-8")
    return tuple(asked)


def measure(assistant: Assistant, asked: Sequence[Asked]) -> dict[str, Any]:
    """How often search finds the right document and page, and how long answers take."""
    for question in asked[:5]:
        assistant.ask(question.question)
    first, in_five, milliseconds = [], [], []
    for question in asked:
        hits = assistant.search(question.question, 5)
        places = [(h.passage.document, h.passage.page) for h in hits]
        first.append(places[0][0] == question.document)
        in_five.append((question.document, question.page) in places)
        begun = perf_counter()
        assistant.ask(question.question)
        milliseconds.append((perf_counter() - begun) * 1000)
    return {
        "passages": assistant.index.passage_count,
        "questions": len(asked),
        "right_document_first": fmean(first),
        "right_page_in_five": fmean(in_five),
        "ask_median_ms": round(median(milliseconds), 1),
        "ask_p95_ms": round(quantiles(milliseconds, n=20)[-1], 1),
    }


if __name__ == "__main__":
    main()
