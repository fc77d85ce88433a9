"""Comparisons: the two things that a question compares, and the question for each of them alone.

A side's question must read well, since a cross-encoder reads it, and must keep what is compared:
"which needs more people, A or B?" asks "A needs how many people?", and the same of B.
"""

from __future__ import annotations

import re
from functools import partial

from mehealth_rag.answering.degrees import asked_of, asks_degree, named_fully
from mehealth_rag.answering.sides import Side, both_sides
from mehealth_rag.language.words import content_words

_COMPARES = re.compile(
    r"\b(?:compar\w+|differ\w*|versus|vs|contrast\w*|rank\w*|respectively|both|next to|"
    r"relative to)\b|\b(?:more|less|\w{2,}er)\b.*\bor\b",
    re.IGNORECASE,
)
_COMPARES_WITH = re.compile(
    r"^(?:how|in what (?:ways?|respects?))\s+(?:do|does|did|is|are)\s+(?P<one>\S.*?)\s+"
    r"(?:compared?|rank|differ)\s+(?:with|to|against|next to|from)\s+(?P<other>\S.*?)\s*\??$",
    re.IGNORECASE,
)
_DIFFER_IN = re.compile(
    r"^(?:how|in what (?:ways?|respects?))\s+(?:do|did)\s+(?P<one>\S.*?)\s+and\s+(?P<other>\S.*?)"
    r"\s+differ\s+(?:in|as to|over|with regard to|regarding|concerning)\s+(?P<what>\S.*?)\s*\??$",
    re.IGNORECASE,
)
_DIFFERENCE_IN = re.compile(
    r"\bdifferences?\s+(?:in|of|as to)\s+(?P<what>\S.*?)\s+between\s+(?P<one>\S.*?)\s+and\s+"
    r"(?P<other>\S.*?)\s*\??$",
    re.IGNORECASE,
)
_DIFFERENCE = re.compile(
    r"^what(?:'s|’s| is| are| were| was) the differences? between\s+(?P<one>\S.*?)\s+and\s+"
    r"(?P<other>\S.*?)\s*\??$",
    re.IGNORECASE,
)
_VERSUS = re.compile(
    r"^(?P<before>[^?]*\b(?:of|for|in|on|at|by|to|with|from)\s+)(?P<one>[^:;,?]+?)\s+"
    r"(?:versus|vs\.?|as against)\s+(?P<other>[^:;,?]+?)\s*\??$",
    re.IGNORECASE,
)
"""Two things at the end, the second of which may have a verb ("… versus the one to be built")."""

_AHEAD = re.compile(
    r"^(?P<one>\S[^:;?]*?)\s+(?:and|or|versus|vs\.?|against)\s+(?P<other>\S[^:;?]*?)\s*"
    r"(?:[:;]|,|\s[–—-])\s+(?P<rest>(?:how|what|who|when|where|which)\b.*)$",
    re.IGNORECASE,
)
"""The things first, then what is asked of them ("A and B: how many beds has each?")."""

_BEHIND = re.compile(
    r"^(?P<rest>(?:which|who|what)\b.*?),\s+(?P<one>\S[^,;]*?)\s+or\s+(?P<other>\S[^,;]*?)\s*\?*$",
    re.IGNORECASE,
)
"""What is asked first, then the things ("which is larger, A or B?")."""

_EACH = re.compile(
    r"\b(?:each|both|either)\s+of\s+(?:them|these|those|the two)\b|\beach\b|\bthe two\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\s+(?:and(?: for| of| in| by| to| with)?|or|versus|vs\.?|with|next to|relative to|"
    r"against)\s+",
    re.IGNORECASE,
)
_NO_PART_OF_A_THING = frozenset(
    """
    is are was were be do does did has have had can could will would between compare compares
    compared comparing differ differs different difference rank ranks which what who how where
    when why than more less or and versus vs larger largest bigger smaller higher lower better worse
    both either
    """.split()
)
_NOUN = re.compile(
    r"\S+(?:\s+\S+)*?(?=\s+(?:at|in|of|for|on|by|to|from|with|the|that|which|who|\w+ed)\b)"
)
"""What a thing is, without what says where it is or whose."""

_BEFORE_A_THING = frozenset("of for in on at by to from with under about".split())
_LONGEST_THING = 6


