"""Resolve a follow-up: joined with the question before for search, rewritten for display.

The reader reads the turns themselves and needs no rewriting. The displayed question is rewritten
only where it is safe: a name from the question before replaces a pronoun, or a name or year
replaces another. In doubt it stays as typed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from mehealth_rag.language.dates import MONTHS
from mehealth_rag.language.words import (
    FUNCTION_WORDS,
    OF_A_PERSON,
    OWNERS,
    POINTING,
    REQUEST_WORDS,
    content_words,
    fold,
    is_content,
    subject_words,
    words,
)
from mehealth_rag.types import Turn

MOST_TURNS = 2
"""Turns before a follow-up that count, as many as the reader reads."""

_GOES_ON = re.compile(
    r"^\W*(?:and|but|so|also|then|or|yes|no|not|sorry)\b"
    r"|^\W*(?:in|at|of|for|by|from|with|on|to|per)\s(?!wh|how)\S+(?:\s\S+){0,2}$"
    r"|\b(?:as well|too|instead|either)\W*$",
    re.IGNORECASE,
)
"""A continuation of the words before, or only part of a question ("for children?")."""

_THAT_ONE = re.compile(
    r"\b(?:is|are|was|were|do|does|did|will|would|can|could|has|have|about|after|before|for|of|with)"
    r"\sthat\b|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\W*$",
    re.IGNORECASE,
)
"""A "that" or "there" that refers back ("what would that do?", "who works there?")."""

# "That" and "there" mostly refer to nothing ("Are there boats that sail?").
_POINTING = POINTING - {"that", "there"}

_LEAD_IN = re.compile(
    r"^(?:(?:and|but|so|also|then|or|ok(?:ay)?|right|well|now|sorry|thanks?(?: you)?|no|yes)\b"
    r"[\s,.!:;–-]*)+",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"^(?:(?:what|how) about|i (?:meant|mean)|as for)\s+", re.IGNORECASE)
_PREPOSITION = re.compile(r"^(?:in|at|of|for|by|from)\s+", re.IGNORECASE)
_FIRST_ARTICLE = re.compile(r"^(?:the|an?)\s+", re.IGNORECASE)
_WANTED = re.compile(r"\W*(?:which|what|whose|how (?:many|much))\s+(?P<noun>\w+)", re.IGNORECASE)
_WHO_IS = re.compile(r"\W*who(?:'s|\s+(?:is|are|was|were))\s+", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_WORD = re.compile(r"\w+")
_STOPS = re.compile(r"(?<![.?!:;])[.?!:;]++(?=\s|$)")
_UNSURE = re.compile(
    r"\bit\b(?:\s+(?:takes?|true|rains?|possible|happens?)\b|(?:(?!\bit\b).)*\b(?:to|that)\s+\w)"
    r"|\bhow (?:many|much) (?:is|was|did|does) it\b|[.;?!]\s|^(?:what|how) about\b|^i mean"
    r"|^(?:what )?if\b",
    re.IGNORECASE,
)
"""An "it" that stands for nothing, or what is not a plain question."""

_NAME = re.compile(r"\b[A-Z][\w&’'-]*(?:\s+(?:(?:of|the|for|&|de|van|von)\s+)*[A-Z0-9][\w&’'-]*)*")
_DETERMINER = re.compile(r"\b(?:the|our|your|an?)\s+$", re.IGNORECASE)
_PLACED = re.compile(
    r"\b(?:in|at|on|of|for|from|to|by|with|before|after|than|under|near)\s+"
    r"(?:(?:the|our|your|an?)\s+)?$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"\b(?:the|our|your|an?)\s+", re.IGNORECASE)
_PLACE = re.compile(r"\s+(?:in|at|on|of|for|near)\s+(?:the\s+)?")
_NOUNS = re.compile(r"(?:\s+[a-z][\w-]*)+")
_OWNS = re.compile(r"['’]s?$")
_SUPPORT = frozenset("do does did can could will would shall should may might must".split())
_PARTICIPLE = re.compile(
    r"\w+(?:ed|en)|begun|bought|brought|built|cut|done|gone|found|held|hit|kept|laid|led|lit|lost|"
    r"made|met|paid|put|read|run|sent|set|shut|sold|spent|struck|taught|told|won"
)
_NO_NAMES = FUNCTION_WORDS | REQUEST_WORDS | frozenset(map(fold, MONTHS))


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question as shown (`text`), as given to a model (`whole`), and as searched (`search`).

    If `text` does not stand alone, `whole` and `search` include the question before.
    `is_follow_up`: as asked, it needs the turns before it.
    """

    text: str
    whole: str
    search: str
    is_follow_up: bool = False


