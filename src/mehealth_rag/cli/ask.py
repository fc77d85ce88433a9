"""`mehealth ask`: one answer, or a file of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mehealth_rag.cli.context import Batch, Common, console, open_assistant, print_json
from mehealth_rag.cli.jsonl import QuestionRow, exit_code, process
from mehealth_rag.cli.show import show_answer
from mehealth_rag.serialise import answer_json

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Engine, Settings

WORKERS = 2
"""Questions of a batch that are answered at a time.

They are not put into one pass through the reader: its int8 form scales a pass as a whole, so that a
question's answer would depend on its neighbours.
"""


def run(common: Common, asked: str | Batch, documents: Sequence[str]) -> int:
    """Answer a question, or a batch in order; `documents` limits it where a line has none."""
    assistant = open_assistant(common)
    if isinstance(asked, Batch):
        written_by = _Engines(assistant, common.settings)

        def one(row: QuestionRow) -> dict[str, Any]:
            limits = row.documents or documents
            answering = written_by(row.engine)
            return answer_json(answering.ask(row.question, row.history or (), limits))

        return exit_code(process(asked, QuestionRow, one, WORKERS))
    answer = assistant.ask(asked, documents=documents)
    if common.json:
        print_json(answer_json(answer))
    else:
        show_answer(console(), answer)
    return 0


class _Engines:
    """The assistant with the engine that a line names; each is opened once."""

    def __init__(self, assistant: Assistant, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._opened: dict[Engine | None, Assistant] = {None: assistant, settings.engine: assistant}

    def __call__(self, engine: Engine | None) -> Assistant:
        with self._lock:
            if engine is not None and engine not in self._opened:
                made = self._opened[None].written_by(engine, self._settings)
                self._opened[engine] = made
            return self._opened[engine]
