"""Linked sources that are not in the index but may hold what the documents do not say."""

from __future__ import annotations

from collections.abc import Sequence

from mehealth_rag.answering.questions import Question
from mehealth_rag.language.words import content_words, stem
from mehealth_rag.types import Related, Source

_MOST = 3
_COMMON_SHARE = 0.34
"""A word that stands in more of the titles than this says nothing of one of them."""


def related_sources(
    question: Question, sources: Sequence[Source], indexed: frozenset[str]
) -> tuple[Related, ...]:
    """The sources not in the index whose titles share the question's words, best first."""
    missing = [s for s in sources if s.id not in indexed]
    titles = {s.id: {stem(w) for w in content_words(s.title)} for s in missing}
    telling = [s for s in question.subject if _is_telling(s, list(titles.values()))]
    scored = [(sum(w in titles[s.id] for w in telling), s) for s in missing]
    best = sorted((x for x in scored if x[0]), key=lambda x: (-x[0], x[1].id))[:_MOST]
    return tuple(Related(s.id, s.title, s.url, indexed=False) for _, s in best)


def _is_telling(word: str, titles: Sequence[set[str]]) -> bool:
    holding = sum(word in title for title in titles)
    return 0 < holding <= max(1, _COMMON_SHARE * len(titles))
