"""The noun phrases of a question, told by its form: no grammar is learnt and no subject known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mehealth_rag.language.plurals import is_plural
from mehealth_rag.language.pronouns import DEMONSTRATIVES, OWNERS, SUBJECTS
from mehealth_rag.language.words import FUNCTION_WORDS, REQUEST_WORDS, fold

BREAKS = frozenset(
    """
    what which who whom whose when where why how is are was were am be been do does did has have had
    can could will would shall should may might must please if there them you we i me us tell give
    show list name explain describe say says
    """.split()
).union(SUBJECTS - {"such"})
VERBS = frozenset(
    """
    open opens opened opening cost costs generate generates generated contribute contributes employ
    employs provide provides offer offers work works aim aims support supports host hosts stand
    stands mean means happen happens start starts begin began close closes make makes do take takes
    located based founded launched created built called known run runs lead leads led pay pays paid
    live lives come comes go goes went get gets got hold holds include includes produce produces
    written made used there located situated help helps plan plans need needs want wants
    """.split()
)
AUXILIARIES = frozenset(
    """
    is are was were do does did has have had can could will would shall should may might must
    """.split()
)
NAME = re.compile(r"\b[A-Z][\w&’'-]*(?:\s+(?:(?:of|the|for|and|in|&)\s+)*[A-Z0-9][\w&’'-]*)*")

_DETERMINERS = frozenset(("the", "a", "an", "our", "your", *DEMONSTRATIVES, *OWNERS))
DO_SUPPORT = frozenset("do does did can could will would shall should may might must".split())
_TOKEN = re.compile(r"[\w£$€%&’'.-]*\w|[,;:?!()–]")
_OWNS = re.compile(r"['’]s?\s")
_LINKED = re.compile(r"\s+(?:of|for|in)\s+")
_PREPOSITIONS = "in|at|on|of|for|by|from|near|under|with|about|to"
PREPOSITION = re.compile(rf"(?:{_PREPOSITIONS})\b", re.IGNORECASE)
_PLACED = re.compile(r"\s+(?:in|at|on|near)\s+$", re.IGNORECASE)
_BEFORE = re.compile(rf"\b(?P<preposition>{_PREPOSITIONS})\s+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase of `source` from `start` to `end`, its determiner apart from its words."""

    source: str
    start: int
    end: int
    determiner: str
    words: tuple[str, ...]
    """In order; a name of several words is one."""

    @property
    def text(self) -> str:
        """The phrase as it is written, with its determiner."""
        return self.source[self.start : self.end]

    @property
    def bare(self) -> str:
        """The phrase as it is written, without its determiner."""
        return self.text[len(self.determiner) :].lstrip()

    @property
    def preposition(self) -> str:
        """The preposition right before it, empty if none."""
        match = _BEFORE.search(self.source[: self.start])
        return fold(match["preposition"]) if match else ""

    @property
    def head(self) -> str:
        """The noun that it is about, empty where it is a mere name.

        A name with "the" ends with a common noun: "the North Pier Fund" is a fund.
        """
        last = self.words[-1]
        if not last[0].isupper():
            return last
        name = _LINKED.split(last)[0].split()
        common = (
            self.determiner.lower() == "the" and len(last.split()) > 1 and not name[-1].isupper()
        )
        return name[-1].lower() if common else ""

    @property
    def named(self) -> bool:
        """Whether a name is in it."""
        return any(w[0].isupper() for w in self.words)

    @property
    def modified(self) -> bool:
        """Whether anything stands before its head."""
        return bool(self.head) and len(self.bare.split()) > 1

    def replaced(self, text: str) -> str:
        """The source with other words in its place."""
        return f"{self.source[: self.start]}{text}{self.source[self.end :]}"


def phrases(text: str) -> tuple[Phrase, ...]:
    """The noun phrases of a question in their order, verbs left out as far as form tells them."""
    found: list[Phrase] = []
    run: list[tuple[str, int, int]] = []
    before = ""
    for token in [*_tokens(text), ("?", len(text), len(text))]:
        plain = fold(token[0])
        determines = plain in _DETERMINERS
        joins = plain == "and" and bool(run) and fold(run[-1][0]) not in _DETERMINERS
        if determines or not (_is_noun(token[0]) or joins):
            found += _phrase(text, run)
            run = [token] if determines else []
        elif before != "who":  # what stands after "who" is its verb
            run.append(token)
        before = plain
    return _without_verb(text, tuple(found))


