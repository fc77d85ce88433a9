"""Renders the guide to the documents, whose parts open their pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from mehealth_rag.answering.compose import statement_text
from mehealth_rag.guide.document_guide import Guide, Outlined
from mehealth_rag.types import Citation
from mehealth_ui.markup import Html, button, tag

MOST_LISTED = 50
"""Documents in the list of titles; the rest is a number."""

_SENTENCES, _FIGURES, _HEADINGS = 4, 5, 20


def guides_markup(guides: Sequence[Guide[Citation]]) -> Html:
    """Render the guide to one document, or the titles of several."""
    if len(guides) == 1:
        return _one(guides[0])
    listed = guides[:MOST_LISTED]
    rest = len(guides) - len(listed)
    return tag(
        "section",
        _head("In these documents"),
        tag("ul", *map(_listed, listed)),
        tag("p", f"and {rest} more", class_="note") if rest else "",
        class_="guide",
    )


def _one(guide: Guide[Citation]) -> Html:
    in_order = sorted(guide.sentences[:_SENTENCES], key=lambda s: s.page)
    return tag(
        "section",
        _head("In this document"),
        tag("h2", guide.title),
        _part("In short", (_cited(s, s.quote) for s in in_order)),
        _part("Key figures", (_figure(f.value, f.citation) for f in guide.figures[:_FIGURES])),
        _part("Outline", (_heading(guide.document, o) for o in guide.outline[:_HEADINGS])),
        class_="guide",
    )


def _head(title: str) -> Html:
    close = button("Close", class_="quiet close", data_act="close-proof")
    return tag("header", tag("p", title, class_="title"), close, class_="evidence-head")


def _part(title: str, items: Iterable[Html]) -> Html:
    rows = [tag("li", item) for item in items]
    return tag("section", tag("h3", title), tag("ul", *rows)) if rows else Html("")


def _listed(guide: Guide[Citation]) -> Html:
    first = guide.sentences[:1]
    title = tag("span", guide.title, class_="name")
    if not first:
        return tag("li", _place(guide.document, 1, title))
    quote = tag("span", " ".join(first[0].quote.split()), class_="said")
    return tag("li", _place(guide.document, first[0].page, title, quote, marked=first[0]))


def _figure(value: str, citation: Citation) -> Html:
    before, figure, after = statement_text(citation.quote).partition(value)
    return _cited(citation, before, tag("strong", figure) if figure else "", after)


def _cited(citation: Citation, *words: str) -> Html:
    label = tag("span", f"p. {citation.page_label}", class_="label")
    return _place(citation.document, citation.page, *words, " ", label, marked=citation)


def _heading(document: str, outlined: Outlined) -> Html:
    label = tag("span", f"p. {outlined.page_label}", class_="label")
    return _place(document, outlined.page, outlined.heading, " ", label)


def _place(document: str, page: int, *words: str, marked: Citation | None = None) -> Html:
    """Render a button that opens a page with the quote marked."""
    mark = marked and {
        "number": marked.number,
        "page": marked.page,
        "quote": marked.quote,
        "boxes": marked.boxes,
        "active": True,
    }
    return button(
        *words,
        class_="place",
        data_act="place",
        data_document=document,
        data_page=page,
        data_marks=json.dumps([mark]) if mark else None,
    )
