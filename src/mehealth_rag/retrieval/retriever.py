"""Retrieves passages for a question: dense and lexical search with fused scores."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial, reduce
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.encoder.embedding import Encoder
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.acronyms import Acronyms, expand
from mehealth_rag.language.injection import silenced
from mehealth_rag.language.words import stems
from mehealth_rag.retrieval.naming import Named, Naming, Register
from mehealth_rag.types import Hit, Span

DEPTH = 50
"""Passages that each of dense and lexical search returns."""

LEXICAL_SHARE = 0.2
"""The weight of BM25 in the fused score; the cosine has the rest."""

NEAREST_SHARE = 0.5
"""The weight of the nearest sentence in a passage's cosine: a fact stands in one sentence, and the
mean of a list's items is close to none of them."""

STAYING = 0.15
"""What passages of a named document gain over those of other documents that mention the name."""

CLAUSE_MARGIN = 0.1
"""A clause is searched for if its best cosine is at most this far below the best clause's."""

RIVAL_SHARE = 0.8
"""Another document is a rival if it has a passage with this share of the best passage's score."""

_Query = tuple[NDArray[np.float32], tuple[str, ...]]
"""The vector of a question [d] and its stems."""

_BORDER = re.compile(
    r"(?<=[.?!:;])\s+|,\s+(?=(?:what|how|which|who|whose|when|where|why|is|are|was|were|did|does|"
    r"do|has|have|can)\b)",
    re.IGNORECASE,
)
_LEAST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """A hit; `silenced` holds the spans of its sentences that may not be quoted as an answer."""

    hit: Hit
    silenced: frozenset[Span] = frozenset()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a question names, and the passages retrieved for it, best first."""

    naming: Naming
    evidence: tuple[Evidence, ...]

    @property
    def plain(self) -> frozenset[str]:
        """The documents that an answer need not name.

        This is the one document that the question names or, if it names none, the best passage's if
        it has no rival.
        """
        if self.naming.named:
            documents = self.naming.documents
            return documents if len(documents) == 1 else frozenset()
        if not self.evidence:
            return frozenset()
        best, *others = (e.hit for e in self.evidence)
        document, rival_score = best.passage.document, RIVAL_SHARE * best.score
        has_rival = any(h.score >= rival_score for h in others if h.passage.document != document)
        return frozenset() if has_rival else frozenset({document})


@dataclass(frozen=True, slots=True)
class Retriever:
    """Searches one open index; `register` finds which documents a question names."""

    index: OpenIndex
    encoder: Encoder
    acronyms: Acronyms
    register: Register

    def retrieve(
        self, question: str, top_k: int, documents: Sequence[str] = (), *, each: bool = False
    ) -> SearchResult:
        """Return the best passages for a question, best first, ties in corpus order.

        `documents` limits the search to those ids. A question that names documents is searched for
        in them and in passages elsewhere that mention the name; several named documents take turns.
        With `each`, `top_k` passages are returned per name.
        """
        naming = self.register.named(question, documents)
        count = top_k * max(1, len(naming.named)) if each else top_k
        return SearchResult(naming, self._evidence(self._ranked_by_name(naming, documents)[:count]))

    def _ranked_by_name(self, naming: Naming, documents: Sequence[str]) -> tuple[_Ranked, ...]:
        """Rank all passages for a question; those of several names take turns."""
        query = self._query(self._relevant_clauses(naming.query))
        if not naming.named:
            return self._with_leanings(self._ranked(query, documents), naming)
        everywhere = cache(partial(self._ranked, query, documents))  # rarely needed
        rankings = [self._ranked_for_name(n, query, naming, everywhere) for n in naming.named]
        turns = (r for turn in zip_longest(*rankings) for r in turn if r is not None)
        unique = {r.ordinal: r for r in reversed(tuple(turns))}
        return tuple(reversed(unique.values()))

    def _ranked_for_name(
        self,
        named: Named,
        query: _Query,
        naming: Naming,
        everywhere: Callable[[], Sequence[_Ranked]],
    ) -> tuple[_Ranked, ...]:
        """Rank the passages of one name's documents and those `everywhere` that mention it."""
        inside = self._with_leanings(self._ranked(query, named.documents), naming)
        mentions = self._mentions(named)
        if not mentions:
            return inside
        outside = [r for r in everywhere() if r.ordinal in mentions]
        gained = (replace(r, score=r.score + STAYING) for r in inside)
        return _in_order([*gained, *outside])

    def _mentions(self, named: Named) -> frozenset[int]:
        """Return the passages of other documents that mention a name."""
        forms = [reduce(np.intersect1d, map(self.index.holding, form)) for form in named.forms]
        mentions = reduce(np.union1d, forms, np.zeros(0, np.int64))
        inside = self.index.document_ordinals(named.documents)
        return frozenset(np.setdiff1d(mentions, inside).tolist())

    def _with_leanings(self, ranked: Sequence[_Ranked], naming: Naming) -> tuple[_Ranked, ...]:
        """Add the question's leanings to the scores and sort again."""
        if not naming.leaning:
            return tuple(ranked)
        gain = {
            ordinal: gained
            for document, gained in naming.leaning.items()
            for ordinal in self.index.document_ordinals([document]).tolist()
        }
        return _in_order(replace(r, score=r.score + gain.get(r.ordinal, 0.0)) for r in ranked)

    def _relevant_clauses(self, question: str) -> str:
        """Drop the clauses of a question that are near no passage ("You are an analyst who ...").

        Instructions on how to answer use words that the documents lack or use otherwise, and would
        mislead the search.
        """
        parts = clauses(question)
        if len(parts) == 1:
            return question
        nearest = [self.index.dense(self.encoder.encode(c), 1) for c in parts]
        cosines = [hits[0][1] if hits else 0.0 for hits in nearest]
        cutoff = max(cosines) - CLAUSE_MARGIN
        return " ".join(c for c, n in zip(parts, cosines, strict=True) if n >= cutoff)

    def _query(self, text: str) -> _Query:
        added = expand(text, self.acronyms)
        vector = self.encoder.encode(f"{text} ({added})" if added else text)
        return vector, tuple(stems(f"{text} {added}"))

    def _ranked(self, query: _Query, documents: Sequence[str]) -> tuple[_Ranked, ...]:
        """Return all passages from dense and lexical search, best first."""
        vector, query_stems = query
        dense = dict(self.index.dense(vector, DEPTH, documents))
        lexical = dict(self.index.lexical(query_stems, DEPTH, documents))
        similarity = {o: self._similarity(o, vector, dense.get(o)) for o in {**dense, **lexical}}
        return _fused(similarity, dense, lexical)

    def _similarity(self, ordinal: int, vector: NDArray[np.float32], cosine: float | None) -> float:
        """Average a passage's cosine (its sentences' mean if None) and its nearest sentence's."""
        cosines = self.index.sentence_vectors(ordinal) @ vector
        if cosine is None:
            cosine = float(cosines.mean())
        return (1 - NEAREST_SHARE) * cosine + NEAREST_SHARE * float(cosines.max(initial=cosine))

    def _evidence(self, best: Sequence[_Ranked]) -> tuple[Evidence, ...]:
        passages = self.index.passages([r.ordinal for r in best])
        evidence = []
        score = 1.0
        for ranked, passage in zip(best, passages, strict=True):
            score = round(min(ranked.score, score), 6)  # keeps falling where names take turns
            hit = Hit(passage, score, ranked.dense_rank, ranked.lexical_rank)
            evidence.append(Evidence(hit, silenced(passage)))
        return tuple(evidence)


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A passage's ordinal, its fused score, and its rank from 1 in each half of the search."""

    ordinal: int
    score: float
    dense_rank: int | None
    lexical_rank: int | None


