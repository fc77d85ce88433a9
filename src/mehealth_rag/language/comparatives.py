"""The adjectives that comparatives and superlatives are made of."""

from __future__ import annotations

import re

_IRREGULAR = {
    "better": "good",
    "best": "good",
    "worse": "bad",
    "worst": "bad",
    "further": "far",
    "farther": "far",
}
_ENDING = re.compile(r"(?:er|est)$")
_DOUBLED = re.compile(r"([bdgmnpt])\1$")
_MUTE = re.compile(r"(?:^|[^aeiou])[aeiou][^aeiouwxy]$|[^aeioul]l$|[rd]g$")
"""Before these an "e" has fallen out ("wide", "simple", "large"): else the consonant is doubled."""


def positive(compared: str) -> str:
    """The adjective of a comparative or superlative: "large" for "larger", "big" for "biggest"."""
    word = compared.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    base = _ENDING.sub("", word)
    if base.endswith("i"):
        return f"{base[:-1]}y"
    if _DOUBLED.search(base):
        return base[:-1]
    return f"{base}e" if base != word and _MUTE.search(base) else base
