"""`mehealth ask`: one answer, or a file of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mehealth_rag.cli.context import Common, console, note, open_assistant, print_json, require
from mehealth_rag.cli.jsonl import QuestionRow, process
from mehealth_rag.cli.show import show_answer
from mehealth_rag.serialise import answer_json


def run(common: Common, question: str | None, documents: Sequence[str]) -> None:
    """Answer one question."""
    text = require(question, "question")
    answer = open_assistant(common).ask(text, documents=documents)
    if common.json:
        print_json(answer_json(answer))
    else:
        show_answer(console(), answer)


def run_batch(common: Common, batch: Path, output: Path | None) -> None:
    """Answer a file of questions in order, in one process."""
    assistant = open_assistant(common)

    def one(row: QuestionRow) -> dict[str, Any]:
        return answer_json(assistant.ask(row.question, row.history, row.documents))

    failed = process(batch, output, QuestionRow, one)
    if failed:
        note(f"{failed} lines of {batch} gave an error; see their 'error' in the output")
    sys.stdout.flush()
