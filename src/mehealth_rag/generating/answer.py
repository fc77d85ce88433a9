"""Build an `Answer` from what a language model wrote and the gate passed."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from mehealth_rag.answering.compose import answered, conflict, not_found, statement_text
from mehealth_rag.answering.drafting import Draft, nearest
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.marking import StatementText, marked
from mehealth_rag.answering.questions import Question
from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.generating.gate import NO_CLAIMS, Passed
from mehealth_rag.generating.writing import CheckedText, Task, Writer, write
from mehealth_rag.growing import mapped
from mehealth_rag.language.detection import ENGLISH
from mehealth_rag.language.words import content_stems
from mehealth_rag.types import SURE_FROM, Answer, Quote, Statement, Status

ENGINE = "generative"
OWN_WORDS = "these are the documents' own words."
LESS_CHECKED = "Checked by its figures and names alone: the reader knows English."
_SILENT = "The language model found no answer in the evidence"

COVERED_SHARE = 0.6
"""Share of a quote's words that the sentences must contain to cover it."""


def answer(task: Task, writer: Writer, library: Library) -> Generator[Answer, None, Answer]:
    """Yield the answer as the model writes it; return it when complete."""

    def part(passed: Sequence[Passed]) -> Answer:
        return _passed_answer(task, passed, library)

    written = yield from mapped(write(task, writer), part)
    result = whole_answer(task, written, library)
    return replace(result, dropped=written.dropped, tokens=written.tokens)


def whole_answer(task: Task, written: CheckedText, library: Library) -> Answer:
    """Return what passed the gate; if nothing did, the documents' own words or an abstention.

    A model that says the evidence has no answer is believed unless the reader is sure of one.
    """
    question, draft = task.question, task.draft
    if written.passed:
        foreign = task.language != ENGLISH
        appended = [] if foreign else _uncovered_quotes(draft, written.passed)
        result = _passed_answer(task, [*written.passed, *appended], library, draft.disagree)
        notice = f"{LESS_CHECKED * foreign} {_partial_notice(written, len(appended))}"
        return replace(result, notice=notice.strip())
    if draft.points and (not written.silent or draft.confidence >= SURE_FROM):
        notice = f"{_failure_notice(written)}; {OWN_WORDS}"
        return replace(answered(question, draft, library), notice=notice)
    result = not_found(question, nearest(task.hits), draft, library)
    return replace(result, engine=ENGINE, notice=f"{_failure_notice(written)}.")


def _passed_answer(
    task: Task, passed: Sequence[Passed], library: Library, disagree: bool = False
) -> Answer:
    """Return the passed sentences as an answer; `disagree` adds the conflicting statements."""
    question, draft = task.question, task.draft
    groups = [point.quotes for point in draft.points] if disagree else []
    cited = [q for quotes in (*(p.quotes for p in passed), *groups) for q in quotes]
    numbers = {quote: number for number, quote in enumerate(dict.fromkeys(cited), start=1)}

    def statement(text: str, quotes: Sequence[Quote]) -> Statement:
        return Statement(statement_text(text), tuple(numbers[q] for q in dict.fromkeys(quotes)))

    statements = [statement(p.text, p.quotes) for p in passed]
    items = [p.item for p in passed]
    sides = [statement(group[0].text, group) for group in groups]
    texts = [StatementText(side.text) for side in sides]
    return Answer(
        status=Status.ANSWERED,
        answer=_text(question if task.language == ENGLISH else None, statements, items),
        statements=tuple(statements),
        citations=tuple(library.citation(n, quote) for quote, n in numbers.items()),
        conflicts=(conflict(question, texts, sides),) if sides else (),
        confidence=round(draft.confidence, 4),
        engine=ENGINE,
    )


def _uncovered_quotes(draft: Draft, passed: Sequence[Passed]) -> list[Passed]:
    """Return quotes to append: the answer if no sentence covers it, or list items left out.

    If pages disagree, each side that is not covered is appended. Nothing is appended unless the
    reader is sure.
    """
    if draft.confidence < SURE_FROM:
        return []
    is_separate = draft.introduction is not None or draft.disagree
    groups = [point.quotes for point in draft.points]
    uncovered = [group for group in groups if not _cover(passed, group[0])]
    if not is_separate and len(uncovered) < len(groups):
        return []
    return [Passed(group[0].text, group, draft.introduction is not None) for group in uncovered]


def _cover(passed: Sequence[Passed], quote: Quote) -> bool:
    """Return whether the sentences cite the quote or contain most of its words."""
    cited = (q for p in passed for q in p.quotes if q.place == quote.place)
    if any(q.span.overlaps(quote.span) for q in cited):
        return True
    stems = content_stems(quote.text)
    passed_stems = {s for p in passed for s in content_stems(p.text)}
    return len(stems & passed_stems) >= COVERED_SHARE * len(stems)


def _text(question: Question | None, statements: Sequence[Statement], items: Sequence[bool]) -> str:
    """Return the statements as running text, list items on lines of their own.

    With an English question, the decisive words are in bold.
    """
    text = ""
    for i, (statement, item) in enumerate(zip(statements, items, strict=True)):
        numbers = "".join(f"[{n}]" for n in statement.citations)
        displayed = statement.text
        if question is not None:
            displayed = marked(question, StatementText(displayed))
        if item:
            gap = "\n" if i and items[i - 1] else "\n\n" * bool(i)
            text += f"{gap}- {displayed} {numbers}"
        else:
            gap = "\n\n" if i and items[i - 1] else " " * bool(i)
            ending = "" if statement.text[-1:] in '?!”"…:' else "."
            text += f"{gap}{displayed} {numbers}{ending}"
    return text


_FAILED = {
    LanguageModelFailure.UNREACHABLE: "could not be reached",
    LanguageModelFailure.WRONG_KEY: "refused the key",
}


def _failed(failure: LanguageModelError) -> str:
    return _FAILED.get(failure.kind, f"failed ({failure.kind})")


def _failure_notice(written: CheckedText) -> str:
    """Return why nothing the model wrote is shown."""
    if written.failure is not None:
        return f"The language model {_failed(written.failure)}"
    if written.silent:
        return _SILENT
    if written.dropped:
        return "The documents do not bear out what the language model wrote"
    return "The language model wrote nothing"


def _partial_notice(written: CheckedText, quoted: int) -> str:
    """Return what became of the model's other sentences, and how many quotes are appended."""
    parts = []
    if written.failure is not None:
        parts.append(f"The language model {_failed(written.failure)} before it had ended.")
    unsupported = [d for d in written.dropped if not NO_CLAIMS.issuperset(d.reasons)]
    if unsupported:
        parts.append(
            "Sentences of the language model that the documents do not bear out and that are left "
            f"out: {len(unsupported)}."
        )
    if quoted:
        parts.append(f"Sentences at the end that are quoted from the documents: {quoted}.")
    return " ".join(parts)
