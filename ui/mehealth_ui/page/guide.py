"""What the evidence pane opens with: what the documents are about, each part opening its page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from mehealth_rag.answering.compose import statement_text
from mehealth_rag.guide.document_guide import Guide, Outlined
from mehealth_rag.types import Citation
from mehealth_ui.markup import Html, button, tag

MOST_LISTED = 50
"""Documents that are listed by their titles; how many more there are is told."""

_SENTENCES, _FIGURES, _HEADINGS = 4, 5, 20


def guides_markup(guides: Sequence[Guide[Citation]]) -> Html:
    """The guide to the one document, or a list of several by their titles."""
    if len(guides) == 1:
        return _one(guides[0])
    listed = guides[:MOST_LISTED]
    rest = len(guides) - len(listed)
    return tag(
        "section",
        _head("In these documents"),
        tag("ul", *map(_listed, listed)),
        tag("p", f"and {rest} more", class_="note") if rest else Html(""),
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
    said = tag("span", " ".join(first[0].quote.split()), class_="said")
    return tag("li", _place(guide.document, first[0].page, title, said, marked=first[0]))


def _figure(value: str, citation: Citation) -> Html:
    words = statement_text(citation.quote)
    before, found, after = words.partition(value)
    said = [before, tag("strong", found), after] if found else [words]
    return _cited(citation, *said)


def _cited(citation: Citation, *words: str) -> Html:
    label = tag("span", f"p. {citation.page_label}", class_="label")
    return _place(citation.document, citation.page, *words, " ", label, marked=citation)


def _heading(document: str, outlined: Outlined) -> Html:
    label = tag("span", f"p. {outlined.page_label}", class_="label")
    return _place(document, outlined.page, outlined.heading, " ", label)


def _place(document: str, page: int, *words: str, marked: Citation | None = None) -> Html:
    """A button that opens a page, the quote marked on it."""
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
