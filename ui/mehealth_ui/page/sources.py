"""Renders the sources: their states, and the choice of which to ask."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mehealth_rag.corpus import ADDED
from mehealth_rag.index.accounting import SourceStatus
from mehealth_rag.language.dates import MONTHS, as_of
from mehealth_rag.types import SourceState
from mehealth_ui.documents.added_files import ENDINGS
from mehealth_ui.markup import Html, button, join, link, tag
from mehealth_ui.page.assets import part

_STATES = {
    SourceState.INDEXED: "Indexed",
    SourceState.NOT_FETCHED: "Linked, not fetched",
    SourceState.FAILED: "Failed",
    SourceState.PRESENT: "Not indexed yet",
    SourceState.LEFT_OUT: "Left out",
}
_PAGE_OFF = (
    "Adding documents is switched off here; whoever runs this page can switch it on "
    "(MEHEALTH_UI_DOCUMENTS=true)."
)
_NO_ROLE = "Adding documents needs the role of staff; whoever runs this page can give it to you."


def sources_markup(sources: Sequence[SourceStatus], *, may: bool = False) -> Html:
    """Render indexed documents by collection with checkboxes, then the others.

    If the visitor `may`, added documents have buttons to reread and remove them.
    """
    indexed = [s for s in sources if s.state is SourceState.INDEXED]
    others = [s for s in sources if s.state is not SourceState.INDEXED]
    if not sources:
        return tag("p", "There are no sources yet. Add files to the corpus.", class_="note")
    by_collection: dict[str, list[SourceStatus]] = {"": []}
    for status in indexed:
        by_collection.setdefault(status.source.collection, []).append(status)
    groups = [
        _group(name, [_document(s, may=may) for s in here])
        for name, here in by_collection.items()
        if here
    ]
    if others:
        title = f"Not searched ({len(others)})"
        rows = tag("ul", *(_other(s, may=may) for s in others))
        failed = any(s.state is SourceState.FAILED for s in others)
        groups.append(tag("details", tag("summary", title), rows, open=failed))
    return tag("div", *groups, class_="sources")


def adding_markup(*, may: bool, signed_in: bool) -> Html:
    """Render the form for adding documents, or why the visitor may not."""
    if not may:
        return tag("p", _NO_ROLE if signed_in else _PAGE_OFF, class_="note small")
    return part("adding", endings=",".join(ENDINGS))


def _group(collection: str, rows: Sequence[Html]) -> Html:
    """Render the documents of a collection under a checkbox for all of them."""
    if not collection:
        return tag("section", tag("h3", "Ask these"), tag("ul", *rows), class_="group")
    name = "Added here" if collection == ADDED else collection
    box = tag(
        "input",
        type="checkbox",
        name="collection",
        value=f"{collection}/",
        checked=True,
        aria_label=f"Ask all of {name}",
    )
    head = tag("h3", tag("label", box, tag("span", name)))
    return tag("section", head, tag("ul", *rows), class_="group collection")


def _document(status: SourceStatus, *, may: bool) -> Html:
    source = status.source
    pages = f"{status.pages} page{'s' if status.pages != 1 else ''}"
    dated = f"{as_of(source.dated)} · " if source.dated else ""
    if status.reason:
        pages += f" ({status.reason})"
    return tag(
        "li",
        tag(
            "label",
            tag(
                "input",
                type="checkbox",
                name="source",
                value=source.id,
                checked=True,
                aria_label=f"Ask {source.title}",
            ),
            tag("span", source.title, class_="name"),
        ),
        tag(
            "p",
            tag("span", "Indexed", class_="state indexed"),
            f" · {dated}{pages}{_added(status)} · ",
            button(
                "Read",
                class_="quiet",
                data_act="read",
                data_document=source.id,
                title=f"Read {source.title}",
            ),
            _tools(status, may=may),
            class_="facts",
        ),
    )


def _added(status: SourceStatus) -> str:
    """Return the date on which its file was added."""
    if not status.added:
        return ""
    when = datetime.fromisoformat(status.added)
    return f" · added {when.day} {MONTHS[when.month - 1]} {when.year}"


def _tools(status: SourceStatus, *, may: bool) -> Html:
    """Render the buttons of an added document."""
    source = status.source
    if not may or source.collection != ADDED or source.path is None:
        return Html("")
    deeds = {"reread": ("Read again", "Read {} again"), "remove": ("Remove", "Remove {}")}
    return join(
        button(
            words,
            class_="quiet",
            data_do=deed,
            data_document=source.id,
            title=title.format(source.title),
        )
        for deed, (words, title) in deeds.items()
    )


def _other(status: SourceStatus, *, may: bool) -> Html:
    source = status.source
    why = f": {status.reason}" if status.reason else ""
    state = tag("span", _STATES[status.state] + why, class_=f"state {status.state.name.lower()}")
    linked = [
        f"{x.document}, page {', '.join(label for _, label in x.pages)}" for x in status.linked_from
    ]
    origin = f" · linked from {'; '.join(linked)}" if linked else ""
    facts = tag("p", state, origin, _tools(status, may=may), class_="facts")
    return tag("li", link(source.url, source.title, class_="name"), facts)
