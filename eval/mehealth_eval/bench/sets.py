"""The inputs of the bench: questions, the prospectus, and a data folder's filings and texts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

from mehealth_eval.bench.child import ROOT
from mehealth_eval.questions import Question, load_questions

PROSPECTUS = "prospectus.pdf"
FILINGS = "financebench-dev/corpus"
WARMING = 5
"""Warm-up questions, besides those that are measured."""

_MANIFEST = "sources.toml"


def chosen_questions(count: int) -> list[Question]:
    """Up to `count` development questions, one of each kind in turn; the same on every call."""
    by_kind: dict[str, list[Question]] = {}
    for question in load_questions(ROOT / "eval" / "mehealth_eval" / "prospectus.jsonl"):
        if question.split == "dev":
            by_kind.setdefault(question.kind, []).append(question)
    longest = max(map(len, by_kind.values()), default=0)
    turns = (kind[i] for i in range(longest) for kind in by_kind.values() if i < len(kind))
    return [question for question, _ in zip(turns, range(count), strict=False)]


def prospectus_corpus(folder: Path, *, manifest: bool = True) -> Path:
    """Make a corpus of the prospectus and its manifest, without anything else that was fetched."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (PROSPECTUS, *([_MANIFEST] if manifest else [])):
        shutil.copy2(ROOT / "corpus" / name, folder / name)
    return folder


def filings(data: Path | None) -> tuple[Path | None, str]:
    """The folder of the filings, or None and the reason."""
    if data is None:
        return None, "no --data given"
    folder = data / FILINGS
    if not any(folder.glob("*.pdf")):
        return None, f"no PDF in {FILINGS} of --data"
    return folder, ""


def text_corpora(data: Path | None) -> list[Path]:
    """The corpora of plain text in a data folder."""
    folders: Iterable[Path] = sorted(data.glob("*/corpus")) if data else ()
    return [folder for folder in folders if any(folder.glob("*.txt"))]


def asked(ask: Callable[[Question], object], count: int, rounds: int) -> list[dict[str, Any]]:
    """Milliseconds of each of `count` questions in each round, after some warm-up questions."""
    questions = chosen_questions(count + WARMING)
    for question in questions[count:]:
        ask(question)
    rows = []
    for turn in range(rounds):
        for question in questions[:count]:
            begun = perf_counter()
            ask(question)
            took = (perf_counter() - begun) * 1000
            rows.append({"id": question.id, "round": turn, "ms": took})
    return rows


def timed(read_all: Callable[[], int], rounds: int) -> dict[str, Any]:
    """The pages that were read, and the seconds of each round."""
    seconds, pages = [], 0
    for _ in range(rounds):
        begun = perf_counter()
        pages = read_all()
        seconds.append(perf_counter() - begun)
    return {"pages": pages, "seconds": seconds}
