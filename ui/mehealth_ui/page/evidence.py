"""Renders the evidence pane: a page of a document with the quotes of an answer marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote as percent

from mehealth_rag.answering.library import boxes
from mehealth_rag.types import Block, BlockKind, Page, Source, Span
from mehealth_ui.documents.pictures import has_picture
from mehealth_ui.limits import PICTURE_WIDTHS
from mehealth_ui.markup import Html, button, join, tag, web_address
from mehealth_ui.messages import Mark

_GUIDE = "What the documents are about"
_NEAR = "The nearest passage. It does not answer the question."


@dataclass(frozen=True, slots=True)
class View:
    """A page of a source, the number of its pages, and the quotes to mark."""

    source: Source
    page: Page
    pages: int
    marks: tuple[Mark, ...] = ()
    version: str = ""
    note: str = ""
    """A line above the page."""
    near: bool = False
    """Set for the nearest passage, which does not answer the question."""


def present_marks(page: Page, marks: Iterable[Mark]) -> tuple[tuple[Mark, ...], bool]:
    """Return the marks whose quotes stand on the page, with their boxes, and whether all do.

    The page may be newer than the answer. Marks of other pages or without a quote stay unchanged.
    """
    present: list[Mark] = []
    complete = True
    for mark in marks:
        if mark.page != page.number or not mark.quote:
            present.append(mark)
            continue
        places = [boxes(page, span) for span in _occurrences(page.text, mark.quote)]
        complete = complete and bool(places)
        if places:
            moved = tuple(mark.boxes) not in places
            present.append(mark.model_copy(update={"boxes": list(places[0])}) if moved else mark)
    return tuple(present), complete


def _occurrences(text: str, quote: str) -> Iterator[Span]:
    at = text.find(quote)
    while at >= 0:
        yield Span(at, at + len(quote))
        at = text.find(quote, at + 1)


def evidence(view: View) -> Html:
    """Render the pane."""
    here = tuple(m for m in view.marks if m.page == view.page.number)
    page = _picture(view, here) if has_picture(view.source) else _text(view.page, here)
    return tag(
        "section",
        _head(view),
        tag("p", _NEAR, class_="near-note", role="note") if view.near and here else "",
        _bar(view),
        tag("p", view.note, class_="note", role="status") if view.note else "",
        tag("div", page, class_="leaf", tabindex=0, role="group", aria_label=_where(view)),
        class_="evidence near" if view.near else "evidence",
        data_document=view.source.id,
        data_page=view.page.number,
        data_label=view.page.label,
    )


def _picture_address(document: str, page: int, width: int, version: str) -> str:
    return f"page/{percent(document, safe='')}/{page}.png?width={width}&v={percent(version)}"


def _file_address(source: Source, page: int, version: str) -> str:
    place = f"#page={page}" if source.format == "pdf" else ""
    return f"document/{percent(source.id, safe='')}?v={percent(version)}{place}"


def _text_markup(page: Page, spans: Sequence[tuple[int, int, bool]]) -> Html:
    """Render a page's text with marked spans (start, end, active)."""
    blocks = page.blocks or (Block(BlockKind.PARAGRAPH, Span(0, len(page.text))),)
    return join(_block(page.text, block, spans) for block in blocks)


def _quote_spans(page: Page, marks: Iterable[Mark]) -> list[tuple[int, int, bool]]:
    """Find the quotes, which are slices of the page's text."""
    spans = []
    for mark in marks:
        start = page.text.find(mark.quote) if mark.quote else -1
        if start >= 0:
            spans.append((start, start + len(mark.quote), mark.active))
    return sorted(spans)


def _head(view: View) -> Html:
    active = next((m for m in view.marks if m.active), None)
    origin = web_address(active.url if active and active.page == view.page.number else None)
    return tag(
        "header",
        tag("h2", view.source.title, class_="title", tabindex=-1),
        button("Guide", class_="quiet", data_act="guide", title=_GUIDE),
        tag(
            "a",
            "Open the document",
            href=origin or _file_address(view.source, view.page.number, view.version),
            target="_blank",
            rel="noopener noreferrer",
            class_="open",
            title="Open the source document at this page",
        )
        if origin or view.source.path is not None
        else "",
        button("Close", class_="quiet close", data_act="close-proof"),
        class_="evidence-head",
    )


def _bar(view: View) -> Html:
    number = view.page.number
    return tag(
        "div",
        _leaf("‹", "Page before", number - 1, number > 1),
        tag("span", _where(view), class_="where", role="status"),
        _leaf("›", "Page after", number + 1, number < view.pages),
        tag("span", class_="gap"),
        _zoom("−", "out", "Smaller"),
        _zoom("+", "in", "Larger"),
        class_="evidence-bar",
        role="toolbar",
        aria_label="Page",
    )


def _where(view: View) -> str:
    page = view.page
    if view.pages == 1 and page.label == "1":
        return "The whole text"
    counted = f"{page.number} of {view.pages}"
    return f"Page {page.label}" + (
        f" ({counted})" if page.label != str(page.number) else f" of {view.pages}"
    )


def _leaf(text: str, label: str, page: int, possible: bool) -> Html:
    return button(
        text,
        class_="step",
        data_act="leaf",
        data_page=page,
        aria_label=label,
        title=label,
        disabled=not possible,
    )


def _zoom(text: str, way: str, label: str) -> Html:
    return button(text, class_="step", data_act="zoom", data_way=way, aria_label=label, title=label)


def _picture(view: View, marks: Sequence[Mark]) -> Html:
    width, height = view.page.size or (595.0, 842.0)
    document, number = view.source.id, view.page.number
    image = tag(
        "img",
        src=_picture_address(document, number, PICTURE_WIDTHS[1], view.version),
        data_large=_picture_address(document, number, PICTURE_WIDTHS[2], view.version),
        width=round(width),
        height=round(height),
        alt=f"Page {view.page.label} of {view.source.title}",
        draggable="false",
    )
    marked = [
        _box(box, (width, height), active=mark.active, number=mark.number)
        for mark in marks
        for box in mark.boxes
    ]
    quotes = [tag("li", " ".join(m.quote.split())) for m in marks if m.quote]
    aloud = tag("ul", *quotes, class_="aloud", aria_label="Marked on this page")
    return tag("figure", image, *marked, aloud if quotes else "", class_="sheet")


def _box(
    box: tuple[float, float, float, float],
    size: tuple[float, float],
    *,
    active: bool,
    number: int,
) -> Html:
    left, bottom, right, top = box
    width, height = size
    style = (
        f"left:{left / width:.3%};bottom:{bottom / height:.3%};"
        f"width:{(right - left) / width:.3%};height:{(top - bottom) / height:.3%}"
    )
    return tag("span", class_="mark active" if active else "mark", style=style, data_cite=number)


def _text(page: Page, marks: Sequence[Mark]) -> Html:
    if not page.text.strip():
        return tag("p", page.problem or "This page holds no text.", class_="note")
    return tag(
        "div", _text_markup(page, _quote_spans(page, marks)), class_="sheet text", dir="auto"
    )


def _block(text: str, block: Block, spans: Sequence[tuple[int, int, bool]]) -> Html:
    parts: list[str] = []
    at = block.span.start
    for first, last, active in spans:
        start, end = max(first, at), min(last, block.span.end)
        if start >= end:
            continue
        marked = tag("mark", text[start:end], class_="active" if active else None)
        parts += [text[at:start], marked]
        at = end
    parts.append(text[at : block.span.end])
    if block.kind is BlockKind.HEADING:
        return tag(f"h{min(6, block.level + 2)}", *parts)
    return tag("p", *parts, class_=str(block.kind))
