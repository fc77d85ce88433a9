"""The guide to a document, made of its pages and passages, and of its sentences' vectors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from mehealth_rag.guide.candidates import sampled
from mehealth_rag.guide.contacts import contacts
from mehealth_rag.guide.figures import key_figures
from mehealth_rag.guide.people import people
from mehealth_rag.guide.telling import telling
from mehealth_rag.guide.values import Acronym, Guide, Outlined
from mehealth_rag.language.acronyms import explained
from mehealth_rag.types import BlockKind, Document, Page, Passage, Quote, Span

GUIDE_VERSION = 2
"""Raise it when the same document would get another guide: indexes are then built anew."""

MOST_HEADINGS, MOST_ACRONYMS = 60, 20
_ENOUGH_HEADINGS = 10
_ENDS_LOOKED_AT = 3
"""Pages from the first and from the last on where a publisher is looked for."""

_YEARS = r"\d{4}(?:\s?[-–,]\s?\d{2,4})*,?"
_PUBLISHER = re.compile(
    rf"(?:\b(?:[Pp]ublished|[Ii]ssued) by\s++|©\s*+(?:[Cc]opyright\s*+)?(?:{_YEARS})?"
    rf"|(?:\([cC]\)|\b[Cc]opyright)(?:\s*+(?:©|\([cC]\))){{0,3}}\s*+{_YEARS})\s*+(?:by\s++)?"
    r"(?P<name>(?:[Tt]he\s++)?[A-Z][\w&’'-]*(?:\s++(?:(?:of|the|for|and|&)\s++)*[A-Z][\w&’'-]*){0,7})"
)


def facts(document: Document, passages: Sequence[Passage]) -> Guide[Quote]:
    """The guide without its telling sentences: all that needs no vectors."""
    some = [passages[n] for n in sampled(len(passages))]
    return Guide(
        document=document.source.id,
        title=document.source.title,
        publisher=_publisher(document),
        dated=document.source.dated,
        outline=_outline(document.pages),
        figures=key_figures(some),
        people=people(some),
        contacts=contacts(document.source.id, document.pages),
        acronyms=_acronyms(some),
    )


def completed(
    guide: Guide[Quote], passages: Sequence[Passage], vectors: Sequence[NDArray[Any]]
) -> Guide[Quote]:
    """The guide with the sentences that say the most; `vectors` are of each passage's sentences."""
    return replace(guide, sentences=telling(passages, vectors))


def _publisher(document: Document) -> str | None:
    """Who has published a document, as its first or last pages or its metadata tell."""
    pages = document.pages
    ends = (*pages[:_ENDS_LOOKED_AT], *pages[_ENDS_LOOKED_AT:][-_ENDS_LOOKED_AT:])
    told = (match["name"] for page in ends if (match := _PUBLISHER.search(page.text)))
    name = next(told, None) or document.metadata.get("publisher", "")
    return " ".join(name.split()) or None


def _outline(pages: Sequence[Page]) -> tuple[Outlined, ...]:
    """The headings of the pages; of very many those of the deeper levels, or some, are left out."""
    found = list(_headings(pages))
    for level in sorted({level for level, _ in found}, reverse=True):
        upper = [pair for pair in found if pair[0] < level]
        if len(found) > MOST_HEADINGS and len(upper) >= _ENOUGH_HEADINGS:
            found = upper
    step = max(1, -(-len(found) // MOST_HEADINGS))
    return tuple(outlined for _, outlined in found[::step])


def _headings(pages: Sequence[Page]) -> Iterator[tuple[int, Outlined]]:
    seen: set[str] = set()
    for page in pages:
        for block in page.blocks:
            heading = " ".join(block.span.of(page.text).split())
            letters = sum(map(str.isalpha, heading))
            if block.kind is BlockKind.HEADING and letters > 2 and heading not in seen:
                seen.add(heading)
                yield block.level, Outlined(heading, page.number, page.label)


def _acronyms(passages: Sequence[Passage]) -> tuple[Acronym[Quote], ...]:
    """What the passages explain in brackets, each acronym once."""
    found: dict[str, Acronym[Quote]] = {}
    for passage in passages:
        for one in explained(passage.text):
            start = passage.span.start
            quote = passage.quote(Span(start + one.span.start, start + one.span.end))
            found.setdefault(one.short, Acronym(one.short, " ".join(one.long.split()), quote))
    return tuple(found.values())[:MOST_ACRONYMS]
