"""Whether a question asks for several things: the noun that it asks for is plural."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import dropwhile, takewhile

from mehealth_rag.language.words import is_content, words

_WH = re.compile(r"\b(?:what|which|whose)(?P<of> (?:are|were|of))?\s+(?P<rest>[^?.!,;:]+)")
_WHO_ARE = re.compile(r"\bwho (?:are|were) (?:(?:the|all|its|their|your|our|some) )")
_BIDS = re.compile(
    r"(?:^|[.?!;,:–—-] ?|\b(?:you|please|kindly|and|to) )"
    r"(?:list|name|enumerate|(?:set|lay) out|outline|run through|(?:give|tell|show) (?:me|us))\b"
    r"(?P<rest>[^?.!,;:]+)"
)
"""What bids to tell something, and what it bids to tell."""

_ALL = re.compile(r"\ball (?:of )?(?:the |its |their |your |our |these |those )?(?P<rest>\w+)\b")
_BEFORE_NOUNS = frozenset(
    "the a an some all any of few several many most each every its their your our his her these "
    "those both me us which what out different various main".split()
)
_ENDS = frozenset(
    "is are was were be been do does did has have had can could will would may might must should "
    "to of in on for at by from with that which who where there".split()
)
_AFTER_VERBS = frozenset("the a an its their your our his her it them us me this these".split())
_VERBS = frozenset(
    "happens makes causes drives goes comes keeps lies stands counts matters helps leads means "
    "becomes sets brings gives takes remains runs explains".split()
)
"""What follows "what" and looks like a plural noun."""

_PLURAL = re.compile(
    r"\w[^\W\d_]*(?:[^\Wsui_\d]|ie)s$|^(?:people|children|men|women|criteria|data)$"
)
_GROUP = 4
"""A noun stands among the first so many words of its phrase."""


def asks_several(asked: str) -> bool:
    """Whether more than one thing is asked for; `asked` is the folded question."""
    wh = _WH.search(asked)
    if wh is not None:
        clause = not wh["of"] and wh["rest"].split()[0] in _AFTER_VERBS  # "what the terms are"
        return not clause and bool(_plural_head(words(wh["rest"])))
    if _WHO_ARE.search(asked):
        return True
    return bool(several_bidden(asked)) or any(_is_plural(m["rest"]) for m in _ALL.finditer(asked))


def several_bidden(asked: str) -> str:
    """The plural noun that a bidding, or a bare phrase, asks for ("Name some towns"), else ""."""
    bid = _BIDS.search(asked)
    return _plural_head(words(bid["rest"])) if bid else _whole_phrase(words(asked))


def _whole_phrase(found: Sequence[str]) -> str:
    """The noun where the whole is one with what belongs to it ("Steps that a firm takes")."""
    rest = _noun_on(found)
    noun = list(takewhile(lambda w: w not in _ENDS, rest))
    nominal = 0 < len(noun) < min(_GROUP, len(rest)) and all(map(is_content, noun))
    goes_on = nominal and rest[len(noun)] in {"that", "of", "for", "in", "to"}
    return noun[-1] if goes_on and _is_plural(noun[-1]) else ""


def _plural_head(found: Sequence[str]) -> str:
    """The phrase's noun if it is plural, and no verb ("which firm builds the boats"), else ""."""
    rest = _noun_on(found)
    for place, word in enumerate(rest[:_GROUP]):
        if word in _ENDS:
            break
        after = rest[place + 1] if place + 1 < len(rest) else ""
        if _is_plural(word):
            verb = after in _AFTER_VERBS or (place > 0 and _is_plural(after))
            return "" if word in _VERBS or verb else word
        if not is_content(word):
            break
    return ""


def _noun_on(found: Iterable[str]) -> list[str]:
    return list(dropwhile(lambda w: w in _BEFORE_NOUNS, found))


def _is_plural(word: str) -> bool:
    return _PLURAL.search(word) is not None
