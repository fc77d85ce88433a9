"""`mehealth ask`, `search`, `check` (one input or a batch) and `chat`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from mehealth_rag.cli.batch import Batch, ClaimRow, QueryRow, QuestionRow, exit_code, process
from mehealth_rag.cli.context import Common, console, note, open_assistant, print_json
from mehealth_rag.cli.show import show_answer, show_hits, show_read_hits, show_verdict
from mehealth_rag.engines import Engines
from mehealth_rag.errors import UsageError
from mehealth_rag.serialise import answer_json, hit_json, read_hit_json, verdict_json
from mehealth_rag.types import Turn

WORKERS = 2
"""Number of batch questions answered in parallel.

They do not share one batch through the reader: its int8 model quantises a batch as a whole, so an
answer would depend on the other questions in it.
"""

_KEPT_TURNS = 12
_LEAVING = frozenset({"exit", "quit", ":q", "bye"})


def run_ask(common: Common, asked: str | Batch, documents: Sequence[str]) -> int:
    """Answer a question, or a batch in order; `documents` is the limit for lines without one."""
    assistant = open_assistant(common)
    if isinstance(asked, Batch):
        engines = Engines(assistant, common.settings)

        def answer_row(row: QuestionRow) -> dict[str, Any]:
            limits = row.documents or documents
            engine = engines.of(row.engine)
            return answer_json(engine.ask(row.question, row.history or (), limits))

        return exit_code(process(asked, QuestionRow, answer_row, WORKERS))
    answer = assistant.ask(asked, documents=documents)
    if common.json:
        print_json(answer_json(answer))
    else:
        show_answer(console(), answer)
    return 0


def run_search(
    common: Common, asked: str | Batch, documents: Sequence[str], top_k: int, *, read: bool
) -> int:
    """Search for one query, or a batch in order.

    With `read`, the reader re-ranks the passages and takes a row's history into account.
    """
    assistant = open_assistant(common)

    def search_row(row: QueryRow) -> dict[str, Any]:
        query, limits = row.query, row.documents or documents
        if read:
            hits = assistant.read(query, row.history or (), limits, top_k, ranked=True)
            return {"hits": [read_hit_json(h) for h in hits]}
        return {"hits": [hit_json(h) for h in assistant.search(query, top_k, limits)]}

    if isinstance(asked, Batch):
        return exit_code(process(asked, QueryRow, search_row))
    if common.json:
        print_json({"id": None, **search_row(QueryRow(query=asked))})
    elif read:
        show_read_hits(console(), assistant.read(asked, (), documents, top_k, ranked=True))
    else:
        show_hits(console(), assistant.search(asked, top_k, documents))
    return 0


def run_check(common: Common, asked: str | Batch, documents: Sequence[str], *, strict: bool) -> int:
    """Check a claim, or a batch in order; with `strict`, an unsupported claim gives exit code 4."""
    assistant = open_assistant(common)
    if isinstance(asked, Batch):

        def check_row(row: ClaimRow) -> dict[str, Any]:
            limits = row.documents or documents
            return verdict_json(assistant.check(row.claim, limits, row.question or ""))

        return exit_code(process(asked, ClaimRow, check_row), strict=strict)
    verdict = assistant.check(asked, documents)
    if common.json:
        print_json(verdict_json(verdict))
    else:
        show_verdict(console(), verdict)
    return exit_code(Counter([str(verdict.verdict)]), strict=strict)


def run_chat(common: Common, documents: Sequence[str]) -> None:
    """Answer questions from standard input until it ends or the user types `quit`."""
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
        yield line.strip() or "?"  # a blank line, like a lone "?", makes the assistant ask back
