"""Variants of the written data: questions as people type them, statements close to the text.

Written lies keep the words of their quote and written truths are worded freely, so a model learns
to take closeness for a lie. The variants reverse that: truths in the text's own words, and lies
that differ from a truth in one value, however it is worded.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mehealth_rag.guard.opposite import turned_round

LOWER, BARE, MISSPELT = 0.2, 0.2, 0.08
"""Shares of the questions that lose their capitals, lose their question mark, get a typo."""

SHORTENED = 0.4
"""Share of the copied sentences that are cut short at a clause."""

FEWEST_WORDS, MOST_WORDS = 5, 45
"""Length, in words, of a sentence that is copied as a statement."""

_CLAUSE = re.compile(r"(?:, (?:and|but|which|who|while|where|so|with)|;|:| because| although|\.) ")
_FIGURE = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?![\w])")
YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_NAME = re.compile(r"(?<=[a-z0-9,;] )[A-Z][\w'’-]+(?: (?:of |the |and |for )*[A-Z][\w'’-]+)*")
_ASKED = re.compile(
    r"(?:is|are|was|were|will|can|could|does|do|did|has|have|had|must|may|should|would)\b", re.I
)
_ANSWERED = re.compile(r"(yes|no)\b", re.I)


@dataclass(frozen=True, slots=True)
class Lie:
    """A statement with one thing changed: a new figure contradicts the text, a new name may not."""

    text: str
    verdict: Literal["contradicted", "not_supported"]


def as_typed(question: str, chance: random.Random) -> str:
    """The question, sometimes less tidy than written."""
    text = question
    if chance.random() < LOWER:
        text = text.lower()
    if chance.random() < BARE:
        text = text.rstrip(" ?")
    if chance.random() < MISSPELT:
        text = _misspelt(text, chance)
    return text


def copied(sentence: str, chance: random.Random) -> str:
    """A sentence of the text as a statement, sometimes cut short at a clause.

    Empty if it is too short or too long.
    """
    text = sentence.strip()
    if chance.random() < SHORTENED:
        ends = [m.start() for m in _CLAUSE.finditer(text)]
        fitting = [text[:end] for end in ends if len(text[:end].split()) >= FEWEST_WORDS]
        text = f"{chance.choice(fitting)}." if fitting else text
    return text if FEWEST_WORDS <= len(text.split()) <= MOST_WORDS else ""


def lie_of(statement: str, sentences: Sequence[str], chance: random.Random) -> Lie | None:
    """The statement with a figure, a name or its sense changed; None if none can be.

    New figures and names are taken from `sentences`, its evidence; figures are also made up.
    """
    text = " ".join(sentences)
    ways = [_other_figure, _other_name, _turned_round]
    chance.shuffle(ways)
    return next((lie for way in ways if (lie := way(statement, text, chance))), None)


def as_claimed(question: str) -> bool:
    """Return whether a question is answered by yes or no, and so can be read as a statement."""
    return bool(_ASKED.match(question))


def answered(answer: str) -> Literal["supported", "contradicted"] | None:
    """The verdict that a written answer gives on its question, read as a statement.

    None if it begins with neither yes nor no.
    """
    match = _ANSWERED.match(answer)
    if match is None:
        return None
    return "supported" if match[1].lower() == "yes" else "contradicted"


def _other_figure(statement: str, text: str, chance: random.Random) -> Lie | None:
    figures = list(_FIGURE.finditer(statement))
    if not figures:
        return None
    old = chance.choice(figures)
    year = bool(YEAR.fullmatch(old[0]))
    present = {m[0] for m in _FIGURE.finditer(statement)}
    others = {m[0] for m in _FIGURE.finditer(text)} - present
    alike = sorted(o for o in others if bool(YEAR.fullmatch(o)) == year)
    new = chance.choice(alike) if alike and chance.random() < 0.5 else moved(old[0], year, chance)
    if new in present:
        return None
    return Lie(statement[: old.start()] + new + statement[old.end() :], "contradicted")


def moved(figure: str, year: bool, chance: random.Random) -> str:
    """Another figure of the same form: a nearby year, or one digit changed."""
    if year:
        return str(int(figure) + chance.choice((-5, -3, -2, -1, 1, 2, 3, 5)))
    places = [i for i, letter in enumerate(figure) if letter.isdigit()]
    place = chance.choice(places[:2])
    new = chance.choice([d for d in "123456789" if d != figure[place]])
    return figure[:place] + new + figure[place + 1 :]


def _other_name(statement: str, text: str, chance: random.Random) -> Lie | None:
    names = list(_NAME.finditer(statement))
    others = sorted({m[0] for m in _NAME.finditer(text) if m[0] not in statement})
    if not names or not others:
        return None
    old = chance.choice(names)
    new = statement[: old.start()] + chance.choice(others) + statement[old.end() :]
    return Lie(new, "not_supported")


def _turned_round(statement: str, _text: str, _chance: random.Random) -> Lie | None:
    turned = turned_round(statement)
    return Lie(turned, "contradicted") if turned else None


def _misspelt(question: str, chance: random.Random) -> str:
    words = question.split()
    long = [i for i, w in enumerate(words) if len(w) > 4 and w.isalpha()]
    for i in chance.sample(long, min(len(long), chance.choice([1, 1, 2]))):
        words[i] = _typing_error(words[i], chance)
    return " ".join(words)


def _typing_error(word: str, chance: random.Random) -> str:
    place = chance.randrange(1, len(word) - 1)
    kind = chance.choice(("swap", "drop", "double", "wrong"))
    if kind == "swap":
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind == "drop":
        return word[:place] + word[place + 1 :]
    if kind == "double":
        return word[:place] + word[place] + word[place:]
    return word[:place] + chance.choice("aeiourstn") + word[place + 1 :]
