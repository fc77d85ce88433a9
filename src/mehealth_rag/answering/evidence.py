"""Evidence: the sentences of the retrieved passages, and what speaks for each as the answer.

Every feature is a plain number about one question and one sentence. `FEATURES` names the columns;
the weights (`answering/weights.py`) are fitted to exactly these names, so a change here is a
change there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log, log1p
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.answering.wanted import (
    counts_focus,
    has_form,
    holds_wanted,
    located,
    new_names,
    strictly_holds,
)
from mehealth_rag.language import kinds
from mehealth_rag.language.words import fold, stems
from mehealth_rag.questions import Question, Wanted
from mehealth_rag.types import BlockKind, Hit, Passage, Sentence

Matrix = NDArray[np.float32]

FEATURES = (
    "similarity",
    "similarity_before",
    "similarity_passage",
    "similarity_below_best",
    "coverage",
    "coverage_context",
    "coverage_passage",
    "coverage_below_best",
    "bm25",
    "bm25_below_best",
    "pairs",
    "near_words",
    "wanted_present",
    "wanted_missing",
    "strictly_present",
    "strictly_missing",
    "figure_wanted_missing",
    "names_asked_missing",
    "expands",
    "heading",
    "enumerates",
    "focus",
    "focus_beside_figure",
    "names",
    "names_missing",
    "reason",
    "defines",
    "manner",
    "length",
    "short",
    "novelty",
    "item",
    "row",
    "rank",
    "first",
    "question_echo",
    "person_wanted_named",
    "date_wanted_given",
    "figure_wanted_given",
    "place_wanted_given",
    "located",
    "other_names",
    "date_wanted_missing",
    "place_wanted_missing",
    "person_wanted_missing",
    "name_wanted_missing",
    "heaviest_missing",
)


class Statistics(Protocol):
    """What the index knows of words: how many passages hold a stem, of how many."""

    @property
    def passage_count(self) -> int:
        """How many passages there are."""

    def document_frequency(self, stem: str) -> int:
        """In how many of them a stem stands."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A hit with what scoring needs of it.

    `similarity` is the question's cosine to the passage, `sentence_similarities` those to its
    sentences [k]. `allowed` says for each sentence whether it may be the answer; empty: all may.
    """

    hit: Hit
    similarity: float
    sentence_similarities: NDArray[np.float32]
    allowed: tuple[bool, ...] = ()
    ordinal: int = -1
    """The passage's number in the index that it was found in."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence of a retrieved passage: `place` is its index among the passage's sentences."""

    passage: Passage
    place: int
    rank: int
    similarity: float
    similarity_before: float
    similarity_passage: float

    @property
    def sentence(self) -> Sentence:
        """The sentence itself."""
        return self.passage.sentences[self.place]

    @property
    def text(self) -> str:
        """The sentence's words as they stand on the page."""
        return sentence_text(self.passage, self.place)

    @property
    def told_by(self) -> str:
        """The words that tell what it says: a row's figures count what heads their columns."""
        row = self.sentence.kind is BlockKind.ROW
        return f"{self.before}\t{self.text}" if row else self.text

    @property
    def before(self) -> str:
        """What comes right before: the list's introduction, or the sentence before.

        Before a table's row that is what it is about: the caption, the columns, its group's label.
        """
        if self.sentence.kind is BlockKind.ROW:
            return row_context(self.passage, self.place)
        return sentence_text(self.passage, self.place - 1) if self.place else ""


def sentence_text(passage: Passage, place: int) -> str:
    """The words of one sentence of a passage."""
    span = passage.sentences[place].span
    return passage.text[span.start - passage.span.start : span.end - passage.span.start]


def row_context(passage: Passage, place: int) -> str:
    """What a table's row is about, in the page's order: caption, column headings, group's label."""
    sentence = passage.sentences[place]
    spans = (*sentence.columns, *filter(None, [sentence.lead]))
    own = [s for s in spans if s.start >= passage.span.start]
    texts = [passage.text[s.start - passage.span.start : s.end - passage.span.start] for s in own]
    return "\n".join([*passage.table, *texts])


