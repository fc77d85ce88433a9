"""The figures of the report as tiles and tables."""

from __future__ import annotations

from collections.abc import Sequence

from mehealth_eval import labels
from mehealth_eval.figures import Group
from mehealth_eval.ranking import CUTS
from mehealth_ui.markup import Html, join, tag

_TILES = {
    "accuracy": "Accuracy",
    "words.answer": "Answer holds the words",
    "answers.right": "Answers given that are right",
    "abstention.f1": "“Not in the documents”, F1",
    "citations.page_hit": "A cited page is right",
    "citations.verbatim": "Quotes verbatim",
    "confidence.ece": "Calibration error",
    "retrieval.all_documents.success@5": "Right page in first 5",
    "latency.p50": "Median, ms",
}


def key(groups: Sequence[Group]) -> Html:
    """Which colour is which group."""
    entries = (
        tag("li", tag("i", class_=f"swatch group-{g.name}"), g.title.capitalize()) for g in groups
    )
    return tag("ul", *entries, class_="key")


def tiles(groups: Sequence[Group]) -> Html:
    """The figures that matter most, large."""
    shown = {n: label for n, label in _TILES.items() if labels.measured(groups, n)}
    made = [
        tag(
            "div",
            tag("h3", label),
            *(tag("p", *_told(g, name), class_=f"group-{g.name}") for g in groups),
            class_="tile",
        )
        for name, label in shown.items()
    ]
    return tag("div", *made, class_="tiles")


def figures(groups: Sequence[Group]) -> Html:
    """Every figure of every group, section by section, then the kinds of question."""
    kinds = {f"kinds.{kind}": kind for kind in labels.kinds(groups)}
    parts = labels.sections(groups) | {"Accuracy by kind": kinds}
    rows = [row for title, names in parts.items() for row in _section(groups, title, names)]
    head = tag("tr", tag("th", ""), *(tag("th", g.title, scope="col") for g in groups))
    return _scrolling(tag("table", tag("thead", head), tag("tbody", *rows)))


def ranking(groups: Sequence[Group]) -> Html:
    """The ranking measures, a column for each cut."""
    made = []
    for group in groups:
        head = tag("tr", tag("th", group.title), *(tag("th", str(k), scope="col") for k in CUTS))
        rows = [
            tag(
                "tr",
                tag("th", label, scope="row"),
                *(tag("td", labels.value(n, group.figures.get(n))) for n in names),
            )
            for label, names in labels.ranked([group])
        ]
        first = group.figures["retrieval.document_first"]
        told = f"The first passage is of the right document: {labels.value('', first)}"
        made += [
            _scrolling(tag("table", tag("thead", head), tag("tbody", *rows))),
            tag("p", f"{told} ({labels.around(first)})", class_="note"),
        ]
    return join(made)


def _section(groups: Sequence[Group], title: str, names: dict[str, str]) -> list[Html]:
    head = tag("tr", tag("th", title, colspan=len(groups) + 1, scope="rowgroup"), class_="section")
    return [head, *(_row(groups, name, label) for name, label in names.items())]


def _row(groups: Sequence[Group], name: str, label: str) -> Html:
    cells = (tag("td", *_told(g, name)) for g in groups)
    return tag("tr", tag("th", label, scope="row", title=name), *cells)


def _told(group: Group, name: str) -> tuple[Html, Html]:
    figure = group.figures.get(name)
    return tag("b", labels.value(name, figure)), tag("small", labels.around(figure))


def _scrolling(table: Html) -> Html:
    return tag("div", table, class_="scroll")
