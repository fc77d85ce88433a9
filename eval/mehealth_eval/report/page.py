"""The whole page."""

from __future__ import annotations

from importlib.resources import files

from mehealth_eval import labels
from mehealth_eval.report import cards, plots, tables
from mehealth_eval.run import Report
from mehealth_eval.sets import Judged
from mehealth_ui.markup import Html, join, tag

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""Nothing is fetched from anywhere and nothing runs."""


def page(report: Report) -> str:
    """The report as one HTML document."""
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    title = f"Evaluation: {report.set.name}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(style)),
    )
    body = tag("body", _header(report, title), tag("main", *_sections(report)))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _header(report: Report, title: str) -> Html:
    facts = (
        f"{len(report.set.items)} questions",
        f"engine {report.engine}",
        f"index {report.index}",
        cards.when(report.made),
    )
    return tag(
        "header",
        tag("h1", title),
        tag("p", " · ".join(facts)),
        tables.key(report.groups),
        tables.tiles(report.groups),
    )


def _sections(report: Report) -> list[Html]:
    groups = report.groups
    sections = [
        _list("Under their floors", report.under_floors, "alert"),
        _list("What went amiss", report.problems, "problems"),
        _section("Plots", _plots(report)),
        _section("Figures", tables.figures(groups), _FIGURES_NOTE + _judged(report)),
    ]
    if any(r.ranking for r in report.records):
        sections.append(_section("Retrieval by page", tables.ranking(groups), _RANKING_NOTE))
    if report.comparison:
        sections.append(_section("Since the earlier run", cards.changes(report.comparison)))
    for group in groups:
        note = _HIDDEN_NOTE if group.name in report.hidden else ""
        shown = cards.wrong_answers(report.records, report.hidden, group.name)
        sections.append(_section(f"Wrong answers, {group.title}", shown, note))
    return sections


_FIGURES_NOTE = (
    "Behind each figure: its 95 % interval (Wilson), and of how many cases it is. "
    "No judge model: an answer is right when it holds the required facts and no forbidden form and "
    "is no longer than an answer may be; without an answer in the documents, when none is given."
)
_RANKING_NOTE = "Places count passages as the search shows them, at 1, 3, 5 and 10."
_HIDDEN_NOTE = (
    "Only ids and kinds, so that nobody tunes on them; --show-reporting-half shows them in full."
)


def _plots(report: Report) -> Html:
    groups = report.groups
    drawn = {
        "Accuracy by kind": (plots.accuracy_by_kind(groups), "Bars are 95 % intervals."),
        "Latency": (plots.latency(groups), "Dots mark the median and the 95th percentile."),
        "Risk and coverage": (
            plots.risk_coverage(groups, report.comparison.curves if report.comparison else {}),
            "Of the surest answers, how many are wrong. Lower is better."
            + (" Dashes: the earlier run." if report.comparison else ""),
        ),
        "Calibration": (
            plots.calibration(groups),
            "On the diagonal, confidence means what it says. Larger dots hold more answers.",
        ),
    }
    if any(r.ranking for r in report.records):
        drawn["Retrieval"] = (plots.retrieval(groups), "Bars are 95 % intervals; all documents.")
    made = (
        tag("figure", tag("h3", name), plot, tag("figcaption", told))
        for name, (plot, told) in drawn.items()
    )
    return join([tables.key(groups), tag("div", *made, class_="plots")])


def _judged(report: Report) -> str:
    """What to know of questions that no words are given for."""
    count = sum(item.judged is Judged.PAGE for item in report.set.items)
    return f" {labels.by_page(count)}" if count else ""


def _section(title: str, content: Html, note: str = "") -> Html:
    told = tag("p", note, class_="note") if note else ""
    return tag("section", tag("h2", title), told, content)


def _list(title: str, lines: tuple[str, ...], style: str) -> Html:
    """A section of lines, nothing where there are none."""
    if not lines:
        return Html("")
    entries = join(tag("li", line) for line in lines)
    return tag("section", tag("h2", title), tag("ul", entries), class_=style)
