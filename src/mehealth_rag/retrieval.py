"""From a question to ranked passages: dense and lexical search, fused by rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.answering.evidence import Evidence
from mehealth_rag.grounding.orders import evidence_mask
from mehealth_rag.language.acronyms import Acronyms, expand
from mehealth_rag.language.words import stems
from mehealth_rag.types import Hit, Passage

DEPTH = 50
"""How many passages each half of the search brings."""

RANK_OFFSET = 10
"""Softens the difference between neighbouring ranks (the `k` of reciprocal rank fusion)."""

Vector = NDArray[np.float32]


class SearchableIndex(Protocol):
    """What retrieval needs of an open index; `mehealth_rag.index.opened.OpenIndex` is one."""

    def dense(
        self, vector: Vector, k: int, documents: Sequence[str] = ()
    ) -> list[tuple[int, float]]:
        """Up to `k` (ordinal, cosine similarity), best first."""

    def lexical(
        self, tokens: Sequence[str], k: int, documents: Sequence[str] = ()
    ) -> list[tuple[int, float]]:
        """Up to `k` (ordinal, BM25 score), best first."""

    def passages(self, ordinals: Sequence[int]) -> Sequence[Passage]:
        """The passages of some ordinals, in their order."""

    def sentence_vectors(self, ordinal: int) -> Vector:
        """The unit vectors of a passage's sentences [k, d]."""


class Encoder(Protocol):
    """Turns a question into a unit vector [d]."""

    def encode(self, text: str) -> Vector:
        """The vector of one question."""


@dataclass(frozen=True, slots=True)
class Retriever:
    """Searches one open index."""

    index: SearchableIndex
    encoder: Encoder
    acronyms: Acronyms

    def retrieve(
        self, question: str, top_k: int, documents: Sequence[str] = ()
    ) -> tuple[Evidence, ...]:
        """The best passages for a question, best first, ties broken by their place in the corpus.

        `documents` limits the search to those document ids.
        """
        added = expand(question, self.acronyms)
        vector = self.encoder.encode(f"{question} ({added})" if added else question)
        dense = self.index.dense(vector, DEPTH, documents)
        lexical = self.index.lexical(stems(f"{question} {added}"), DEPTH, documents)
        best = fuse([o for o, _ in dense], [o for o, _ in lexical])[:top_k]
        return self._evidence(best, dict(dense), vector)

    def resembling(self, text: str, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
        """The same passages with their similarities to another text."""
        vector = self.encoder.encode(text)
        return tuple(
            replace(e, sentence_similarities=self.index.sentence_vectors(e.ordinal) @ vector)
            for e in evidence
        )

    def _evidence(
        self, best: Sequence[_Fused], similarities: dict[int, float], vector: Vector
    ) -> tuple[Evidence, ...]:
        passages = self.index.passages([f.ordinal for f in best])
        found = []
        for fused, passage in zip(best, passages, strict=True):
            per_sentence = self.index.sentence_vectors(fused.ordinal) @ vector
            similarity = similarities.get(fused.ordinal, float(per_sentence.mean()))
            hit = Hit(passage, round(fused.score, 6), fused.dense_rank, fused.lexical_rank)
            mask = evidence_mask(passage)
            found.append(Evidence(hit, similarity, per_sentence, mask, fused.ordinal))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class _Fused:
    ordinal: int
    score: float
    dense_rank: int | None
    lexical_rank: int | None


def fuse(dense: Sequence[int], lexical: Sequence[int]) -> list[_Fused]:
    """Reciprocal rank fusion of two rankings of ordinals (Cormack et al., 2009).

    The score lies between 0 and 1: 1 for what both halves put first.
    """
    dense_rank = {o: r for r, o in enumerate(dense, start=1)}
    lexical_rank = {o: r for r, o in enumerate(lexical, start=1)}
    found = [
        _Fused(
            o,
            (_share(dense_rank.get(o)) + _share(lexical_rank.get(o))) / 2,
            dense_rank.get(o),
            lexical_rank.get(o),
        )
        for o in {**dense_rank, **lexical_rank}
    ]
    return sorted(found, key=lambda f: (-f.score, f.ordinal))


def _share(rank: int | None) -> float:
    return 0.0 if rank is None else (RANK_OFFSET + 1) / (RANK_OFFSET + rank)
