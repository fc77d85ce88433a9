"""Weighing candidates: the sentence model's log-odds first, then the reader's say on the best.

The sentence model looks at every candidate; the reader, which costs a thousand times as much, only
at the best `READ` of them. Nobody else's candidates can be chosen then, so all that follows works
on those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mehealth_rag.answering.contacts import asks_contact, gives_contact
from mehealth_rag.answering.doubts import Likeness
from mehealth_rag.answering.evidence import (
    FEATURES,
    Candidate,
    Evidence,
    Statistics,
    candidates,
    features,
    sentence_text,
)
from mehealth_rag.answering.reader_model import Scores, context
from mehealth_rag.answering.weights import Models
from mehealth_rag.language import kinds
from mehealth_rag.language.words import fold
from mehealth_rag.questions import Question, Wanted
from mehealth_rag.types import BlockKind, Page

READ = 8
"""How many candidates the reader looks at: four find less, twelve no more (see docs/reader.md)."""

BEST = 2
"""How many candidates an answer is made of."""

BEHIND = 1.75
"""Log-odds that the second may lie behind the first and still join it.

On the development sets the second of the two holds the answer, and the first does not, in 22 of 100
questions within this distance and in 3 of 100 beyond it.
"""

HEADING_MALUS = 4.0
EXPANSION_BONUS = 3.0
INTRODUCTION_BONUS = 1.5
"""Log-odds that a candidate's place gives or takes; see `structure`."""

NAMED_BONUS = 1.0
"""What a sentence gains that names the thing whose meaning is asked, word for word; and again once
the reader has had its say, to which another name of the same words is as good."""

READ_INTRODUCTION_BONUS = 1.0
"""The same once the reader, which has learnt no lists, has had its say; it has learnt no acronyms
either, and what spells one out is given the whole bonus again."""

INTRODUCED_SHARE = 0.5
"""A list's introduction holds at least this share of the question's weighted words."""

CONTACT_BONUS = 2.0
"""What a sentence gains that has the address or number that is asked for: the reader takes one for
a word like any other."""

NEARLY = 0.75
"""Or this share of what the best candidate holds with what stands above it, for several things."""

Logits = NDArray[np.float64]


class SentenceReader(Protocol):
    """Scores sentences; `mehealth_rag.answering.reader_model.Reader` is one."""

    def scores(self, question: str, pairs: Sequence[tuple[str, str]]) -> Scores:
        """Logits [n, 2] of each (before, sentence): it answers; its text answers at all."""


class KnownPages(Statistics, Protocol):
    """What the index knows of words, and its pages."""

    def page(self, document: str, number: int) -> Page:
        """One page, counted from 1."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Candidates with their features [n, len(FEATURES)] and their final log-odds [n].

    `scores` are the reader's [n, 2], None where there is no reader.
    """

    found: tuple[Candidate, ...]
    table: NDArray[np.float32]
    logits: Logits
    scores: Scores | None = None


@dataclass(frozen=True, slots=True)
class Engine:
    """What choosing an answer needs beside the evidence.

    `alike` is the cosine of two words, `reader` None where there is none.
    """

    models: Models
    index: KnownPages
    alike: Likeness
    reader: SentenceReader | None = None


def weigh(question: Question, evidence: Sequence[Evidence], engine: Engine) -> Weighed:
    """The candidates of the evidence with all that speaks for each."""
    models, reader = engine.models, engine.reader
    found = candidates(evidence)
    table = features(question, found, engine.index)
    base = _sentence_logits(question, found, table, models)
    bonus = contact_bonus(question, found)
    formed = base + bonus
    if reader is None or models.combined is None or not found:
        return Weighed(found, table, formed)
    kept = np.argsort(-formed, kind="stable")[:READ]
    chosen = tuple(found[int(i)] for i in kept)
    scores = reader.scores(question.text, [pair(c) for c in chosen])
    joined = models.combined.logits(combined_features(base[kept], scores, chosen))
    joined = joined + READ_INTRODUCTION_BONUS * _introduces(question, chosen, table[kept])
    joined = joined + EXPANSION_BONUS * _spells_out(question, table[kept])
    joined = joined + NAMED_BONUS * _names_it(question, chosen)
    joined = joined + bonus[kept]
    return Weighed(chosen, table[kept], joined, scores)


def sentence_logits(question: Question, found: Sequence[Candidate], engine: Engine) -> Logits:
    """The log-odds [n] of candidates before the reader has had its say."""
    table = features(question, found, engine.index)
    return _sentence_logits(question, found, table, engine.models)


