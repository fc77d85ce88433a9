"""Names written without capitals, known by how the documents write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from mehealth_rag.language.words import FUNCTION_WORDS, fold

_WORD = re.compile(r"\w[\w'’&-]*")
_IN_A_SENTENCE = re.compile(r"[a-z],? (?:[A-Z][\w'’-]* )*$")


def as_written(text: str, pages: Iterable[str]) -> str:
    """`text` with the capitals that the documents always give it; as it is where they do not.

    Capitals at the beginning of a sentence or of a heading tell nothing, so that it must stand in
    the middle of a sentence once.
    """
    wanted = _WORD.findall(text)
    if not wanted:
        return text
    spelt = r"\W{1,3}".join(re.escape(w) for w in wanted)
    form = re.compile(rf"\b{spelt}\b", re.IGNORECASE)
    found: Counter[str] = Counter()
    in_a_sentence = False
    for page in pages:
        for match in form.finditer(page):
            found[" ".join(match.group().split())] += 1
            before = page[max(0, match.start() - 80) : match.start()]
            in_a_sentence |= _IN_A_SENTENCE.search(before) is not None
    if not in_a_sentence or not all(_capital(form) for form in found):
        return text
    return found.most_common(1)[0][0]


def _capital(text: str) -> bool:
    return all(w[0].isupper() or fold(w) in FUNCTION_WORDS for w in text.split())
