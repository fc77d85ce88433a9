"""The sentence after the best one, where that is the one that answers.

A text names its subject once and then tells of it: "The works stand still. Old pipes had been
found." The first sentence shares the question's words, the second has what is wanted.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mehealth_rag.answering.evidence import Candidate
from mehealth_rag.answering.wanted import has_form, holds_wanted, strictly_holds
from mehealth_rag.language import kinds
from mehealth_rag.language.words import content_words, stem_all
from mehealth_rag.questions import Question, Wanted
from mehealth_rag.types import BlockKind

FURTHEST = 2
"""So many sentences further on it may stand."""

_POINTS_BACK = re.compile(
    r"\b(?:he|she|it|they|him|her|them|his|its|their|this|these|those|such|both|the latter)\b",
    re.IGNORECASE,
)
_HAD_BEEN = re.compile(
    r"\bhad\s+(?:(?:not|never|already|first|long|since|all|only|\w+ly)\s+)?"
    r"(?:been|become|come|made|found|led|brought|given|gone|taken|fallen|risen|grown|broken|"
    r"\w{2,}ed)\b",
    re.IGNORECASE,
)
"""The past before the past: what had happened explains what happened then."""

_BY = re.compile(r"\b(?:is|are|was|were|be|been|being)\b[^.;,]{2,40}?\sby\s+(?=[A-Z])")
"""The doer of a passive ("was led by Mary Vane")."""


def follower(question: Question, best: Candidate) -> Candidate | None:
    """The sentence soon after the best one that has what is wanted and the best one lacks.

    It stands in the same paragraph, and speaks of the same: it points back, or shares a word.
    """
    if best.sentence.kind is not BlockKind.PARAGRAPH:
        return None
    enough = answered(question, best.text)
    sentences = best.passage.sentences
    for place in range(best.place + 1, min(best.place + 1 + FURTHEST, len(sentences))):
        after = replace(best, place=place)
        if after.sentence.kind is not BlockKind.PARAGRAPH or _new_paragraph(after):
            return None
        if _names_doer(question, after.text) and not _names_doer(question, best.text):
            return after
        if not enough and _answers(question, after.text, best.text):
            return after
    return None


def answered(question: Question, text: str) -> bool:
    """Whether a text has what is wanted; any figure of its own will do for one."""
    if question.wanted is Wanted.REASON:
        return kinds.REASON.search(text) is not None
    if question.wanted.is_figure:
        return holds_wanted(question, text)
    return strictly_holds(question, text)


def _answers(question: Question, text: str, before: str) -> bool:
    """Whether a text has what is wanted, and speaks of what the one before it does."""
    if question.wanted is Wanted.REASON:
        if _HAD_BEEN.search(text):
            return True
        return kinds.REASON.search(text) is not None and _leans(text, before)
    return has_form(question.wanted) and strictly_holds(question, text) and _leans(text, before)


def _names_doer(question: Question, text: str) -> bool:
    """Whether the person asked for is told as the doer of what was told before ("led by …")."""
    if question.wanted is not Wanted.PERSON or not _POINTS_BACK.search(text):
        return False
    doers = (text[m.end() :] for m in _BY.finditer(text))
    return any(strictly_holds(question, d) and _opens_with_person(d) for d in doers)


def _opens_with_person(text: str) -> bool:
    return any(text.startswith(name) for name in kinds.person_names(text))


def _leans(text: str, before: str) -> bool:
    shared = set(stem_all(content_words(text))) & set(stem_all(content_words(before)))
    return bool(shared) or _POINTS_BACK.search(text) is not None


def _new_paragraph(candidate: Candidate) -> bool:
    passage = candidate.passage
    start = passage.sentences[candidate.place - 1].span.end - passage.span.start
    return "\n\n" in passage.text[start : candidate.sentence.span.start - passage.span.start]
