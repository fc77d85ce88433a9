"""`mehealth check`: a verdict on one claim, or on a file of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mehealth_rag.cli.context import Common, console, open_assistant, print_json
from mehealth_rag.cli.jsonl import ClaimRow, process_noted
from mehealth_rag.cli.show import show_verdict
from mehealth_rag.errors import UsageError
from mehealth_rag.serialise import verdict_json


def run(common: Common, claim: str | None, documents: Sequence[str]) -> None:
    """Check one claim."""
    if claim is None:
        raise UsageError("no claim given; give one as an argument, or a file with --batch")
    if not claim.strip():
        raise UsageError("the claim is empty; state something")
    verdict = open_assistant(common).check(claim, documents)
    if common.json:
        print_json(verdict_json(verdict))
    else:
        show_verdict(console(), verdict)


def run_batch(common: Common, batch: Path, output: Path | None, documents: Sequence[str]) -> None:
    """Check a file of claims in order, in one process; `documents` if a line has none."""
    assistant = open_assistant(common)

    def one(row: ClaimRow) -> dict[str, Any]:
        return verdict_json(assistant.check(row.claim, row.documents or documents))

    process_noted(batch, output, ClaimRow, one)
