"""`mehealth check`: a verdict on one claim, or on a file of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mehealth_rag.cli.context import Batch, Common, console, open_assistant, print_json
from mehealth_rag.cli.jsonl import ClaimRow, exit_code, process
from mehealth_rag.cli.show import show_verdict
from mehealth_rag.serialise import verdict_json


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents to look in, and whether a claim that is not supported is exit code 4."""

    documents: Sequence[str]
    strict: bool


def run(common: Common, asked: str | Batch, wanted: Wanted) -> int:
    """Check a claim, or a batch in order; `wanted.documents` limits it where a line has none."""
    assistant = open_assistant(common)
    if isinstance(asked, Batch):

        def one(row: ClaimRow) -> dict[str, Any]:
            limits = row.documents or wanted.documents
            return verdict_json(assistant.check(row.claim, limits, row.question or ""))

        return exit_code(process(asked, ClaimRow, one), strict=wanted.strict)
    verdict = assistant.check(asked, wanted.documents)
    if common.json:
        print_json(verdict_json(verdict))
    else:
        show_verdict(console(), verdict)
    return exit_code(Counter([str(verdict.verdict)]), strict=wanted.strict)
