"""The sources panel as markup: what there is, in what state, and which to ask."""

from __future__ import annotations

from collections.abc import Sequence

from mehealth_rag.index.sources import SourceStatus
from mehealth_rag.language.dates import as_of
from mehealth_rag.types import SourceState
from mehealth_ui.markup import Html, link, tag

_STATES = {
    SourceState.INDEXED: "Indexed",
    SourceState.NOT_FETCHED: "Linked, not fetched",
    SourceState.FAILED: "Failed",
    SourceState.PRESENT: "Not indexed yet",
    SourceState.LEFT_OUT: "Left out",
}


def sources_markup(found: Sequence[SourceStatus]) -> Html:
    """The list: indexed documents first, each with a box that limits the conversation to it."""
    indexed = [s for s in found if s.state is SourceState.INDEXED]
    others = [s for s in found if s.state is not SourceState.INDEXED]
    if not found:
        return tag("p", "There are no sources yet. Add files to the corpus.", class_="note")
    groups = [_group("Ask these", [_document(s) for s in indexed])]
    if others:
        title = f"Not searched ({len(others)})"
        rows = tag("ul", *(_other(s) for s in others))
        failed = any(s.state is SourceState.FAILED for s in others)
        groups.append(tag("details", tag("summary", title), rows, open=failed))
    return tag("div", *groups, class_="sources")


def _group(title: str, rows: Sequence[Html]) -> Html:
    return tag("section", tag("h3", title), tag("ul", *rows), class_="group")


def _document(status: SourceStatus) -> Html:
    source = status.source
    pages = f"{status.pages} page{'s' if status.pages != 1 else ''}"
    dated = f"{as_of(source.dated)} · " if source.dated else ""
    if status.reason:  # some of them could not be read
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
            f" · {dated}{pages} · ",
            tag(
                "button",
                "Read",
                type="button",
                class_="quiet",
                data_act="read",
                data_document=source.id,
                title=f"Read {source.title}",
            ),
            class_="facts",
        ),
    )


def _other(status: SourceStatus) -> Html:
    source = status.source
    why = f": {status.reason}" if status.reason else ""
    state = tag("span", _STATES[status.state] + why, class_=f"state {status.state.name.lower()}")
    linked = [
        f"{x.document}, page {', '.join(label for _, label in x.pages)}" for x in status.linked_from
    ]
    origin = f" · linked from {'; '.join(linked)}" if linked else ""
    return tag(
        "li", link(source.url, source.title, class_="name"), tag("p", state, origin, class_="facts")
    )