def _fused(
    similarity: Mapping[int, float], dense: Iterable[int], lexical: Mapping[int, float]
) -> tuple[_Ranked, ...]:
    """Fuse both halves' scores by a convex combination (Bruch et al., 2023), best first.

    `similarity` holds the cosine of every passage found, `dense` the ordinals from dense search and
    `lexical` the BM25 scores, the last two best first. BM25 scores are scaled to the best one, so
    the fused score is at most 1.
    """
    dense_rank, lexical_rank = ({o: r for r, o in enumerate(h, start=1)} for h in (dense, lexical))
    top_score = max(lexical.values(), default=1.0)
    ranked = []
    for ordinal, cosine in similarity.items():
        score = round((1 - LEXICAL_SHARE) * max(cosine, 0.0), 6)
        score += round(LEXICAL_SHARE * lexical.get(ordinal, 0.0) / top_score, 6)
        ranks = dense_rank.get(ordinal), lexical_rank.get(ordinal)
        ranked.append(_Ranked(ordinal, score, *ranks))
    return _in_order(ranked)


def _in_order(ranked: Iterable[_Ranked]) -> tuple[_Ranked, ...]:
    return tuple(sorted(ranked, key=lambda r: (-r.score, r.ordinal)))


def clauses(question: str) -> tuple[str, ...]:
    """Split a question into its sentences, and a clause before the main one, in order.

    Parts of fewer than three words are left out. A question with fewer than two clauses is returned
    whole.
    """
    parts = [p.strip() for p in _BORDER.split(question)]
    long = tuple(p for p in parts if len(p.split()) >= _LEAST_WORDS)
    return long if len(long) > 1 else (question,)
