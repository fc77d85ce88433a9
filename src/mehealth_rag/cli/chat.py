"""`mehealth chat`: a conversation in the terminal, with its thread kept."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from mehealth_rag.cli.context import Common, console, note, open_assistant, print_json
from mehealth_rag.cli.show import show_answer
from mehealth_rag.errors import UsageError
from mehealth_rag.serialise import answer_json
from mehealth_rag.types import Turn

_KEPT_TURNS = 12
_LEAVING = frozenset({"exit", "quit", ":q", "bye"})


def run(common: Common, documents: Sequence[str]) -> None:
    """Ask until the input ends; an empty line or `quit` ends it too."""
    assistant = open_assistant(common)
    out = console()
    note("Ask about the documents. An empty line, “quit” or Ctrl-D ends the conversation.")
    history: list[Turn] = []
    for question in _questions():
        try:
            answer = assistant.ask(question, history[-_KEPT_TURNS:], documents)
        except UsageError as error:
            note(str(error))
            continue
        history.append((question, answer.answer))
        if common.json:
            print_json(answer_json(answer))
        else:
            show_answer(out, answer)


def _questions() -> Iterator[str]:
    while True:
        if sys.stdin.isatty():
            print("\n> ", end="", file=sys.stderr, flush=True)
        line = sys.stdin.readline()
        if not line or not line.strip() or line.strip().lower() in _LEAVING:
            return
        yield line.strip()
