"""Running heads and feet that say what nothing else in their document says.

Such a line ("Clerk: Alma Trewin, tel. 01234 567890") is kept once, where it stands first. Page
numbers, the title, and what the document's own text says as well are not kept.
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
"""An address alone is a link, which answers find by what it leads to."""

_PARTED = re.compile(r"\t| [|•·–—-] ")
"""What stands between a running line's parts, each of which may be said elsewhere."""
_Parts = tuple[str, ...]

Place = tuple[int, int]
"""A page's number, and a block's place on it."""


def running_facts(document: Document) -> frozenset[Place]:
    """The places of the furniture that is kept."""
    lines = [(place, parts) for place, parts in _lines(document) if parts]
    if not lines:
        return frozenset()
    times = Counter(parts for _, parts in lines)
    forms = Counter(_form(parts) for _, parts in lines)
    said = _said(document)
    found: set[Place] = set()
    seen: set[_Parts] = set()
    for place, parts in lines:
        counted = forms[_form(parts)] > times[parts] == 1  # its number is another on each page
        key = _form(parts) if counted else parts
        facts = [_ENDS.sub("", part) for part in parts] if counted else parts
        if key not in seen and not all(f" {fact} " in said for fact in facts):
            found.add(place)
        seen.add(key)
    return frozenset(found)


def _without_folio(text: str, page: Page) -> str:
    """The words of a running line, small and without the page's number."""
    words = _FOLIO.sub("", _words(text)).strip()
    for number in {page.label.casefold(), str(page.number)}:
        words = words.removeprefix(f"{number} ").removesuffix(f" {number}")
        words = "" if words == number else words
    return words


def _lines(document: Document) -> Iterator[tuple[Place, _Parts]]:
    """Each running line in its parts that say something, without the page's number."""
    for page in document.pages:
        for place, block in enumerate(page.blocks):
            text = block.span.of(page.text)
            if block.kind is BlockKind.FURNITURE and not _ADDRESS.fullmatch(text):
                parts = (_without_folio(part, page) for part in _PARTED.split(text))
                yield (page.number, place), tuple(p for p in parts if any(map(str.isalpha, p)))


def _form(parts: _Parts) -> _Parts:
    return tuple(re.sub(r"\d+", "#", part) for part in parts)


def _said(document: Document) -> str:
    """The words of a document's title and of all its text but the furniture, each block apart."""
    source = document.source
    texts = ["" if source.guessed else source.title, document.metadata.get("title", "")]
    for page in document.pages:
        own = (block for block in page.blocks if block.kind is not BlockKind.FURNITURE)
        texts += [block.span.of(page.text) for block in own]
    return " | ".join(f" {_words(text)} " for text in texts)


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
