"""A question inside a document that it names: there the name asks for little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mehealth_rag.language.words import stem
from mehealth_rag.naming import Named, Naming
from mehealth_rag.questions import Question
from mehealth_rag.retrieval import Evidence

RIVAL_SHARE = 0.8
"""Another document rivals the best passage's with a passage of this share of its score."""


def inside(question: Question, naming: Naming, named: Named) -> Question:
    """The question without the names that the pages of one name's documents cannot be asked for.

    Those are the names of the other documents, and its own where its pages hardly ever say it: a
    page of a company's report is no worse an answer for not naming the company. Where they do say
    it, the name tells who is spoken of.
    """
    foreign = (n.stems for n in naming.named if n is not named or n.silent)
    left_out = frozenset[str]().union(*foreign)
    subject = tuple(s for s in question.subject if s not in left_out)
    names = tuple(n for n in question.names if stem(n) not in left_out)
    return replace(question, subject=subject or question.subject, names=names)


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


def found_in(evidence: Sequence[Evidence], documents: Sequence[str]) -> tuple[Evidence, ...]:
    """The evidence out of some documents."""
    return tuple(e for e in evidence if e.hit.passage.document in documents)