def candidates(evidence: Sequence[Evidence]) -> tuple[Candidate, ...]:
    """Every sentence of the retrieved passages, best passage first."""
    found = []
    for rank, item in enumerate(evidence, start=1):
        before = item.similarity
        for place in range(len(item.hit.passage.sentences)):
            similarity = float(item.sentence_similarities[place])
            if not item.allowed or item.allowed[place]:
                found.append(
                    Candidate(item.hit.passage, place, rank, similarity, before, item.similarity)
                )
            before = similarity
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Words:
    """A text's stems in order, with their counts."""

    order: tuple[str, ...]
    counts: Counter[str]


@lru_cache(maxsize=50_000)
def _words_of(text: str) -> _Words:
    order = tuple(stems(text))
    return _Words(order, Counter(order))


class Weights:
    """The weight of each of a question's words: rare words weigh more."""

    def __init__(self, question: Question, statistics: Statistics) -> None:
        count = max(statistics.passage_count, 1)
        self.of = {
            s: log(1 + (count - df + 0.5) / (df + 0.5))
            for s in question.subject
            for df in (statistics.document_frequency(s),)
        }
        self.total = sum(self.of.values()) or 1.0

    def share(self, held: Callable[[str], bool]) -> float:
        """The share of the question's weight that is held, between 0 and 1."""
        return sum(w for s, w in self.of.items() if held(s)) / self.total

    def heaviest(self, missing: Callable[[str], bool]) -> float:
        """The weight of the rarest word that is missing, as a share of the rarest word's."""
        most = max(self.of.values(), default=0.0)
        return max((w for s, w in self.of.items() if missing(s)), default=0.0) / (most or 1.0)


def features(
    question: Question, found: Sequence[Candidate], statistics: Statistics
) -> NDArray[np.float32]:
    """The features of each candidate: shape [candidates, len(FEATURES)]."""
    weights = Weights(question, statistics)
    rows = [_row(question, weights, c) for c in found]
    best = {
        name: max((row[name] for row in rows), default=0.0)
        for name in ("similarity", "coverage", "bm25")
    }
    for row in rows:
        for name, top in best.items():
            row[f"{name}_below_best"] = row[name] - top
    table = [[row[name] for name in FEATURES] for row in rows]
    return np.asarray(table, dtype=np.float32).reshape(len(rows), len(FEATURES))


def _row(question: Question, weights: Weights, candidate: Candidate) -> dict[str, float]:
    text = candidate.text
    return (
        _meaning(candidate)
        | _word_overlap(question, weights, candidate, text)
        | _kind_of_answer(question, candidate)
        | _shape(question, candidate, text)
    )


def _meaning(candidate: Candidate) -> dict[str, float]:
    return {
        "similarity": candidate.similarity,
        "similarity_before": candidate.similarity_before,
        "similarity_passage": candidate.similarity_passage,
        "rank": 1 / candidate.rank,
    }


def _word_overlap(
    question: Question, weights: Weights, candidate: Candidate, text: str
) -> dict[str, float]:
    passage = candidate.passage
    own = _words_of(text).counts
    above = _words_of(" ".join((candidate.before, *passage.headings, passage.title))).counts
    whole = _words_of(passage.text).counts
    own_names = kinds.names(text) | kinds.names(" ".join((*passage.headings, passage.title)))
    named = [n for n in question.names if n in own_names]
    return {
        "coverage": weights.share(own.__contains__),
        "coverage_context": weights.share(lambda s: s in own or s in above),
        "coverage_passage": weights.share(lambda s: s in whole or s in above),
        "heaviest_missing": weights.heaviest(
            lambda s: s not in whole and s not in above and not _similar(s, whole)
        ),
        "bm25": _bm25(weights, own),
        "pairs": _pairs(question, text),
        "near_words": weights.share(lambda s: s not in own and _similar(s, own)),
        "names": len(named) / len(question.names) if question.names else 0.0,
        "names_missing": float(bool(question.names) and not named),
        "focus": float(question.focus in own),
        "expands": float(spells_out(question, text)),
    }


