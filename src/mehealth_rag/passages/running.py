"""Finds running headers and footers with facts that their document gives nowhere else.

Such a line ("Clerk: Alma Trewin, tel. 01234 567890") is kept once, at its first occurrence. Page
numbers, the title and what the body text also says are dropped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from mehealth_rag.types import BlockKind, Document, Page

_WORD = re.compile(r"[^\W_]+")
_FOLIO = re.compile(
    r"(?:^| )(?:pages?|pg|p|seite|página|pagina|pág) (?:\d+|[ivxlc]+)"
    r"(?: (?:of|von|de|di|sur) \d+)?(?= |$)"
)
_ENDS = re.compile(r"^\d+ | \d+$")
_ADDRESS = re.compile(r"<?https?://\S+")
"""A bare web address; it is a link, and answers cite links anyway."""
_SEPARATOR = re.compile(r"\t| [|•·–—-] ")
"""What separates the parts of a running line; each part may be stated elsewhere."""
_Parts = tuple[str, ...]

Place = tuple[int, int]
"""A page number and the index of a block on it."""


def running_facts(document: Document) -> frozenset[Place]:
    """Return the places of the running lines to keep."""
    lines = [(place, parts) for place, parts in _lines(document) if parts]
    if not lines:
        return frozenset()
    times = Counter(parts for _, parts in lines)
    forms = Counter(_form(parts) for _, parts in lines)
    body = _body_words(document)
    places: dict[_Parts, Place | None] = {}
    for place, parts in lines:
        numbered = forms[_form(parts)] > times[parts] == 1  # only its number changes by page
        key = _form(parts) if numbered else parts
        facts = [_ENDS.sub("", part) for part in parts] if numbered else parts
        is_new = not all(f" {fact} " in body for fact in facts)
        places.setdefault(key, place if is_new else None)
    return frozenset(place for place in places.values() if place is not None)


def _without_folio(text: str, page: Page) -> str:
    """Return the words of a part of a running line, case-folded and without the page number."""
    words = _FOLIO.sub("", _words(text)).strip()
    for number in {page.label.casefold(), str(page.number)}:
        words = words.removeprefix(f"{number} ").removesuffix(f" {number}")
        words = "" if words == number else words
    return words


def _lines(document: Document) -> Iterator[tuple[Place, _Parts]]:
    """Yield the place of each running line with those of its parts that have letters."""
    for page in document.pages:
        for place, block in enumerate(page.blocks):
            text = block.span.of(page.text)
            if block.kind is BlockKind.FURNITURE and not _ADDRESS.fullmatch(text):
                parts = (_without_folio(part, page) for part in _SEPARATOR.split(text))
                yield (page.number, place), tuple(p for p in parts if any(map(str.isalpha, p)))


def _form(parts: _Parts) -> _Parts:
    return tuple(re.sub(r"\d+", "#", part) for part in parts)


def _body_words(document: Document) -> str:
    """Return the words of the title and of all blocks but running lines, separated by bars."""
    source = document.source
    texts = ["" if source.guessed else source.title, document.metadata.get("title", "")]
    for page in document.pages:
        blocks = (block for block in page.blocks if block.kind is not BlockKind.FURNITURE)
        texts += [block.span.of(page.text) for block in blocks]
    return " | ".join(f" {_words(text)} " for text in texts)


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
