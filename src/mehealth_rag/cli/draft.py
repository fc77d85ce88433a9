"""`mehealth check --file`: a verdict on each sentence of a draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from mehealth_rag.checking.drafts import CheckedSentence, check_sentences, draft_sentences
from mehealth_rag.cli.batch import ERROR, exit_code
from mehealth_rag.cli.context import Common, console, note, open_assistant, print_json
from mehealth_rag.cli.show import VERDICTS, show_citation
from mehealth_rag.errors import ReadingError, UsageError
from mehealth_rag.serialise import verdict_json
from mehealth_rag.types import BlockKind, Document, VerdictKind
from mehealth_rag.wiring import read_draft

_SIGNS = {VerdictKind.SUPPORTED: "✓", VerdictKind.CONTRADICTED: "✗", VerdictKind.NOT_FOUND: "?"}


def check_alone(file: Path, *others: object) -> None:
    """Raise UsageError if `--file` is combined with other input or the file does not exist."""
    if any(others):
        raise UsageError(
            f"--file {file} goes without a claim, --batch, --output and --resume; leave them out"
        )
    if not file.is_file():
        raise UsageError(f"{file}: there is no such file; check --file")


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
