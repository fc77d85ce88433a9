"""From a question to ranked passages: dense and lexical search, their scores fused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial, reduce
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.language.acronyms import Acronyms, expand
from mehealth_rag.language.orders import silenced
from mehealth_rag.language.words import stems
from mehealth_rag.retrieval.naming import Named, Naming, Register
from mehealth_rag.types import Hit, Span

if TYPE_CHECKING:
    from mehealth_rag.encoder.embedding import Encoder
    from mehealth_rag.index.opened import OpenIndex

DEPTH = 50
"""How many passages each half of the search brings."""

LEXICAL_SHARE = 0.2
"""What BM25 counts for in the fused score, of 1; the rest is the cosine's."""

NEAREST_SHARE = 0.5
"""What a passage's nearest sentence counts for in its cosine, of 1: a fact stands in one sentence,
and the mean of a list's items is near to none of them."""

STAYING = 0.15
"""What the passages of a named document gain over those of others that mention the name."""

CLAUSE_MARGIN = 0.1
"""Cosine by which a clause's nearest passage may be further away than the nearest clause's."""

RIVAL_SHARE = 0.8
"""Another document rivals the best passage's with a passage of this share of its score."""

_Query = tuple[NDArray[np.float32], tuple[str, ...]]
"""What is searched for: the vector of a question [d] and its stems."""

