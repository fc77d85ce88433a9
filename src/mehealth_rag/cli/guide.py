"""`mehealth guide`: what a document is about, as text for people or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mehealth_rag.cli.context import Common, open_assistant, print_json
from mehealth_rag.language.dates import as_of
from mehealth_rag.serialise import guides_json

if TYPE_CHECKING:
    from mehealth_rag.guide.values import Guide
    from mehealth_rag.types import Citation


def run(common: Common, document: str | None) -> None:
    """Print the guide to one document, or to each."""
    assistant = open_assistant(common)
    guides = assistant.guides((document,) if document else ())
    if common.json:
        print_json(guides_json(guides, assistant.index.fingerprint))
    else:
        print("\n\n".join("\n".join(_lines(guide)) for guide in guides))


def _lines(guide: Guide[Citation]) -> Iterator[str]:
    """A guide as plain text: its parts, those that are empty left out, with printed pages."""
    told = filter(None, (guide.document, guide.publisher, as_of(guide.dated)))
    yield guide.title
    yield f"({', '.join(told)})"
    outline = [f"{o.heading} (p. {o.page_label})" for o in guide.outline]
    in_order = sorted(guide.sentences, key=lambda s: s.page)
    sentences = [f"{_quote(s)} (p. {s.page_label})" for s in in_order]
    figures = [
        f"{f.value}: {_quote(f.citation)} (p. {f.citation.page_label})" for f in guide.figures
    ]
    people = [f"{p.name}, {p.role} (p. {p.citation.page_label})" for p in guide.people]
    contacts = [f"{c.value} (p. {c.citation.page_label})" for c in guide.contacts]
    acronyms = [f"{a.short}: {a.long} (p. {a.citation.page_label})" for a in guide.acronyms]
    yield from _part("In short", sentences)
    yield from _part("Key figures", figures)
    yield from _part("People", people)
    yield from _part("Contacts", contacts)
    yield from _part("Acronyms", acronyms)
    yield from _part("Outline", outline)


def _part(name: str, items: list[str]) -> Iterator[str]:
    if items:
        yield f"\n{name}"
        yield from (f"  {item}" for item in items)


def _quote(citation: Citation) -> str:
    return f"“{' '.join(citation.quote.split())}”"
