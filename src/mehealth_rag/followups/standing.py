"""A follow-up with the question before it, for search; and as one question, for the eye.

The reader reads the turns themselves, so nothing has to be guessed for it. What is shown is
rewritten only where a name of the question before surely takes a pronoun's place, or one name or
year another's; in doubt it stays as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mehealth_rag.followups.leaning import leans
from mehealth_rag.followups.names import Name, names, things, without_owning
from mehealth_rag.language.pronouns import OF_A_PERSON, OWNERS, POINTING
from mehealth_rag.language.words import content_words, fold, is_content
from mehealth_rag.types import Turn

MOST_TURNS = 2
"""So many turns before a follow-up count, as many as the reader reads."""


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question as it is shown (`text`), as a model is asked it (`whole`), and as it is searched.

    Where `text` does not stand alone, the other two have the question before it, in front and
    behind. `leans`: as it was asked it needs the turns before it.
    """

    text: str
    whole: str
    search: str
    leans: bool = False


_LEAD_IN = re.compile(
    r"^(?:(?:and|but|so|also|then|or|ok(?:ay)?|right|well|now|sorry|thanks?(?: you)?|no|yes)\b"
    r"[\s,.!:;–-]*)+",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"^(?:(?:what|how) about|i (?:meant|mean)|as for)\s+", re.IGNORECASE)
_PREPOSITION = re.compile(r"^(?:in|at|of|for|by|from)\s+", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_WANTED = re.compile(r"\W*(?:which|what|whose|how (?:many|much))\s+(?P<noun>\w+)", re.IGNORECASE)
_WHO_IS = re.compile(r"\W*who(?:'s|\s+(?:is|are|was|were))\s+", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_WORD = re.compile(r"\w+")
_STOPS = re.compile(r"[.?!:;]+(?=\s|$)")
_UNSURE = re.compile(
    r"\bit\b(?:\s+(?:takes?|true|rains?|possible|happens?)\b|.*\b(?:to|that)\s+\w)"
    r"|\bhow (?:many|much) (?:is|was|did|does) it\b|[.;?!]\s|^(?:what|how) about\b|^i mean"
    r"|^(?:what )?if\b",
    re.IGNORECASE,
)
"""An "it" that stands for nothing, and what is no plain question."""


def stand_alone(question: str, history: Sequence[Turn]) -> Standalone:
    """A question after the turns before it; as it is where there are none, or it needs none."""
    turns = history[-MOST_TURNS:]
    first = turns[0][0] if turns else question
    asked = Standalone(first, first, first)
    for place, (_, answer) in enumerate(turns, 1):
        following = turns[place][0] if place < len(turns) else question
        asked = _after(following, asked, answer, turns[:place])
    return asked


def _after(question: str, earlier: Standalone, answer: str, history: Sequence[Turn]) -> Standalone:
    if earlier.text == earlier.whole:
        core = _LEAD_IN.sub("", " ".join(question.split()))
        text = _exchanged(core, earlier.text) or _filled(core, earlier.text, answer)
        if text:
            return Standalone(text, text, text, leans=True)
    if not leans(question, history):
        return Standalone(question, question, question)
    # as one clause: the search leaves out clauses that are far from every passage
    search = _STOPS.sub(" ", f"{question} {earlier.search}")
    whole = f"{earlier.whole.rstrip(' ?.!')}? {question}"
    return Standalone(question, whole, " ".join(search.split()), leans=True)


def _exchanged(core: str, earlier: str) -> str:
    """The earlier question with the name or year that a fragment gives instead; else empty."""
    told = _ABOUT.sub("", core).strip(" ?.!,")
    piece = without_owning(_PREPOSITION.sub("", told))
    years = _YEAR.findall(earlier)
    if _YEAR.fullmatch(piece):
        return earlier.replace(years[0], piece) if len(years) == 1 else ""
    bare = _ARTICLE.sub("", piece)
    known, given = names(earlier), names(f"– {piece}")
    if len(known) != 1 or [g.text for g in given] != [bare] or known[0].text == bare:
        return ""
    if (bare != piece and not known[0].determined) or (piece[0] != told[0] and not known[0].placed):
        return ""
    return known[0].replaced(bare if known[0].modifies else piece)


def _filled(core: str, earlier: str, answer: str) -> str:
    """A question with what its one pronoun stands for in its place; empty where that is unsure."""
    pronouns = [m for m in _WORD.finditer(core) if fold(m.group()) in POINTING]
    if len(pronouns) != 1 or not content_words(core) or names(core) or _UNSURE.search(core):
        return ""
    pronoun, (start, end) = fold(pronouns[0].group()), pronouns[0].span()
    found = ""
    if pronoun in OF_A_PERSON:
        found = _person(earlier, answer)
    elif pronoun in {"it", "its"}:
        found = _thing(earlier)
    owns = pronoun in OWNERS and re.match(r"\s+\w", core[end:])
    text = "".join([core[:start], found, "'s" if owns else "", core[end:]])
    return text[:1].upper() + text[1:] if found else ""


def _person(earlier: str, answer: str) -> str:
    """The one person whom the question names; of "who" the one whom the answer does."""
    who = re.match(r"\W*who\b", earlier, re.IGNORECASE)
    named = _WHO_IS.match(earlier)
    asked = "" if who and not (named and earlier[named.end() :][:1].isupper()) else earlier
    told = f"– {answer.replace('**', '')}" if who else ""
    found = {n.phrase.split(" of ")[0] for n in (*names(asked), *names(told)) if _is_person(n)}
    return found.pop() if len(found) == 1 else ""


def _thing(earlier: str) -> str:
    """The one thing that a question is about; none where it asks for another, or who one is."""
    wanted = _WANTED.match(earlier)
    asks_for = wanted is not None and is_content(fold(wanted["noun"]))
    if asks_for or _WHO_IS.match(earlier) or any(map(_is_person, names(earlier))):
        return ""
    found = things(earlier)
    return found[0] if len(found) == 1 else ""


def _is_person(name: Name) -> bool:
    """Whether a name has a person's form: several words, with neither article nor preposition."""
    return " " in name.text and not name.determined and not name.placed
