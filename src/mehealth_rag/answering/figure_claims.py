"""The sentences of an index that give figures, each with what it is read with and its vector."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mehealth_rag.answering.before import leans, named_before
from mehealth_rag.answering.conflicts import Told, measured
from mehealth_rag.language.orders import evidence_mask
from mehealth_rag.language.words import fold
from mehealth_rag.passages.tables import quoted_columns
from mehealth_rag.types import BlockKind, Quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.index.report import Progress
    from mehealth_rag.types import Page, PageOf, Passage, Sentence, Span

PASSAGES_AT_A_TIME = 256
MOST_HEAD_WORDS = 24
"""Words that a sentence is read with at the most: a reader's row has room for few more."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim stands: its quotes, the sentence itself first, and the passage's number."""

    quotes: tuple[Quote, ...]
    ordinal: int

    @property
    def page(self) -> tuple[str, int]:
        """The document and the page."""
        return self.quotes[0].document, self.quotes[0].page


@dataclass(frozen=True, slots=True)
class Claim:
    """What is told with figures, word for word alike at each of its places.

    `heading` is the nearest one above it where its own words may not say what it is about.
    """

    told: Told
    heading: str
    places: tuple[Place, ...]

    @property
    def pages(self) -> frozenset[tuple[str, int]]:
        """The documents and pages that it stands on."""
        return frozenset(place.page for place in self.places)


@dataclass(frozen=True, slots=True)
class Claims:
    """Claims in the order of the corpus, with the unit vectors of their first places [n, d]."""

    each: tuple[Claim, ...]
    vectors: NDArray[np.float16]


def figure_claims(index: OpenIndex, documents: Sequence[str], progress: Progress) -> Claims:
    """Every sentence with a figure that measures something, of all documents or of some.

    Those that give orders to whoever reads them are no evidence, and left out.
    """
    found: dict[tuple[str, ...], tuple[Told, str, list[Place]]] = {}
    vectors: list[NDArray[np.float16]] = []
    page_of = lru_cache(maxsize=8)(index.page)
    for ordinal, passage in _passages(index, documents, progress):
        rows = None
        for place, sentence in _telling(passage):
            told, heading = _read_with(passage, sentence, page_of)
            key = tuple(fold(" ".join(t.split())) for t in (told.text, told.heads, heading))
            at = Place(_quotes(passage, sentence, page_of), ordinal)
            if key in found:
                found[key][2].append(at)
                continue
            found[key] = told, heading, [at]
            rows = index.sentence_vectors(ordinal) if rows is None else rows
            vectors.append(rows[place].astype(np.float16))
    each = tuple(Claim(told, heading, tuple(places)) for told, heading, places in found.values())
    return Claims(each, np.array(vectors) if vectors else np.zeros((0, 1), np.float16))


def _passages(
    index: OpenIndex, documents: Sequence[str], progress: Progress
) -> Iterator[tuple[int, Passage]]:
    ordinals = (
        index.document_ordinals(documents) if documents else np.arange(index.passage_count)
    ).tolist()
    progress.stage("reading", len(ordinals))
    for start in range(0, len(ordinals), PASSAGES_AT_A_TIME):
        some = ordinals[start : start + PASSAGES_AT_A_TIME]
        yield from zip(some, index.passages(some), strict=True)
        progress.advance(len(some))


def _telling(passage: Passage) -> Iterator[tuple[int, Sentence]]:
    """The sentences of a passage with a figure, with their places in it."""
    allowed = evidence_mask(passage)
    for place, sentence in enumerate(passage.sentences):
        may = (not allowed or allowed[place]) and sentence.kind is not BlockKind.HEADING
        if may and measured(passage.words(sentence.span)):
            yield place, sentence


def _read_with(passage: Passage, sentence: Sentence, page_of: PageOf) -> tuple[Told, str]:
    """A sentence with what it is read with, and its heading if it may not say all by itself."""
    text = passage.words(sentence.span)
    heads = _heads(passage, sentence, page_of)
    above = "\n".join(dict.fromkeys((passage.title, *passage.headings)))
    alone = sentence.kind is BlockKind.PARAGRAPH and not leans(text)
    return Told(text, heads, above), "" if alone else passage.heading


def _heads(passage: Passage, sentence: Sentence, page_of: PageOf) -> str:
    if not sentence.columns and sentence.lead is None and not leans(passage.words(sentence.span)):
        return ""
    page = page_of(passage.document, passage.page)
    spans = [*_columns(sentence, page)]
    spans += [sentence.lead] if sentence.lead is not None else []
    spans += [s.span for s in named_before(passage, sentence, page)]
    words = " ".join(span.of(page.text) for span in spans).split()
    return " ".join(words[-MOST_HEAD_WORDS:])


def _columns(sentence: Sentence, page: Page) -> Sequence[Span]:
    return quoted_columns(sentence, page.text) if sentence.kind is BlockKind.ROW else ()


def _quotes(passage: Passage, sentence: Sentence, page_of: PageOf) -> tuple[Quote, ...]:
    """The quote of a sentence; a table's row also has those that head its columns."""
    own = passage.quote(sentence.span)
    if not sentence.columns:
        return (own,)
    page = page_of(passage.document, passage.page)
    heads = (Quote.of_page(passage.document, page, span) for span in _columns(sentence, page))
    return (own, *heads)
