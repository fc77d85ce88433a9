"""Questions as people type them: without capitals, without question mark, with slips."""

from __future__ import annotations

import random

LOWER, BARE, MISSPELT = 0.2, 0.2, 0.08
"""Shares of the questions that lose their capitals, lose their question mark, get a slip."""


def as_typed(question: str, chance: random.Random) -> str:
    """The question, sometimes less tidy than it was written."""
    text = question
    if chance.random() < LOWER:
        text = text.lower()
    if chance.random() < BARE:
        text = text.rstrip(" ?")
    if chance.random() < MISSPELT:
        text = _misspelt(text, chance)
    return text


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
