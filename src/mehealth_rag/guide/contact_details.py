"""Find the contacts a document gives, recognised by their form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from mehealth_rag.guide.document_guide import Contact
from mehealth_rag.language.contact_forms import ContactKind, contact_spans, is_front_page
from mehealth_rag.types import Link, Page, Quote, Span

MOST_OF_A_KIND = 12
_SITE = re.compile(r"(?:https?://|www\.)[\w.-]+/?")
"""A site's front page; a deeper address is more often a source than a contact."""

_SCHEMES = {"mailto": ContactKind.EMAIL, "tel": ContactKind.PHONE}
_DIGITS = range(7, 16)
_FILED = re.compile(r"0\d\d-\d{5}")
"""A registry's file number (001-12345), which looks like a telephone number."""


def contacts(document: str, pages: Sequence[Page]) -> tuple[Contact[Quote], ...]:
    """Return the contacts on the pages, by kind, each once in order of appearance."""
    by_key: dict[str, Contact[Quote]] = {}
    counts: Counter[ContactKind] = Counter()
    for page in pages:
        matches = (*_printed(page.text), *_linked(page))
        for kind, value, span in sorted(matches, key=lambda match: match[2].start):
            key = f"{kind} {_plain(value)}"
            if key not in by_key and counts[kind] < MOST_OF_A_KIND:
                counts[kind] += 1
                by_key[key] = Contact(kind, value, Quote.of_page(document, page, span))
    order = list(ContactKind)
    return tuple(sorted(by_key.values(), key=lambda c: order.index(c.kind)))


def _plain(value: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?|/$|[\s()-]+", "", value.lower())


def _printed(text: str) -> Iterator[tuple[ContactKind, str, Span]]:
    for kind, span in contact_spans(text):
        value = " ".join(span.of(text).split())
        if _stands_alone(kind, value):
            yield kind, value, span


def _stands_alone(kind: ContactKind, value: str) -> bool:
    """Return whether a contact is useful without the words around it."""
    if kind is ContactKind.WEB:
        return _SITE.fullmatch(value) is not None
    if kind is ContactKind.PHONE:
        return sum(map(str.isdigit, value)) in _DIGITS and not _FILED.fullmatch(value)
    return kind is ContactKind.EMAIL or re.search(r"\d[^\d,\n]*+,|,[^\d,\n]*+\d", value) is not None


def _linked(page: Page) -> Iterator[tuple[ContactKind, str, Span]]:
    """Yield links for writing or calling and links to a site's front page, with their words."""
    for link in page.links:
        span, contact = page.words_at(link), _contact_of(link)
        if span and contact:
            yield *contact, span


def _contact_of(link: Link) -> tuple[ContactKind, str] | None:
    parts = urlsplit(link.url)
    if parts.scheme in _SCHEMES:
        return _SCHEMES[parts.scheme], unquote(parts.path)
    leads_to_contact = is_front_page(link.url) or "contact" in parts.path.casefold()
    web = parts.scheme in {"http", "https"} and leads_to_contact
    return (ContactKind.WEB, link.url) if web else None
