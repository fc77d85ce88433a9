"""Recognises a statement in the words of a sentence: whole parts of it, in their order."""

from __future__ import annotations

import re

from mehealth_rag.language.words import OWNERS, SUBJECTS, stem_all, words

MOST_SUBJECT_WORDS = 3
"""The most words of a statement that may name what a sentence calls "it"."""

_PART = re.compile(r"[,;:](?=\s)|[()—]|\s[–-]\s")
"""What divides a sentence into parts."""

_SILENT = SUBJECTS.union(
    OWNERS,
    "a an the and also which who there is are was were be been has have had".split(),
    "at for in of on to with".split(),
)
"""Words without which a sentence says the same in the same order."""

_RESTRICTING = frozenset(
    stem_all(
        """
        after although before but cannot could except if may might neither never no nobody none nor
        not nothing once only provided should than though unless until when where while without
        would
        """.split()
    )
)
"""Words that a sentence cannot lose without saying more than it did."""


def says(sentence: str, statement: str, context: str = "") -> bool:
    """Return whether a sentence says a statement in its own words.

    The statement consists of whole parts of the sentence, from one mark of punctuation to another,
    in their order, and the parts that it leaves out restrict nothing. If the sentence opens with
    "it" or the like, the first words may be those of `context`, the heading and the sentence
    before.
    """
    claim = _telling(statement)
    parts = [_telling(part) for part in _PART.split(sentence)]
    return any(_consists_of(claim[n:], parts) for n in _subjects(sentence, claim, context))


def _telling(text: str) -> list[str]:
    """Return the stems of the words that are not silent."""
    return stem_all(word for word in words(text) if word not in _SILENT)


def _subjects(sentence: str, claim: list[str], context: str) -> range:
    """Return how many words of a statement may be its subject instead of words of the sentence."""
    known = frozenset(_telling(context))
    pointing = words(sentence)[:1]
    if not pointing or pointing[0] not in SUBJECTS | OWNERS:
        return range(1)
    subject = claim[: min(MOST_SUBJECT_WORDS, len(claim) - 2)]
    unknown = (n for n, word in enumerate(subject) if word not in known)
    return range(next(unknown, len(subject)) + 1)


def _consists_of(claim: list[str], parts: list[list[str]]) -> bool:
    """Return whether the words of a statement are those of some of the parts, in order."""
    said = {0}  # how many words of the statement the parts so far may have said
    for part in parts:
        longer = {n + len(part) for n in said if claim[n : n + len(part)] == part}
        said = longer | said if _RESTRICTING.isdisjoint(part) else longer
    return len(claim) in said
