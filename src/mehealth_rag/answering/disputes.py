"""Find where a corpus disagrees with itself: pair similar claims and let the reader judge them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.answering.conflicts import (
    TextInContext,
    alike,
    disputed,
    is_undated,
    measured,
    same_figure,
)
from mehealth_rag.answering.drafting import in_context, refers_back, sentence_quotes
from mehealth_rag.growing import Progress
from mehealth_rag.guard.values import Amount, values
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.injection import silenced
from mehealth_rag.language.words import fold
from mehealth_rag.reader.model import Reader
from mehealth_rag.reader.rows import text_of
from mehealth_rag.types import BlockKind, PageOf, Passage, Quote, Sentence

PASSAGES_AT_A_TIME = 256
BLOCK = 128
"""Sentences compared with all later ones in one step; memory then grows with their number, not its
square."""

NEIGHBOURS = 8
"""Later sentences each one is paired with at most, the nearest."""

NEAR = 0.5
"""Cosine similarity two sentences need to be compared."""

MOST_READ = 2_000
"""Pairs the reader judges at most, the nearest; each costs two passages."""

LIKELY = 0.3
"""From this probability a passage entails a claim, or contradicts it, whichever is likelier."""

MOST_KINDS = 62
"""Kinds of figures that get a bit of their own in an int64 mask; any further kinds share one."""

UNDATED = " (one page gives no year)"
"""Follows what the figures are about if only some of the pages say of which year they speak."""

Figures = tuple[tuple[Amount, Amount], ...]
"""Pairs of figures in which two claims differ; the first pair is the one reported."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim stands: its quotes, the sentence itself first, and the passage's ordinal."""

    quotes: tuple[Quote, ...]
    ordinal: int

    @property
    def page(self) -> tuple[str, int]:
        """Its document and page."""
        return self.quotes[0].place


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence with figures and all places that repeat it word for word.

    `heading` is the nearest one above if the sentence may not name its subject, else empty.
    """

    wording: TextInContext
    heading: str
    places: tuple[Place, ...]

    @property
    def pages(self) -> frozenset[tuple[str, int]]:
        """The documents and pages that have it."""
        return frozenset(place.page for place in self.places)

    @property
    def words(self) -> tuple[str, ...]:
        """The folded text, heads and heading; equal at every place."""
        parts = (self.wording.text, self.wording.heads, self.heading)
        return tuple(fold(" ".join(part.split())) for part in parts)


@dataclass(frozen=True, slots=True)
class Dispute:
    """Different figures for the same thing: what it is, and each value with its quotes."""

    about: str
    values: tuple[tuple[str, tuple[Quote, ...]], ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """A search of a whole index for figures that differ."""

    index: OpenIndex
    reader: Callable[[], Reader]
    progress: Progress = field(default_factory=Progress)

    def disputes(self, documents: Sequence[str] = ()) -> tuple[Dispute, ...]:
        """Return every dispute between pages of the given documents, or of all; surest first.

        Claims that match except for the figure come before those on which only the reader finds a
        contradiction, and claims of one year before pairs of which only one names a year.
        """
        claims, vectors = figure_claims(self.index, documents, self.progress)
        pairs = self._pairs(claims, vectors)
        if pairs:
            self.progress.stage("proving", len(pairs))
        proved = []
        for one, other, figures in pairs:
            proof = self._proof(claims[one], claims[other], figures)
            self.progress.advance()
            if proof is not None:
                undated = is_undated(claims[one].wording, claims[other].wording)
                proved.append((undated, *proof, one, other, figures[0]))
        proved.sort(key=lambda p: (p[0], not p[1], -p[2], p[3], p[4]))
        groups = _groups(((one, a), (other, b)) for *_, one, other, (a, b) in proved)
        return tuple(_dispute([(claims[n], a) for n, a in group]) for group in groups)

    def _pairs(
        self, claims: Sequence[Claim], vectors: NDArray[np.float16]
    ) -> list[tuple[int, int, Figures]]:
        """Return the pairs of claims (as indices) that may be disputes, nearest first."""
        pairs = []
        pages, kinds = _page_numbers(claims), _kinds(claims)
        for one, other, cosine in near_pairs(vectors, pages, kinds, self.progress):
            a, b = claims[one], claims[other]
            figures = disputed(a.wording, b.wording)
            if figures and len(a.pages | b.pages) > 1:
                pairs.append((-cosine, one, other, figures))
        if len(pairs) > MOST_READ:
            limit = f"of {len(pairs):,} pairs of sentences only the nearest {MOST_READ:,} are read"
            self.progress.message(f"{limit}; name documents with --document to read more of theirs")
        return [pair[1:] for pair in sorted(pairs, key=lambda f: f[:3])[:MOST_READ]]

    def _proof(self, one: Claim, other: Claim, figures: Figures) -> tuple[bool, float] | None:
        """Return whether the claims match, and the mean contradiction; None if no dispute.

        The reader judges each claim against the other's passage. If either passage entails the
        other's claim there is no dispute, unless the claims match and that passage lacks the
        claim's figure.
        """
        reader = self.reader()
        here, there = next((a, b) for a in one.places for b in other.places if a.page != b.page)
        same = one.heading == other.heading and alike(one.wording, other.wording)
        figures_one, figures_other = zip(*figures, strict=True)
        denied, denials = False, 0.0
        for claim, place, amounts in ((one, there, figures_one), (other, here, figures_other)):
            text = text_of(self.index.passage(place.ordinal), self.index.page)
            (judgement,) = reader.judge(claim.wording.whole, [text])
            is_entailed = judgement.carried >= max(LIKELY, judgement.denied)
            if is_entailed and not (same and _lack(text.sentences, amounts)):
                return None
            denied = denied or (not is_entailed and judgement.denied >= LIKELY)
            denials += judgement.denied
        return (same, denials / 2) if same or denied else None


def figure_claims(
    index: OpenIndex, documents: Sequence[str], progress: Progress
) -> tuple[tuple[Claim, ...], NDArray[np.float16]]:
    """Return the sentences with a measured figure and their unit vectors [n, d], in corpus order.

    Equal sentences are one claim, with the vector of its first place. Sentences that give orders to
    the reader are left out: they are not evidence.
    """
    groups: defaultdict[tuple[str, ...], list[Claim]] = defaultdict(list)
    vectors: list[NDArray[np.float16]] = []
    page_of = lru_cache(maxsize=8)(index.page)
    for ordinal, passage in _passages(index, documents, progress):
        excluded = silenced(passage)
        for number, sentence in enumerate(passage.sentences):
            is_evidence = sentence.span not in excluded and sentence.kind is not BlockKind.HEADING
            if is_evidence and measured(passage.words(sentence.span)):
                claim = _claim(passage, sentence, ordinal, page_of)
                group = groups[claim.words]
                if not group:
                    row = index.sentence_vectors(ordinal)[number]
                    vectors.append(row.astype(np.float16))
                group.append(claim)
    merged = tuple(
        replace(group[0], places=tuple(c.places[0] for c in group)) for group in groups.values()
    )
    return merged, np.array(vectors) if vectors else np.zeros((0, 1), np.float16)


def _passages(
    index: OpenIndex, documents: Sequence[str], progress: Progress
) -> Iterator[tuple[int, Passage]]:
    ordinals = (
        index.document_ordinals(documents) if documents else np.arange(index.passage_count)
    ).tolist()
    progress.stage("reading", len(ordinals))
    for start in range(0, len(ordinals), PASSAGES_AT_A_TIME):
        batch = ordinals[start : start + PASSAGES_AT_A_TIME]
        yield from zip(batch, index.passages(batch), strict=True)
        progress.advance(len(batch))


def _claim(passage: Passage, sentence: Sentence, ordinal: int, page_of: PageOf) -> Claim:
    """Return a sentence as a claim, with its heading if it may not name its subject."""
    wording = in_context(passage, sentence, page_of)
    is_complete = sentence.kind is BlockKind.PARAGRAPH and not refers_back(wording.text)
    place = Place(sentence_quotes(passage, sentence, page_of), ordinal)
    return Claim(wording, "" if is_complete else passage.heading, (place,))


def near_pairs(
    vectors: NDArray[np.float16],
    pages: NDArray[np.int64],
    kinds: NDArray[np.int64],
    progress: Progress,
) -> Iterator[tuple[int, int, float]]:
    """Yield similar sentences as (earlier, later, cosine), each pair once.

    Pairs on the same page (`pages` holds page numbers) and pairs with no kind of figure in common
    (`kinds` holds a bit mask each) are skipped.
    """
    progress.stage("comparing", len(vectors))
    unit = vectors.astype(np.float32)
    for start in range(0, len(vectors), BLOCK):
        rows, later = slice(start, start + BLOCK), slice(start, None)
        similar = np.triu(unit[rows] @ unit[later].T, 1)
        similar[pages[rows, None] == pages[None, later]] = 0
        similar[(kinds[rows, None] & kinds[None, later]) == 0] = 0
        nearest = np.argpartition(similar, -min(NEIGHBOURS, similar.shape[1]), axis=1)
        for row, columns in enumerate(nearest[:, -NEIGHBOURS:].tolist()):
            for column in columns:
                if similar[row, column] >= NEAR:
                    yield start + row, start + column, float(similar[row, column])
        progress.advance(len(similar))


def _page_numbers(claims: Sequence[Claim]) -> NDArray[np.int64]:
    """Return a number for each claim's page; a claim on several pages gets a number of its own."""
    numbers: dict[Hashable, int] = {}
    keys = (c.pages if len(c.pages) == 1 else n for n, c in enumerate(claims))
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _kinds(claims: Sequence[Claim]) -> NDArray[np.int64]:
    """Return a bit mask for each claim: one bit per dimension and currency it gives."""
    bit_by_kind: dict[tuple[str, str], int] = {}
    masks = []
    for claim in claims:
        kinds = {(a.dimension, a.currency) for a in measured(claim.wording.text)}
        bits = (
            bit_by_kind.setdefault(kind, min(len(bit_by_kind), MOST_KINDS))
            for kind in sorted(kinds)
        )
        masks.append(sum({1 << bit for bit in bits}))
    return np.array(masks, np.int64)


