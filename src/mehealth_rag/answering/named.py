"""A question inside the documents that it names: their names ask for nothing there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mehealth_rag.answering.evidence import Evidence
from mehealth_rag.language.words import stem
from mehealth_rag.naming import Naming
from mehealth_rag.questions import Question


def within(question: Question, naming: Naming) -> Question:
    """The question with the names of documents taken out of its subject.

    A page of a company's report need not name the company, and is no worse an answer for it.
    """
    if not naming.named:
        return question
    subject = tuple(s for s in question.subject if s not in naming.words)
    names = tuple(n for n in question.names if stem(n) not in naming.words)
    return replace(question, subject=subject or question.subject, names=names)


def found_in(evidence: Sequence[Evidence], documents: Sequence[str]) -> tuple[Evidence, ...]:
    """The evidence out of some documents."""
    return tuple(e for e in evidence if e.hit.passage.document in documents)
