"""Questions as people type them, and questions that their passage no longer answers."""

from __future__ import annotations

import random
import re

from mehealth_rag.language.words import FUNCTION_WORDS

_POLITE = (
    "Can you tell me {}",
    "Could you please tell me {}",
    "Please tell me: {}",
    "I would like to know {}",
    "According to the document, {}",
    "hi, {}",
    "do you know {}",
)
_ASKING = frozenset("who what when where why which how whose whom".split())
_YEAR = re.compile(r"\b(1[5-9]\d\d|20[0-2]\d)\b")
_NAME = re.compile(r"(?<!^)\b[A-Z][\w'-]+(?: [A-Z][\w'-]+)*")


def as_typed(question: str, chance: random.Random) -> str:
    """The question, often in a form less tidy than it was written in."""
    text = question
    if chance.random() < 0.12:
        text = _polite(text, chance)
    elif chance.random() < 0.14:
        text = _terse(text)
    if chance.random() < 0.30:
        text = text.lower()
    if chance.random() < 0.30:
        text = text.rstrip(" ?")
    elif not text.endswith("?") and chance.random() < 0.5:
        text = f"{text}?"
    if chance.random() < 0.12:
        text = _misspelt(text, chance)
    return text


def about_another(question: str, names: list[str], chance: random.Random) -> str | None:
    """The question with a year or a name changed, None where it has neither."""
    year = _YEAR.search(question)
    if year:
        other = str(int(year[0]) + chance.choice([-11, -7, -4, 3, 6, 9]))
        return question.replace(year[0], other)
    found = _NAME.findall(question)
    if not found or not names:
        return None
    old = chance.choice(found)
    new = chance.choice(names)
    return None if old in new or new in old else question.replace(old, new)


def names_in(question: str) -> list[str]:
    """The capitalised names of a question, its first word aside."""
    return _NAME.findall(question)


def _polite(question: str, chance: random.Random) -> str:
    return chance.choice(_POLITE).format(question[:1].lower() + question[1:])


def _terse(question: str) -> str:
    words = question.rstrip(" ?").split()
    kept = [w for w in words if w.lower() not in FUNCTION_WORDS or w.lower() in _ASKING]
    if len(kept) > 3 and kept[0].lower() in _ASKING and kept[0].lower() in {"what", "which"}:
        kept = kept[1:]
    return " ".join(kept) if len(kept) > 1 else question


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
