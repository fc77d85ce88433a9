"""From what a language model wrote, and the gate let pass, to an `Answer`."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from mehealth_rag.answering.compose import answered, conflict, not_found, statement_text
from mehealth_rag.answering.library import Library
from mehealth_rag.answering.marking import decisive, mark
from mehealth_rag.answering.questions import Question
from mehealth_rag.answering.reading import Draft, nearest
from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.generating.gate import NO_CLAIMS, Passed
from mehealth_rag.generating.writing import Task, Writer, Written, write
from mehealth_rag.growing import mapped
from mehealth_rag.language.detection import ENGLISH
from mehealth_rag.language.words import content_words, stem_all
from mehealth_rag.types import SURE_FROM, Answer, Quote, Statement, Status

ENGINE = "generative"
OWN_WORDS = "these are the documents' own words."
LESS_CHECKED = "Checked by its figures and names alone: the reader knows English."
_SILENT = "The language model found no answer in the evidence"

TOLD = 0.6
"""The share of a quote's words that a text has to tell."""


def answer(task: Task, writer: Writer, library: Library) -> Generator[Answer, None, Answer]:
    """The answer that a model writes, as it grows; returned when it is whole."""

    def part(passed: Sequence[Passed]) -> Answer:
        return _told(task, passed, library)

    written = yield from mapped(write(task, writer), part)
    found = whole_answer(task, written, library)
    return replace(found, dropped=written.dropped, tokens=written.tokens)


def whole_answer(task: Task, written: Written, library: Library) -> Answer:
    """What passed; where nothing did, the documents' own words, if the reader found any.

    A model that is silent is believed unless the reader is sure of an answer.
    """
    question, draft = task.question, task.draft
    if written.passed:
        foreign = task.language != ENGLISH
        own = [] if foreign else _own_words(draft, written.passed)
        found = _told(task, [*written.passed, *own], library, draft.disagree)
        notice = (
            f"{LESS_CHECKED} {_beside(written, len(own))}"
            if foreign
            else _beside(written, len(own))
        )
        return replace(found, notice=notice.strip())
    if draft.statements and (not written.silent or draft.confidence >= SURE_FROM):
        notice = f"{_alone(written)}; {OWN_WORDS}"
        return replace(answered(question, draft, library), notice=notice)
    found = not_found(question, nearest(task.hits), draft, library)
    return replace(found, engine=ENGINE, notice=f"{_alone(written)}.")


def _told(task: Task, passed: Sequence[Passed], library: Library, disagree: bool = False) -> Answer:
    """What passed as an answer; `disagree`: with what each of the pages says that do."""
    question, draft = task.question, task.draft
    groups = draft.statements if disagree else ()
    cited = [q for quotes in (*(p.quotes for p in passed), *groups) for q in quotes]
    numbers = {quote: number for number, quote in enumerate(dict.fromkeys(cited), start=1)}

    def statement(text: str, quotes: Sequence[Quote]) -> Statement:
        return Statement(statement_text(text), tuple(numbers[q] for q in dict.fromkeys(quotes)))

    statements = [statement(p.text, p.quotes) for p in passed]
    items = [p.item for p in passed]
    sides = [statement(group[0].text, group) for group in groups]
    return Answer(
        question=question.text,
        standalone_question=question.text,
        status=Status.ANSWERED,
        answer=_text(question if task.language == ENGLISH else None, statements, items),
        statements=tuple(statements),
        citations=tuple(library.citation(n, quote) for quote, n in numbers.items()),
        conflicts=(conflict(question, sides),) if sides else (),
        confidence=round(draft.confidence, 4),
        engine=ENGINE,
    )


def _own_words(draft: Draft, passed: Sequence[Passed]) -> list[Passed]:
    """The quotes that answer, where no sentence tells one of them; of a list, those not told.

    Where pages disagree each has its say. What the reader is not sure of is left to the model.
    """
    if draft.confidence < SURE_FROM:
        return []
    each = draft.introduction is not None or draft.disagree
    left = [group for group in draft.statements if not _tell(passed, group[0])]
    if not each and len(left) < len(draft.statements):
        return []
    return [Passed(group[0].text, group, draft.introduction is not None) for group in left]


def _tell(passed: Sequence[Passed], quote: Quote) -> bool:
    """Whether sentences rest on a quote, or have most of its words."""
    if any(overlap(q, quote) for p in passed for q in p.quotes):
        return True
    own = set(stem_all(content_words(quote.text)))
    said = {s for p in passed for s in stem_all(content_words(p.text))}
    return len(own & said) >= TOLD * len(own)


def overlap(one: Quote, other: Quote) -> bool:
    """Whether two quotes share words of one page."""
    same_page = (one.document, one.page) == (other.document, other.page)
    return same_page and one.span.start < other.span.end and other.span.start < one.span.end


def _text(question: Question | None, statements: Sequence[Statement], items: Sequence[bool]) -> str:
    """The statements as running text, list items on lines of their own.

    What answers an English question is marked.
    """
    text = ""
    for i, (statement, item) in enumerate(zip(statements, items, strict=True)):
        numbers = "".join(f"[{n}]" for n in statement.citations)
        marked = decisive(question, statement.text) if question is not None else ()
        shown = mark(statement.text, marked)
        if item:
            gap = "\n" if i and items[i - 1] else "\n\n" * bool(i)
            text += f"{gap}- {shown} {numbers}"
        else:
            gap = "\n\n" if i and items[i - 1] else " " * bool(i)
            ending = "" if statement.text[-1:] in '?!”"…:' else "."
            text += f"{gap}{shown} {numbers}{ending}"
    return text


_FAILED = {
    LanguageModelFailure.UNREACHABLE: "could not be reached",
    LanguageModelFailure.WRONG_KEY: "refused the key",
}


def _failed(failure: LanguageModelError) -> str:
    return _FAILED.get(failure.kind, f"failed ({failure.kind})")


def _alone(written: Written) -> str:
    """Why nothing of what the model wrote is shown."""
    if written.failure is not None:
        return f"The language model {_failed(written.failure)}"
    if written.silent:
        return _SILENT
    if written.dropped:
        return "The documents do not bear out what the language model wrote"
    return "The language model wrote nothing"


def _beside(written: Written, quoted: int) -> str:
    """What became of the rest of what the model wrote, and how much at the end is quoted."""
    told = []
    if written.failure is not None:
        told.append(f"The language model {_failed(written.failure)} before it had ended.")
    untrue = [d for d in written.dropped if not NO_CLAIMS.issuperset(d.reasons)]
    if untrue:
        told.append(
            "Sentences of the language model that the documents do not bear out and that are left "
            f"out: {len(untrue)}."
        )
    if quoted:
        told.append(f"Sentences at the end that are quoted from the documents: {quoted}.")
    return " ".join(told)