def stand_alone(question: str, history: Sequence[Turn]) -> Standalone:
    """Return a question resolved against its turns; unchanged if it needs none."""
    turns = history[-MOST_TURNS:]
    first = turns[0][0] if turns else question
    resolved = Standalone(first, first, first)
    for place, (_, answer) in enumerate(turns, 1):
        following = turns[place][0] if place < len(turns) else question
        resolved = _after(following, resolved, answer)
    return resolved


def _after(question: str, earlier: Standalone, answer: str) -> Standalone:
    if earlier.text == earlier.whole:
        core = _LEAD_IN.sub("", " ".join(question.split()))
        text = _exchanged(core, earlier.text) or _filled(core, earlier.text, answer)
        if text:
            return Standalone(text, text, text, is_follow_up=True)
    if not is_follow_up(question):
        return Standalone(question, question, question)
    # as one clause, because the search drops clauses that are far from every passage
    search = _STOPS.sub(" ", f"{question} {earlier.search}")
    whole = f"{earlier.whole.rstrip(' ?.!')}? {question}"
    return Standalone(question, whole, " ".join(search.split()), is_follow_up=True)


def _exchanged(core: str, earlier: str) -> str:
    """Return the earlier question with its name or year replaced by the fragment's; else ""."""
    fragment = _ABOUT.sub("", core).strip(" ?.!,")
    piece = without_owning(_PREPOSITION.sub("", fragment))
    years = _YEAR.findall(earlier)
    if _YEAR.fullmatch(piece):
        return earlier.replace(years[0], piece) if len(years) == 1 else ""
    bare = _FIRST_ARTICLE.sub("", piece)
    old, new = names(earlier), names(f"– {piece}")
    if len(old) != 1 or [g.text for g in new] != [bare] or old[0].text == bare:
        return ""
    if (bare != piece and not old[0].determined) or (piece[0] != fragment[0] and not old[0].placed):
        return ""
    return old[0].replaced(bare if old[0].modifies else piece)


def _filled(core: str, earlier: str, answer: str) -> str:
    """Return the question with its one pronoun replaced by what it stands for; "" if unsure."""
    pronouns = [m for m in _WORD.finditer(core) if fold(m.group()) in POINTING]
    if len(pronouns) != 1 or not content_words(core) or names(core) or _UNSURE.search(core):
        return ""
    pronoun, (start, end) = fold(pronouns[0].group()), pronouns[0].span()
    replacement = ""
    if pronoun in OF_A_PERSON:
        replacement = _person(earlier, answer)
    elif pronoun in {"it", "its"}:
        replacement = _thing(earlier)
    is_possessive = pronoun in OWNERS and re.match(r"\s+\w", core[end:])
    text = "".join([core[:start], replacement, "'s" if is_possessive else "", core[end:]])
    return text[:1].upper() + text[1:] if replacement else ""


def _person(earlier: str, answer: str) -> str:
    """Return the one person the question names or, for "who", the one the answer names; else ""."""
    who = re.match(r"\W*who\b", earlier, re.IGNORECASE)
    who_is = _WHO_IS.match(earlier)
    asked = "" if who and not (who_is and earlier[who_is.end() :][:1].isupper()) else earlier
    reply = f"– {answer.replace('**', '')}" if who else ""
    people = {n.phrase.split(" of ")[0] for n in (*names(asked), *names(reply)) if _is_person(n)}
    return people.pop() if len(people) == 1 else ""


def _thing(earlier: str) -> str:
    """Return the one thing a question is about; "" if it asks for another or about a person."""
    wanted = _WANTED.match(earlier)
    asks_for = wanted is not None and is_content(fold(wanted["noun"]))
    if asks_for or _WHO_IS.match(earlier) or any(map(_is_person, names(earlier))):
        return ""
    candidates = things(earlier)
    return candidates[0] if len(candidates) == 1 else ""


def _is_person(name: Name) -> bool:
    """Return whether a name looks like a person's: several words, no article or preposition."""
    return " " in name.text and not name.determined and not name.placed


def questions_only(history: Sequence[Turn]) -> list[Turn]:
    """Return the turns as read with a follow-up: without answers.

    The quotes in our answers would fill the space the reader has for a turn, and it would find the
    same sentences again: of 151 turns in conversations, 75 were right with answers, 92 without.
    """
    return [(question, "") for question, _ in history]


