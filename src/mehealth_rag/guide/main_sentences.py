"""Choose a document's main sentences, central in meaning and well placed, and its opening."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.guide.candidates import Candidate, candidates, is_ended, is_running, stands_alone
from mehealth_rag.language.figures import figures
from mehealth_rag.language.words import content_stems
from mehealth_rag.types import Passage, Quote

FEWEST, MOST = 4, 7
_EACH = 25
"""Candidates needed for each sentence beyond `FEWEST`, up to `MOST`."""

_OPENS, _TITLE, _DEFINES = 0.12, 0.12, 0.12
"""Bonuses on top of centrality: for the first page and introductions, for words of the title (in
proportion), for saying what something is."""

_LEAD, _LEAD_SENTENCES = 0.2, 10
"""Bonus for the first candidate, falling to 0 over `_LEAD_SENTENCES`."""

_ASIDE, _EACH_FIGURE, _EACH_WORD, _LONG = 0.08, 0.03, 0.008, 28
"""Penalties: for exceptions and first-person sentences, per figure beyond one, per word beyond
`_LONG`."""

OPENING, OF_OPENING = 6, 3
"""Sentences among which a document's opening is looked for, and those that are shown."""

_OF_ITSELF = re.compile(r"\b[Tt]h(?:is|ese)\s\w")

_ALIKE, _TOO_ALIKE, _SAME_PART = 0.35, 0.8, 0.08
"""Penalty factor for similarity to a chosen sentence, the similarity that excludes a sentence, and
the penalty per chosen sentence of the same section."""

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


def opening(passages: Sequence[Passage], most: int = OF_OPENING) -> tuple[Quote, ...]:
    """Return the sentences in which a document says what it is about, in reading order.

    They are chosen among its first ones: those that mention the document itself ("this report")
    come first, incomplete sentences (the date of an e-mail) last.
    """
    first = beginning(passages, OPENING)
    chosen = sorted(first, key=_tells_less)[:most]
    return tuple(quote for quote in first if quote in chosen)


def _tells_less(quote: Quote) -> tuple[bool, bool]:
    return _OF_ITSELF.search(quote.text) is None, not is_ended(quote.text)


def beginning(passages: Sequence[Passage], most: int) -> tuple[Quote, ...]:
    """Return the first sentences and list items of running text, at most so many."""
    return tuple(c.quote for c in islice(filter(is_running, candidates(passages)), most))


def main_sentences(
    passages: Sequence[Passage], vectors: Sequence[NDArray[Any]]
) -> tuple[Quote, ...]:
    """Return four to seven main sentences, best first; fewer if there are fewer candidates.

    `vectors` are the unit vectors of each passage's sentences, [k, d].
    """
    pool = [c for c in candidates(passages) if stands_alone(c)]
    if not pool:
        return ()
    rows = np.stack([vectors[c.place][c.row] for c in pool]).astype(np.float32)
    scores = rows @ _middle(rows) + _bonuses(pool)
    wanted = min(MOST, FEWEST + len(pool) // _EACH)
    chosen = _spread(pool, rows, scores, wanted)
    return tuple(pool[n].quote for n in chosen)


def _middle(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the normalised mean of unit vectors [n, d]."""
    mean: NDArray[np.float32] = rows.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-6)


def _bonuses(pool: Sequence[Candidate]) -> NDArray[np.float32]:
    """Return each sentence's bonus or penalty for position and form."""
    first_page = pool[0].passage.page
    title = content_stems(pool[0].passage.title)
    bonuses = []
    for rank, candidate in enumerate(pool):
        passage, text = candidate.passage, candidate.text
        opens = passage.page == first_page or any(map(_INTRODUCING.search, passage.headings))
        named = len(title & content_stems(text)) / max(1, len(title))
        lead = max(0.0, 1 - rank / _LEAD_SENTENCES)
        bonuses.append(_OPENS * opens + _LEAD * lead + _TITLE * named + _form_bonus(text))
    return np.array(bonuses, np.float32)


def _form_bonus(text: str) -> float:
    extra_figures = max(0, len(figures(text)) - 1)
    extra_words = max(0, len(text.split()) - _LONG)
    penalty = (
        _EACH_FIGURE * extra_figures
        + _EACH_WORD * extra_words
        + _ASIDE * bool(_SAID_ASIDE.search(text))
    )
    return _DEFINES * bool(_DEFINING.match(text)) - penalty


def _spread(
    pool: Sequence[Candidate], rows: NDArray[np.float32], scores: NDArray[np.float32], wanted: int
) -> list[int]:
    """Return the indices of the best sentences, chosen one by one for variety."""
    chosen: list[int] = []
    used: Counter[tuple[object, ...]] = Counter()
    sections = [c.section for c in pool]
    likeness = np.zeros(len(pool), np.float32)
    while len(chosen) < wanted:
        same = np.array([used[s] for s in sections], np.float32)
        worth = scores - _ALIKE * likeness - _SAME_PART * same
        worth[(likeness > _TOO_ALIKE) | np.isin(np.arange(len(pool)), chosen)] = -np.inf
        best = int(np.argmax(worth))
        if worth[best] == -np.inf:
            break
        chosen.append(best)
        used[sections[best]] += 1
        likeness = np.maximum(likeness, rows @ rows[best])
    return chosen
