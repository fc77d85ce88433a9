"""Written documents of numbered sentences, with questions, claims and twins.

`NAME.txt` is a document, `NAME.jsonl` has its questions and claims, `pairs/NAME.jsonl` its twins;
`training/written/README.md` describes the formats. Documents are rendered as Markdown and parsed by
the real pipeline; `SentenceFinder` maps parsed text back to numbered sentences.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from mehealth_eval.questions import QuestionFileError, parse_line, question_lines
from mehealth_rag.types import Span

PAIRS = "pairs"
"""Folder of the twins, next to the documents."""

PartKind = Literal["heading", "sentence", "item", "row"]
Turns = tuple[tuple[str, str], ...]
Ids = tuple[str, ...]

WrittenKind = Literal[
    "figure", "person", "place-date", "list", "definition", "why-how", "yes-no", "comparison",
    "link-contact", "follow-up", "conflict", "general", "quote-speaker", "false-premise",
    "near-miss", "later-event", "other-topic",
]  # fmt: skip
_UNANSWERED = {"near-miss", "later-event", "other-topic"}
_MAY_BE_UNANSWERED = _UNANSWERED | {"false-premise", "follow-up", "yes-no"}

T = TypeVar("T")

_PAGE = re.compile(r"== page (\d+)")
_HEADING = re.compile(r"(#+) (.+)")
_NUMBERED = re.compile(r"(- |\| )?(s\d+) (\S.*)")
_KINDS: dict[str | None, PartKind] = {None: "sentence", "- ": "item", "| ": "row"}
_LETTER = re.compile(r"[^\W_]")
_SPECIAL = re.compile(r"([\\`*_<\[\]])")


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a document. `id` is empty for headings; `gap`: a blank line precedes it."""

    kind: PartKind
    text: str
    page: int
    id: str = ""
    level: int = 0
    gap: bool = False

    @property
    def cells(self) -> list[str]:
        """The cells of a table row."""
        return [cell.strip() for cell in self.text.split("|")]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class WrittenQuestion(_Line):
    """A question. `gold` or any of `alternatives` answers it; `harmless` may be quoted as well."""

    t: Literal["q"] = "q"
    question: str = Field(alias="q", min_length=1)
    kind: WrittenKind
    gold: Ids
    harmless: Ids = Field((), alias="ok")
    alternatives: tuple[Ids, ...] = Field((), alias="or")
    near: Ids = ()
    history: Turns = Field((), alias="h")
    answer: str = Field("", alias="a")

    @model_validator(mode="after")
    def _gold_fits(self) -> Self:
        if self.gold and self.kind in _UNANSWERED:
            raise ValueError(f"{self.kind} has no gold")
        if not self.gold and self.kind not in _MAY_BE_UNANSWERED:
            raise ValueError(f"{self.kind} needs gold")
        if self.kind == "follow-up" and not self.history:
            raise ValueError("a follow-up has turns (h) before it")
        return self

    @property
    def complete(self) -> tuple[Ids, ...]:
        """Every set of sentences that is a complete answer; empty if nothing answers."""
        return (self.gold, *self.alternatives) if self.gold else ()

    @property
    def allowed(self) -> frozenset[str]:
        """Every sentence that may be in a right answer."""
        return frozenset(self.gold + self.harmless).union(*self.alternatives)


class WrittenClaim(_Line):
    """A claim, its verdict, and the sentences that decide it."""

    t: Literal["c"]
    claim: str = Field(alias="c", min_length=1)
    verdict: Literal["supported", "contradicted", "not_found"] = Field(alias="v")
    gold: Ids = ()
    near: Ids = ()

    @model_validator(mode="after")
    def _gold_fits(self) -> Self:
        if bool(self.gold) == (self.verdict == "not_found"):
            raise ValueError("gold, and no gold only with not_found")
        return self


class Twin(_Line):
    """A true answer and a lie as close to it as possible; `gold` supports only the true one."""

    t: Literal["p"] = "p"
    question: str = Field(alias="q")
    true: str
    lie: str
    gold: Annotated[Ids, Field(min_length=1)]
    how: str


_Row = TypeAdapter[WrittenQuestion | WrittenClaim](
    Annotated[WrittenQuestion | WrittenClaim, Field(discriminator="t")]
)