def spells_out(question: Question, text: str) -> bool:
    """Whether a sentence spells out an acronym of the question."""
    return bool(question.expansions) and any(e in fold(text) for e in question.expansions)


def _bm25(weights: Weights, counts: Counter[str]) -> float:
    """Saturated and length-normalised word overlap, as a share of the most it could be."""
    length = sum(counts.values())
    norm = 1.2 * (0.25 + 0.75 * length / 15)
    got = sum(w * counts[s] * 2.2 / (counts[s] + norm) for s, w in weights.of.items() if counts[s])
    return got / (2.2 * weights.total)


def _pairs(question: Question, text: str) -> float:
    """The share of the question's neighbouring words that stand close together in the text too."""
    asked = list(pairwise(question.subject))
    if not asked:
        return 0.0
    order = _words_of(text).order
    close = {(a, b) for i, a in enumerate(order) for b in order[i + 1 : i + 4]}
    return sum((a, b) in close or (b, a) in close for a, b in asked) / len(asked)


def _similar(wanted: str, held: Counter[str]) -> bool:
    """A word of the same family that the stemmer keeps apart ("invest" and "investor")."""
    start = wanted[:5]
    return len(start) == 5 and any(w.startswith(start) for w in held)


def _kind_of_answer(question: Question, candidate: Candidate) -> dict[str, float]:
    wanted, text = question.wanted, candidate.text
    present = holds_wanted(question, text)
    strictly = strictly_holds(question, candidate.told_by)
    known = has_form(wanted)
    return {
        "wanted_present": float(known and present),
        "wanted_missing": float(known and not present),
        "strictly_present": float(known and strictly),
        "strictly_missing": float(known and not strictly),
        "focus_beside_figure": float(wanted.is_figure and counts_focus(question, text)),
        "reason": float(wanted is Wanted.REASON and kinds.REASON.search(text) is not None),
        "manner": float(wanted is Wanted.MANNER and kinds.MANNER.search(text) is not None),
        "defines": float(wanted is Wanted.DEFINITION and kinds.DEFINING.search(text) is not None),
        "names_asked_missing": float(question.named and not new_names(question, text)),
        "person_wanted_named": float(wanted is Wanted.PERSON and strictly),
        "date_wanted_given": float(wanted is Wanted.DATE and present),
        "figure_wanted_given": float(wanted.is_figure and strictly),
        "figure_wanted_missing": float(wanted.is_figure and not strictly),
        "place_wanted_given": float(wanted is Wanted.PLACE and strictly),
        "located": float(wanted is Wanted.PLACE and located(question, text)),
        "date_wanted_missing": float(wanted is Wanted.DATE and not present),
        "place_wanted_missing": float(wanted is Wanted.PLACE and not present),
        "person_wanted_missing": float(wanted is Wanted.PERSON and not present),
        "name_wanted_missing": float(wanted is Wanted.NAME and not present),
        "other_names": log1p(len(new_names(question, text))) if wanted.is_figure else 0.0,
    }


def _enumerates(candidate: Candidate, text: str) -> bool:
    """A list item, or a sentence with a list in it."""
    return candidate.sentence.kind is BlockKind.ITEM or text.count(",") + text.count(";") >= 2


def _shape(question: Question, candidate: Candidate, text: str) -> dict[str, float]:
    order = _words_of(text).order
    asked = set(question.subject)
    new = sum(s not in asked for s in set(order))
    return {
        "length": log1p(len(text.split())),
        "short": float(len(order) < 4),
        "novelty": log1p(new),
        "item": float(candidate.sentence.kind is BlockKind.ITEM),
        "row": float(candidate.sentence.kind is BlockKind.ROW),
        "first": float(candidate.place == 0),
        "question_echo": float(text.rstrip().endswith("?")),
        "heading": float(candidate.sentence.kind is BlockKind.HEADING),
        "enumerates": float(question.wanted is Wanted.LIST and _enumerates(candidate, text)),
    }
