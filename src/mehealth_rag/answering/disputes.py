"""Where a corpus disagrees with itself: near pairs of claims, proved by the reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.answering.conflicts import Told, alike, disputed, measured, same_figure
from mehealth_rag.answering.reading import leans, named_before
from mehealth_rag.guard.values import Amount, values
from mehealth_rag.index.report import Progress
from mehealth_rag.language.orders import silenced
from mehealth_rag.language.words import fold
from mehealth_rag.passages.tables import column_quotes, quoted_columns
from mehealth_rag.reader.rows import text_of
from mehealth_rag.types import BlockKind, PageOf, Passage, Quote, Sentence, VerdictKind

if TYPE_CHECKING:
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.reader.model import Reader

PASSAGES_AT_A_TIME = 256
MOST_HEAD_WORDS = 24
"""Words that a sentence is read with at the most: a reader's row has room for few more."""

BLOCK = 128
"""Sentences that are compared with all others at a time: memory grows with their number, not with
its square."""

NEIGHBOURS = 8
"""Later sentences that one is paired with at the most, the nearest."""

NEAR = 0.5
"""The least similarity of two sentences that may speak of one thing."""

MOST_READ = 2_000
"""Pairs that are read at the most, the nearest: the reader reads two passages for each."""

MOST_KINDS = 62
"""Kinds of figures that are told apart, a bit for each; all further ones share the last."""

Figures = tuple[tuple[Amount, Amount], ...]
"""The figures in which two claims differ; the first two are the ones that are told."""


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

    @property
    def words(self) -> tuple[str, ...]:
        """What is the same at each place."""
        parts = (self.told.text, self.told.heads, self.heading)
        return tuple(fold(" ".join(part.split())) for part in parts)


