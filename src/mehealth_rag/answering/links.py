"""Questions for an address: which link of the documents is meant, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mehealth_rag.answering.questions import Question
from mehealth_rag.language.words import content_words, stem
from mehealth_rag.types import Box, Link, Page, Source, Span

if TYPE_CHECKING:
    from mehealth_rag.index.opened import OpenIndex
    from mehealth_rag.retrieval.retriever import Evidence

    _Place = tuple[str, int, Span]
    """A document, a page of it, and words there."""

WEB_ADDRESS = re.compile(r"\bhttps?://\S|\bwww\.\w", re.IGNORECASE)
"""A web address as pages print it."""

_ASKING = frozenset(
    stem(w)
    for w in "link links url web website webpage address page pages site read find download get "
    "online learn open hyperlink pdf document documents file copy more access".split()
)
_LOOSE = frozenset(
    stem(w)
    for w in "paper papers report reports study studies leaflet brochure case summary lead leads "
    "give click source official programme story article publication handle account profile "
    "update updates".split()
)
"""Words for any document: they count where a link holds them, and are not missed else."""

_HOME = re.compile(r"\b(?:web ?sites?|home ?pages?)\b", re.IGNORECASE)
"""Words that ask for a site's front page."""

_LEAST_SHARE = 0.5
_SLUG_WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]{2,}|\d+")


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link that a page carries: what it is called, its address, and words of the page near it."""

    title: str
    url: str
    document: str
    page: int
    span: Span
    share: float
    """How much of the question's words the link holds, between 0 and 1."""


def find_link(
    question: Question, sources: Sequence[Source], pages: Iterable[tuple[str, Page]]
) -> FoundLink | None:
    """The link that the question's words fit best, None where none holds half of them.

    `pages` are pairs of document id and page, those with links at least.
    """
    wanted = {s for s in question.subject if s not in _ASKING}
    titles = {s.url: s.title for s in sources if s.url}
    library = tuple(pages)
    home = _HOME.search(question.text) is not None
    links = tuple(x for x in _all_links(sources, library) if not _is_told(x[1], x[2]))
    held = [_held(titles.get(link.url, ""), link, page) for _, page, link in links]
    weight = _weights(wanted, held)
    scored = [
        (_overlap(weight, own) + (home and _is_home(link)), -order, document, page, link)
        for order, ((document, page, link), own) in enumerate(zip(links, held, strict=True))
    ]
    scored = [s for s in scored if s[0] > _LEAST_SHARE]
    if not scored:
        return None
    share, _, document, page, link = max(scored, key=lambda s: s[:2])
    title = titles.get(link.url, "")
    words = words_at(page, link)
    place = (document, page.number, words) if words else _nearest_words(title, library)
    return FoundLink(title, link.url, *place, min(share, 1.0)) if place else None


def link_pages(
    index: OpenIndex, sources: Sequence[Source], evidence: Sequence[Evidence]
) -> tuple[tuple[str, Page], ...]:
    """The pages that an address may stand on: those found, and those the manifest names."""
    found = [(e.hit.passage.document, e.hit.passage.page) for e in evidence]
    named = [(x.document, n) for s in sources for x in s.linked_from for n in x.pages]
    indexed = {d.source.id for d in index.documents()}
    places = dict.fromkeys(p for p in (*found, *named) if p[0] in indexed)
    return tuple((document, index.page(document, number)) for document, number in places)


def _is_told(page: Page, link: Link) -> bool:
    """Whether a link is an address printed within a sentence, which is evidence like any other.

    The address alone would be found by its own words only, and quoted without what it leads to.
    """
    span = link.span
    if span is None or not WEB_ADDRESS.match(span.of(page.text)):
        return False
    around = (b for b in page.blocks if b.span.start <= span.start and span.end <= b.span.end)
    return any(not b.kind.aside and b.span != span for b in around)


def _is_home(link: Link) -> bool:
    """Whether a link leads to a site's front page."""
    parts = urlsplit(link.url)
    return parts.path in {"", "/"} and not parts.query


def _all_links(
    sources: Sequence[Source], pages: Sequence[tuple[str, Page]]
) -> Iterable[tuple[str, Page, Link]]:
    """The links that stand on the pages, then those that only the manifest tells of."""
    known = {(document, page.number): page for document, page in pages}
    for document, page in pages:
        for link in page.links:
            yield document, page, link
    for source in sources:
        for place in source.linked_from:
            for number in place.pages:
                told = known.get((place.document, number))
                if source.url and told is not None:
                    yield place.document, told, Link(source.url)


def _held(title: str, link: Link, page: Page) -> frozenset[str]:
    """The stems of a link's title, of its address and of the words that it covers."""
    slug = " ".join(_SLUG_WORD.findall(urlsplit(link.url).path + " " + urlsplit(link.url).netloc))
    own = link.span.of(page.text) if link.span else ""
    return frozenset(stem(w) for w in content_words(" ".join((title, slug, own))))


def _weights(wanted: set[str], held: Sequence[frozenset[str]]) -> dict[str, float]:
    """What each wanted word weighs: little where most links hold it."""
    count = len(held)
    holding = {w: sum(w in own for own in held) for w in wanted}
    return {w: log((count + 1) / (n + 0.5)) for w, n in holding.items()}


def _overlap(weight: Mapping[str, float], held: frozenset[str]) -> float:
    """The share of the wanted words' weight that a link holds; loose words are not missed."""
    got = sum(weight[w] for w in weight if w in held)
    missed = sum(weight[w] for w in weight if w not in held and w not in _LOOSE)
    return got / (got + missed) if got else 0.0


def words_at(page: Page, link: Link) -> Span | None:
    """The words that a link covers, None where it covers none."""
    if link.span is not None and link.span.end > link.span.start:
        return link.span
    under = [
        line.span for line in page.lines if line.box and link.box and _overlaps(line.box, link.box)
    ]
    return Span(under[0].start, under[-1].end) if under else None


def _nearest_words(title: str, pages: Sequence[tuple[str, Page]]) -> _Place | None:
    """The block that speaks most of what a link without words of its own leads to."""
    wanted = {stem(w) for w in content_words(title)}
    scored = [
        (_shared(wanted, block.span.of(page.text)), -order, document, page.number, block.span)
        for order, (document, page) in enumerate(pages)
        for block in page.blocks
        if not block.kind.aside
    ]
    best = max(scored, key=lambda s: s[:2], default=None)
    return best[2:] if best and best[0] else None


def _shared(wanted: set[str], text: str) -> float:
    """How many of the wanted words a text holds, less for the words that it has besides."""
    held = {stem(w) for w in content_words(text)}
    return len(wanted & held) / (1 + len(held) / 20)


def _overlaps(one: Box, other: Box) -> bool:
    height = min(one[3], other[3]) - max(one[1], other[1])
    width = min(one[2], other[2]) - max(one[0], other[0])
    return width > 0 and height > 0.3 * (one[3] - one[1])
