"""Typing errors in a question, mended against the corpus's own vocabulary.

A word is taken for an error only when neither the corpus nor English knows it: a correctly spelt
word that the documents do not mention ("parking") must stay, since it tells that they do not
answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from mehealth_rag.language.words import WORD, fold, is_content

_SHORTEST = 3
_QUESTION_WORDS = dict.fromkeys(
    "what which who whom whose when where why how many much does have are there the hello thanks "
    "thank please help".split(),
    10**9,
)
"""Words of asking and of courtesy, so common that a near miss of one is meant for it."""

_COMPARED = re.compile(r"(?:er|est)$")


@dataclass(frozen=True, slots=True)
class Speller:
    """Mends words by a vocabulary with frequencies; `is_english` knows words outside it."""

    vocabulary: Callable[[], Mapping[str, int]]
    is_known: Callable[[str], bool]
    is_english: Callable[[str], bool]

    def mend(self, text: str) -> str:
        """`text` with its misspelt words replaced by the nearest words of the corpus."""
        return WORD.sub(lambda m: self._better(m[0]) or m[0], text)

    def knows(self, word: str) -> bool:
        """Whether the corpus or English has a folded word."""
        return self.is_known(word) or not is_content(word) or self._is_english(word)

    def _better(self, word: str) -> str | None:
        plain = fold(word).removesuffix("'s")
        if len(plain) < _SHORTEST or not plain.isalpha() or not is_content(plain):
            return None
        if word.isupper() or self.is_known(plain) or self._is_english(plain):
            return None
        found = self._nearest(plain, _QUESTION_WORDS)
        if found or len(plain) <= _SHORTEST:
            return found
        return self._nearest(plain, self.vocabulary())

    def _is_english(self, plain: str) -> bool:
        """English knows the word, or an adjective that it may compare ("dearer", "bigger")."""
        base = _COMPARED.sub("", plain)
        adjectives = (base, f"{base}e", base[:-1], f"{base[:-1]}y") if base != plain else ()
        return any(map(self.is_english, [plain, *(w for w in adjectives if len(w) > _SHORTEST)]))

    @staticmethod
    def _nearest(word: str, frequency: Mapping[str, int]) -> str | None:
        allowed = 1 if len(word) < 7 else 2
        known = frequency.keys()
        found = process.extract(word, known, scorer=OSA.distance, score_cutoff=allowed, limit=8)
        ranked = sorted((off, w[0] != word[0], -frequency[w], w) for w, off, _ in found)
        return ranked[0][-1] if ranked else None
