"""Questions for an address: which link of the documents is meant, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mehealth_rag.language.words import content_words, stem
from mehealth_rag.questions import Question
from mehealth_rag.types import Link, Page, Source, Span

_ASKING = frozenset(
    stem(w)
    for w in "link links url web website webpage address page pages site read find download get "
    "online learn open hyperlink pdf document documents file copy more access".split()
)
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
    scored = []
    for order, (document, page, link) in enumerate(_all_links(pages)):
        title = titles.get(link.url, "")
        span = _words_at(page, link)
        share = _overlap(wanted, title, link, page)
        if span is not None and share > _LEAST_SHARE:
            found = FoundLink(title, link.url, document, page.number, span, share)
            scored.append((share, -order, found))
    return max(scored, key=lambda s: s[:2])[2] if scored else None


def _all_links(pages: Iterable[tuple[str, Page]]) -> Iterable[tuple[str, Page, Link]]:
    for document, page in pages:
        for link in page.links:
            yield document, page, link


def _overlap(wanted: set[str], title: str, link: Link, page: Page) -> float:
    """The share of the wanted words that the link's title, address or own words hold."""
    if not wanted:
        return 0.0
    slug = " ".join(_SLUG_WORD.findall(urlsplit(link.url).path + " " + urlsplit(link.url).netloc))
    own = link.span.of(page.text) if link.span else ""
    held = {stem(w) for w in content_words(" ".join((title, slug, own)))}
    return len(wanted & held) / len(wanted)


def _words_at(page: Page, link: Link) -> Span | None:
    """The words that the link covers; else the page's first block, to have something to show."""
    if link.span is not None and link.span.end > link.span.start:
        return link.span
    if link.box is not None:
        under = [line.span for line in page.lines if line.box and _overlaps(line.box, link.box)]
        if under:
            return Span(under[0].start, under[-1].end)
    return page.blocks[0].span if page.blocks else None


def _overlaps(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    height = min(one[3], other[3]) - max(one[1], other[1])
    width = min(one[2], other[2]) - max(one[0], other[0])
    return width > 0 and height > 0.3 * (one[3] - one[1])
