"""`mehealth ask`, `search` and `check`, each of one input, a batch or a draft, and `chat`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from mehealth_rag.assistant import Engines
from mehealth_rag.checking.drafts import CheckedSentence, check_sentences, draft_sentences
from mehealth_rag.cli.batch import (
    ERROR,
    Batch,
    ClaimRow,
    QueryRow,
    QuestionRow,
    exit_code,
    process,
)
from mehealth_rag.cli.context import Common, console, note, open_assistant, print_json
from mehealth_rag.cli.show import (
    VERDICTS,
    show_answer,
    show_citation,
    show_hits,
    show_read_hits,
    show_verdict,
)
from mehealth_rag.errors import ReadingError, UsageError
from mehealth_rag.serialise import answer_json, hit_json, read_hit_json, verdict_json
from mehealth_rag.types import BlockKind, Document, Turn, VerdictKind
from mehealth_rag.wiring import read_draft

WORKERS = 2
"""Number of batch questions answered in parallel.

They do not share one batch through the reader: its int8 model quantises a batch as a whole, so an
answer would depend on the other questions in it.
"""

_SIGNS = {VerdictKind.SUPPORTED: "✓", VerdictKind.CONTRADICTED: "✗", VerdictKind.NOT_FOUND: "?"}

_KEPT_TURNS = 12
_LEAVING = frozenset({"exit", "quit", ":q", "bye"})


def run_ask(common: Common, request: str | Batch, documents: Sequence[str]) -> int:
    """Answer a question, or a batch in order; `documents` is the limit for lines without one."""
    assistant = open_assistant(common)
    if isinstance(request, Batch):
        engines = Engines(assistant, common.settings)

        def answer_row(row: QuestionRow) -> dict[str, Any]:
            limits = row.documents or documents
            engine = engines.of(row.engine)
            return answer_json(engine.ask(row.question, row.history or (), limits))

        return exit_code(process(request, QuestionRow, answer_row, WORKERS))
    answer = assistant.ask(request, documents=documents)
    if common.json:
        print_json(answer_json(answer))
    else:
        show_answer(console(), answer)
    return 0


def run_search(
    common: Common, request: str | Batch, documents: Sequence[str], top_k: int, *, read: bool
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

    if isinstance(request, Batch):
        return exit_code(process(request, QueryRow, search_row))
    if common.json:
        print_json({"id": None, **search_row(QueryRow(query=request))})
    elif read:
        show_read_hits(console(), assistant.read(request, (), documents, top_k, ranked=True))
    else:
        show_hits(console(), assistant.search(request, top_k, documents))
    return 0


def run_check(
    common: Common, request: str | Batch, documents: Sequence[str], *, strict: bool
) -> int:
    """Check a claim, or a batch in order; with `strict`, an unsupported claim gives exit code 4."""
    assistant = open_assistant(common)
    if isinstance(request, Batch):

        def check_row(row: ClaimRow) -> dict[str, Any]:
            limits = row.documents or documents
            return verdict_json(assistant.check(row.claim, limits, row.question or ""))

        return exit_code(process(request, ClaimRow, check_row), strict=strict)
    verdict = assistant.check(request, documents)
    if common.json:
        print_json(verdict_json(verdict))
    else:
        show_verdict(console(), verdict)
    return exit_code(Counter([str(verdict.verdict)]), strict=strict)


def run_draft(common: Common, file: Path, documents: Sequence[str], *, strict: bool) -> int:
    """Check the sentences of a draft in order and return the exit code."""
    document = _read(common, file)
    sentences = draft_sentences(document)
    if not sentences:
        raise UsageError(f"{file}: holds no sentence that claims something; check --file")
    assistant = open_assistant(common)
    documents = assistant.chosen(documents)
    checked = check_sentences(sentences, partial(assistant.check, documents=documents))
    if common.json:
        results = list(checked)
        print_json([_as_json(result) for result in results])
    else:
        results = _shown(console(), checked, several=len(document.pages) > 1)
    return exit_code(Counter(map(_outcome, results)), strict=strict)


def _read(common: Common, file: Path) -> Document:
    """Read a draft and note unreadable pages and table rows, which are not checked."""
    try:
        document = read_draft(common.settings, file)
    except ReadingError as error:
        raise UsageError(str(error)) from error
    for page in document.pages:
        if page.problem:
            note(f"{file}, page {page.label}: {page.problem}")
    rows = sum(b.kind is BlockKind.ROW for page in document.pages for b in page.blocks)
    if rows:
        note(f"{file}: rows of tables that are not checked: {rows}")
    return document


def _outcome(checked: CheckedSentence) -> str:
    return str(checked.verdict.verdict) if checked.verdict else ERROR


def _as_json(checked: CheckedSentence) -> dict[str, Any]:
    """Return the place and verdict of a sentence, or its error if the check failed."""
    sentence = checked.sentence
    place = {"page": sentence.page, "paragraph": sentence.paragraph}
    if checked.verdict is None:
        return {"place": place, "claim": sentence.claim, ERROR: checked.error}
    return {"place": place, **verdict_json(checked.verdict)}


def _shown(
    out: Console, checked: Iterable[CheckedSentence], *, several: bool
) -> list[CheckedSentence]:
    """Print each sentence as it is checked, then the count of each outcome.

    `several` adds page numbers to the places.
    """
    results = []
    for result in checked:
        _show(out, result, several=several)
        results.append(result)
    outcomes = Counter(map(_outcome, results))
    kinds = [(kind.value, VERDICTS[kind][0].lower()) for kind in VerdictKind]
    counts = [
        f"{outcomes[k]} {name}" for k, name in (*kinds, (ERROR, "not checked")) if outcomes[k]
    ]
    total = outcomes.total()
    out.print(f"\n{total} sentence{'s' * (total != 1)}: {', '.join(counts)}")
    return results


def _show(out: Console, checked: CheckedSentence, *, several: bool) -> None:
    sentence, verdict = checked.sentence, checked.verdict
    sign, (word, style) = "!", ("Not checked", "yellow")
    if verdict is not None:
        sign, (word, style) = _SIGNS[verdict.verdict], VERDICTS[verdict.verdict]
    place = f"page {sentence.page}, " * several + f"paragraph {sentence.paragraph}"
    line = Text(f"{sign} {word}", style=f"bold {style}")
    line.append(f" ({place}): ", style="not bold dim").append(sentence.claim, style="not bold")
    out.print(line)
    explanation = verdict.explanation if verdict else checked.error
    out.print(Padding(Text(explanation), (0, 0, 0, 2), expand=False))
    for citation in verdict.evidence if verdict else ():
        show_citation(out, citation, f"[{citation.number}] ")


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
