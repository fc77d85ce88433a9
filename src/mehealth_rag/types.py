"""The values that pass between the stages: small, frozen, without behaviour beyond their own data.

Everything downstream of reading is a slice of a page's text: a `Span` is a half-open range of
character offsets into `Page.text`, and passages, sentences and quotes are spans, never copies that
have to be searched for again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in PDF points, origin at the page's bottom left."""


class BlockKind(StrEnum):
    """What a block of a page is to a reader."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    """One item of a bulleted or numbered list, its bullet included."""
    ROW = "row"
    """One row of a table, cells separated by a tab."""
    FURNITURE = "furniture"
    """Running header, footer or page number: kept in the text, in passages once at the most."""
    CONTENTS = "contents"
    """A line of a table of contents: kept in the text, left out of passages."""

    @property
    def aside(self) -> bool:
        """Whether it stands beside what its page says: a running head, a line of contents."""
        return self in {BlockKind.FURNITURE, BlockKind.CONTENTS}


class Fault(StrEnum):
    """What is wrong with a page."""

    BLANK = "blank"
    PICTURE = "only a picture"
    UNREADABLE = "unreadable"
    GARBAGE = "garbage characters"
    OCR = "read by OCR"
    """The page is a picture; its words were read from it."""
    HIDDEN = "hidden text"
    """The page has text that it does not show; what it does show was read."""
    ENCODING = "guessed encoding"
    """The file does not tell how its letters are written; the document's first page says so."""

    @property
    def unread(self) -> bool:
        """Whether the page shows something that could not be read, and so is not searched."""
        return self in {Fault.PICTURE, Fault.UNREADABLE, Fault.GARBAGE}