def _sentence_logits(
    question: Question, found: Sequence[Candidate], table: NDArray[np.float32], models: Models
) -> Logits:
    return models.sentence.logits(table) + structure(question, found, table)


def best_candidates(weighed: Weighed) -> tuple[Candidate, ...]:
    """The best candidates, best first: those that an answer is made of."""
    order = np.argsort(-weighed.logits, kind="stable")[:BEST]
    least = weighed.logits[order[0]] - BEHIND if len(order) else 0.0
    return tuple(weighed.found[int(i)] for i in order if weighed.logits[i] >= least)


def pair(candidate: Candidate) -> tuple[str, str]:
    """A candidate as the reader sees it: what it stands under and after, and its words.

    What introduces a list stands for the whole list, so it is read with the items.
    """
    passage = candidate.passage
    text = candidate.text
    if candidate.sentence.kind is not BlockKind.ITEM:
        after = range(candidate.place + 1, len(passage.sentences))
        items = takewhile(lambda i: passage.sentences[i].kind is BlockKind.ITEM, after)
        text = " ".join((text, *(sentence_text(passage, i) for i in items)))
    return context(passage.heading or passage.title, candidate.before), text


def combined_features(base: Logits, scores: Scores, found: Sequence[Candidate]) -> Logits:
    """The features of `weights.COMBINED_FEATURES` for each candidate [n, 6]."""
    plain = np.asarray([c.sentence.kind is BlockKind.PARAGRAPH for c in found], dtype=np.float64)
    choice = scores[:, 0].astype(np.float64)
    return np.stack(
        [
            base,
            base - base.max(),
            choice,
            choice - choice.max(),
            (1 - plain) * choice,
            scores[:, 1].astype(np.float64),
        ],
        axis=1,
    )


def structure(question: Question, found: Sequence[Candidate], table: NDArray[np.float32]) -> Logits:
    """What is known of candidates beforehand and no set of running text can teach.

    A heading names its subject and says nothing of it, so it answers only where an acronym is
    spelt out or a list of headings is asked for. The introduction of a list stands for the whole
    list, though it is short itself.
    """
    expands = _spells_out(question, table)
    listing = question.several
    heading = np.asarray(
        [c.sentence.kind is BlockKind.HEADING and not listing for c in found], dtype=bool
    )
    return np.asarray(
        EXPANSION_BONUS * expands
        + NAMED_BONUS * _names_it(question, found)
        + INTRODUCTION_BONUS * _introduces(question, found, table)
        - HEADING_MALUS * (heading & (expands == 0))
    )


def _spells_out(question: Question, table: NDArray[np.float32]) -> Logits:
    """1 for what spells out an acronym whose meaning is asked for, else 0."""
    expands = table[:, FEATURES.index("expands")].astype(np.float64)
    return expands if question.wanted is Wanted.DEFINITION else expands * 0


def _names_it(question: Question, found: Sequence[Candidate]) -> Logits:
    """1 for what holds the whole name whose meaning is asked for, else 0."""
    runs = [m.group() for m in kinds.NAME_RUN.finditer(question.text, 1)]
    name = fold(max(runs, key=len, default=""))
    if question.wanted is not Wanted.DEFINITION or " " not in name:
        return np.zeros(len(found))
    return np.asarray([float(name in fold(" ".join(c.text.split()))) for c in found])


def contact_bonus(question: Question, found: Sequence[Candidate]) -> Logits:
    """What each candidate gains that has the address or number that is asked for."""
    if not asks_contact(question):
        return np.zeros(len(found))
    return CONTACT_BONUS * np.asarray([float(gives_contact(question, c)) for c in found])


def _introduces(
    question: Question, found: Sequence[Candidate], table: NDArray[np.float32]
) -> Logits:
    """1 for what introduces a list and speaks of what is asked, else 0.

    Where several things are asked for, what stands above an introduction may speak for it: it says
    little itself ("They are:").
    """
    covered = table[:, FEATURES.index("coverage")] >= INTRODUCED_SHARE
    if question.several and len(found):
        context = table[:, FEATURES.index("coverage_context")]
        covered |= context >= min(INTRODUCED_SHARE, NEARLY * float(context.max()))
    opens = np.asarray([c.text.rstrip().endswith(":") for c in found], dtype=bool)
    return (opens & covered).astype(np.float64)
