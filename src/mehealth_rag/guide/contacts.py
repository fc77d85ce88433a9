"""How to reach those who wrote a document: addresses and numbers, told by their form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote, urlsplit

from mehealth_rag.guide.values import Contact, ContactKind
from mehealth_rag.passages.places import words_at
from mehealth_rag.types import Link, Page, Quote, Span

MOST_OF_A_KIND = 4
_FIRST_PAGES, _LAST_PAGES = 30, 20
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WEB = re.compile(
    r"(?<![@\w./-])(?:https?://)?www\.[\w-]+(?:\.[\w-]+)+/?(?![\w/?=-]|\.\w)"
    r"|(?<![@\w./-])https?://[\w-]+(?:\.[\w-]+)+/?(?![\w/?=-]|\.\w)"
)
"""A site's front page: what lies deeper is a source more often than a way to reach somebody."""

_NUMBER = r"\+?\(?\d[\d ()\u00a0./-]{6,18}\d"
_CALLED = re.compile(
    rf"\b(?:tel(?:ephone)?|phone|call|ring|mobile|helpline|switchboard|hotline)\b[^\d+(\n]{{0,30}}"
    rf"(?P<number>{_NUMBER})",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"(?<![\w+.,£$€-])(?P<number>\+\d{1,3}[\d ()\u00a0-]{7,16}\d|0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4}"
    r"|\(0?\d{3,5}\)[ -]?\d{3,4}[ -]?\d{3,4})(?![\w%])"
)
_DIGITS = range(7, 16)
_POSTCODE = re.compile(
    r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-Z][a-z]+,? [A-Z]{2},? \d{5}(?:-\d{4})?\b"
)
_LONGEST_ADDRESS = 160
_BREAK = re.compile(r"[.:;](?=\s)|\b(?:at|to|by post|write|address)\s+(?=[\dA-Z])", re.IGNORECASE)


def contacts(document: str, pages: Sequence[Page]) -> tuple[Contact[Quote], ...]:
    """The ways to reach somebody that the pages give, each once, in order, by kind."""
    ends = pages if len(pages) <= _FIRST_PAGES + _LAST_PAGES else _ends(pages)
    found: dict[str, Contact[Quote]] = {}
    counts: Counter[ContactKind] = Counter()
    for page in ends:
        told = (*_printed(page.text), *_linked(page))
        for kind, value, span in sorted(told, key=lambda one: one[2].start):
            key = f"{kind} {_plain(value)}"
            if key not in found and counts[kind] < MOST_OF_A_KIND:
                counts[kind] += 1
                found[key] = Contact(kind, value, Quote.of_page(document, page, span))
    order = list(ContactKind)
    return tuple(sorted(found.values(), key=lambda c: order.index(c.kind)))


def _ends(pages: Sequence[Page]) -> Sequence[Page]:
    return (*pages[:_FIRST_PAGES], *pages[-_LAST_PAGES:])


def _plain(value: str) -> str:
    bare = re.sub(r"^(?:https?://)?(?:www\.)?|/$", "", value.lower())
    return re.sub(r"[\s()-]+", "", bare)


def _printed(text: str) -> Iterator[tuple[ContactKind, str, Span]]:
    for match in _WEB.finditer(text):
        yield ContactKind.WEB, match[0], Span(*match.span())
    for match in _EMAIL.finditer(text):
        yield ContactKind.EMAIL, match[0].rstrip("."), Span(match.start(), match.end())
    yield from _numbers(text, (*_CALLED.finditer(text), *_ALONE.finditer(text)))
    for match in _POSTCODE.finditer(text):
        span = _address(text, match)
        if span is not None:
            yield ContactKind.POST, " ".join(span.of(text).split()), span


def _numbers(text: str, found: Iterable[re.Match[str]]) -> Iterator[tuple[ContactKind, str, Span]]:
    for match in found:
        span = Span(*match.span("number"))
        if sum(map(str.isdigit, span.of(text))) in _DIGITS:
            yield ContactKind.TELEPHONE, " ".join(span.of(text).split()), span


def _address(text: str, postcode: re.Match[str]) -> Span | None:
    """The postal address that ends with a postcode; None where no street stands before it."""
    floor = max(text.rfind("\n", 0, postcode.start()) + 1, postcode.start() - _LONGEST_ADDRESS)
    breaks = [m.end() for m in _BREAK.finditer(text, floor, postcode.start())]
    start = breaks[-1] if breaks else floor
    while start < postcode.start() and text[start].isspace():
        start += 1
    told = text[start : postcode.start()]
    street = "," in told or re.search(r"\d+ [A-Z]", told)
    return Span(start, postcode.end()) if street and told[:1].isalnum() else None


def _linked(page: Page) -> Iterator[tuple[ContactKind, str, Span]]:
    """Links for writing or calling, and those to a site's front page, with words on the page."""
    for link in page.links:
        span = words_at(page, link)
        told = _told(link)
        if span is not None and told is not None:
            yield *told, span


def _told(link: Link) -> tuple[ContactKind, str] | None:
    parts = urlsplit(link.url)
    if parts.scheme == "mailto":
        return ContactKind.EMAIL, unquote(parts.path)
    if parts.scheme == "tel":
        return ContactKind.TELEPHONE, unquote(parts.path)
    home = parts.scheme in {"http", "https"} and parts.path in {"", "/"} and not parts.query
    return (ContactKind.WEB, link.url) if home else None
