"""Analyse what a question asks for: the kind of answer, its focus, and its subject's words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from mehealth_rag.language.words import (
    content_words,
    fold,
    is_content,
    stem,
    stem_all,
    subject_words,
    words,
)


class Wanted(StrEnum):
    """The kind of answer that a question wants."""

    COUNT = "count"
    MONEY = "money"
    PERCENT = "percent"
    DATE = "date"
    PERSON = "person"
    NAME = "name"
    """Also a place."""
    YES_NO = "yes-no"
    LINK = "link"
    GENERAL = "general"
    """An answer of a sentence or more: a list, a reason, a definition, how something is done."""

    @property
    def is_figure(self) -> bool:
        """True if a number answers it."""
        return self in {Wanted.COUNT, Wanted.MONEY, Wanted.PERCENT}


@dataclass(frozen=True, slots=True)
class Question:
    """An analysed question.

    `subject` holds the stems of its content words, in order, without repeats and without words of
    asking. `focus` is the stem of the noun that says what is wanted ("how many *jobs*"), empty if
    there is none.
    """

    text: str
    wanted: Wanted
    subject: tuple[str, ...]
    focus: str = ""


_NOUN_KINDS = {
    stem(noun): wanted
    for wanted, nouns in (
        (
            Wanted.MONEY,
            "cost price value worth revenue income turnover investment funding budget salary fee "
            "spend spending profit expense money debt cash grant gdp earnings sum",
        ),
        (Wanted.COUNT, "amount figure total population size count quantity"),
        (Wanted.PERCENT, "percent percentage proportion share rate"),
        (Wanted.DATE, "year date month day decade century time"),
        (
            Wanted.PERSON,
            "person man woman chairman chair director chief president ceo founder author king "
            "queen leader minister professor",
        ),
        (
            Wanted.NAME,
            "city country town place location county region state street address village "
            "continent site area",
        ),
    )
    for noun in nouns.split()
}
"""The kind of answer a noun asks for, by its stem."""

_OFTEN_OTHERWISE = frozenset(
    "time area site state region share rate leader director number value".split()
)
"""Words that say little about the kind of answer unless they are the focus."""

_OPENINGS: tuple[tuple[str, Wanted], ...] = (
    (
        r"\b(?:links?|urls?|web ?address|web ?sites?|web ?pages?|hyperlinks?|pdfs?|downloads?|"
        r"home ?page|"
        r"(?:sign|signing) up|subscribe)\b|\baddress of (?:\w+ ){1,8}(?:page|site)\b"
        r"|\bwhere(?:'s| is| are) (?:the|that|your|their|our|its|an?) (?:\w+ ){0,2}"
        r"(?:case stud(?:y|ies)|papers?|reports?|documents?|leaflets?|brochures?)\b"
        r"|\bwhere (?:\w+ ){0,6}?(?:online|internet|web)\b"
        r"|\b(?:on|follow) (?:\w+ ){0,2}(?:twitter|linkedin|facebook|instagram|youtube)\b",
        Wanted.LINK,
    ),
    (
        r"\bwhere (?:can|could|do|should|would|might) (?:i|we|one|you) (?:\w+ )?"
        r"(?:read|find|download|get|see|learn|subscribe|sign)\b",
        Wanted.LINK,
    ),
    (r"\b(?:number|a count|the count|head ?count) of\b", Wanted.COUNT),
    (r"\bper\s?cent\b|\bpercentage\b", Wanted.PERCENT),
    (
        r"\bhow (?:expensive|costly|pricey|valuable|dear|cheap)\b"
        r"|\bwhat (?:does|did|do|will|would) .{1,80} (?:cost|earn|charge)\b",
        Wanted.MONEY,
    ),
    (
        r"\bhow much\b(?:(?!\bhow much\b).)*"
        r"\b(?:money|cost|pa(?:y|id)|spen[dt]|worth|charge|earn|raise|invest|fund|"
        r"grant|award|budget|price|sell|sold)",
        Wanted.MONEY,
    ),
    (r"\bhow much\b", Wanted.COUNT),
    (r"\bwhat (?:percentage|percent|proportion|share)\b|\bhow big a share\b", Wanted.PERCENT),
    (r"\bhow (?:many|large|big|tall|long|far|old|fast|high|wide|deep|heavy|often)\b", Wanted.COUNT),
    (
        r"\bwhen\b|\b(?:what|which) (?:year|date|month|day|decade|century)\b|\bhow soon\b",
        Wanted.DATE,
    ),
    (r"\bwho(?:m|se)?\b", Wanted.PERSON),
    (
        r"\bwhere(?:abouts)?\b|\b(?:what|which) (?:city|country|town|county|place|location)\b",
        Wanted.NAME,
    ),
    (
        r"\bwhy\b|\bhow come\b|\breasons?\b|\bwhat (?:caused|drove|led|made|makes|explain|prompt|"
        r"motivat)",
        Wanted.GENERAL,
    ),
)
_COMPILED = tuple((re.compile(pattern), wanted) for pattern, wanted in _OPENINGS)

_YES_NO = re.compile(
    r"^(?:so |and |but |ok(?:ay)?,? |please |then )*(?:is|are|was|were|does|do|did|has|have|had|"
    r"can|"
    r"could|will|would|should|might|must|am|isn't|aren't|doesn't|don't|didn't|wasn't|weren't)\b"
)
_PHRASE = re.compile(
    r"\b(?:how many|how much|number of|what|which|whose)\s+"
    r"(?:of\s+(?:(?:the|all|these|those|its|their|our|your)\s+)?)?(?P<phrase>[^?.!,;]+)"
)
_NOT_NOUNS = frozenset(
    "is are was were be been do does did has have had can could will would may might must should "
    "to of in on for at by from with that which who there exactly precisely else".split()
)
MOST_NOUNS = 5
"""Words after "how many" or "which" that may belong to one noun phrase."""


def analyse(text: str, whole: str = "") -> Question:
    """Return the analysis of a question; `whole` is its standalone form, if it needs one."""
    whole = whole or text
    asked = " ".join(fold(text).split())
    focus = _focus(asked)
    subject = dict.fromkeys(stem_all(subject_words(whole) or content_words(whole)))
    return Question(whole, _wanted(asked, focus), tuple(subject), focus)


def _wanted(plain: str, focus: str) -> Wanted:
    if _COMPILED[0][0].search(plain):
        return Wanted.LINK
    if _YES_NO.match(plain) and not re.search(r"\b(?:tell me|know|explain)\b", plain):
        return Wanted.YES_NO
    kinds = (wanted for pattern, wanted in _COMPILED if pattern.search(plain))
    return next(kinds, None) or _by_noun(plain, focus)


def _by_noun(plain: str, focus: str) -> Wanted:
    """Return the kind of answer if no question word decides it."""
    if focus:
        return _NOUN_KINDS.get(focus, Wanted.NAME)
    nouns = stem_all(w for w in words(plain) if w not in _OFTEN_OTHERWISE)
    return next((_NOUN_KINDS[n] for n in nouns if n in _NOUN_KINDS), Wanted.GENERAL)


def _focus(plain: str) -> str:
    """Return the stem of the noun the question word asks for; empty if it asks for none.

    It is the last noun before a verb or a preposition.
    """
    match = _PHRASE.search(plain)
    phrase = takewhile(lambda w: w not in _NOT_NOUNS, words(match["phrase"])) if match else ()
    content = [w for w in list(phrase)[:MOST_NOUNS] if is_content(w)]
    return stem(content[-1]) if content else ""
