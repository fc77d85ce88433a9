"""The values that pass between stages: small, frozen, with no behaviour beyond their own data.

After reading, everything is a slice of a page's text. A `Span` is a half-open range of character
offsets into `Page.text`. Passages, sentences and quotes are spans, so they never have to be
searched for again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

Box = tuple[float, float, float, float]
"""Left, bottom, right, top in PDF points, from the page's bottom left."""


class BlockKind(StrEnum):
    """The role of a block on its page."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    """An item of a bulleted or numbered list, with its bullet."""
    ROW = "row"
    """A row of a table, its cells separated by tabs."""
    FURNITURE = "furniture"
    """A running header, footer or page number: kept in the text, in passages once at most."""
    CONTENTS = "contents"
    """A line of a table of contents: kept in the text, not in passages."""

    @property
    def aside(self) -> bool:
        """True for furniture and lines of contents, which are not part of the page's content."""
        return self in {BlockKind.FURNITURE, BlockKind.CONTENTS}


class Fault(StrEnum):
    """What is wrong with a page."""

    BLANK = "blank"
    PICTURE = "only a picture"
    UNREADABLE = "unreadable"
    GARBAGE = "garbage characters"
    OCR = "read by OCR"
    """The page is a picture; its text was read by OCR."""
    HIDDEN = "hidden text"
    """The page has text that it does not show; only the visible text was read."""
    ENCODING = "guessed encoding"
    """The file does not state its encoding; reported on the document's first page."""

    @property
    def unread(self) -> bool:
        """True if the page has content that could not be read and so is not searched."""
        return self in {Fault.PICTURE, Fault.UNREADABLE, Fault.GARBAGE}


class SourceState(StrEnum):
    """The state of a source in the corpus."""

    PRESENT = "present"
    NOT_FETCHED = "not fetched"
    INDEXED = "indexed"
    FAILED = "failed"
    LEFT_OUT = "left out"
    """A file in the folder that the manifest does not list."""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range `[start, end)` of characters in a page's text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the characters of `text` in the span."""
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        """Return whether two spans of one text have a character in common."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class LinkedFrom:
    """A document, and its pages (from 1) that link to a source."""

    document: str
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of the corpus: a document that is present, or one that is linked.

    `path` is None if the file is not present. `guessed` is true if the title comes from the file
    name; a better one in the document replaces it. `dated` is the document's date in ISO form, as
    precise as the document gives it: "2021-03-04", "2021-03", "2021". `collection` is the top
    folder of the corpus that its file is in, empty if it is in none.
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
    collection: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the layout: its span in the page's text and its box on the page.

    `box` is None if the format has no layout. A word broken across two lines is joined in the text;
    its characters are divided between the two lines' spans.
    """

    span: Span
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A run of lines that belong together. `level` is the heading level from 1, else 0.

    For a row, `level` is 1 if the file marks it as the table's column headings.
    """

    kind: BlockKind
    span: Span
    level: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A link on a page: its address and, if the format has it, the span of its text."""

    url: str
    box: Box | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page as read.

    `number` counts from 1; `label` is the printed number. `text` holds every character of the page
    in reading order, one block per line: blocks are separated by a newline, lines of a block by a
    space. `blocks` and `lines` are in text order and do not overlap. `problem` describes in a few
    words what is wrong with the page, None if nothing is; `fault` is its kind.
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

    def words_at(self, link: Link) -> Span | None:
        """Return the span that one of the page's links covers; None if it covers no text."""
        if link.span is not None and link.span.end > link.span.start:
            return link.span
        box = link.box
        spans = [line.span for line in self.lines if line.box and box and _meet(line.box, box)]
        return Span(spans[0].start, spans[-1].end) if spans else None


def _meet(line: Box, link: Box) -> bool:
    """Return whether a link's box covers some of a line, and not only its edge."""
    height = min(line[3], link[3]) - max(line[1], link[1])
    width = min(line[2], link[2]) - max(line[0], link[0])
    return width > 0 and height > 0.3 * (line[3] - line[1])


