"""Faults of pages: garbage text, hidden words, a guessed encoding.

Garbage comes from fonts without a Unicode mapping, a wrong encoding or binary data.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import replace

from mehealth_rag.types import Fault, Page

GARBAGE = "most of its characters stand for nothing that can be read"

_ODD = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff\U000f0000-\U0010ffff]")
"""Meaningless characters: controls, the replacement character and private use."""
_LETTERS = re.compile(r"[^\W_]+")
_LEADERS = re.compile(r"([^\w\s])(?:\s?\1){3,}")
"""Leaders of dots or dashes, and rows of dashes in tables."""
_VOWELS = re.compile(r"[aeiouy]", re.IGNORECASE)
_LEAST_VOWELS, _MOST_VOWELS = 0.22, 0.65
"""Bounds on the share of vowels among letters of real language; a shifted alphabet is outside."""
_LONGEST_WORDS = 16
"""Maximum mean word length of real language; words run together if the space is shifted too."""
_FEW, _MANY = 20, 200
_ODD_SHARE, _LETTER_SHARE = 0.3, 0.35
_PLAIN_SHARE = 1 - _ODD_SHARE
"""Share of ASCII letters and digits above which there cannot be `_ODD_SHARE` odd characters."""
_QUOTED = 60
"""Maximum characters of hidden words quoted in the problem text."""
_NOT_PLAIN = bytes(set(range(256)) - set((string.ascii_letters + string.digits).encode()))


def is_garbage(text: str) -> bool:
    """Return whether a text is mostly characters that mean nothing."""
    alphanumeric = text.encode("ascii", "ignore").translate(None, _NOT_PLAIN)
    if len(alphanumeric) > _PLAIN_SHARE * len(text):  # fast path for nearly every page
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
    """Return whether the letters of a text are not distributed as in a language.

    Use it only for fonts without a Unicode mapping: a list of codes is no language either, but is
    correct text.
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
    """Remove the text of pages where it is garbage, and mark them so."""
    return tuple(
        Page(page.number, page.label, "", size=page.size, problem=GARBAGE, fault=Fault.GARBAGE)
        if is_garbage(page.text)
        else page
        for page in pages
    )


def noted(pages: tuple[Page, ...], note: str | None, fault: Fault | None) -> tuple[Page, ...]:
    """Add a note about the whole document to the problem of its first page."""
    if not note or not pages:
        return pages
    first = pages[0]
    problem = f"{first.problem}; {note}" if first.problem else note
    return (replace(first, problem=problem, fault=first.fault or fault), *pages[1:])


def with_hidden(
    pages: tuple[Page, ...], words: str, encoding: str | None = None
) -> tuple[Page, ...]:
    """Note a document's hidden words, and a note about its `encoding`, on its first page."""
    pages = noted(pages, hidden_words(words) if words else None, Fault.HIDDEN)
    return noted(pages, encoding, Fault.ENCODING)


def hidden_words(text: str) -> str:
    """Return the problem text for hidden words that were left out."""
    words = " ".join(text.split())
    quoted = words if len(words) <= _QUOTED else f"{words[:_QUOTED].rstrip()}…"
    return f"{len(words):,} characters of hidden text were left out (“{quoted}”)"
