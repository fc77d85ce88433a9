"""A follow-up with the question before it, for search; and as one question, for the eye.

The reader reads the turns themselves, so nothing has to be guessed for it. What is shown is
rewritten only where a name of the question before surely takes a pronoun's place, or one name or
year another's; in doubt it stays as it was typed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
    stem_all,
    words,
)
from mehealth_rag.types import Turn

MOST_TURNS = 2
"""So many turns before a follow-up count, as many as the reader reads."""

_GOES_ON = re.compile(
    r"^\W*(?:and|but|so|also|then|or|yes|no|not|sorry)\b"
    r"|^\W*(?:in|at|of|for|by|from|with|on|to|per)\s(?!wh|how)\S+(?:\s\S+){0,2}$"
    r"|\b(?:as well|too|instead|either)\W*$",
    re.IGNORECASE,
)
"""What goes on from the words before it, or is only a part of a question ("for children?")."""

_THAT_ONE = re.compile(
    r"\b(?:is|are|was|were|do|does|did|will|would|can|could|has|have|about|after|before|for|of|with)"
    r"\sthat\b|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )\bthere\W*$",
    re.IGNORECASE,
)
"""A "that" or "there" which points back ("what would that do?", "who works there?")."""

# "That" and "there" mostly point at nothing ("Are there boats that sail?").
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
"""An "it" that stands for nothing, and what is no plain question."""

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
_VERBS = frozenset("am are be been being did do does had has have is was were".split())
_PARTICIPLE = re.compile(
    r"\w+(?:ed|en)|begun|bought|brought|built|cut|done|gone|found|held|hit|kept|laid|led|lit|lost|"
    r"made|met|paid|put|read|run|sent|set|shut|sold|spent|struck|taught|told|won"
)
_NO_NAMES = FUNCTION_WORDS | REQUEST_WORDS | frozenset(map(fold, MONTHS))


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


def stand_alone(question: str, history: Sequence[Turn]) -> Standalone:
    """A question after the turns before it; as it is where there are none, or it needs none."""
    turns = history[-MOST_TURNS:]
    first = turns[0][0] if turns else question
    asked = Standalone(first, first, first)
    for place, (_, answer) in enumerate(turns, 1):
        following = turns[place][0] if place < len(turns) else question
        asked = _after(following, asked, answer)
    return asked


def _after(question: str, earlier: Standalone, answer: str) -> Standalone:
    if earlier.text == earlier.whole:
        core = _LEAD_IN.sub("", " ".join(question.split()))
        text = _exchanged(core, earlier.text) or _filled(core, earlier.text, answer)
        if text:
            return Standalone(text, text, text, leans=True)
    if not leans(question):
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
    bare = _FIRST_ARTICLE.sub("", piece)
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


def questions_only(history: Sequence[Turn]) -> list[Turn]:
    """Turns as they are read with a follow-up: without their answers.

    What an answer of ours quotes would fill what is read of a turn, and the same sentences are then
    found again: of 151 turns of conversations 75 were right with the answers, 92 without.
    """
    return [(question, "") for question, _ in history]


def leans(question: str) -> bool:
    """Whether a question needs the turns before it: it goes on, points back or has no subject.

    A question of few words that is read with turns it does not need is answered with theirs, which
    costs more than what is lost where it did need them (docs/answers.md).
    """
    pointing = not _POINTING.isdisjoint(words(question)) or _THAT_ONE.search(question)
    return bool(pointing or _GOES_ON.search(question) or not _subject(question))


def _subject(text: str) -> set[str]:
    """The stems of the words that say what a text is about."""
    return set(stem_all(w for w in content_words(text) if w not in REQUEST_WORDS))


@dataclass(frozen=True, slots=True)
class Name:
    """A name in `source`, without its ending "'s"; `article` is where its article begins.

    `phrase` is the name with its article and its noun, empty where it is not sure where that ends.
    `placed`: a preposition stands before it.
    """

    source: str
    text: str
    start: int
    article: int
    phrase: str
    placed: bool

    @property
    def determined(self) -> bool:
        """Whether an article stands before it."""
        return self.article < self.start

    @property
    def modifies(self) -> bool:
        """Whether a noun follows, so that the article is that noun's ("the *Maple* wing")."""
        return self.determined and self.phrase != f"the {self.text}"

    def replaced(self, text: str) -> str:
        """The source with `text` in place of the name and its own article."""
        start = self.start if self.modifies else self.article
        return f"{self.source[:start]}{text}{self.source[self.start + len(self.text) :]}"