def _lack(sentences: Iterable[str], figures: Iterable[Amount]) -> bool:
    """Return whether none of the sentences has any of the figures."""
    amounts = [a for sentence in sentences for a in values(sentence).amounts]
    return not any(same_figure(a, b) for a in figures for b in amounts)


_Figure = tuple[int, Amount]
"""A figure and the index of its claim."""


def _groups(pairs: Iterable[tuple[_Figure, _Figure]]) -> list[list[_Figure]]:
    """Return the figures connected by disputes, ordered by the first pair of each group."""
    groups: dict[tuple[int, int], list[_Figure]] = {}
    for pair in pairs:
        one, other = (groups.setdefault((n, a.span.start), [(n, a)]) for n, a in pair)
        if one is not other:
            one += other
            groups |= {(n, a.span.start): one for n, a in other}
    return list({id(group): group for group in groups.values()}.values())


def _dispute(group: Sequence[tuple[Claim, Amount]]) -> Dispute:
    """Return the dispute over a group; equal figures become one value with all their quotes."""
    by_figure: dict[Amount, dict[Quote, None]] = {}
    texts: list[str] = []
    for claim, amount in group:
        equal = next((a for a in by_figure if same_figure(a, amount)), None)
        if equal is None:
            texts.append(amount.span.of(claim.wording.text))
        quotes = by_figure.setdefault(equal or amount, {})
        quotes |= dict.fromkeys(quote for place in claim.places for quote in place.quotes)
    about = _about(*group[0])
    if len({bool(claim.wording.years) for claim, _ in group}) > 1:
        about += UNDATED
    return Dispute(about, tuple(zip(texts, map(tuple, by_figure.values()), strict=True)))


def _about(claim: Claim, amount: Amount) -> str:
    """Return what a figure describes: its sentence with the figure elided, after its heading."""
    text = claim.wording.text
    words = f"{text[: amount.span.start]}…{text[amount.span.end :]}".replace("\t", " | ")
    about = " ".join(words.split()).rstrip(".")
    return f"{claim.heading}: {about}" if claim.heading else about
