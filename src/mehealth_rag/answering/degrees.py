"""Which of two has more: the question for the degree of one thing, where a comparative asks.

"Which of the two towers is taller?" asks of each "A is how tall?"; the verb stays where it is, so
that it needs no other form.
"""

from __future__ import annotations

import re

from mehealth_rag.language.comparatives import positive
from mehealth_rag.language.plurals import singular

_WHICH = re.compile(r"^(?:which|who|what)\b", re.IGNORECASE)
_COPULA = r"(?:is|are|was|were|be|been|gets?|got|becomes?|became)"
_VERB = re.compile(
    rf"(?:{_COPULA}|has|have|had|do|does|did|can|could|will|would|may|might|must|should|"
    r"\w+[^s]s|\w+ed)$"
)
_MORE = re.compile(r"\b(?P<more>more|fewer|less)\b(?:\s+(?P<noun>[^\W\d_][\w-]*))?", re.IGNORECASE)
_OF_QUALITY = re.compile(
    rf"\b{_COPULA}\s+(?:(?:the|much|any|now)\s+)*(?P<word>\w+er|worse)\b", re.IGNORECASE
)
_BEFORE_NOUN = re.compile(r"\b(?:the|an?)\s+(?P<word>\w{2,}er|worse)\s+(?=\w)", re.IGNORECASE)
_LAST = re.compile(r"\b(?P<word>\w{3,}er|worse)\s*\??$", re.IGNORECASE)
_LONGEST_HEAD = 6


def asks_degree(rest: str) -> bool:
    """Whether "which …" asks what has more of something."""
    return _WHICH.match(rest) is not None and _in_degrees(_divided(rest)[1]) is not None


def named_fully(rest: str, thing: str) -> str:
    """A thing with the noun that "which" asks for in the place of "one" ("the older one")."""
    head = _divided(rest)[0]
    return re.sub(r"\bone\b", singular(head.split()[-1]), thing) if head else thing


def asked_of(rest: str, thing: str) -> str:
    """What "which … more …" asks of one thing."""
    told = _divided(rest)[1]
    return f"{thing} {(_in_degrees(told) or told).rstrip(' ?')}?"


def _divided(rest: str) -> tuple[str, str]:
    """The noun that "which" asks for, with what stands before it, and what is told of it."""
    words = rest.split()[1:]
    if not words:
        return "", ""
    of = words[0].lower() == "of"
    for place, word in enumerate(words[:_LONGEST_HEAD]):
        plural = of and place > 1 and re.search(r"[^s]s$", word)
        if plural:
            return " ".join(words[: place + 1]), " ".join(words[place + 1 :])
        if not of and _VERB.match(word.lower()):
            return " ".join(words[:place]), " ".join(words[place:])
    return words[0], " ".join(words[1:])


def _in_degrees(told: str) -> str | None:
    """What is told of a thing with the degree asked for in the comparative's place, if any."""
    more = _MORE.search(told)
    if more:
        before, noun = told[: more.start()], more["noun"] or ""
        quality = re.search(rf"\b{_COPULA}\s+$", before, re.IGNORECASE) is not None
        counted = more["more"].lower() == "fewer" or re.search(r"(?:[^su]s|people)$", noun)
        how = "how" if quality and noun else f"how {'many' if counted else 'much'}"
        return " ".join(f"{before}{how} {noun}{told[more.end() :]}".split())
    for form in (_OF_QUALITY, _BEFORE_NOUN, _LAST):
        held = form.search(told)
        if held:
            start = held.start("word")
            before = re.sub(r"\b(?:the|an?|much|any)\s+$", "", told[:start], flags=re.IGNORECASE)
            return f"{before}how {positive(held['word'])}{told[held.end('word') :]}"
    return None
