"""From what a language model wrote, and the gate let pass, to an `Answer`."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace

from mehealth_rag.answering.draft import Draft
from mehealth_rag.answering.marking import decisive, mark
from mehealth_rag.compose import Library, answered, statement_text
from mehealth_rag.errors import LanguageModelFailure
from mehealth_rag.generating.supporting import Quotes
from mehealth_rag.generating.writing import Task, Writer, Written, is_list, overlap, write
from mehealth_rag.grounding.gate import Passed
from mehealth_rag.growing import mapped
from mehealth_rag.questions import Question
from mehealth_rag.types import Answer, Citation, Quote, Statement, Status

ENGINE = "generative"
OWN_WORDS = "these are the documents' own words."


@dataclass
class _Numbers:
    """The citations of an answer, each quote numbered once, in the order they are needed."""

    library: Library
    quotes: list[Quote] = field(default_factory=list)

    def of(self, quotes: Sequence[Quote]) -> tuple[int, ...]:
        """The numbers of some quotes."""
        self.quotes += [q for q in dict.fromkeys(quotes) if q not in self.quotes]
        return tuple(self.quotes.index(q) + 1 for q in dict.fromkeys(quotes))

    def citations(self) -> tuple[Citation, ...]:
        """All of them so far."""
        return tuple(self.library.citation(n, q) for n, q in enumerate(self.quotes, start=1))


def answer(task: Task, writer: Writer, library: Library) -> Generator[Answer, None, Answer]:
    """The answer that a model writes, as it grows; returned when it is whole."""

    def part(passed: Sequence[Passed[Quotes]]) -> Answer:
        return partial_answer(task.question, passed, task.draft, library)

    written = yield from mapped(write(task, writer), part)
    return whole_answer(task.question, written, task.draft, library)


def partial_answer(
    question: Question, passed: Sequence[Passed[Quotes]], draft: Draft, library: Library
) -> Answer:
    """The answer as far as it has come."""
    numbers = _Numbers(library)
    statements = [Statement(statement_text(p.text), numbers.of(p.proof)) for p in passed]
    items = [p.item for p in passed]
    return Answer(
        question=question.text,
        standalone_question=question.text,
        status=Status.ANSWERED,
        answer=_text(question, statements, items),
        statements=tuple(statements),
        citations=numbers.citations(),
        confidence=round(draft.confidence, 4),
        engine=ENGINE,
    )


def whole_answer(question: Question, written: Written, draft: Draft, library: Library) -> Answer:
    """What passed; with the quotes that answer where it does not by itself, or these alone."""
    shown = list(written.passed)
    if not shown or (is_list(draft) and not written.answers):
        found = answered(question, draft, library)
        notice = _alone(written, none=not shown)
    else:
        own = [] if written.answers else _own_words(draft, shown)
        found = partial_answer(question, [*shown, *own], draft, library)
        notice = " ".join(filter(None, (_beside(written), _added(len(own)))))
    return replace(found, notice=notice, dropped=written.dropped, tokens=written.tokens)


def _own_words(draft: Draft, shown: Sequence[Passed[Quotes]]) -> list[Passed[Quotes]]:
    """The quotes that answer, as far as no sentence says them already."""
    return [
        Passed(group[0].text, group)
        for group in draft.statements
        if not any(_repeats(p, group[0]) for p in shown)
    ]


def _repeats(passed: Passed[Quotes], quote: Quote) -> bool:
    """Whether a sentence says a quote word for word."""
    said = statement_text(passed.text) == statement_text(quote.text)
    return said and any(overlap(q, quote) for q in passed.proof)


def _text(question: Question, statements: Sequence[Statement], items: Sequence[bool]) -> str:
    """The statements as running text, list items on lines of their own."""
    text = ""
    for i, (statement, item) in enumerate(zip(statements, items, strict=True)):
        numbers = "".join(f"[{n}]" for n in statement.citations)
        shown = mark(statement.text, decisive(question, statement.text))
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


def _failed(written: Written) -> str:
    if written.failure is None:
        return ""
    kind = written.failure.kind
    return _FAILED.get(kind, f"failed ({kind})")


def _alone(written: Written, *, none: bool) -> str:
    """Why the documents' own words stand alone."""
    if written.failure is not None:
        return f"The language model {_failed(written)}; {OWN_WORDS}"
    if written.silent:
        return f"The language model found no answer in the evidence; {OWN_WORDS}"
    if none and written.dropped:
        return f"The documents do not bear out what the language model wrote; {OWN_WORDS}"
    if none:
        return f"The language model wrote nothing; {OWN_WORDS}"
    return f"What the language model wrote was not the whole answer; {OWN_WORDS}"


def _beside(written: Written) -> str:
    """What became of the rest of what the model wrote."""
    told = []
    if written.failure is not None:
        told.append(f"The language model {_failed(written)} before it had ended.")
    count = len(written.dropped)
    if count:
        which, them = ("1 sentence", "it") if count == 1 else (f"{count} sentences", "them")
        was = "was" if count == 1 else "were"
        told.append(
            f"{which} of the language model {was} left out: the documents do not bear {them} out."
        )
    return " ".join(told)


def _added(count: int) -> str:
    """That the end of the answer is quoted."""
    if not count:
        return ""
    which = "The last sentence is" if count == 1 else f"The last {count} sentences are"
    return f"{which} quoted from the documents."
