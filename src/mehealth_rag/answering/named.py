"""Which documents an answer need not name."""

from __future__ import annotations

from collections.abc import Sequence

from mehealth_rag.retrieval.naming import Naming
from mehealth_rag.retrieval.retriever import Evidence

RIVAL_SHARE = 0.8
"""Another document rivals the best passage's with a passage of this share of its score."""


def plain(naming: Naming, evidence: Sequence[Evidence]) -> frozenset[str]:
    """The documents that an answer need not name.

    The question names one alone, or none, and the best passage's document has no rival.
    """
    if naming.named:
        return naming.documents if len(naming.documents) == 1 else frozenset()
    if not evidence:
        return frozenset()
    best = evidence[0].hit
    rivals = (e.hit for e in evidence if e.hit.passage.document != best.passage.document)
    near = any(hit.score >= RIVAL_SHARE * best.score for hit in rivals)
    return frozenset() if near else frozenset({best.passage.document})