def names(text: str) -> list[str]:
    """Runs of capitalised words, the question word at the beginning aside."""
    return [name for name, _ in _named(text)]


def attached(phrase: Phrase, *, named: bool = True) -> str:
    """A phrase with where it is, if that is told right after it ("the store *at Kilbrack*").

    Only a place with a name counts, unless `named` is false.
    """
    for other in phrases(phrase.source):
        between = phrase.source[phrase.end : other.start]
        place = other.start > phrase.end and _PLACED.match(between)
        if place and (other.named or not named):
            return phrase.source[phrase.start : other.end]
    return phrase.text


def asked_noun(question: str) -> Phrase | None:
    """The noun that a question wants a number or a choice of ("how many *boats*")."""
    match = re.match(r"\W*(?:\w+\s+)?(?:how (?:many|much)|which|what)\s+", question, re.IGNORECASE)
    if match is None:
        return None
    for phrase in phrases(question):
        if phrase.start == match.end():
            return _to_plural(phrase)
    return None


def _to_plural(phrase: Phrase) -> Phrase:
    """A phrase cut behind its first plural: what follows is its verb ("ships *called*")."""
    for count, word in enumerate(phrase.words, start=1):
        if is_plural(word) and not word[0].isupper():
            return _cut(phrase, count)
    return phrase


def _cut(phrase: Phrase, count: int) -> Phrase:
    kept = phrase.words[:count]
    end = phrase.start
    for word in kept:
        end = phrase.source.index(word, end) + len(word)
    return Phrase(phrase.source, phrase.start, end, phrase.determiner, kept)


def _is_noun(token: str) -> bool:
    plain = fold(token)
    return (
        token[0].isalnum() or token[0] in "£$€"
    ) and plain not in FUNCTION_WORDS | BREAKS | VERBS


def _phrase(text: str, run: list[tuple[str, int, int]]) -> list[Phrase]:
    while run and fold(run[-1][0]) == "and":
        run = run[:-1]
    determined = bool(run) and fold(run[0][0]) in _DETERMINERS
    nouns = run[1:] if determined else run
    if not nouns:
        return []
    determiner = run[0][0] if determined else ""
    return [Phrase(text, run[0][1], run[-1][2], determiner, tuple(w for w, _, _ in nouns))]


def _without_verb(text: str, found: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """The phrases without the infinitive that "do" and its like need at the end of one of them.

    None is looked for where a word that is known to be a verb follows.
    """
    support = next((m for m in _TOKEN.finditer(text) if fold(m.group()) in DO_SUPPORT), None)
    if support is None:
        return found
    later = re.split(r"[,;]", text[support.end() :])[0]
    if any(fold(w) in VERBS | {"be", "have"} for w in re.findall(r"\w+", later)):
        return found
    limit = support.end() + len(later)
    inside = [p for p in found if support.end() <= p.start < limit and len(p.words) > 1]
    ending = [p for p in inside if not p.words[-1][0].isupper() and not p.words[-1][0].isdigit()]
    chosen = next((p for p in ending if p.named), ending[0] if ending else None)
    if chosen is None:
        return found
    cut = _cut(chosen, len(chosen.words) - 1)
    return tuple(cut if p is chosen else p for p in found)


def _tokens(text: str) -> list[tuple[str, int, int]]:
    """The words of a text with their places, names of several words whole."""
    spans = {start: name for name, start in _named(text)}
    found = []
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() < end:
            continue
        whole = spans.get(match.start(), match.group())
        end = match.start() + len(whole)
        found.append((whole, match.start(), end))
        if _OWNS.match(text, end):  # what is owned is another phrase
            found.append((",", end, end))
    return found


def _named(text: str) -> list[tuple[str, int]]:
    found = []
    for match in NAME.finditer(text):
        name, start = match.group(), match.start()
        while name and fold(re.split(r"\s+", name)[0]) in FUNCTION_WORDS | REQUEST_WORDS | BREAKS:
            rest = re.sub(r"^\S+\s*", "", name)
            start += len(name) - len(rest)
            name = rest
        lone_first = match.start() == 0 and " " not in match.group()
        if name and not lone_first:
            found.append((re.sub(r"['’]s$", "", name), start))
    return found
