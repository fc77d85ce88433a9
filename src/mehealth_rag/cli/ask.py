"""`mehealth ask`: one answer, or a file of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mehealth_rag.cli.context import Batch, Common, console, open_assistant, print_json
from mehealth_rag.cli.jsonl import QuestionRow, exit_code, process
from mehealth_rag.cli.show import show_answer
from mehealth_rag.serialise import answer_json

WORKERS = 2
"""Questions of a batch that are answered at a time.

They are not put into one pass through the reader: its int8 form scales a pass as a whole, so that a
question's answer would depend on its neighbours.
"""


def run(common: Common, asked: str | Batch, documents: Sequence[str]) -> int:
    """Answer a question, or a batch in order; `documents` limits it where a line has none."""
    assistant = open_assistant(common)
    if isinstance(asked, Batch):

        def one(row: QuestionRow) -> dict[str, Any]:
            limits = row.documents or documents
            return answer_json(assistant.ask(row.question, row.history or (), limits))

        return exit_code(process(asked, QuestionRow, one, WORKERS))
    answer = assistant.ask(asked, documents=documents)
    if common.json:
        print_json(answer_json(answer))
    else:
        show_answer(console(), answer)
    return 0
