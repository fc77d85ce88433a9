"""`mehealth ask`, `search`, `check` and `chat`: one at a time, in a batch, or as a conversation."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mehealth_rag.cli.batch import Batch, ClaimRow, QueryRow, QuestionRow, exit_code, process
from mehealth_rag.cli.context import Common, console, note, open_assistant, print_json
from mehealth_rag.cli.show import show_answer, show_hits, show_read_hits, show_verdict
from mehealth_rag.engines import Engines
from mehealth_rag.errors import UsageError
from mehealth_rag.serialise import answer_json, hit_json, read_hit_json, verdict_json

if TYPE_CHECKING:
    from mehealth_rag.types import Turn

WORKERS = 2
"""Questions of a batch that are answered at a time.

They are not put into one pass through the reader: its int8 form scales a pass as a whole, so that a
question's answer would depend on its neighbours.
"""

_KEPT_TURNS = 12
_LEAVING = frozenset({"exit", "quit", ":q", "bye"})


def run_ask(common: Common, asked: str | Batch, documents: Sequence[str]) -> int:
    """Answer a question, or a batch in order; `documents` limits it where a line has none."""
    assistant = open_assistant(common)
    if isinstance(asked, Batch):
        engines = Engines(assistant, common.settings)

        def one(row: QuestionRow) -> dict[str, Any]:
            limits = row.documents or documents
            answering = engines.of(row.engine)
            return answer_json(answering.ask(row.question, row.history or (), limits))

        return exit_code(process(asked, QuestionRow, one, WORKERS))
    answer = assistant.ask(asked, documents=documents)
    if common.json:
        print_json(answer_json(answer))
    else:
        show_answer(console(), answer)
    return 0


def run_search(
    common: Common, asked: str | Batch, documents: Sequence[str], top_k: int, *, read: bool
) -> int:
    """Search once, or for a batch in order; with `read` passages come in the reader's order.

    Those of a line are read as a question is, after the turns before it.
    """
    assistant = open_assistant(common)

    def one(row: QueryRow) -> dict[str, Any]:
        query, limits = row.query or row.question or "", row.documents or documents
        if read:
            hits = assistant.reordered(query, row.history or (), limits, top_k)
            return {"hits": [read_hit_json(h) for h in hits]}
        return {"hits": [hit_json(h) for h in assistant.search(query, top_k, limits)]}

    if isinstance(asked, Batch):
        return exit_code(process(asked, QueryRow, one))
    if common.json:
        print_json({"id": None, **one(QueryRow(query=asked))})
    elif read:
        show_read_hits(console(), assistant.reordered(asked, (), documents, top_k))
    else:
        show_hits(console(), assistant.search(asked, top_k, documents))
    return 0


def run_check(common: Common, asked: str | Batch, documents: Sequence[str], *, strict: bool) -> int:
    """Check a claim, or a batch in order; strictly, one that is not supported is exit code 4."""
    assistant = open_assistant(common)
    if isinstance(asked, Batch):

        def one(row: ClaimRow) -> dict[str, Any]:
            limits = row.documents or documents
            return verdict_json(assistant.check(row.claim, limits, row.question or ""))

        return exit_code(process(asked, ClaimRow, one), strict=strict)
    verdict = assistant.check(asked, documents)
    if common.json:
        print_json(verdict_json(verdict))
    else:
        show_verdict(console(), verdict)
    return exit_code(Counter([str(verdict.verdict)]), strict=strict)


def run_chat(common: Common, documents: Sequence[str]) -> None:
    """Ask until the input ends; `quit` ends it too."""
    assistant = open_assistant(common)
    out = console()
    note("Ask about the documents. “quit” or Ctrl-D ends the conversation.")
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
        if not line or line.strip().lower() in _LEAVING:
            return
        yield line.strip() or "?"  # it is answered as a lone question mark is, by asking back
