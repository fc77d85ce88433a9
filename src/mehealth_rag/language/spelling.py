"""Spelling correction of questions against the vocabulary of the corpus.

A word counts as misspelt only if it is in neither the corpus nor the English word list. A correct
word that the documents never use ("parking") must stay, because it shows that they do not answer.
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
"""Question and courtesy words, so common that a near miss is corrected to one of them first."""

_COMPARED = re.compile(r"(?:er|est)$")


@dataclass(frozen=True, slots=True)
class Speller:
    """Corrects words from a vocabulary with frequencies; `is_english` covers words outside it."""

    vocabulary: Callable[[], Mapping[str, int]]
    is_known: Callable[[str], bool]
    is_english: Callable[[str], bool]

    def mend(self, text: str) -> str:
        """Return `text` with each misspelt word replaced by the nearest known word."""
        return WORD.sub(lambda m: self._better(m[0]) or m[0], text)

    def knows(self, word: str) -> bool:
        """Return whether a folded word is in the corpus or in English."""
        return self.is_known(word) or not is_content(word) or self._is_english(word)

    def _better(self, word: str) -> str | None:
        plain = fold(word).removesuffix("'s")
        if len(plain) < _SHORTEST or not plain.isalpha() or not is_content(plain):
            return None
        if word.isupper() or self.is_known(plain) or self._is_english(plain):
            return None
        question_word = self._nearest(plain, _QUESTION_WORDS)
        if question_word or len(plain) <= _SHORTEST:
            return question_word
        return self._nearest(plain, self.vocabulary())

    def _is_english(self, plain: str) -> bool:
        """Return whether English has the word, or the adjective it compares ("dearer")."""
        base = _COMPARED.sub("", plain)
        adjectives = (base, f"{base}e", base[:-1], f"{base[:-1]}y") if base != plain else ()
        return any(map(self.is_english, [plain, *(w for w in adjectives if len(w) > _SHORTEST)]))

    @staticmethod
    def _nearest(word: str, frequency: Mapping[str, int]) -> str | None:
        cutoff = 1 if len(word) < 7 else 2
        known = frequency.keys()
        nearest = process.extract(word, known, scorer=OSA.distance, score_cutoff=cutoff, limit=8)
        ranked = sorted((edits, w[0] != word[0], -frequency[w], w) for w, edits, _ in nearest)
        return ranked[0][-1] if ranked else None
