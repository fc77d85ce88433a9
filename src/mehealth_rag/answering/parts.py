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

_BY = (
    r"(?:for|in|of|at|by|on|to|with|from|under|before|after|during|since|until|between|within|"
    r"without)"
)
_GAP = re.compile(
    rf"^(?P<asks>{_ASKING}(?:\s+(?!{_ASKING}\b)\w+)?)\s+(?P<by>{_BY})\s+(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_OBJECT = re.compile(
    r"^(?P<asks>who|which|what)\s+(?P<rest>(?:the|his|her|its|their|our|your)\s+\S.*)$",
    re.IGNORECASE,
)
_FIRST = re.compile(r"^(?P<asks>\w+)\s+(?P<verb>\w+)\s+(?P<rest>\S.*)$")


def parts(question: str) -> tuple[str, ...]:
    """The questions that one question asks, each able to stand alone; mostly just itself."""
    pieces = [p.strip(" ,;") for p in _JOINT.split(question) if p.strip(" ,;?")]
    if len(pieces) < 2 or len(pieces) > MOST or not _ASKS.search(pieces[0]):
        return (question,)
    if any(not content_words(p) for p in pieces):
        return (question,)
    alone = [pieces[0]]
    for piece in pieces[1:]:
        alone.append(_gapped(alone[0], piece) or stand_alone(f"And {piece}", [(alone[0], "")]).text)
    return tuple(alone)


def _gapped(first: str, piece: str) -> str | None:
    """The first question with another object, where the piece has no verb.

    So it is in "which for yachts", "how deep at the bar" and "who the mill": what is asked for is
    named again, and what is asked about follows at once.
    """
    return _other_place(first, piece) or _other_object(first, piece)


def _other_place(first: str, piece: str) -> str | None:
    gap = _GAP.match(piece)
    if not gap or f"{gap['asks'].lower()} " not in f"{first.lower()} ":
        return None
    asked = first.lower().find(gap["asks"].lower()) + len(gap["asks"])
    same = first.lower().rfind(f" {gap['by'].lower()} ")
    others = [m.start() for m in re.finditer(rf"\s{_BY}\s", first, re.IGNORECASE)]
    place = same if same > 0 else max(others, default=-1)
    return f"{first[:place]} {gap['by']} {gap['rest']}" if place > asked else None


def _other_object(first: str, piece: str) -> str | None:
    gap, whole = _OBJECT.match(piece), _FIRST.match(first)
    if not gap or not whole or gap["asks"].lower() != whole["asks"].lower():
        return None
    noun = re.findall(r"\w+", whole["rest"])[-1]
    rest = re.sub(r"\bone\b(?=\s*\??$)", noun, gap["rest"])
    return f"{whole['asks']} {whole['verb']} {rest}"
