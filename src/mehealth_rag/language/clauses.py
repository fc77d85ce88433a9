"""The clauses of a long question: what is asked, and what is only said beside it."""

from __future__ import annotations

import re

_BORDER = re.compile(
    r"(?<=[.?!:;])\s+|,\s+(?=(?:what|how|which|who|whose|when|where|why|is|are|was|were|did|does|"
    r"do|has|have|can)\b)",
    re.IGNORECASE,
)
_LEAST_WORDS = 3


def clauses(question: str) -> tuple[str, ...]:
    """The sentences of a question, and the clause before its main one, in order.

    What has fewer than three words is no clause and left out; one at least is returned.
    """
    pieces = [p.strip() for p in _BORDER.split(question)]
    whole = tuple(p for p in pieces if len(p.split()) >= _LEAST_WORDS)
    return whole if len(whole) > 1 else (question,)
