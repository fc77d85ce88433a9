"""Questions for an address: which link of the documents is meant, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from urllib.parse import urlsplit

from mehealth_rag.answering.questions import Question
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.contact_forms import is_front_page
from mehealth_rag.language.words import content_stems, stem
from mehealth_rag.retrieval.retriever import Evidence
from mehealth_rag.types import Link, Page, Quote, Source

WEB_ADDRESS = re.compile(r"\bhttps?://\S|\bwww\.\w", re.IGNORECASE)
"""A web address as printed on a page."""

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
"""Words for any document: they count if a link has them and cost nothing if it does not."""

_HOME = re.compile(r"\b(?:web ?sites?|home ?pages?)\b", re.IGNORECASE)
"""Words that ask for a site's front page."""

_LEAST_SHARE = 0.5
_SLUG_WORD = re.compile(r"[A-Za-z][a-z]+|[A-Z]{2,}|\d+")


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link on a page: its title, its address, and nearby text to cite."""

    title: str
    url: str
    quote: Quote
    share: float
    """Share of the question's words that the link has, from 0 to 1."""


def find_link(
    question: Question, index: OpenIndex, sources: Sequence[Source], evidence: Sequence[Evidence]
) -> FoundLink | None:
    """Return the link that best matches the question; None if none has more than half its words.

    Looked for are the links on the retrieved pages, and those of `sources`.
    """
    wanted = {s for s in question.subject if s not in _ASKING}
    titles = {s.url: s.title for s in sources if s.url}
    library = _pages(index, sources, evidence)
    asks_for_site = _HOME.search(question.text) is not None
    links = [x for x in _all_links(sources, library) if not _is_in_sentence(x[1], x[2])]
    link_stems = [_link_stems(titles.get(link.url, ""), link, page) for _, page, link in links]
    weights = _weights(wanted, link_stems)
    shares = [
        _overlap(weights, stems) + (asks_for_site and is_front_page(link.url))
        for (_, _, link), stems in zip(links, link_stems, strict=True)
    ]
    share = max(shares, default=0.0)
    if share <= _LEAST_SHARE:
        return None
    document, page, link = links[shares.index(share)]
    title = titles.get(link.url, "")
    covered = page.words_at(link)
    quote = Quote.of_page(document, page, covered) if covered else _nearest_words(title, library)
    return FoundLink(title, link.url, quote, min(share, 1.0)) if quote else None


def _pages(
    index: OpenIndex, sources: Sequence[Source], evidence: Sequence[Evidence]
) -> tuple[tuple[str, Page], ...]:
    """Return the pages that may have the address: those retrieved and those the manifest names."""
    retrieved = [(e.hit.passage.document, e.hit.passage.page) for e in evidence]
    named = [(x.document, n) for s in sources for x in s.linked_from for n in x.pages]
    indexed = {d.source.id for d in index.documents()}
    places = dict.fromkeys(p for p in (*retrieved, *named) if p[0] in indexed)
    return tuple((document, index.page(document, number)) for document, number in places)


def _is_in_sentence(page: Page, link: Link) -> bool:
    """Return whether a link is an address printed within a sentence, which retrieval finds.

    By itself such an address would match only its own words and be quoted without its context.
    """
    span = link.span
    if span is None or not WEB_ADDRESS.match(span.of(page.text)):
        return False
    blocks = (b for b in page.blocks if b.span.start <= span.start and span.end <= b.span.end)
    return any(not b.kind.aside and b.span != span for b in blocks)


def _all_links(
    sources: Sequence[Source], pages: Sequence[tuple[str, Page]]
) -> Iterable[tuple[str, Page, Link]]:
    """Yield the links on the pages, then those known only from the manifest."""
    page_by_place = {(document, page.number): page for document, page in pages}
    for document, page in pages:
        for link in page.links:
            yield document, page, link
    for source in sources:
        for place in source.linked_from:
            for number in place.pages:
                page_with_link = page_by_place.get((place.document, number))
                if source.url and page_with_link is not None:
                    yield place.document, page_with_link, Link(source.url)


def _link_stems(title: str, link: Link, page: Page) -> frozenset[str]:
    """Return the stems of a link's title, its URL and the words it covers."""
    slug = " ".join(_SLUG_WORD.findall(urlsplit(link.url).path + " " + urlsplit(link.url).netloc))
    covered = link.span.of(page.text) if link.span else ""
    return content_stems(" ".join((title, slug, covered)))


def _weights(wanted: set[str], link_stems: Sequence[frozenset[str]]) -> dict[str, float]:
    """Return the weight of each wanted word, like an inverse document frequency over links."""
    count = len(link_stems)
    counts = {w: sum(w in stems for stems in link_stems) for w in wanted}
    return {w: log((count + 1) / (n + 0.5)) for w, n in counts.items()}


def _overlap(weights: Mapping[str, float], stems: frozenset[str]) -> float:
    """Return the weighted share of the wanted words a link has; missing loose words are ignored."""
    matched = sum(weights[w] for w in weights if w in stems)
    missed = sum(weights[w] for w in weights if w not in stems and w not in _LOOSE)
    return matched / (matched + missed) if matched else 0.0


def _nearest_words(title: str, pages: Sequence[tuple[str, Page]]) -> Quote | None:
    """Return the block that best matches the title of a link without words of its own."""
    wanted = content_stems(title)

    def shared(block: Quote) -> float:
        """Return the number of wanted words in a block, reduced for its other words."""
        stems = content_stems(block.text)
        return len(wanted & stems) / (1 + len(stems) / 20)

    blocks = (
        Quote.of_page(document, page, block.span)
        for document, page in pages
        for block in page.blocks
        if not block.kind.aside
    )
    best = max(blocks, key=shared, default=None)
    return best if best and shared(best) else None
