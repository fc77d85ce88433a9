"""The "Yes" or "No" before an answer: the guard's verdict on the question put as a statement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mehealth_rag.answering.questions import Wanted
from mehealth_rag.guard.verdict import Case, weigh
from mehealth_rag.reader.rows import gathered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mehealth_rag.answering.draft import Draft
    from mehealth_rag.answering.questions import Question
    from mehealth_rag.answering.reading import ReadHit
    from mehealth_rag.reader.model import Reader

SURE = 0.8
"""The probability from which on a yes or a no is said: a wrong one is worse than none."""

_CHOICE = re.compile(r"\bor\b", re.IGNORECASE)


def lead(question: Question, draft: Draft, hits: Sequence[ReadHit], reader: Reader) -> str:
    """The yes or no that what an answer quotes gives to what is asked; empty where it gives none.

    A question with a choice ("by bus or by train?") has neither answer.
    """
    if question.wanted is not Wanted.YES_NO or _CHOICE.search(question.text) or draft.disagree:
        return ""
    told = {quote.text for statement in draft.statements for quote in statement}
    told |= {quote.text for led in draft.before for quotes in led for quote in quotes}
    parts = [(h.text, [n for n, s in enumerate(h.text.sentences) if s in told]) for h in hits]
    evidence = gathered([(text, places) for text, places in parts if places])
    found = weigh(reader, Case(question.text, [evidence])).judgement
    if found.carried >= SURE:
        return "Yes"
    return "No" if found.denied >= SURE else ""