def names(text: str) -> list[Name]:
    """Runs of capitalised words; a lone one at the beginning and words of asking are none."""
    found = []
    for match in _NAME.finditer("" if text.isupper() else text):
        name, start = match.group(), match.start()
        lone = not start and " " not in name
        while name and fold(name.split()[0]) in _NO_NAMES:
            rest = name[len(name.split()[0]) :].lstrip()
            start, name = start + len(name) - len(rest), rest
        if len(name) > 1 and not lone and not any(c.isdigit() for c in name):
            article = _DETERMINER.search(text[:start])
            placed = _PLACED.search(text[:start]) is not None
            bare = without_owning(name)
            begins = article.start() if article else start
            phrase = (
                "" if bare != name else _phrase(text, match.end(), name, determined=bool(article))
            )
            found.append(Name(text, bare, start, begins, phrase, placed))
    return found


def without_owning(name: str) -> str:
    """A name without its ending "'s"."""
    return _OWNS.sub("", name)


def things(text: str) -> list[str]:
    """What a question is about: its names, and its nouns with an article.

    A noun has the name that it is at ("the lighthouse on the North Pier"), or ends the question as
    all that it is about ("How tall is the lighthouse?"). Others, and what ends at a place that is
    not sure, are empty texts.
    """
    known = {n.start: n for n in names(text)}
    of_names = set(known)
    found: list[str] = []
    for article in _ARTICLE.finditer(text):
        if article.end() in of_names:
            continue
        nouns = _nouns(text, article.end() - 1, 1)
        phrase = " ".join(nouns)
        place = _PLACE.match(text, article.end() + len(phrase))
        name = known.pop(place.end(), None) if place and 0 < len(nouns) < 3 else None
        if place and name and name.phrase:
            found.append(f"the {phrase}{place.group()}{name.text}")
        else:
            found.append(
                f"the {phrase}" if len(nouns) == 1 and _ends(text, article, phrase) else ""
            )
    return found + ["" if n.placed else n.phrase for n in known.values()]


def _ends(text: str, article: re.Match[str], noun: str) -> bool:
    """Whether one thing ends a question, its verb aside ("When was the mill built?")."""
    single = article.group().split()[0].lower() == "the" and not noun.endswith("s")
    after = text[article.end() + len(noun) :].split()
    return single and len(after) < 2 and not _PLACED.search(text[: article.end()])


def _phrase(text: str, end: int, name: str, *, determined: bool) -> str:
    """A name that ends there, and after an article the one noun behind it ("the Oak *wing*")."""
    nouns = _nouns(text, end, 0)
    if determined and len(nouns) < 2:
        return " ".join(["the", name, *nouns])
    return "" if nouns else name


def _nouns(text: str, start: int, least: int) -> list[str]:
    """The nouns from a place on, without the verb of the question that may follow them.

    After "does" and its like the last word is one, and so is a participle.
    """
    after = _NOUNS.match(text, start)
    nouns: list[str] = []
    verb = ""
    for word in after.group().split() if after else ():
        if word in FUNCTION_WORDS:
            verb = word if word in _VERBS else ""
            break
        nouns.append(word)
    supported = not verb and _SUPPORT & set(fold(text[:start]).split())
    if len(nouns) > least and (supported or _PARTICIPLE.fullmatch(nouns[-1])):
        nouns.pop()
    return nouns
