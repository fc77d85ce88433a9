"""Plural nouns and their singulars, told by their form."""

from __future__ import annotations

from mehealth_rag.language.words import fold

_IRREGULAR = {"people": "person", "children": "child", "men": "man", "women": "woman"}


def is_plural(word: str) -> bool:
    """Whether a noun looks like a plural."""
    plain = fold(word)
    return plain in _IRREGULAR or (
        len(plain) > 3 and plain.endswith("s") and not plain.endswith(("ss", "us", "is", "'s"))
    )


def singular(noun: str) -> str:
    """A plural noun's singular, any other as it is."""
    plain = fold(noun)
    if plain in _IRREGULAR:
        return _IRREGULAR[plain]
    if not is_plural(noun):
        return noun
    if plain.endswith("ies"):
        return f"{noun[:-3]}y"
    return noun[:-2] if plain.endswith(("ches", "shes", "xes", "sses")) else noun[:-1]
