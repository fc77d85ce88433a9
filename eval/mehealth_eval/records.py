"""The records of one question: the question, the reply to it, and the verdict on the reply."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from mehealth_eval.sets import Item

Place = tuple[str, int]
"""A document and one of its pages, from 1."""


class Outcome(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"
    ERROR = "error"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Quoted:
    """A citation: its place and its quote."""

    document: str
    page: Annotated[int, Field(ge=1)]
    quote: str
    page_label: str = ""


@dataclass(frozen=True, slots=True)
class ReplyStatement:
    """A statement of an answer, and the numbers of its citations."""

    text: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it is scored.

    `nearest` holds the quotes that an abstention shows, `problem` the message of an error.
    `confidence` and `milliseconds` are None if the answer does not state them. For a language
    model's answer: its `notice`, the number of sentences `dropped`, the `tokens` it wrote, and the
    milliseconds until the `first_words` were shown.
    """

    outcome: Outcome
    text: str = ""
    statements: tuple[ReplyStatement, ...] = ()
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
        """True if a language model was asked."""
        return bool(self.notice or self.dropped or self.tokens or self.engine == "generative")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a reply; `reason` says why it is wrong, and is empty if it is right.

    `quotes_verbatim` and `quotes_on_right_page` have an entry for each of the reply's quotes.
    `facts_quoted` counts the required facts in quotes from a right page, `facts_quotable` those in
    the text of the right pages. `first_statement` and `first_quote` say whether the first statement
    and the first quote (of an abstention, the nearest one) hold the answer; None if the question
    has no facts.
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
        """True if any cited page is right."""
        return any(self.quotes_on_right_page)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The pages of the search results, best first: over all documents, and within the right one.

    `own_document` is None if the corpus has a single document, or lacks the right one.
    """

    all_documents: tuple[Place, ...]
    own_document: tuple[Place, ...] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A question with its reply and verdict; `ranking` only if our own index was searched."""

    item: Item
    reply: Reply
    verdict: Verdict
    ranking: Ranking | None = None
