"""What the pronouns of a follow-up stand for, found in the turn before."""

from __future__ import annotations

import re

from mehealth_rag.followups.phrases import (
    AUXILIARIES,
    BREAKS,
    DO_SUPPORT,
    PREPOSITION,
    VERBS,
    Phrase,
    asked_noun,
    attached,
    names,
    phrases,
)
from mehealth_rag.language.plurals import is_plural, singular
from mehealth_rag.language.words import FUNCTION_WORDS, fold

_LINKING = frozenset("of the for and in on at to & de & von van".split())
_SUBJECT_VERB = re.compile(
    r"^\W*(?:who\s+\w+|what\s+\w+(?:s|ed))\b(?=\s+(?:the|an?|our|your)\b)", re.IGNORECASE
)
_OF_WHAT = re.compile(r"^.*\bof\s+(?=(?:the|our|your)\b)", re.IGNORECASE)
_QUANTITY = re.compile(r"\bhow\s+\w+\b", re.IGNORECASE)
_ASKS_WHO = re.compile(r"^\W*(?:(?:by|for|from|to|with)\s+)?(?:who|whom|whose)\b", re.IGNORECASE)
_COPULAR = re.compile(r"^\W*(?:who|what)(?:'s|\s+(?:is|are|was|were))\b", re.IGNORECASE)
_ASKS_NAME = re.compile(r"\W*(?:which|who|what)\b", re.IGNORECASE)
_WHAT_HAPPENED = re.compile(
    r"^\W*what\s+(?:(?:has|have|had)\s+)?(?:went|gone|goes|happen\w*|came|became|\w+ed)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"^(.+?)(?:\s*\[\d+\])*[.!?]?(?:\s|$)(?=$|[A-Z*-])", re.DOTALL)
_PERSON = re.compile(r"[A-Z][\w’'-]+(?:\s+[A-Z][\w’'-]+){0,3}")
_ARTICLES = frozenset({"the", "a", "an"})
_PLACED = re.compile(
    rf"{PREPOSITION.pattern}\s+.*?(?=\s+(?:{'|'.join(sorted(AUXILIARIES))})\b|$)", re.IGNORECASE
)
_ARE_THERE = re.compile(
    r"(?:is|are|was|were)\s+there\b\s*|(?:do|does|did)\s+(?:you|we)\s+\w+\b\s*", re.IGNORECASE
)
_LONGEST_EVENT = 25
_TIMES = frozenset("year month week day hour minute second time".split())


def topic(earlier: str, answer: str) -> str:
    """The words for what the turn before was about: a name, else its longest noun phrase."""
    found = names(earlier)
    if found:
        return _with_its_noun(max(found, key=len), earlier)
    phrase = _noun_phrase(earlier)
    if answer and _ASKS_NAME.match(earlier) and len(phrase.split()) < 2:
        new = [n for n in names(answer) if " " in n]
        if new:
            return new[0]
    return _as_written(phrase, answer)


def thing(earlier: str, answer: str) -> str:
    """What "it" stands for: the topic with its head noun ("the cold store at Kilbrack").

    Where a question asks what or who something *is*, the name in it stays the topic: "the rent at
    Kilbrack" is then what was asked for, not what is spoken of.
    """
    name = topic(earlier, answer)
    if any(p.bare == name and p.head and not p.named for p in phrases(earlier)):
        return f"the {name}"
    if _COPULAR.match(earlier):
        return _OF_WHAT.sub("", name)
    if not names(earlier):
        return name
    for phrase in phrases(earlier):
        whole = attached(phrase)
        if phrase.determiner and not phrase.named and whole != phrase.text:
            said = whole[len(phrase.determiner) :].lstrip()
            return f"the {said}" if name.removeprefix("the ") in said else name
    return name


def asks_who(question: str) -> bool:
    """Whether a question asks for a person or a body."""
    return _ASKS_WHO.match(question) is not None


def person(earlier: str, answer: str) -> str:
    """Whom "she" or "he" stands for; empty where no turn names one.

    Who was asked for stands in the answer and not in the question.
    """
    asked = [n for n in names(earlier) if _is_person(n, earlier)]
    new = [n for n in names(answer) if _is_person(n, answer) and n not in earlier]
    found = [*new, *asked] if _ASKS_WHO.match(earlier) and not asked_of(earlier) else asked or new
    return found[0] if found else ""


def asked_of(earlier: str) -> str:
    """The person that a question asks about by name ("Who is Anna Bloom?"), or empty."""
    match = re.match(r"\W*who(?:'s|\s+(?:is|was))\s+", earlier, re.IGNORECASE)
    rest = earlier[match.end() :].strip(" ?.!") if match else ""
    return rest if rest and _PERSON.fullmatch(rest) else ""


def several(earlier: str, answer: str) -> str:
    """What "they" stands for: what the question has several of, else who was asked for."""
    asked = asked_noun(earlier)
    if asked and is_plural(asked.words[-1]) and not asked.named and not _is_measure(asked.head):
        return _told_by(asked)
    for phrase in phrases(earlier.split("(", maxsplit=1)[0]):
        if phrase.head and is_plural(phrase.head) and not _is_measure(phrase.head):
            whole = attached(phrase, named=False)
            return f"the {whole[len(phrase.determiner) :].lstrip()}"
    if _ASKS_WHO.match(earlier):
        new = [n for n in names(answer) if n not in earlier and " " in n]
        if new:
            return _with_its_noun(new[0], answer).strip()
    return ""


def event(earlier: str, answer: str) -> str:
    """What the answer says, where the question was what happened; else empty."""
    if not _WHAT_HAPPENED.match(earlier):
        return ""
    match = _SENTENCE.match(answer.replace("**", ""))
    said = match.group(1).strip(" .") if match else ""
    return said if said and len(said.split()) <= _LONGEST_EVENT else ""


def _is_measure(noun: str) -> bool:
    return singular(fold(noun)) in _TIMES


def _told_by(asked: Phrase) -> str:
    """The noun that was asked for with what its question says of it ("the plots that are free")."""
    said = re.split(r"[,;:(]", asked.source[asked.end :].strip(" ?.!"))[0].strip()
    placed = _PLACED.match(said)
    noun = " ".join(["the", asked.bare, *([placed.group()] if placed else [])])
    rest = said[placed.end() :].strip() if placed else said
    if not rest:
        return noun
    there = _ARE_THERE.match(rest)
    if there:
        return f"{noun} {rest[there.end() :]}".strip()
    supported = fold(rest.split()[0]) in DO_SUPPORT
    return f"{noun} that {_without_support(rest) if supported else rest}"


def _without_support(rest: str) -> str:
    """What is asked with "did" as a clause ("did it call in May": "it did call in May")."""
    auxiliary, _, clause = rest.partition(" ")
    subject = next(iter(phrases(f"{auxiliary} {clause}")), None)
    if subject is None:
        return clause
    end = subject.end - len(auxiliary) - 1
    return f"{clause[:end]} {auxiliary}{clause[end:]}"


def _is_person(name: str, text: str) -> bool:
    """Whether a name has a person's form: capitalised words and nothing else, no "the" before."""
    place = text.find(name)
    before = text[:place].split()[-1:] if place else []
    last = fold(before[0]) if before else ""
    placed = last in {"the", "a", "an", "our", "your", "in", "at", "on", "near"}
    single = " " not in name and (place == 0 or PREPOSITION.fullmatch(last) is not None)
    return _PERSON.fullmatch(name) is not None and not placed and not single


def _with_its_noun(name: str, text: str) -> str:
    """A name with the nouns that belong to it ("the North Pier *lighthouse*")."""
    place = text.find(name)
    after = text[place + len(name) :]
    match = re.match(r"(?:\s+[a-z][\w-]*)+", after)
    own = next((p for p in phrases(text) if p.start <= place < p.end), None)
    limit = own.end - place - len(name) if own else len(after)
    kept: list[str] = []
    for word in match.group()[: max(limit, 0)].split() if match else []:
        if word in FUNCTION_WORDS | BREAKS | VERBS and word != "and":
            break
        kept.append(word)
    article = "the " if re.search(r"\bthe\s$", text[:place], re.IGNORECASE) else ""
    return " ".join([f"{article}{name}", *kept])


def _noun_phrase(text: str) -> str:
    """The longest run of words without a verb or a question word in between."""
    runs: list[list[str]] = [[]]
    text = _SUBJECT_VERB.sub("what is ", _QUANTITY.sub(" what ", text))
    for word in re.findall(r"[\w£$€%&’'.-]*\w", text):
        plain = fold(word)
        if plain in BREAKS or plain in VERBS:
            runs.append([])
        elif plain in _ARTICLES and runs[-1] and fold(runs[-1][-1]) not in FUNCTION_WORDS:
            runs[-1].pop()  # no noun stands right before an article: it was a verb
            runs.append([word] if plain == "the" else [])
        elif runs[-1] or plain not in _LINKING or plain == "the":
            runs[-1].append(word)
    for run in runs:
        while run and fold(run[-1]) in FUNCTION_WORDS:
            run.pop()
    best = max(runs, key=lambda r: sum(fold(w) not in FUNCTION_WORDS for w in r))
    return " ".join(best) or text.rstrip("?")


def _as_written(phrase: str, answer: str) -> str:
    """The phrase with the capitals that the answer gives it."""
    match = re.search(re.escape(phrase), answer, re.IGNORECASE)
    return match.group() if match else phrase
