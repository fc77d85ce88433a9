"""Double questions: two things asked in one breath are looked up one by one."""

from __future__ import annotations

import re

from mehealth_rag.followups import stand_alone
from mehealth_rag.language.words import content_words

_ASKING = (
    r"(?:how|what|who|whom|whose|when|where|which|why|is|are|was|were|does|do|did|has|have|can|"
    r"will)"
)
_JOINT = re.compile(
    rf"(?:\?\s+|\s*[;,]?\s+(?:and|but|or|as well as)\s+(?:also\s+)?)(?={_ASKING}\b)", re.IGNORECASE
)
_ASKS = re.compile(rf"\b{_ASKING}\b", re.IGNORECASE)
MOST = 3


def parts(question: str) -> tuple[str, ...]:
    """The questions that one question asks, each able to stand alone; mostly just itself."""
    pieces = [p.strip(" ,;") for p in _JOINT.split(question) if p.strip(" ,;?")]
    if len(pieces) < 2 or len(pieces) > MOST or not _ASKS.search(pieces[0]):
        return (question,)
    if any(not content_words(p) for p in pieces):
        return (question,)
    alone = [pieces[0]]
    for piece in pieces[1:]:
        alone.append(stand_alone(f"And {piece}", [(alone[0], "")]).text)
    return tuple(alone)