@dataclass(frozen=True, slots=True)
class Dispute:
    """Figures given differently for one thing: what it is, and each value with its quotes."""

    about: str
    values: tuple[tuple[str, tuple[Quote, ...]], ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """A search of a whole index for figures that differ."""

    index: OpenIndex
    reader: Callable[[], Reader]
    progress: Progress = field(default_factory=Progress)

    def disputes(self, documents: Sequence[str] = ()) -> tuple[Dispute, ...]:
        """Every dispute between pages of all documents or of some, the surest first.

        Claims that are alike but for the figure are surer than those that only the reader finds
        to deny each other.
        """
        claims, vectors = figure_claims(self.index, documents, self.progress)
        pairs = self._pairs(claims, vectors)
        if pairs:
            self.progress.stage("proving", len(pairs))
        proved = []
        for one, other, figures in pairs:
            sure = self._proof(claims[one], claims[other], figures)
            self.progress.advance()
            if sure is not None:
                proved.append((*sure, one, other, figures[0]))
        proved.sort(key=lambda p: (not p[0], -p[1], p[2], p[3]))
        groups = _groups(((one, a), (other, b)) for _, _, one, other, (a, b) in proved)
        return tuple(_dispute([(claims[n], a) for n, a in group]) for group in groups)

    def _pairs(
        self, claims: Sequence[Claim], vectors: NDArray[np.float16]
    ) -> list[tuple[int, int, Figures]]:
        """The pairs of claims, by their numbers, that may be disputes, the nearest first."""
        found = []
        pages, kinds = _page_numbers(claims), _kinds(claims)
        for one, other, near in near_pairs(vectors, pages, kinds, self.progress):
            a, b = claims[one], claims[other]
            figures = disputed(a.told, b.told)
            if figures and len(a.pages | b.pages) > 1:
                found.append((-near, one, other, figures))
        if len(found) > MOST_READ:
            told = f"of {len(found):,} pairs of sentences only the nearest {MOST_READ:,} are read"
            self.progress.message(f"{told}; name documents with --document to read more of theirs")
        return [pair[1:] for pair in sorted(found, key=lambda f: f[:3])[:MOST_READ]]

    def _proof(self, one: Claim, other: Claim, figures: Figures) -> tuple[bool, float] | None:
        """Whether two claims are alike, and how likely they deny each other; None: no dispute.

        What one page says is read as a statement about the other, and the other way round. Of two
        that are alike but for a figure none carries the other, unless the page has both figures.
        """
        reader = self.reader()
        here, there = next((a, b) for a in one.places for b in other.places if a.page != b.page)
        same = one.heading == other.heading and alike(one.told, other.told)
        own, its = zip(*figures, strict=True)
        denied, denials = False, 0.0
        for claim, place, amounts in ((one, there, own), (other, here, its)):
            text = text_of(self.index.passage(place.ordinal), self.index.page)
            (judgement,) = reader.judge(claim.told.whole, [text])
            verdict = reader.limits.verdict(judgement)
            if verdict == VerdictKind.SUPPORTED and not (same and _lack(text.sentences, amounts)):
                return None
            denied = denied or verdict == VerdictKind.CONTRADICTED
            denials += judgement.denied
        return (same, denials / 2) if same or denied else None


def figure_claims(
    index: OpenIndex, documents: Sequence[str], progress: Progress
) -> tuple[tuple[Claim, ...], NDArray[np.float16]]:
    """Every sentence with a figure that measures something, of all documents or of some.

    They come in the order of the corpus, with the unit vectors of their first places [n, d]. Those
    that give orders to whoever reads them are no evidence, and left out.
    """
    found: defaultdict[tuple[str, ...], list[Claim]] = defaultdict(list)
    vectors: list[NDArray[np.float16]] = []
    page_of = lru_cache(maxsize=8)(index.page)
    for ordinal, passage in _passages(index, documents, progress):
        silent = silenced(passage)
        for number, sentence in enumerate(passage.sentences):
            may = sentence.span not in silent and sentence.kind is not BlockKind.HEADING
            if may and measured(passage.words(sentence.span)):
                claim = _claim(passage, sentence, ordinal, page_of)
                same = found[claim.words]
                if not same:
                    row = index.sentence_vectors(ordinal)[number]
                    vectors.append(row.astype(np.float16))
                same.append(claim)
    each = tuple(replace(s[0], places=tuple(c.places[0] for c in s)) for s in found.values())
    return each, np.array(vectors) if vectors else np.zeros((0, 1), np.float16)


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


def _claim(passage: Passage, sentence: Sentence, ordinal: int, page_of: PageOf) -> Claim:
    """A sentence with what it is read with, and its heading if it may not say all by itself."""
    text = passage.words(sentence.span)
    above = "\n".join(dict.fromkeys((passage.title, *passage.headings)))
    alone = sentence.kind is BlockKind.PARAGRAPH and not leans(text)
    told = Told(text, _heads(passage, sentence, page_of), above)
    quotes = (passage.quote(sentence.span), *column_quotes(passage, sentence, page_of))
    return Claim(told, "" if alone else passage.heading, (Place(quotes, ordinal),))


def _heads(passage: Passage, sentence: Sentence, page_of: PageOf) -> str:
    if not sentence.columns and sentence.lead is None and not leans(passage.words(sentence.span)):
        return ""
    page = page_of(passage.document, passage.page)
    spans = [*quoted_columns(sentence, page.text), *filter(None, [sentence.lead])]
    spans += [s.span for s in named_before(passage, sentence, page)]
    words = " ".join(span.of(page.text) for span in spans).split()
    return " ".join(words[-MOST_HEAD_WORDS:])


def near_pairs(
    vectors: NDArray[np.float16],
    pages: NDArray[np.int64],
    kinds: NDArray[np.int64],
    progress: Progress,
) -> Iterator[tuple[int, int, float]]:
    """Pairs of sentences that are near, each once with its similarity, the earlier one first.

    Sentences are not paired that stand on one page (`pages` are numbers) or measure nothing of one
    kind (`kinds` have a bit for each).
    """
    progress.stage("comparing", len(vectors))
    whole = vectors.astype(np.float32)
    for start in range(0, len(vectors), BLOCK):
        rows, later = slice(start, start + BLOCK), slice(start, None)
        similar = np.triu(whole[rows] @ whole[later].T, 1)
        similar[pages[rows, None] == pages[None, later]] = 0
        similar[(kinds[rows, None] & kinds[None, later]) == 0] = 0
        nearest = np.argpartition(similar, -min(NEIGHBOURS, similar.shape[1]), axis=1)
        for row, columns in enumerate(nearest[:, -NEIGHBOURS:].tolist()):
            for column in columns:
                if similar[row, column] >= NEAR:
                    yield start + row, start + column, float(similar[row, column])
        progress.advance(len(similar))


def _page_numbers(claims: Sequence[Claim]) -> NDArray[np.int64]:
    """A number for the page of each claim: one of its own where it stands on several."""
    known: dict[Hashable, int] = {}
    keys = (c.pages if len(c.pages) == 1 else n for n, c in enumerate(claims))
    return np.array([known.setdefault(key, len(known)) for key in keys], np.int64)


def _kinds(claims: Sequence[Claim]) -> NDArray[np.int64]:
    """A bit for each kind of figure that a claim gives: what is measured, and the currency."""
    known: dict[tuple[str, str], int] = {}
    masks = []
    for claim in claims:
        own = {(a.dimension, a.currency) for a in measured(claim.told.text)}
        bits = (known.setdefault(kind, min(len(known), MOST_KINDS)) for kind in sorted(own))
        masks.append(sum({1 << bit for bit in bits}))
    return np.array(masks, np.int64)


def _lack(sentences: Iterable[str], figures: Iterable[Amount]) -> bool:
    """Whether none of some figures stands in some sentences."""
    given = [a for sentence in sentences for a in values(sentence).amounts]
    return not any(same_figure(a, b) for a in figures for b in given)


_Figure = tuple[int, Amount]
"""A figure of a claim, which is told by its number."""


def _groups(pairs: Iterable[tuple[_Figure, _Figure]]) -> list[list[_Figure]]:
    """The figures that are disputed with each other, in the order of the first pair of each."""
    groups: dict[tuple[int, int], list[_Figure]] = {}
    for pair in pairs:
        one, other = (groups.setdefault((n, a.span.start), [(n, a)]) for n, a in pair)
        if one is not other:
            one += other
            groups |= {(n, a.span.start): one for n, a in other}
    return list({id(group): group for group in groups.values()}.values())


def _dispute(group: Sequence[tuple[Claim, Amount]]) -> Dispute:
    """A dispute over some figures: what is the same is one value of several pages."""
    told: dict[Amount, dict[Quote, None]] = {}
    shown: list[str] = []
    for claim, amount in group:
        known = next((a for a in told if same_figure(a, amount)), None)
        if known is None:
            shown.append(amount.span.of(claim.told.text))
        quotes = told.setdefault(known or amount, {})
        quotes |= dict.fromkeys(quote for place in claim.places for quote in place.quotes)
    return Dispute(_about(*group[0]), tuple(zip(shown, map(tuple, told.values()), strict=True)))


def _about(claim: Claim, amount: Amount) -> str:
    """What a figure is of: its sentence with the figure left out, under its heading."""
    text = claim.told.text
    words = f"{text[: amount.span.start]}…{text[amount.span.end :]}".replace("\t", " | ")
    about = " ".join(words.split()).rstrip(".")
    return f"{claim.heading}: {about}" if claim.heading else about
