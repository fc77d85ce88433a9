"""The sentences that say the most of a document: near its middle in meaning, and well placed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.guide.candidates import Candidate, candidates, stands_alone
from mehealth_rag.language.figures import figures
from mehealth_rag.language.words import content_words, stem_all
from mehealth_rag.types import Passage, Quote

FEWEST, MOST = 4, 7
_EACH = 25
"""One sentence more for so many that there are to choose from."""

_OPENS, _TITLE, _DEFINES = 0.12, 0.12, 0.12
"""What is added to closeness to the middle: for the first page and introductions, for all words of
the title (fewer in proportion), for saying what something is."""

_LEAD, _LEAD_SENTENCES = 0.2, 10
"""What a document opens with, less for each of so many sentences."""

_ASIDE, _EACH_FIGURE, _EACH_WORD, _LONG = 0.08, 0.03, 0.008, 28
"""What is taken off: for exceptions and what "I" say, for figures beyond one, and for length."""

_ALIKE, _TOO_ALIKE, _SAME_PART = 0.35, 0.8, 0.08
"""What likeness to a sentence that is chosen takes off, and one of the same part."""

_DEFINING = re.compile(
    r"(?:We|(?:The |Our )?[A-Z][\w&’'-]*(?: [\w&’'-]+){0,5}),? (?:is|are|was|has been) "
    r"(?:an?|the|one|to|where|both)\b"
)
_SAID_ASIDE = re.compile(r"\b(?:[Nn]ot?|[Nn]ever|[Nn]one|unless|except|I|me|my)\b|n['’]t\b")
_INTRODUCING = re.compile(
    r"\b(?:introduc|summar|overview|abstract|foreword|about (?:us|this)|highlights|in brief|"
    r"at a glance|purpose|conclusion)",
    re.IGNORECASE,
)


def telling(
    passages: Sequence[Passage],
    vectors: Sequence[NDArray[Any]],
    may_tell: Callable[[Candidate], bool] = stands_alone,
) -> tuple[Quote, ...]:
    """Four to seven sentences of the passages, fewer where there are fewer, the best first.

    `vectors` are the unit vectors of each passage's sentences, [k, d]; `may_tell` says which
    sentences there are to choose from.
    """
    found = [c for c in candidates(passages) if may_tell(c)]
    if not found:
        return ()
    rows = np.stack([vectors[c.place][c.row] for c in found]).astype(np.float32)
    scores = rows @ _middle(rows) + _added(found)
    wanted = min(MOST, FEWEST + len(found) // _EACH)
    chosen = _spread(found, rows, scores, wanted)
    return tuple(found[n].quote for n in chosen)


def _middle(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The unit vector of what all sentences have in common."""
    mean: NDArray[np.float32] = rows.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-6)


def _added(found: Sequence[Candidate]) -> NDArray[np.float32]:
    """What its place and its form add to each sentence, or take off."""
    first_page = found[0].passage.page
    title = set(stem_all(content_words(found[0].passage.title)))
    added = []
    for rank, candidate in enumerate(found):
        passage, text = candidate.passage, candidate.text
        opens = passage.page == first_page or any(map(_INTRODUCING.search, passage.headings))
        named = len(title.intersection(stem_all(content_words(text)))) / max(1, len(title))
        lead = max(0.0, 1 - rank / _LEAD_SENTENCES)
        added.append(_OPENS * opens + _LEAD * lead + _TITLE * named + _formed(text))
    return np.array(added, np.float32)


def _formed(text: str) -> float:
    many = max(0, len(figures(text)) - 1)
    long = max(0, len(text.split()) - _LONG)
    off = _EACH_FIGURE * many + _EACH_WORD * long + _ASIDE * bool(_SAID_ASIDE.search(text))
    return _DEFINES * bool(_DEFINING.match(text)) - off


def _spread(
    found: Sequence[Candidate],
    rows: NDArray[np.float32],
    scores: NDArray[np.float32],
    wanted: int,
) -> list[int]:
    """The best of them one after the other, none like another, from parts as many as may be."""
    chosen: list[int] = []
    used: Counter[tuple[object, ...]] = Counter()
    sections = [c.section for c in found]
    likeness = np.zeros(len(found), np.float32)
    while len(chosen) < wanted:
        same = np.array([used[s] for s in sections], np.float32)
        worth = scores - _ALIKE * likeness - _SAME_PART * same
        worth[(likeness > _TOO_ALIKE) | np.isin(np.arange(len(found)), chosen)] = -np.inf
        best = int(np.argmax(worth))
        if worth[best] == -np.inf:
            break
        chosen.append(best)
        used[sections[best]] += 1
        likeness = np.maximum(likeness, rows @ rows[best])
    return chosen
