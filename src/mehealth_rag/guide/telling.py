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
from mehealth_rag.types import BlockKind, Passage, Quote

FEWEST, MOST = 4, 7
_EACH = 25
"""One sentence more for so many that there are to choose from."""

_OPENS = 0.12
"""What the first page and an introduction add to a sentence's closeness to the middle."""

_FIRST_OF_ITS_PART = 0.06
_ALIKE = 0.35
"""What likeness to a sentence that is chosen already takes off."""

_TOO_ALIKE = 0.8
_SAME_PART = 0.08
_LEAD = 0.2
_LEAD_SENTENCES, _LEAD_SHARE = 8, 0.04
"""What a document opens with, less for each of so many sentences, or of such a share of all."""

_DEFINES = 0.12
"""What a sentence has for saying what something is."""

_TITLE = 0.12
"""What all the title's words in a sentence add to it, fewer in proportion."""

_KEYWORD, _KEYWORDS, _MOST_KEYWORDS = 0.03, 12, 4
"""What each of the words that most sentences hold adds, of so many words, up to so many times."""

_FIGURES = 0.03
"""What each figure of a sentence beyond one takes off: they are told apart."""

_PERSONAL, _EXCEPTS = 0.1, 0.06
_LONG, _EACH_WORD = 28, 0.008
_ITEM = 0.05
_DEFINING = re.compile(
    r"(?:We|(?:The |Our )?[A-Z][\w&’'-]*(?: [\w&’'-]+){0,5}),? (?:is|are|was|has been) "
    r"(?:an?|the|one|to|where|both)\b"
)
_EXCEPTION = re.compile(r"\b(?:not|no|never|none|unless|except|nothing)\b|n['’]t\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:I|I['’]\w+|me|my)\b")
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
    scores = rows @ _middle(rows) + _placed(found) + _worded(found)
    wanted = min(MOST, FEWEST + len(found) // _EACH)
    chosen = _spread(found, rows, scores, wanted)
    return tuple(found[n].quote for n in chosen)


def _middle(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The unit vector of what all sentences have in common."""
    mean: NDArray[np.float32] = rows.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-6)


def _placed(found: Sequence[Candidate]) -> NDArray[np.float32]:
    """What its place adds to each sentence."""
    first_page = found[0].passage.page
    opening = max(_LEAD_SENTENCES, _LEAD_SHARE * len(found))
    seen: set[tuple[object, ...]] = set()
    added = []
    for rank, candidate in enumerate(found):
        passage = candidate.passage
        opens = passage.page == first_page or any(map(_INTRODUCING.search, passage.headings))
        begins = passage.headings not in seen
        seen.add(passage.headings)
        lead = max(0.0, 1 - rank / opening)
        added.append(_OPENS * opens + _FIRST_OF_ITS_PART * begins + _LEAD * lead)
    return np.array(added, np.float32)


def _worded(found: Sequence[Candidate]) -> NDArray[np.float32]:
    """What its words add to each sentence, or take off."""
    title = set(stem_all(content_words(found[0].passage.title)))
    stems = [frozenset(stem_all(w for w in content_words(c.text) if w.isalpha())) for c in found]
    keywords = _keywords(stems)
    added = []
    for candidate, own in zip(found, stems, strict=True):
        text = candidate.text
        item = candidate.sentence.kind is BlockKind.ITEM
        keyed = min(_MOST_KEYWORDS, len(keywords & own))
        named = len(title & own) / max(1, len(title))
        added.append(_TITLE * named + _KEYWORD * keyed + _formed(text) - _ITEM * item)
    return np.array(added, np.float32)


def _formed(text: str) -> float:
    """What its form adds to a sentence, or takes off."""
    many = max(0, len(figures(text)) - 1)
    personal = _FIRST_PERSON.search(text) is not None
    excepts = _EXCEPTION.search(text) is not None
    long = _EACH_WORD * max(0, len(text.split()) - _LONG)
    off = _FIGURES * many + _PERSONAL * personal + _EXCEPTS * excepts + long
    return _DEFINES * (_DEFINING.match(text) is not None) - off


def _keywords(stems: Sequence[frozenset[str]]) -> frozenset[str]:
    """The words that most of the sentences hold, those of two at the least."""
    counts = Counter(word for own in stems for word in own)
    ranked = sorted((-count, word) for word, count in counts.items() if count > 1)
    return frozenset(word for _, word in ranked[:_KEYWORDS])


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
