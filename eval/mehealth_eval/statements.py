"""How often a typed text is taken for a statement: `python -m mehealth_eval.statements`.

None of the questions may be, and most of the claims should.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mehealth_eval.questions import question_lines
from mehealth_rag.checking.statements import is_statement

ROOT = Path(__file__).parents[2]
QUESTIONS = (
    "eval/mehealth_eval/prospectus.jsonl",
    "eval/conversations.jsonl",
    "eval/sets/*/*.jsonl",
    "eval/written/*/*.jsonl",
    "training/written/*.jsonl",
)
CLAIMS = ("eval/written/development/*.jsonl", "eval/mehealth_eval/claims.jsonl")


def statements(pattern: str, *, claims: bool) -> tuple[list[str], int]:
    """Return what is taken for a statement of some files' claims or questions, and how many are."""
    lines = (line for path in sorted(ROOT.glob(pattern)) for _, line in question_lines(path))
    rows = map(json.loads, lines)
    texts = [text for row in rows for text in (_claims(row) if claims else _questions(row))]
    return list(filter(is_statement, texts)), len(texts)


def _questions(row: dict[str, Any]) -> Iterator[str]:
    """Yield the questions of a row: written or of a set, or all turns of a conversation."""
    if row.get("t", "q") == "q" and "claim" not in row:
        yield from (str(row[key]) for key in ("q", "question") if key in row)
        yield from (str(turn["say"]) for turn in row.get("turns", ()))


def _claims(row: dict[str, Any]) -> Iterator[str]:
    yield from (str(row[key]) for key in ("c", "claim") if key in row)


def main() -> None:
    """Print both shares, and the questions that were taken for statements."""
    for what, patterns in (("questions", QUESTIONS), ("claims", CLAIMS)):
        for pattern in patterns:
            taken, of = statements(pattern, claims=what == "claims")
            part = f"{len(taken):,} of {of:,} ({len(taken) / of:.1%})"
            print(f"{what} taken for statements, {pattern}: {part}")
            for text in taken if what == "questions" else ():
                print(f"  {text}")


if __name__ == "__main__":
    main()
