"""What a question names: its names, told by their capitals, and its nouns with an article."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mehealth_rag.language.dates import MONTHS
from mehealth_rag.language.words import FUNCTION_WORDS, REQUEST_WORDS, fold

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
