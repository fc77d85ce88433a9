"""Make the guide to a document from its pages, passages and sentence vectors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from mehealth_rag.guide.candidates import sampled
from mehealth_rag.guide.contact_details import contacts
from mehealth_rag.guide.document_guide import Acronym, Guide, Outlined
from mehealth_rag.guide.key_figures import key_figures
from mehealth_rag.guide.main_sentences import main_sentences
from mehealth_rag.guide.people import people
from mehealth_rag.language.acronyms import explained
from mehealth_rag.types import BlockKind, Document, Page, Passage, Quote, Span

GUIDE_VERSION = 2
"""Increase it when the same document would get another guide: indexes are then rebuilt."""

MOST_HEADINGS, MOST_ACRONYMS = 60, 20
_ENOUGH_HEADINGS = 10
_LONGEST_HEADING = 300
"""Characters; a line of data may be taken for a heading, whatever its length."""

_ENDS_LOOKED_AT = 3
"""Pages at either end searched for a publisher."""

_YEARS = r"\d{4}(?:\s?[-–,]\s?\d{2,4})*,?"
_PUBLISHER = re.compile(
    rf"(?:\b(?:[Pp]ublished|[Ii]ssued) by\s++|©\s*+(?:[Cc]opyright\s*+)?(?:{_YEARS})?"
    rf"|(?:\([cC]\)|\b[Cc]opyright)(?:\s*+(?:©|\([cC]\))){{0,3}}\s*+{_YEARS})\s*+(?:by\s++)?"
    r"(?P<name>(?:[Tt]he\s++)?[A-Z][\w&’'-]*(?:\s++(?:(?:of|the|for|and|&)\s++)*[A-Z][\w&’'-]*){0,7})"
)


def facts(document: Document, passages: Sequence[Passage]) -> Guide[Quote]:
    """Return the guide without its main sentences, which need vectors."""
    sample = [passages[n] for n in sampled(len(passages))]
    return Guide(
        document=document.source.id,
        title=document.source.title,
        publisher=_publisher(document),
        dated=document.source.dated,
        outline=_outline(document.pages),
        figures=key_figures(sample),
        people=people(sample),
        contacts=contacts(document.source.id, document.pages),
        acronyms=_acronyms(sample),
    )


def completed(
    guide: Guide[Quote], passages: Sequence[Passage], vectors: Sequence[NDArray[Any]]
) -> Guide[Quote]:
    """Return the guide with its main sentences; `vectors` has one array per passage."""
    return replace(guide, sentences=main_sentences(passages, vectors))


def _publisher(document: Document) -> str | None:
    """Return the publisher from the first or last pages or the metadata, else None."""
    pages = document.pages
    ends = (*pages[:_ENDS_LOOKED_AT], *pages[_ENDS_LOOKED_AT:][-_ENDS_LOOKED_AT:])
    names = (match["name"] for page in ends if (match := _PUBLISHER.search(page.text)))
    name = next(names, None) or document.metadata.get("publisher", "")
    return " ".join(name.split()) or None


def _outline(pages: Sequence[Page]) -> tuple[Outlined, ...]:
    """Return the headings of the pages; a long outline loses deeper levels, then some headings."""
    headings = list(_headings(pages))
    for level in sorted({level for level, _ in headings}, reverse=True):
        upper = [pair for pair in headings if pair[0] < level]
        if len(headings) > MOST_HEADINGS and len(upper) >= _ENOUGH_HEADINGS:
            headings = upper
    step = max(1, -(-len(headings) // MOST_HEADINGS))
    return tuple(outlined for _, outlined in headings[::step])


def _headings(pages: Sequence[Page]) -> Iterator[tuple[int, Outlined]]:
    """Yield each heading once, with its level."""
    headings: set[str] = set()
    for page in pages:
        for block in (b for b in page.blocks if b.kind is BlockKind.HEADING):
            heading = " ".join(block.span.of(page.text)[:_LONGEST_HEADING].split())
            letters = sum(map(str.isalpha, heading))
            if letters > 2 and heading not in headings:
                headings.add(heading)
                yield block.level, Outlined(heading, page.number, page.label)


def _acronyms(passages: Sequence[Passage]) -> tuple[Acronym[Quote], ...]:
    """Return the acronyms the passages explain in brackets, each once."""
    acronyms: dict[str, Acronym[Quote]] = {}
    for passage in passages:
        for acronym in explained(passage.text):
            start = passage.span.start
            quote = passage.quote(Span(start + acronym.span.start, start + acronym.span.end))
            acronyms.setdefault(
                acronym.short, Acronym(acronym.short, " ".join(acronym.long.split()), quote)
            )
    return tuple(acronyms.values())[:MOST_ACRONYMS]
