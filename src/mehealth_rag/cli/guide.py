"""`mehealth guide`: a summary of each document, as text or JSON."""

from __future__ import annotations

from collections.abc import Iterator

from mehealth_rag.cli.context import Common, open_assistant, print_json
from mehealth_rag.guide.values import Guide, Outlined
from mehealth_rag.language.dates import as_of
from mehealth_rag.serialise import guides_json
from mehealth_rag.types import Citation


def run(common: Common, document: str | None) -> None:
    """Print the guide to one document, or to all."""
    assistant = open_assistant(common)
    guides = assistant.guides((document,) if document else ())
    if common.json:
        print_json(guides_json(guides, assistant.index.fingerprint))
    else:
        print("\n\n".join("\n".join(_lines(guide)) for guide in guides))


def _lines(guide: Guide[Citation]) -> Iterator[str]:
    """Yield a guide as lines of plain text with printed page numbers, without empty parts."""
    details = filter(None, (guide.document, guide.publisher, as_of(guide.dated)))
    yield guide.title
    yield f"({', '.join(details)})"
    in_order = sorted(guide.sentences, key=lambda s: s.page)
    parts: dict[str, list[tuple[str, Citation | Outlined]]] = {
        "In short": [(_quote(s), s) for s in in_order],
        "Key figures": [(f"{f.value}: {_quote(f.citation)}", f.citation) for f in guide.figures],
        "People": [(f"{p.name}, {p.role}", p.citation) for p in guide.people],
        "Contacts": [(c.value, c.citation) for c in guide.contacts],
        "Acronyms": [(f"{a.short}: {a.long}", a.citation) for a in guide.acronyms],
        "Outline": [(o.heading, o) for o in guide.outline],
    }
    for name, items in parts.items():
        if items:
            yield f"\n{name}"
            yield from (f"  {text} (p. {place.page_label})" for text, place in items)


def _quote(citation: Citation) -> str:
    return f"“{' '.join(citation.quote.split())}”"
