"""What the evaluation knows of one question: the question, the reply to it, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from mehealth_eval.sets import Item

Place = tuple[str, int]
"""A document and one of its pages, counted from 1."""


class Outcome(StrEnum):
    """What came of a question."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"
    ERROR = "error"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Quoted:
    """A citation: its place and the words that it quotes."""

    document: str
    page: Annotated[int, Field(ge=1)]
    quote: str
    page_label: str = ""


@dataclass(frozen=True, slots=True)
class StatementSaid:
    """One statement of an answer and the numbers of its citations."""

    text: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it is scored. `nearest` is what an abstention shows; `problem` of an error.

    `confidence` and `milliseconds` are None where the answer does not tell. Of a language model's
    answer: its `notice`, how many sentences were `dropped`, the `tokens` that it wrote, and the
    milliseconds to the `first_words` that were shown.
    """

    outcome: Outcome
    text: str = ""
    statements: tuple[StatementSaid, ...] = ()
    quotes: tuple[Quoted, ...] = ()
    nearest: tuple[Quoted, ...] = ()
    conflicts: int = 0
    standalone_question: str = ""
    confidence: float | None = None
    milliseconds: float | None = None
    engine: str = ""
    problem: str = ""
    notice: str = ""
    dropped: int = 0
    tokens: int = 0
    first_words: float | None = None

    @property
    def written(self) -> bool:
        """Whether a language model was asked for it."""
        return bool(self.notice or self.dropped or self.tokens or self.engine == "generative")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a reply. `reason` says why it is wrong, empty where it is right.

    `quotes_verbatim` and `quotes_on_right_page` go with the reply's quotes. `facts_quoted` counts
    the required facts that a quote of a right page holds, `facts_quotable` those that could be.
    `first_statement` and `first_quote` tell whether an answer stands in the first statement, and in
    the first quote (of an abstention, in the nearest one); None where no words are given to find.
    """

    right: bool
    reason: str = ""
    facts_held: int = 0
    facts_quoted: int = 0
    facts_quotable: int = 0
    forbidden: tuple[str, ...] = ()
    words: int = 0
    too_long: bool = False
    quotes_verbatim: tuple[bool, ...] = ()
    quotes_on_right_page: tuple[bool, ...] = ()
    first_statement: bool | None = None
    first_quote: bool | None = None

    @property
    def page_hit(self) -> bool:
        """Whether a cited page is right."""
        return any(self.quotes_on_right_page)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The pages of the passages that search found, best first: in all documents, and in its own.

    `own_document` is None where the corpus has one document only.
    """

    all_documents: tuple[Place, ...]
    own_document: tuple[Place, ...] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One question with its reply and verdict; `ranking` only where our own index was searched."""

    item: Item
    reply: Reply
    verdict: Verdict
    ranking: Ranking | None = None
