"""`mehealth ask`: one answer, or a file of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mehealth_rag.cli.context import Common, console, open_assistant, print_json, require
from mehealth_rag.cli.jsonl import QuestionRow, process_noted
from mehealth_rag.cli.show import show_answer
from mehealth_rag.serialise import answer_json

WORKERS = 2
"""Questions of a batch that are answered at a time.

They are not put into one pass through the reader: its int8 form scales a pass as a whole, so that a
question's answer would depend on its neighbours.
"""


def run(common: Common, question: str | None, documents: Sequence[str]) -> None:
    """Answer one question."""
    text = require(question, "question")
    answer = open_assistant(common).ask(text, documents=documents)
    if common.json:
        print_json(answer_json(answer))
    else:
        show_answer(console(), answer)


def run_batch(common: Common, batch: Path, output: Path | None, documents: Sequence[str]) -> None:
    """Answer a file of questions in order, in one process; `documents` if a line has none."""
    assistant = open_assistant(common)

    def one(row: QuestionRow) -> dict[str, Any]:
        return answer_json(assistant.ask(row.question, row.history, row.documents or documents))

    process_noted(batch, output, QuestionRow, one, WORKERS)
