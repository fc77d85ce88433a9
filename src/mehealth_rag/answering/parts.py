"""Double questions: two things asked in one breath, or compared, are looked up one by one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mehealth_rag.followups import stand_alone
from mehealth_rag.language.words import content_words, stem_all

_ASKING = (
    r"(?:how|what|who|whom|whose|when|where|which|why|is|are|was|were|does|do|did|has|have|can|"
    r"will)"
)
_JOINT = re.compile(
    rf"(?:\?\s+|\s*[;,]?\s+(?:and|but|or|as well as)\s+(?:also\s+)?)(?={_ASKING}\b)", re.IGNORECASE
)
_ASKS = re.compile(rf"\b{_ASKING}\b", re.IGNORECASE)
MOST = 3

_GAP = re.compile(
    rf"^{_ASKING}\s+(?P<by>for|in|of|at|by|on|to|with|from|under)\s+(?P<rest>\S.*)$", re.IGNORECASE
)
_COMPARES = re.compile(
    r"\b(?:compar\w+|differ\w*|versus|vs|contrast\w*|rank\w*|respectively|both|next to|"
    r"relative to)\b|\b(?:more|less|\w{2,}er)\b.*\bor\b",
    re.IGNORECASE,
)
_COMPARES_WITH = re.compile(
    r"^how\s+(?:do|does|did|is|are)\s+(?P<one>\S.*?)\s+(?:compared?|rank|differ)\s+"
    r"(?:with|to|against|next to|from)\s+(?P<other>\S.*?)\s*\??$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\s+(?:and(?: for| of| in| by| to| with)?|or|versus|vs\.?|with|next to|relative to|"
    r"against)\s+",
    re.IGNORECASE,
)
_NO_PART_OF_A_THING = frozenset(
    """
    is are was were do does did has have had can could will would between compare compares compared
    comparing differ differs different difference rank ranks which what who how where when why than
    more less or and versus vs larger largest bigger smaller higher lower better worse both either
    """.split()
)
_BEFORE_A_THING = frozenset("of for in on at by to from with under about".split())
_LONGEST_THING = 6


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
    """The first question with another object, where the piece has no verb ("which for yachts")."""
    gap = _GAP.match(piece)
    place = first.lower().rfind(f" {gap['by'].lower()} ") if gap else -1
    return f"{first[:place]} {gap['by']} {gap['rest']}" if gap and place > 0 else None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the things that a question compares, and the question for it alone."""

    thing: str
    question: str

    def told_in(self, text: str) -> bool:
        """Whether a text speaks of it: it holds half of its words."""
        own = set(stem_all(content_words(self.thing)))
        return 2 * len(own & set(stem_all(content_words(text)))) >= len(own)


def compared(question: str) -> tuple[Side, ...]:
    """The two things that a question compares; none where it does not."""
    if not _COMPARES.search(question):
        return ()
    held = _COMPARES_WITH.match(question)
    if held:
        return tuple(Side(held[name], f"What is {held[name]}?") for name in ("one", "other"))
    for match in _BETWEEN.finditer(question):
        left, right = _last_thing(question[: match.start()]), _first_thing(question[match.end() :])
        if left and right:
            before = question[: match.start() - len(left)]
            after = question[match.end() + len(right) :]
            return tuple(
                Side(thing, " ".join(f"{before}{thing}{after}".split())) for thing in (left, right)
            )
    return ()


def _first_thing(text: str) -> str:
    """The words that name a thing at the beginning of `text`, empty where there are none."""
    end = 0
    for match in list(re.finditer(r"[^\s,;?!.]+", text))[:_LONGEST_THING]:
        word = match.group().lower()
        if word in _NO_PART_OF_A_THING or text[end : match.start()].strip():
            break
        end = match.end()
    return text[:end] if content_words(text[:end]) else ""


def _last_thing(text: str) -> str:
    """The words that name a thing at the end of `text`, empty where there are none."""
    start = len(text)
    for match in reversed(list(re.finditer(r"\S+", text))[-_LONGEST_THING:]):
        word = match.group().lower()
        if word in _NO_PART_OF_A_THING | _BEFORE_A_THING or word[-1] in ",;?!.:":
            break
        start = match.start()
    return text[start:] if content_words(text[start:]) else ""
