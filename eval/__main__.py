"""Score the engine on our own questions: `python -m eval [--json FILE] [--wrong]`.

The development half may be looked at; the other half is only for reporting, so its wrong answers
are never printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from eval.questions import Question, load_questions
from eval.score import Scored, Summary, score, summarise
from mehealth_rag.assistant import Assistant
from mehealth_rag.settings import Settings
from mehealth_rag.types import Page
from mehealth_rag.wiring import ingest

QUESTIONS = Path(__file__).parent / "prospectus.jsonl"
HALVES = {"dev": "development half", "test": "reporting half"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, score, print."""
    parser = argparse.ArgumentParser(prog="python -m eval", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--wrong", action="store_true", help="print the development half's misses")
    options = parser.parse_args(arguments)
    settings = Settings.load()
    ingest(settings)
    assistant = Assistant.open(settings)
    questions = load_questions(QUESTIONS)
    scored = {half: [_ask(assistant, q) for q in questions if q.split == half] for half in HALVES}
    pages = _cited_pages(assistant, [s for group in scored.values() for s in group])
    summaries = {half: summarise(group, pages) for half, group in scored.items()}
    _print(summaries)
    if options.wrong:
        _print_wrong(scored["dev"])
    if options.json:
        figures = {half: asdict(summary) for half, summary in summaries.items()}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def _ask(assistant: Assistant, question: Question) -> Scored:
    history = [(asked, answered) for asked, answered in question.history]
    return score(question, assistant.ask(question.question, history))


def _cited_pages(assistant: Assistant, scored: Sequence[Scored]) -> dict[tuple[str, int], Page]:
    places = {(c.document, c.page) for s in scored for c in s.answer.citations}
    return {place: assistant.page(*place) for place in places}


def _print(summaries: dict[str, Summary]) -> None:
    table = Table("", *(HALVES[half] for half in summaries))
    shown = list(summaries.values())
    table.add_row("questions", *(str(s.questions) for s in shown))
    for field in (
        "accuracy",
        "abstention_precision",
        "abstention_recall",
        "abstention_f1",
        "page_hit",
        "citation_precision",
        "quotes_verbatim",
        "forbidden",
    ):
        table.add_row(field.replace("_", " "), *(f"{getattr(s, field):.3f}" for s in shown))
    table.add_row("latency p50 ms", *(f"{s.latency_p50:.0f}" for s in shown))
    table.add_row("latency p95 ms", *(f"{s.latency_p95:.0f}" for s in shown))
    for kind in sorted({k for s in shown for k in s.by_kind}):
        cells = (s.by_kind.get(kind, (0.0, 0)) for s in shown)
        table.add_row(f"· {kind}", *(f"{share:.2f} of {count}" for share, count in cells))
    Console().print(table)


def _print_wrong(scored: Sequence[Scored]) -> None:
    out = Console()
    for item in scored:
        if not item.right:
            out.print(f"\n[{item.question.kind}] {item.question.question}", markup=False)
            out.print(f"  {item.answer.answer}", markup=False)
            out.print(f"  wanted: {item.question.facts} on {item.question.pages}", markup=False)


if __name__ == "__main__":
    sys.exit(main())