@dataclass(frozen=True)
class WrittenDocument:
    """A document with its questions, claims and twins."""

    name: str
    parts: tuple[Part, ...]
    questions: tuple[WrittenQuestion, ...] = ()
    claims: tuple[WrittenClaim, ...] = ()
    twins: tuple[Twin, ...] = ()

    @cached_property
    def sentences(self) -> dict[str, Part]:
        """The numbered sentences, list items and table rows, by id."""
        return {part.id: part for part in self.parts if part.id}

    @property
    def pages(self) -> int:
        """The number of pages."""
        return self.parts[-1].page


def load_documents(folder: Path) -> list[WrittenDocument]:
    """Read all documents of a folder, sorted by name.

    Raises:
        QuestionFileError: there are none, or a line is invalid; says which and what to do.
    """
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise QuestionFileError(f"{folder}: holds no NAME.txt; name a folder of written documents")
    return [load_document(path) for path in paths]


def sampled(documents: Sequence[WrittenDocument], most: int | None) -> list[WrittenDocument]:
    """Keep at most `most` questions, claims and twins in all, the same on every call.

    None keeps everything.
    """
    if most is None:
        return list(documents)
    samples = [
        _spread([getattr(document, name) for document in documents], most)
        for name in ("questions", "claims", "twins")
    ]
    return [
        replace(document, questions=questions, claims=claims, twins=twins)
        for document, questions, claims, twins in zip(documents, *samples, strict=True)
    ]


