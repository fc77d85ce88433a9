"""How often a typed text is taken for a statement: `python -m mehealth_eval.statements`.

None of the questions may be, and most of the claims should.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Share:
    """How many texts of a file were taken for statements."""

    name: str
    texts: int
    statements: tuple[str, ...]


def shares(patterns: Iterable[str], *, claims: bool) -> list[Share]:
    """Return the share of each pattern of files, of their claims or of their questions."""
    return [_share(pattern, claims=claims) for pattern in patterns]


def _share(pattern: str, *, claims: bool) -> Share:
    rows = (json.loads(line) for path in sorted(ROOT.glob(pattern)) for line in _lines(path))
    texts = [text for row in rows for text in (_claims(row) if claims else _questions(row))]
    return Share(pattern, len(texts), tuple(filter(is_statement, texts)))


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _questions(row: dict[str, Any]) -> Iterator[str]:
    """Yield the questions of a row: written or of a set, or all turns of a conversation."""
    if row.get("t", "q") == "q" and "claim" not in row:
        yield from (str(row[key]) for key in ("q", "question") if key in row)
        yield from (str(turn["say"]) for turn in row.get("turns", ()))


def _claims(row: dict[str, Any]) -> Iterator[str]:
    yield from (str(row[key]) for key in ("c", "claim") if key in row)


def main() -> None:
    """Print both shares, and the questions that were taken for statements."""
    for what, found in (
        ("questions", shares(QUESTIONS, claims=False)),
        ("claims", shares(CLAIMS, claims=True)),
    ):
        for share in found:
            count = len(share.statements)
            part = f"{count:,} of {share.texts:,} ({count / share.texts:.1%})"
            print(f"{what} taken for statements, {share.name}: {part}")
            for text in share.statements if what == "questions" else ():
                print(f"  {text}")


if __name__ == "__main__":
    main()
