"""Which of a question's wh-words asks: the others open clauses or stand in names."""

from __future__ import annotations

import re

_WH = r"(?:what|which|whose|whom|who|whereabouts|where|when|why|how)"
_AUXILIARY = (
    r"(?:is|are|was|were|am|be|do|does|did|has|have|had|can|could|will|would|may|might|must|"
    r"should|shall|exactly|abouts?|else)"
)
_ASKS = re.compile(rf"\b{_WH}\b")
_CLAUSE_FIRST = re.compile(
    rf"^(?:when|where)\s+(?!{_AUXILIARY}\b).*?(?P<asks>\b(?:what|which|who|whose|how|why)\b)"
)
_CLAUSE_WORD = re.compile(r"\b(?:when|where|who|whom|whose|which)\b")
_NAMED = re.compile(r"(?<=[a-z\d] )(?:Who|What|Where|When|Which|Why|How)\b")
"""A wh-word with a capital in the middle of a sentence is part of a name."""

_RUN_TOGETHER = re.compile(r"\b(who|what|where|when|how|why)[’']?s\b", re.IGNORECASE)
"""As people type it: "whos the director"."""

_NOBODY = "_"


def asking(text: str) -> str:
    """`text` in which the wh-words that do not ask are blanked out.

    In "When ships are late, who pays?" only "who" asks; in "What is the name of the man who built
    it?" only "what" does.
    """
    text = _RUN_TOGETHER.sub(r"\1 is", text)
    plain = text if text.isupper() or text.istitle() else _NAMED.sub(_NOBODY, text)
    first = _CLAUSE_FIRST.match(plain.lower())
    if first:
        return plain[first.start("asks") :]
    leading = _ASKS.search(plain.lower())
    if leading is None:
        return plain
    head, tail = plain[: leading.end()], plain[leading.end() :]
    return head + _without_clauses(tail)


def _without_clauses(tail: str) -> str:
    """The rest of a question without the words that open its clauses.

    A wh-word after "and", "or" or a stop asks again.
    """

    def blank(match: re.Match[str]) -> str:
        ahead = tail[: match.start()].rstrip()
        again = re.search(r"(?:\b(?:and|or|but)|[.?!;])$", ahead, re.IGNORECASE)
        return match.group() if again else _NOBODY

    return re.sub(_CLAUSE_WORD.pattern, blank, tail, flags=re.IGNORECASE)