def _spread(lists: Sequence[tuple[T, ...]], most: int) -> list[tuple[T, ...]]:
    """Take `most` items in all from several lists, at even distances."""
    places = [(n, i) for n, rows in enumerate(lists) for i in range(len(rows))]
    count = min(most, len(places))
    taken = {places[k * len(places) // count] for k in range(count)}
    return [tuple(r for i, r in enumerate(rows) if (n, i) in taken) for n, rows in enumerate(lists)]


def load_document(path: Path) -> WrittenDocument:
    """Read `NAME.txt` and the files next to it. Raises QuestionFileError."""
    parts = tuple(_parts(path))
    rows = list(_rows(path.with_suffix(".jsonl"), _Row))
    document = WrittenDocument(
        path.stem,
        parts,
        tuple(r for r in rows if isinstance(r, WrittenQuestion)),
        tuple(r for r in rows if isinstance(r, WrittenClaim)),
        tuple(_rows(path.parent / PAIRS / f"{path.stem}.jsonl", TypeAdapter(Twin))),
    )
    _check_ids(document, path)
    return document


def markdown(document: WrittenDocument) -> str:
    """The document as Markdown, with a form feed between pages."""
    pages = [
        "\n\n".join(_markdown_block(block) for block in blocks(document.parts, page))
        for page in range(1, document.pages + 1)
    ]
    return "\f".join(f"{page}\n" for page in pages)


def blocks(parts: Sequence[Part], page: int) -> Iterator[list[Part]]:
    """Yield the lines of a page that form a block: a heading, paragraph, list or table."""
    block: list[Part] = []
    for part in (part for part in parts if part.page == page):
        if block and (part.gap or part.kind != block[0].kind or part.kind == "heading"):
            yield block
            block = []
        block.append(part)
    if block:
        yield block


def table_rows(block: Sequence[Part]) -> list[list[str]]:
    """The cells of a table's rows, with empty ones where a row has fewer."""
    columns = max(len(part.cells) for part in block)
    return [part.cells + [""] * (columns - len(part.cells)) for part in block]


class SentenceFinder:
    """Finds a document's numbered sentences in its parsed pages; `lost` has the ids of the rest.

    Only letters and digits are compared, so that list marks, cell borders and line-end hyphens make
    no difference. `texts` are the texts of the pages, the first being page 1.
    """

    def __init__(self, document: WrittenDocument, texts: Sequence[str]) -> None:
        self._pages = [_Letters(text) for text in texts]
        self._places: defaultdict[int, list[tuple[int, int, str]]] = defaultdict(list)
        self.lost: list[str] = []
        cursor = dict.fromkeys(range(len(texts)), 0)
        for id_, part in document.sentences.items():
            near = sorted(range(len(texts)), key=lambda p: abs(p + 1 - part.page))
            places = (place for p in near if (place := self._find(part.text, p, cursor[p])))
            if place := next(places, None):
                number, start, end = place
                cursor[number] = end
                self._places[number].append((start, end, id_))
            else:
                self.lost.append(id_)

    def shares(self, page: int, span: Span) -> dict[str, float]:
        """The share of each numbered sentence that lies in a span of a page (from 1)."""
        letters = self._pages[page - 1]
        start, end = letters.place(span.start), letters.place(span.end)
        return {
            id_: (min(last, end) - max(first, start)) / (last - first)
            for first, last, id_ in self._places[page - 1]
            if first < end and last > start
        }

    def main(self, page: int, span: Span) -> frozenset[str]:
        """Ids of the numbered sentences that a parsed sentence corresponds to.

        Either 60 % of the numbered sentence is in the span, or it makes up half of the span.
        """
        letters = self._pages[page - 1]
        size = max(letters.place(span.end) - letters.place(span.start), 1)
        shares = self.shares(page, span)
        lengths = {id_: last - first for first, last, id_ in self._places[page - 1]}
        return frozenset(
            id_
            for id_, share in shares.items()
            if share >= 0.6 or share * lengths[id_] >= 0.5 * size
        )

    def _find(self, text: str, page: int, after: int) -> tuple[int, int, int] | None:
        own, whole = letters(text), self._pages[page].text
        start = whole.find(own, after)
        if start < 0:
            start = whole.find(own)
        return (page, start, start + len(own)) if own and start >= 0 else None


def letters(text: str) -> str:
    """A text's letters and digits, in lower case."""
    return _Letters(text).text


class _Letters:
    """A text's letters and digits, in lower case, and the offset of each in the text."""

    def __init__(self, source: str) -> None:
        lowered = [(m.start(), m.group().lower()) for m in _LETTER.finditer(source)]
        single = [(offset, letter) for offset, letter in lowered if len(letter) == 1]
        self._offsets = [offset for offset, _ in single]
        self.text = "".join(letter for _, letter in single)

    def place(self, offset: int) -> int:
        """The number of letters and digits before an offset of the source."""
        return bisect_left(self._offsets, offset)


def _parts(path: Path) -> Iterator[Part]:
    page, gap = 1, True
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text:
            gap = True
            continue
        if match := _PAGE.fullmatch(text):
            page, gap = int(match[1]), True
        elif match := _HEADING.fullmatch(text):
            yield Part("heading", match[2], page, level=len(match[1]), gap=True)
            gap = True
        elif match := _NUMBERED.fullmatch(text):
            yield Part(_KINDS[match[1]], match[3].strip(' "') if match[1] == "| " else match[3],
                       page, match[2], gap=gap)  # fmt: skip
            gap = False
        else:
            raise QuestionFileError(
                f"{path}:{number}: is neither a page mark, a heading nor a numbered sentence "
                f"({text[:40]!r}); correct this line"
            )


def _rows(path: Path, row: TypeAdapter[T]) -> Iterator[T]:
    """Yield the rows of a file; none if the file does not exist."""
    for number, line in question_lines(path) if path.is_file() else ():
        yield parse_line(line, f"{path}:{number}", row)


def _check_ids(document: WrittenDocument, path: Path) -> None:
    for name, ids in _named_ids(document):
        if missing := sorted(set(ids) - document.sentences.keys()):
            raise QuestionFileError(f"{path}: no sentence {missing[0]}, which {name!r} names")


def _named_ids(document: WrittenDocument) -> Iterator[tuple[str, Ids]]:
    for question in document.questions:
        yield question.question, (*question.allowed, *question.near)
    for claim in document.claims:
        yield claim.claim, claim.gold + claim.near
    for twin in document.twins:
        yield twin.question, twin.gold


def _markdown_block(block: Sequence[Part]) -> str:
    first = block[0]
    match first.kind:
        case "heading":
            return f"{'#' * first.level} {_escaped(first.text)}"
        case "item":
            return "\n".join(f"- {_escaped(part.text)}" for part in block)
        case "row":
            return _markdown_table(block)
        case _:
            return " ".join(_escaped(part.text) for part in block)


def _markdown_table(block: Sequence[Part]) -> str:
    rows = table_rows(block)
    lines = [f"| {' | '.join(map(_escaped, row))} |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
