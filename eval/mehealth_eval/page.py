"""Renders the report as one HTML page that fetches nothing, from the template `page.html`."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from mehealth_eval import labels
from mehealth_eval.run import Report
from mehealth_eval.sets import GROUPS

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
"""The figures that are shown large, and their labels."""


def page(report: Report) -> str:
    """The report as an HTML document; everything but the template's own markup is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"when": _when, "rich": _rich}
    text = environment.get_template("page.html").render(
        report=report,
        groups=report.groups,
        labels=labels,
        tiles=_TILES,
        titles=GROUPS,
        curves={g.name: [(p.coverage, p.risk) for p in g.risk_coverage] for g in report.groups},
        earlier_curves=report.comparison.curves if report.comparison else {},
        at_x=_at_x,
        at_y=_at_y,
    )
    return f"{text.strip()}\n"


def _when(made: str) -> str:
    """A timestamp of the report, as people read it."""
    return made.replace("T", " ").replace("+00:00", " UTC")


def _rich(text: str) -> Markup:
    """An answer's lines as paragraphs, with `**bold**` rendered."""
    pieces = re.split(r"\*\*(.+?)\*\*", text)
    bold = Markup("").join(
        Markup("<strong>{}</strong>").format(piece) if i % 2 else escape(piece)
        for i, piece in enumerate(pieces)
    )
    lines = (line for line in bold.split("\n") if line.strip())
    return Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)


def _at_x(share: float) -> str:
    """The x coordinate of a share in a plot."""
    return f"{46 + 340 * share:.1f}"


def _at_y(share: float) -> str:
    """The y coordinate of a share in a plot."""
    return f"{12 + 220 * (1 - share):.1f}"