def is_follow_up(question: str) -> bool:
    """Return whether a question needs earlier turns: it goes on, points back or has no subject.

    A short question read with turns it does not need gets their answer, which costs more than is
    lost when it did need them (docs/answers.md).
    """
    pointing = not _POINTING.isdisjoint(words(question)) or _THAT_ONE.search(question)
    return bool(pointing or _GOES_ON.search(question) or not subject_words(question))


@dataclass(frozen=True, slots=True)
class Name:
    """A name in `source`, without a final "'s"; `article` is the start of its article, if any.

    `phrase` is the name with its article and noun, empty if its end is uncertain. `placed`: a
    preposition comes before it.
    """

    source: str
    text: str
    start: int
    article: int
    phrase: str
    placed: bool

    @property
    def determined(self) -> bool:
        """True if an article comes before it."""
        return self.article < self.start

    @property
    def modifies(self) -> bool:
        """True if a noun follows, so that the article belongs to the noun ("the *Maple* wing")."""
        return self.determined and self.phrase != f"the {self.text}"

    def replaced(self, text: str) -> str:
        """Return the source with `text` in place of the name and its own article."""
        start = self.start if self.modifies else self.article
        return f"{self.source[:start]}{text}{self.source[self.start + len(self.text) :]}"


def names(text: str) -> list[Name]:
    """Return runs of capitalised words, except a lone first word and words of asking."""
    result = []
    for match in _NAME.finditer("" if text.isupper() else text):
        name, start = match.group(), match.start()
        lone = not start and " " not in name
        while name and fold(name.split()[0]) in _NO_NAMES:
            shorter = name[len(name.split()[0]) :].lstrip()
            start, name = start + len(name) - len(shorter), shorter
        if len(name) > 1 and not lone and not any(c.isdigit() for c in name):
            article = _DETERMINER.search(text[:start])
            placed = _PLACED.search(text[:start]) is not None
            bare = without_owning(name)
            begins = article.start() if article else start
            phrase = (
                "" if bare != name else _phrase(text, match.end(), name, determined=bool(article))
            )
            result.append(Name(text, bare, start, begins, phrase, placed))
    return result


def without_owning(name: str) -> str:
    """Return a name without a final "'s"."""
    return _OWNS.sub("", name)


def things(text: str) -> list[str]:
    """Return what a question is about: its names, and its nouns with an article.

    A noun includes the name it is located at ("the lighthouse on the North Pier"), or ends the
    question as its only subject ("How tall is the lighthouse?"). Other nouns, and names after a
    preposition or with an uncertain end, are returned as "" so that the result is ambiguous.
    """
    names_by_start = {n.start: n for n in names(text)}
    of_names = set(names_by_start)
    phrases: list[str] = []
    for article in _ARTICLE.finditer(text):
        if article.end() in of_names:
            continue
        nouns = _nouns(text, article.end() - 1, 1)
        phrase = " ".join(nouns)
        place = _PLACE.match(text, article.end() + len(phrase))
        name = names_by_start.pop(place.end(), None) if place and 0 < len(nouns) < 3 else None
        if place and name and name.phrase:
            phrases.append(f"the {phrase}{place.group()}{name.text}")
        else:
            phrases.append(
                f"the {phrase}" if len(nouns) == 1 and _ends(text, article, phrase) else ""
            )
    return phrases + ["" if n.placed else n.phrase for n in names_by_start.values()]


def _ends(text: str, article: re.Match[str], noun: str) -> bool:
    """Return whether one thing ends a question, its verb aside ("When was the mill built?")."""
    single = article.group().split()[0].lower() == "the" and not noun.endswith("s")
    after = text[article.end() + len(noun) :].split()
    return single and len(after) < 2 and not _PLACED.search(text[: article.end()])


def _phrase(text: str, end: int, name: str, *, determined: bool) -> str:
    """Return the name that ends at `end`, with the one noun after it if it has an article.

    "the Oak *wing*"; "" if more nouns follow.
    """
    nouns = _nouns(text, end, 0)
    if determined and len(nouns) < 2:
        return " ".join(["the", name, *nouns])
    return "" if nouns else name


def _nouns(text: str, start: int, least: int) -> list[str]:
    """Return the nouns from `start` on, without a verb after them.

    The last word is a verb after "does" and the like, or if it is a participle.
    """
    after = _NOUNS.match(text, start)
    words_after = after.group().split() if after else []
    nouns = list(takewhile(lambda word: word not in FUNCTION_WORDS, words_after))
    has_auxiliary = _SUPPORT & set(fold(text[:start]).split())
    if len(nouns) > least and (has_auxiliary or _PARTICIPLE.fullmatch(nouns[-1])):
        nouns.pop()
    return nouns
