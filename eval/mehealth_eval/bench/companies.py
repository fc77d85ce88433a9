"""Reports of made-up companies that are named in titles and file names, but not on the pages.

All reports have the same sentences with different figures, so that only the name tells which
company's figure is asked for.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

SEED = 74
_BEGINNINGS = (
    "bel cor dra fen gal hol jun kal lor mar nor pel quor ras sol tam ul ver wil zan".split()
)
_ENDINGS = "bex dane fort gano lia mere nix oria pharm quist ronic stal tron via wick zeta".split()
_ORDINARY = (
    ("Green", "Lantern"),
    ("Silver", "Harbour"),
    ("Oak", "Street"),
    ("North", "Wind"),
    ("Stone", "Bridge"),
    ("Blue", "Meadow"),
)
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


def companies(count: int) -> tuple[Company, ...]:
    """Invented names, every eighth of them two ordinary words; the same on every call."""
    chance = random.Random(SEED)  # noqa: S311 - the same on every run is the point
    invented = [f"{a}{b}".capitalize() for a in _BEGINNINGS for b in _ENDINGS]
    chance.shuffle(invented)
    chosen = []
    for number in range(count):
        if number % 8 == 7 and number // 8 < len(_ORDINARY):
            words = _ORDINARY[number // 8]
            chosen.append(Company(" ".join(words), f"{''.join(words).upper()}_2022_10K"))
        else:
            chosen.append(Company(invented[number], f"{invented[number].upper()}_2022_10K"))
    return tuple(chosen)


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