class SourceState(StrEnum):
    """Where a source of the corpus stands."""

    PRESENT = "present"
    NOT_FETCHED = "not fetched"
    INDEXED = "indexed"
    FAILED = "failed"
    LEFT_OUT = "left out"
    """A file of the folder that the manifest does not name."""


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range `[start, end)` of characters in a page's text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The characters of `text` inside the span."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class LinkedFrom:
    """A document and those of its pages (counted from 1) that link to a source."""

    document: str
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the corpus: a document that exists here, or one that is linked.

    `path` is None as long as the file is not present. `guessed` is true where the title is made
    of the file's name, and gives way to a better one of the document's own. `dated` is the date of
    the document as ISO writes it, as far as the document tells it: "2021-03-04", "2021-03", "2021".
    """

    id: str
    title: str
    kind: str
    format: str
    url: str | None = None
    path: Path | None = None
    linked_from: tuple[LinkedFrom, ...] = ()
    note: str | None = None
    guessed: bool = False
    dated: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the layout: its span in the page's text and where it stands on the page.

    `box` is None where the format has no layout. A word broken over two lines is whole in the
    text; its characters are divided between the two lines' spans.
    """

    span: Span
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines that belong together. `level` counts heading levels from 1; else 0.

    Of a row it is 1 where the file tells that it holds the table's column headings.
    """

    kind: BlockKind
    span: Span
    level: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A link on a page: its address and, where the format tells, the words that it covers."""

    url: str
    box: Box | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page as read.

    `number` counts from 1; `label` is the printed number. `text` holds every character of the page
    in reading order, one block a line (blocks are separated by a newline, the lines of a block by a
    space). `blocks` and `lines` are in the order of the text and do not overlap. `problem` says in
    a few words what is wrong with the page, None when nothing is; `fault` is what kind that is.
    """

    number: int
    label: str
    text: str
    blocks: tuple[Block, ...] = ()
    lines: tuple[Line, ...] = ()
    links: tuple[Link, ...] = ()
    size: tuple[float, float] | None = None
    problem: str | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A source whose file was read. `sha256` is the file's hash in hex."""

    source: Source
    sha256: str
    pages: tuple[Page, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DocumentProblem:
    """Something of the corpus that could not be read: which, where, why, and what to do.

    `fault` is the kind of a page's problem, `page_label` the number printed on the page.
    """

    source: str
    reason: str
    page: int | None = None
    fault: Fault | None = None
    page_label: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, list item or table row of a passage: the unit that an answer quotes.

    `lead` is the span of the words that introduce a list item ("We collaborate on:") or a group of
    a table's rows ("Current assets:"), else None. `columns` are of a row: the spans of its table's
    caption and column headings, in the order of the page. Both may lie outside the passage.
    """

    span: Span
    kind: BlockKind
    lead: Span | None = None
    columns: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one page under one heading: the unit of retrieval.

    Where the heading stands on the page right before them, it is the first of the sentences.

    `text` is `span` of the page's text; the sentences' spans count in the page's text too.
    `headings` is the path of headings above it, outermost first; the outer ones may stand on an
    earlier page. `table` holds what its rows are about and does not stand in it: the texts of the
    caption, column headings and group's label further up the page.
    """

    id: str
    document: str
    title: str
    page: int
    page_label: str
    headings: tuple[str, ...]
    span: Span
    text: str
    sentences: tuple[Sentence, ...]
    table: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """The nearest heading above the passage, empty where there is none."""
        return self.headings[-1] if self.headings else ""

    def words(self, span: Span) -> str:
        """The words of a span of the page that lies in the passage."""
        return self.text[span.start - self.span.start : span.end - self.span.start]

    def quote(self, span: Span) -> Quote:
        """A span of the page that lies in the passage, as a quote."""
        return Quote(self.document, self.page, span, self.words(span))


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that retrieval found, with its fused score and its rank in each half (from 1)."""

    passage: Passage
    score: float
    dense_rank: int | None = None
    lexical_rank: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of one page of one document."""

    document: str
    page: int
    span: Span
    text: str

    @classmethod
    def of_page(cls, document: str, page: Page, span: Span) -> Quote:
        """A span of a document's page as a quote."""
        return cls(document, page.number, span, span.of(page.text))


@dataclass(frozen=True, slots=True)
class Citation:
    """Document, page and a quote that stands on that page word for word.

    `boxes` are one per line of the quote; empty where the format has no layout. `dated` is the
    document's date, as in its source.
    """

    number: int
    document: str
    title: str
    page: int
    page_label: str
    quote: str
    boxes: tuple[Box, ...] = ()
    url: str | None = None
    dated: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence or list item of an answer, with the numbers of the citations that support it."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ConflictValue:
    """One of the values that pages give for the same thing."""

    value: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Pages that disagree: about what, and each value with its citations."""

    about: str
    values: tuple[ConflictValue, ...]


@dataclass(frozen=True, slots=True)
class ConflictReport:
    """Where the documents disagree, surest first, with the citations that the values name."""

    conflicts: tuple[Conflict, ...]
    citations: tuple[Citation, ...]
    index: str


@dataclass(frozen=True, slots=True)
class Related:
    """A source that may hold what the documents at hand do not."""

    source: str
    title: str
    url: str | None
    indexed: bool


class Status(StrEnum):
    """Whether the documents answer the question."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that a language model wrote and nobody was shown, with the reasons."""

    text: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the contract gives it. `timings_ms` are milliseconds by stage.

    With a language model, `dropped` holds what it wrote and the documents do not carry, `notice`
    says in plain words what was done about it, and `tokens` how many it read and wrote.
    """

    question: str
    standalone_question: str
    status: Status
    answer: str
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    nearest: tuple[Citation, ...] = ()
    related: tuple[Related, ...] = ()
    confidence: float = 0.0
    engine: str = "extractive"
    index: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    notice: str = ""
    dropped: tuple[Dropped, ...] = ()
    tokens: Mapping[str, int] = field(default_factory=dict)


class VerdictKind(StrEnum):
    """What the documents say of a claim."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the documents say of a claim, as the contract gives it.

    A claim of several sentences has a verdict for each under `parts`; its own is the worst of them.
    """

    claim: str
    verdict: VerdictKind
    explanation: str
    evidence: tuple[Citation, ...] = ()
    confidence: float = 0.0
    index: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    parts: tuple[Verdict, ...] = ()


Turn = tuple[str, str]
"""An earlier question and its answer."""

PageOf = Callable[[str, int], Page]
"""Gives one page of a document, counted from 1."""

# The borders say what the words promise, of any reader: that a person need not look (three answers
# in four are right), that it is rather right than wrong, and that it is not even that. What a
# reader's scores are worth is its calibration's business, before they come here.
SURE_FROM, LIKELY_FROM = 0.75, 0.5


class Certainty(StrEnum):
    """How sure an answer is, as the page and the terminal say it."""

    SURE = "sure"
    LIKELY = "likely"
    UNSURE = "unsure: check the page"


def certainty(answer: Answer) -> Certainty | None:
    """How sure an answer is by the band of its confidence; None where it quotes no document."""
    if answer.status is not Status.ANSWERED or not answer.citations:
        return None
    if answer.confidence >= SURE_FROM:
        return Certainty.SURE
    return Certainty.LIKELY if answer.confidence >= LIKELY_FROM else Certainty.UNSURE