def compared(question: str) -> tuple[Side, ...]:
    """The two things that a question compares; none where it does not."""
    plain = " ".join(question.split())
    for form in (_things_ahead, _things_behind, _in_a_respect, _with_another, _side_by_side):
        sides = form(plain)
        if sides:
            return sides
    return ()


def _things_ahead(question: str) -> tuple[Side, ...]:
    held = _AHEAD.match(question)
    if not held or not content_words(held["one"]) or not content_words(held["other"]):
        return ()
    one, other, rest = held["one"], _completed(held["one"], held["other"]), held["rest"]
    if _EACH.search(rest):
        return both_sides(one, other, lambda t: _EACH.sub(lambda _: t, rest, count=1))
    return _degrees(rest, one, other)


def _things_behind(question: str) -> tuple[Side, ...]:
    held = _BEHIND.match(question)
    if not held:
        return ()
    return _degrees(held["rest"], held["one"], _completed(held["one"], held["other"]))


def _degrees(rest: str, one: str, other: str) -> tuple[Side, ...]:
    """What "which … more …" asks of each thing, where it asks that."""
    if not asks_degree(rest):
        return ()
    one, other = named_fully(rest, one), named_fully(rest, other)
    return both_sides(one, other, lambda t: asked_of(rest, t))


def _in_a_respect(question: str) -> tuple[Side, ...]:
    held = _DIFFER_IN.match(question) or _DIFFERENCE_IN.search(question)
    if not held:
        return ()
    return both_sides(held["one"], held["other"], lambda t: _respect(held["what"], t))


def _respect(what: str, thing: str) -> str:
    """What is asked of one thing, when it is asked in what respect two differ."""
    own = re.sub(r"\bthey\b", thing, re.sub(r"\btheir\b", f"{thing}'s", what))
    if re.match(r"(?:who|what|how|when|where|why)\b", own):
        whole = own if own != what else f"{own} for {thing}"
        return f"{whole[0].upper()}{whole[1:]}?"
    named = re.match(rf"(?:the|an?)\b|{re.escape(thing)}", own, re.IGNORECASE)
    return _what_is((own if named else f"the {own}") + (f" of {thing}" if own == what else ""))


def _what_is(thing: str) -> str:
    """What a thing is, asked in its number."""
    noun = _NOUN.match(thing)
    plural = re.search(r"[^su'’]s$", noun.group() if noun else thing)
    return f"What {'are' if plural else 'is'} {thing}?"


def _with_another(question: str) -> tuple[Side, ...]:
    held = _COMPARES_WITH.match(question) or _DIFFERENCE.match(question)
    if not held:
        return ()
    one, other = held["one"], _for_that(held["one"], held["other"])
    return both_sides(one, other, _what_is)


def _for_that(one: str, other: str) -> str:
    """The other thing with the first one's noun for "those", "that" or "the one"."""
    held = re.match(r"(?:those|that|the ones?)\b\s*(?P<rest>.*)$", other, re.IGNORECASE)
    noun = _NOUN.match(one)
    return f"{noun.group()} {held['rest']}" if held and noun else other


def _completed(one: str, other: str) -> str:
    """The other thing with what it leaves out of the first ("the price at A or at B")."""
    by = other.split(maxsplit=1)[0].lower()
    place = one.lower().rfind(f" {by} ") if by in _BEFORE_A_THING else -1
    return f"{one[:place]} {other}" if place > 0 else other


def _side_by_side(question: str) -> tuple[Side, ...]:
    """Any other comparison: the question with one thing where both stand."""
    held = _VERSUS.match(question)
    if held:
        one, other = held["one"], _for_that(held["one"], held["other"])
        return both_sides(one, other, lambda t: f"{held['before']}{t}?")
    if not _COMPARES.search(question):
        return ()
    for match in _BETWEEN.finditer(question):
        left, right = _last_thing(question[: match.start()]), _first_thing(question[match.end() :])
        if left and right:
            before = question[: match.start() - len(left)]
            after = question[match.end() + len(right) :]
            whole = partial(_between, before, after)
            return both_sides(left, right, whole)
    return ()


def _between(before: str, after: str, thing: str) -> str:
    return " ".join(f"{before}{thing}{after}".split())


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