_BORDER = re.compile(
    r"(?<=[.?!:;])\s+|,\s+(?=(?:what|how|which|who|whose|when|where|why|is|are|was|were|did|does|"
    r"do|has|have|can)\b)",
    re.IGNORECASE,
)
_LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """A hit; `silenced` are the spans of its sentences that may not be the answer."""

    hit: Hit
    silenced: frozenset[Span] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought for a question, best first, and what the question names."""

    naming: Naming
    evidence: tuple[Evidence, ...]

    @property
    def plain(self) -> frozenset[str]:
        """The documents that an answer need not name.

        The question names one alone, or none, and the best passage's document has no rival.
        """
        if self.naming.named:
            documents = self.naming.documents
            return documents if len(documents) == 1 else frozenset()
        if not self.evidence:
            return frozenset()
        best, *others = (e.hit for e in self.evidence)
        document, least = best.passage.document, RIVAL_SHARE * best.score
        near = any(h.score >= least for h in others if h.passage.document != document)
        return frozenset() if near else frozenset({document})


@dataclass(frozen=True, slots=True)
class Retriever:
    """Searches one open index; `register` tells which documents a question names."""

    index: OpenIndex
    encoder: Encoder
    acronyms: Acronyms
    register: Register

    def naming(self, question: str, documents: Sequence[str] = ()) -> Naming:
        """What a question names of the documents, of `documents` if given."""
        return self.register.named(question, documents)

    def retrieve(
        self, question: str, top_k: int, documents: Sequence[str] = (), *, each: bool = False
    ) -> Found:
        """The best passages for a question, best first, ties broken by their place in the corpus.

        `documents` limits the search to those document ids. A question that names documents stays
        in them, but for passages that mention the name too; where it names several, each has its
        turn. `each`: `top_k` are brought for each name.
        """
        naming = self.naming(question, documents)
        count = top_k * max(1, len(naming.named)) if each else top_k
        return Found(naming, self._evidence(self._named(naming, documents)[:count]))

    def _named(self, naming: Naming, documents: Sequence[str]) -> tuple[_Ranked, ...]:
        """All passages for a question, those of each name that it holds in turns."""
        query = self._query(self._telling(naming.rest))
        if not naming.named:
            return self._led(self._ranked(query, documents), naming)
        everywhere = cache(partial(self._ranked, query, documents))  # most names need none
        rankings = [self._of_named(n, query, naming, everywhere) for n in naming.named]
        turns = (r for turn in zip_longest(*rankings) for r in turn if r is not None)
        once = {r.ordinal: r for r in reversed(tuple(turns))}
        return tuple(reversed(once.values()))

    def _of_named(
        self,
        named: Named,
        query: _Query,
        naming: Naming,
        everywhere: Callable[[], Sequence[_Ranked]],
    ) -> tuple[_Ranked, ...]:
        """The passages of one name's documents, and those found `everywhere` that mention it."""
        inside = self._led(self._ranked(query, named.documents), naming)
        mentions = self._mentions(named)
        if not mentions:
            return inside
        outside = [r for r in everywhere() if r.ordinal in mentions]
        gained = (replace(r, score=r.score + STAYING) for r in inside)
        return _in_order([*gained, *outside])

    def _mentions(self, named: Named) -> frozenset[int]:
        """The passages of other documents that hold a name."""
        forms = [reduce(np.intersect1d, map(self.index.holding, form)) for form in named.forms]
        found = reduce(np.union1d, forms, np.zeros(0, np.int64))
        own = self.index.document_ordinals(named.documents)
        return frozenset(np.setdiff1d(found, own).tolist())

    def _led(self, ranked: Sequence[_Ranked], naming: Naming) -> tuple[_Ranked, ...]:
        """A ranking in which the documents that a question leans to come further ahead."""
        if not naming.leaning:
            return tuple(ranked)
        gain = {
            ordinal: gained
            for document, gained in naming.leaning.items()
            for ordinal in self.index.document_ordinals([document]).tolist()
        }
        return _in_order(replace(r, score=r.score + gain.get(r.ordinal, 0.0)) for r in ranked)

    def _telling(self, question: str) -> str:
        """A question without the clauses that come near no passage ("You are an analyst who ...").

        How one wishes to be answered is written in words that the documents do not use, or use for
        other things, so that they would draw the search away.
        """
        said = clauses(question)
        if len(said) == 1:
            return question
        nearest = [self.index.dense(self.encoder.encode(c), 1) for c in said]
        near = [found[0][1] if found else 0.0 for found in nearest]
        least = max(near) - CLAUSE_MARGIN
        return " ".join(c for c, n in zip(said, near, strict=True) if n >= least)

    def _query(self, text: str) -> _Query:
        """A text with what its acronyms stand for, as both halves search for it."""
        added = expand(text, self.acronyms)
        vector = self.encoder.encode(f"{text} ({added})" if added else text)
        return vector, tuple(stems(f"{text} {added}"))

    def _ranked(self, query: _Query, documents: Sequence[str]) -> tuple[_Ranked, ...]:
        """All that dense and lexical search bring for a query, best first."""
        vector, wanted = query
        dense = dict(self.index.dense(vector, DEPTH, documents))
        lexical = dict(self.index.lexical(wanted, DEPTH, documents))
        similarity = {o: self._similarity(o, vector, dense.get(o)) for o in {**dense, **lexical}}
        return _fused(similarity, dense, lexical)

    def _similarity(self, ordinal: int, vector: NDArray[np.float32], cosine: float | None) -> float:
        """A passage's cosine, or its sentences' mean, together with its nearest sentence's."""
        each = self.index.sentence_vectors(ordinal) @ vector
        if cosine is None:
            cosine = float(each.mean())
        return (1 - NEAREST_SHARE) * cosine + NEAREST_SHARE * float(each.max(initial=cosine))

    def _evidence(self, best: Sequence[_Ranked]) -> tuple[Evidence, ...]:
        passages = self.index.passages([r.ordinal for r in best])
        found = []
        score = 1.0
        for ranked, passage in zip(best, passages, strict=True):
            score = round(min(ranked.score, score), 6)  # falling too where names take turns
            hit = Hit(passage, score, ranked.dense_rank, ranked.lexical_rank)
            found.append(Evidence(hit, silenced(passage)))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A passage (its ordinal) with its fused score and its rank in each half, from 1."""

    ordinal: int
    score: float
    dense_rank: int | None
    lexical_rank: int | None


def _fused(
    similarity: Mapping[int, float], dense: Iterable[int], lexical: Mapping[int, float]
) -> tuple[_Ranked, ...]:
    """Both halves' scores as one, best first: a convex combination (Bruch et al., 2023).

    `similarity` is the cosine of every passage that either half found, `dense` the ordinals that
    the dense half found and `lexical` the BM25 scores, both best first. Those are taken as shares
    of the best one's. The score is 1 for what could be no better.
    """
    dense_rank, lexical_rank = ({o: r for r, o in enumerate(h, start=1)} for h in (dense, lexical))
    most = max(lexical.values(), default=1.0)
    found = []
    for ordinal, cosine in similarity.items():
        score = round((1 - LEXICAL_SHARE) * max(cosine, 0.0), 6)
        score += round(LEXICAL_SHARE * lexical.get(ordinal, 0.0) / most, 6)
        ranks = dense_rank.get(ordinal), lexical_rank.get(ordinal)
        found.append(_Ranked(ordinal, score, *ranks))
    return _in_order(found)


def _in_order(ranked: Iterable[_Ranked]) -> tuple[_Ranked, ...]:
    return tuple(sorted(ranked, key=lambda r: (-r.score, r.ordinal)))


def clauses(question: str) -> tuple[str, ...]:
    """The sentences of a question, and the clause before its main one, in order.

    What has fewer than three words is no clause and left out; one at least is returned.
    """
    pieces = [p.strip() for p in _BORDER.split(question)]
    whole = tuple(p for p in pieces if len(p.split()) >= _LEAST_WORDS)
    return whole if len(whole) > 1 else (question,)
