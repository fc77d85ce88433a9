"""What is wrong with pages: text that is none, hidden words, a guessed encoding.

Text that is none are the characters of fonts without a meaning, of a wrong encoding, of bytes.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import replace

from mehealth_rag.types import Fault, Page

GARBAGE = "most of its characters stand for nothing that can be read"

_ODD = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")
"""Characters without a meaning: controls, the replacement character, private ones."""
_LETTERS = re.compile(r"[^\W_]+")
_LEADERS = re.compile(r"([^\w\s])(?:\s?\1){3,}")
"""Dots and dashes that lead the eye, and rows of dashes in tables."""
_VOWELS = re.compile(r"[aeiouy]", re.IGNORECASE)
_LEAST_VOWELS, _MOST_VOWELS = 0.22, 0.65
"""The share of vowels among a language's letters, with room; a shifted alphabet has other ones."""
_LONGEST_WORDS = 16
"""Nor are a language's words this long on the average: a shifted space is none."""
_FEW, _MANY = 20, 200
_ODD_SHARE, _LETTER_SHARE = 0.3, 0.35
_PLAIN_SHARE = 1 - _ODD_SHARE
"""With more plain letters and figures than this share, a text has no room for odd characters."""
_QUOTED = 60
"""So many characters of hidden words are quoted, so that a reader knows what they were."""
_NOT_PLAIN = bytes(set(range(256)) - set((string.ascii_letters + string.digits).encode()))


def is_garbage(text: str) -> bool:
    """Whether most of a text is not of letters and figures that mean anything."""
    plain_ones = text.encode("ascii", "ignore").translate(None, _NOT_PLAIN)
    if len(plain_ones) > _PLAIN_SHARE * len(text):  # nearly every page: told in a tenth of the time
        return False
    dense = "".join(text.split())
    if len(dense) < _FEW:
        return False
    if not text.isascii() and len(_ODD.findall(dense)) > _ODD_SHARE * len(dense):
        return True
    letters = sum(map(len, _LETTERS.findall(dense)))
    if len(dense) < _MANY or letters > _LETTER_SHARE * len(dense):
        return False
    plain = "".join(_LEADERS.sub("", text).split())
    return len(plain) >= _MANY and letters <= _LETTER_SHARE * len(plain)


def is_no_language(text: str) -> bool:
    """Whether a text has the letters of the alphabet, and not as a language has them.

    Told only of fonts that do not say what their characters mean: a list of codes is no language
    either, and means what it says.
    """
    dense = "".join(text.split())
    letters = [sign for sign in dense if sign.isascii() and sign.isalpha()]
    if len(dense) < _FEW:
        return False
    if 2 * len(letters) < len(dense):
        return True
    vowels = sum(map(len, _VOWELS.findall(dense))) / len(letters)
    long = len(dense) > _LONGEST_WORDS * len(text.split())
    return long or not _LEAST_VOWELS <= vowels <= _MOST_VOWELS


def without_garbage(pages: Sequence[Page]) -> tuple[Page, ...]:
    """The pages, those whose text is garbage without it and said to be so."""
    return tuple(
        Page(page.number, page.label, "", size=page.size, problem=GARBAGE, fault=Fault.GARBAGE)
        if is_garbage(page.text)
        else page
        for page in pages
    )


def noted(pages: tuple[Page, ...], told: str | None, fault: Fault) -> tuple[Page, ...]:
    """The pages of a document, what is to be told of it noted on the first one."""
    if not told or not pages:
        return pages
    first = pages[0]
    problem = f"{first.problem}; {told}" if first.problem else told
    return (replace(first, problem=problem, fault=first.fault or fault), *pages[1:])


def with_hidden(pages: tuple[Page, ...], words: str) -> tuple[Page, ...]:
    """The pages of a document, the first of which tells of its hidden words, if any."""
    return noted(pages, hidden_words(words) if words else None, Fault.HIDDEN)


def hidden_words(text: str) -> str:
    """The problem of a page with the hidden words `text`, which were not used."""
    words = " ".join(text.split())
    quoted = words if len(words) <= _QUOTED else f"{words[:_QUOTED].rstrip()}…"
    return f"{len(words):,} characters of hidden text were left out (“{quoted}”)"
