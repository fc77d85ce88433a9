"""How to reach those who wrote a document: addresses and numbers, told by their form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from mehealth_rag.guide.values import Contact
from mehealth_rag.language.contacts import ContactKind, found_contacts
from mehealth_rag.passages.places import words_at
from mehealth_rag.types import Link, Page, Quote, Span

MOST_OF_A_KIND = 12
_SITE = re.compile(r"(?:https?://|www\.)[\w.-]+/?")
"""A site's front page: what lies deeper is a source more often than a way to reach somebody."""

_SCHEMES = {"mailto": ContactKind.EMAIL, "tel": ContactKind.PHONE}
_DIGITS = range(7, 16)
_FILED = re.compile(r"0\d\d-\d{5}")
"""A file's number, as offices that keep papers give it."""


def contacts(document: str, pages: Sequence[Page]) -> tuple[Contact[Quote], ...]:
    """The ways to reach somebody that the pages give, each once, in order, by kind."""
    found: dict[str, Contact[Quote]] = {}
    counts: Counter[ContactKind] = Counter()
    for page in pages:
        told = (*_printed(page.text), *_linked(page))
        for kind, value, span in sorted(told, key=lambda one: one[2].start):
            key = f"{kind} {_plain(value)}"
            if key not in found and counts[kind] < MOST_OF_A_KIND:
                counts[kind] += 1
                found[key] = Contact(kind, value, Quote.of_page(document, page, span))
    order = list(ContactKind)
    return tuple(sorted(found.values(), key=lambda c: order.index(c.kind)))


def _plain(value: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?|/$|[\s()-]+", "", value.lower())


def _printed(text: str) -> Iterator[tuple[ContactKind, str, Span]]:
    for kind, span in found_contacts(text):
        value = " ".join(span.of(text).split())
        if _is_telling(kind, value):
            yield kind, value, span


def _is_telling(kind: ContactKind, value: str) -> bool:
    """Whether a contact can be told without the words around it."""
    if kind is ContactKind.WEB:
        return _SITE.fullmatch(value) is not None
    if kind is ContactKind.PHONE:
        return sum(map(str.isdigit, value)) in _DIGITS and not _FILED.fullmatch(value)
    return kind is ContactKind.EMAIL or re.search(r"\d[^\d,\n]*+,|,[^\d,\n]*+\d", value) is not None


def _linked(page: Page) -> Iterator[tuple[ContactKind, str, Span]]:
    """Links for writing or calling, and those to a site's front page, with words on the page."""
    for link in page.links:
        span, told = words_at(page, link), _told(link)
        if span and told:
            yield *told, span


def _told(link: Link) -> tuple[ContactKind, str] | None:
    parts = urlsplit(link.url)
    if parts.scheme in _SCHEMES:
        return _SCHEMES[parts.scheme], unquote(parts.path)
    home = parts.path in {"", "/"} and not parts.query
    web = parts.scheme in {"http", "https"} and (home or "contact" in parts.path.casefold())
    return (ContactKind.WEB, link.url) if web else None
