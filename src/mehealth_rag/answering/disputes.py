"""Where a corpus disagrees with itself: near pairs of claims, proved by the reader."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mehealth_rag.answering.conflicts import Told, alike, disputed, measured, same_figure
from mehealth_rag.answering.reading import leans, named_before
from mehealth_rag.guard.values import values
from mehealth_rag.index.report import Progress
from mehealth_rag.language.orders import silenced
from mehealth_rag.language.words import fold
from mehealth_rag.passages.tables import column_quotes, quoted_columns
from mehealth_rag.reader.rows import text_of
from mehealth_rag.types import BlockKind, Quote, VerdictKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from mehealth_rag.guard.values import Amount
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.reader.model import Reader
    from mehealth_rag.reader.rows import PassageText
    from mehealth_rag.types import PageOf, Passage, Sentence

    _Figure = tuple[int, Amount]
    """A figure of a claim, which is told by its number."""


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
            own = passage.quote(sentence.span)
            at = Place((own, *column_quotes(passage, sentence, page_of)), ordinal)
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
    silent = silenced(passage)
    for place, sentence in enumerate(passage.sentences):
        may = sentence.span not in silent and sentence.kind is not BlockKind.HEADING
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
    spans = [*quoted_columns(sentence, page.text)]
    spans += [sentence.lead] if sentence.lead is not None else []
    spans += [s.span for s in named_before(passage, sentence, page)]
    words = " ".join(span.of(page.text) for span in spans).split()
    return " ".join(words[-MOST_HEAD_WORDS:])


BLOCK = 128
"""Sentences that are compared with all others at a time: memory grows with their number, not with
its square."""

NEIGHBOURS = 8
"""Later sentences that one is paired with at the most, the nearest."""

NEAR = 0.5
"""The least similarity of two sentences that may speak of one thing."""


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


MOST_READ = 2_000
"""Pairs that are read at the most, the nearest: the reader reads two passages for each."""

MOST_KINDS = 62
"""Kinds of figures that are told apart, a bit for each; all further ones share the last."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """Figures given differently for one thing: what it is, and each value with its quotes."""

    about: str
    values: tuple[tuple[str, tuple[Quote, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two claims, by their numbers, with the figures in which they differ.

    The first of these is the one that is told.
    """

    one: int
    other: int
    near: float
    figures: tuple[tuple[Amount, Amount], ...]


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
        claims = figure_claims(self.index, documents, self.progress)
        proved = dict(self._proved(claims.each, self._pairs(claims)))
        ordered = sorted(proved, key=lambda p: (*(-x for x in proved[p]), p.one, p.other))
        return tuple(_dispute(claims.each, group) for group in _groups(ordered))

    def _pairs(self, claims: Claims) -> list[_Pair]:
        """The pairs that may be disputes, the nearest first."""
        pages, kinds = _page_numbers(claims.each), _kinds(claims.each)
        found = []
        for one, other, near in near_pairs(claims.vectors, pages, kinds, self.progress):
            a, b = claims.each[one], claims.each[other]
            figures = disputed(a.told, b.told)
            if figures and len(a.pages | b.pages) > 1:
                found.append(_Pair(one, other, near, figures))
        if len(found) > MOST_READ:
            told = f"of {len(found):,} pairs of sentences only the nearest {MOST_READ:,} are read"
            self.progress.message(f"{told}; name documents with --document to read more of theirs")
        return sorted(found, key=lambda p: (-p.near, p.one, p.other))[:MOST_READ]

    def _proved(
        self, claims: Sequence[Claim], pairs: Sequence[_Pair]
    ) -> Iterator[tuple[_Pair, tuple[bool, float]]]:
        """The pairs that are disputes, with whether they are alike and how likely denied."""
        if pairs:
            self.progress.stage("proving", len(pairs))
        for pair in pairs:
            sure = self._proof(claims[pair.one], claims[pair.other], pair.figures)
            self.progress.advance()
            if sure is not None:
                yield pair, sure

    def _proof(
        self, one: Claim, other: Claim, figures: Sequence[tuple[Amount, Amount]]
    ) -> tuple[bool, float] | None:
        """How sure it is that two claims dispute; None where they do not.

        What one page says is read as a statement about the other, and the other way round. Of two
        that are alike but for a figure none carries the other, unless the page has both figures.
        """
        reader = self.reader()
        here, there = _apart(one, other)
        same = _are_alike(one, other)
        verdicts, denials = [], []
        for claim, place, own in (
            (one, there, [a for a, _ in figures]),
            (other, here, [b for _, b in figures]),
        ):
            text = text_of(self.index.passage(place.ordinal), self.index.page)
            judgement = reader.judge(claim.told.whole, [text])[0]
            verdict = reader.limits.verdict(judgement)
            if verdict == VerdictKind.SUPPORTED and not (same and _lacks(text, own)):
                return None
            verdicts.append(verdict)
            denials.append(judgement.denied)
        if same or VerdictKind.CONTRADICTED in verdicts:
            return same, sum(denials) / 2
        return None


def _are_alike(one: Claim, other: Claim) -> bool:
    return one.heading == other.heading and alike(one.told, other.told)


def _apart(one: Claim, other: Claim) -> tuple[Place, Place]:
    """The first places of two claims that stand on different pages."""
    return next((a, b) for a in one.places for b in other.places if a.page != b.page)


def _lacks(text: PassageText, figures: Sequence[Amount]) -> bool:
    """Whether none of some figures stands in a passage."""
    given = [a for sentence in text.sentences for a in values(sentence).amounts]
    return not any(same_figure(a, b) for a in figures for b in given)


def _page_numbers(claims: Sequence[Claim]) -> NDArray[np.int64]:
    """A number for the page of each claim: one of its own where it stands on several."""
    known: dict[object, int] = {}
    keys = (next(iter(c.pages)) if len(c.pages) == 1 else n for n, c in enumerate(claims))
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


def _groups(pairs: Sequence[_Pair]) -> list[list[_Figure]]:
    """The figures that are disputed with each other, in the order of the surest pair of each."""
    groups: dict[tuple[int, int], list[_Figure]] = {}
    for pair in pairs:
        a, b = pair.figures[0]
        ends = ((pair.one, a), (pair.other, b))
        one, other = (groups.setdefault((n, x.span.start), [(n, x)]) for n, x in ends)
        if one is not other:
            one += other
            groups |= {(n, x.span.start): one for n, x in other}
    return list({id(group): group for group in groups.values()}.values())


def _dispute(claims: Sequence[Claim], group: Sequence[_Figure]) -> Dispute:
    """A dispute over the figures of a group: what is the same is one value of several pages."""
    told: list[tuple[Amount, str, list[Quote]]] = []
    for number, amount in group:
        quotes = [quote for place in claims[number].places for quote in place.quotes]
        known = next((t for t in told if same_figure(t[0], amount)), None)
        if known is None:
            told.append((amount, amount.span.of(claims[number].told.text), quotes))
        else:
            known[2].extend(q for q in quotes if q not in known[2])
    number, amount = group[0]
    return Dispute(_about(claims[number], amount), tuple((v, tuple(q)) for _, v, q in told))


def _about(claim: Claim, amount: Amount) -> str:
    """What a figure is of: its sentence with the figure left out, under its heading."""
    text = claim.told.text
    words = f"{text[: amount.span.start]}…{text[amount.span.end :]}".replace("\t", " | ")
    about = " ".join(words.split()).rstrip(".")
    return f"{claim.heading}: {about}" if claim.heading else about
