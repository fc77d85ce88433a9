"""Tells a statement that someone types ("There are eight medical schools.") from a question.

Most questions are typed without a question mark, as a command, a wish, a fragment or after some
words about the asker. In doubt a text is a question: a verdict on one answers nothing.
"""

from __future__ import annotations

import re

from mehealth_rag.language.sentences import sentence_spans
from mehealth_rag.language.words import POINTING, REQUEST_WORDS, fold

_WORD = re.compile(r"[^\W_]+(?:['&.,-][^\W_]+)*|[,;:–—(]")
_BREAKS = frozenset(",;:–—(")

_BE_OR_HAVE = frozenset(
    "is are was were has have had isn't aren't wasn't weren't hasn't haven't hadn't".split()
)
_MODALS = frozenset(
    "will would can could may might must shall should cannot can't won't couldn't wouldn't "
    "mustn't shouldn't do does did don't doesn't didn't".split()
)
_AUXILIARIES = _BE_OR_HAVE | _MODALS
_IRREGULAR = frozenset(
    "became began bought brought built came cost cut drew fell flew found gave got grew held kept "
    "knew led left lost made meant met paid ran rose said sat saw sent sold spent stood taught "
    "thought told took went won wore wrote".split()
)
_BASE = frozenset(
    "account agree apply belong bring come close consist contain cost count cover do earn employ "
    "end get give go have help hold include lead lie live make manage meet need offer open own "
    "pay produce provide reach receive remain run sell serve stand start take use visit want "
    "work".split()
)
"""Common verbs in the form that follows a plural."""

_ASKING = frozenset(
    "how what what's whats wht wot wat why whom please pls plz i i'm im i've ive i'd i'll me my "
    "mine myself we we're we've we'd us our ours you your yours u lets let's thanks thank wonder "
    "wonders wondering".split()
)
"""Words of someone who asks, wishes or tells of themselves."""

_RELATIVE = frozenset("who who's whose which that where when whether if".split())
_COMMANDS = REQUEST_WORDS | frozenset(
    "bring check choose collect compare compose confirm count define describe draft draw enter "
    "expand fetch get gimme go help ignore imagine keep lay leave let make outline overview paint "
    "pick present prove provide put recall run send set share sort spell sum summarise summarize "
    "take translate try turn use verify walk".split()
)
_GOING_ON = frozenset(
    "and but so or no yes ok okay also then not sorry now well right as hi hello hey".split()
)
_NO_OPENING = (
    _AUXILIARIES | _RELATIVE | _COMMANDS | _GOING_ON | frozenset("am till until".split())
) - {"if"}
_POINTERS = POINTING - {"there", "one", "another", "other", "both"}

_BEFORE_NOUNS = frozenset(
    "a an the of in on at by to for from with and or its their his her our these those this that "
    "no any some each every all most more many few several two three four five six seven eight "
    "nine ten per than as between into over under".split()
)
"""After these, a word with a verb's ending is not a verb."""

_BEFORE_ARTICLE = _BEFORE_NOUNS | frozenset(
    "both half only even not during after before since until within without through against about "
    "around above below near off out up down along across towards toward outside inside like "
    "because while although though but nor if when where so including unlike despite".split()
)
"""Words after which "the" or "a" goes on with the subject."""

_PLURALS = frozenset("people women men children staff".split())
_PREPOSITIONS = frozenset("in on at to for from with into within near".split())
_ARTICLES = frozenset("the a an they he she it there one".split())
_DANGLING = frozenset("of for to in on at with by from about and or the a an is are was".split())
_TAG = re.compile(
    r"\b(?:right|correct|true|yes|no|eh|(?:is|are|was|were|do|does|did|has|have|had|can|will|would)"
    r"(?:n't)? (?:it|they|he|she|there|that))\W*$",
    re.IGNORECASE,
)
_WISH = re.compile(r"\b(?:would like|wants? to (?:know|see)|is after|are after)\b", re.IGNORECASE)
_OPENS = re.compile(r"[\"“'‘(]*[A-Z0-9£$€]")
_THERE = re.compile(r"there (?:is|are|was|were) (?!any\b)\S+ \S+", re.IGNORECASE)
_ENDS = re.compile(r"[.!][\"”'’)]*$")


def is_statement(text: str) -> bool:
    """Return whether a text states something that documents may bear out, and asks nothing.

    Each of its sentences needs a subject and a verb. Without a full stop the text needs a capital
    and an auxiliary verb, or to begin with "there is".
    """
    plain = " ".join(text.replace("’", "'").split())
    if "?" in plain or _TAG.search(plain) or _WISH.search(plain):
        return False
    sentences = [span.of(plain) for span in sentence_spans(plain)]
    return bool(sentences) and all(
        _states(sentence, leaning=number > 0) for number, sentence in enumerate(sentences)
    )


def _states(sentence: str, *, leaning: bool) -> bool:
    """Return whether a sentence is a statement; a `leaning` one may begin with a pronoun."""
    words = _WORD.findall(fold(sentence))
    if len(words) < 3 or _ASKING.intersection(words) or words[-1] in _DANGLING:
        return False
    opening = words[0]
    if opening in _NO_OPENING or (opening in _POINTERS and not leaning):
        return False
    if _THERE.match(sentence):
        return True
    place = _verb(words)
    if place is None or not _OPENS.match(sentence):
        return False
    ended = _ENDS.search(sentence) is not None
    return ended or (words[place] in _AUXILIARIES and len(words) > place + 2)


def _verb(words: list[str]) -> int | None:
    """Return the place of a sentence's main verb, None if it is not plain that it has one.

    Before it stands no relative clause, with its pronoun ("the woman who runs it") or without ("the
    fee the council takes").
    """
    for place, word in enumerate(words[1:], start=1):
        before = words[place - 1]
        if word in _RELATIVE:
            return None
        if word in _ARTICLES and not (before in _BEFORE_ARTICLE | _BREAKS or before.isdigit()):
            return None
        if before in _BREAKS and word not in _AUXILIARIES:
            continue
        if _is_verb(word, before, words[place + 1 :]):
            return place
    return None


def _is_verb(word: str, before: str, after: list[str]) -> bool:
    if word in _AUXILIARIES:
        return True
    if before in _BEFORE_NOUNS or not after or not word.isalpha():
        return False
    if word in _IRREGULAR or word in _BASE:
        return word in _IRREGULAR or before.endswith("s") or before in _PLURALS
    if after[0] in {"of", "by", "so", *_BREAKS}:  # "sales of …", "built by …"
        return False
    if after[0] in _PREPOSITIONS:  # "schools in …", "homes planned for …"
        return word[:-1] in _BASE or (word.endswith("ed") and not before.endswith("s"))
    return len(word) > 3 and word.endswith(("s", "ed")) and not word.endswith(("ss", "us"))