@dataclass(frozen=True, slots=True)
class Document:
    """A source whose file was read. `sha256` is the file's hash in hex."""

    source: Source
    sha256: str
    pages: tuple[Page, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DocumentProblem:
    """Something in the corpus that could not be read: what, where, why, and what to do.

    `fault` is the kind of a page's problem, `page_label` the number printed on the page.
    """

    source: str
    reason: str
    page: int | None = None
    fault: Fault | None = None
    page_label: str | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, list item or table row of a passage: the unit that answers quote.

    `lead` is the span of the words that introduce a list item ("We collaborate on:") or a group of
    table rows ("Current assets:"), else None. For a row, `columns` are the spans of its table's
    caption and column headings, in page order. Both may lie outside the passage.
    """

    span: Span
    kind: BlockKind
    lead: Span | None = None
    columns: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences on one page under one heading: the unit of retrieval.

    A heading right before them on the page is the first sentence. `text` is `span` of the page's
    text; the spans of the sentences, too, are in the page's text. `headings` is the path of
    headings above it, outermost first; the outer ones may be on an earlier page. `table` holds what
    its rows need and it lacks: the table's caption, column headings and group label from further up
    the page.
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
        """The nearest heading above the passage, empty if there is none."""
        return self.headings[-1] if self.headings else ""

    def words(self, span: Span) -> str:
        """Return the text of a span of the page that lies in the passage."""
        return self.text[span.start - self.span.start : span.end - self.span.start]

    def quote(self, span: Span) -> Quote:
        """Return a span of the page that lies in the passage as a quote."""
        return Quote(self.document, self.page, span, self.words(span))


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage, its fused score, and its rank from 1 in each half of the search."""

    passage: Passage
    score: float
    dense_rank: int | None = None
    lexical_rank: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of one page of one document, with its text."""

    document: str
    page: int
    span: Span
    text: str

    @property
    def place(self) -> tuple[str, int]:
        """Its document and page."""
        return self.document, self.page

    @classmethod
    def of_page(cls, document: str, page: Page, span: Span) -> Quote:
        """Return a span of a document's page as a quote."""
        return cls(document, page.number, span, span.of(page.text))


@dataclass(frozen=True, slots=True)
class Citation:
    """A document, a page, and a quote that the page contains word for word.

    `boxes` has one box per line of the quote, empty if the format has no layout. `dated` is the
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
    """A sentence or list item of an answer, with the numbers of its citations."""

    text: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ConflictValue:
    """One of the values that pages give for the same thing, with its citations."""

    value: str
    citations: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Pages that disagree: on what, and each value with its citations."""

    about: str
    values: tuple[ConflictValue, ...]


@dataclass(frozen=True, slots=True)
class ConflictReport:
    """All conflicts found, surest first, and the citations they refer to."""

    conflicts: tuple[Conflict, ...]
    citations: tuple[Citation, ...]
    index: str


@dataclass(frozen=True, slots=True)
class Related:
    """A source that may have what the documents lack."""

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
    """A sentence of a language model that was not shown, with the reasons."""

    text: str
    reasons: tuple[str, ...]


class VerdictKind(StrEnum):
    """What the documents say about a claim."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    NOT_FOUND = "not_found"

    @property
    def word(self) -> str:
        """What the verdict is called: "Not found"."""
        return self.capitalize().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the contract gives it. `timings_ms` are milliseconds per stage.

    With a language model, `dropped` holds its sentences that the documents do not support, `notice`
    says in plain words what was done about it, and `tokens` counts what it read and wrote.
    `verdict` is what the documents say of a statement; None if a question was asked.
    """

    question: str = ""
    standalone_question: str = ""
    status: Status = Status.NOT_FOUND
    answer: str = ""
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
    verdict: VerdictKind | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a claim, as the contract gives it.

    A claim of several sentences has a verdict for each in `parts`; the worst is that of the claim.
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
"""Returns one page of a document; pages count from 1."""

# What each word promises: three answers in four are right ("sure"), more are right than wrong
# ("likely"), or not even that. Confidences are calibrated before they get here, so the thresholds
# hold for any reader.
SURE_FROM, LIKELY_FROM = 0.75, 0.5


class Certainty(StrEnum):
    """How certain an answer is, as shown on the page and in the terminal."""

    SURE = "sure"
    LIKELY = "likely"
    UNSURE = "unsure: check the page"


def certainty(answer: Answer) -> Certainty | None:
    """Return the band of an answer's confidence; None if it cites no document."""
    if answer.status is not Status.ANSWERED or not answer.citations:
        return None
    if answer.confidence >= SURE_FROM:
        return Certainty.SURE
    return Certainty.LIKELY if answer.confidence >= LIKELY_FROM else Certainty.UNSURE
