"""Writes the report's two files: `report.html` for people, `report.json` for programs.

The page fetches nothing; its template is `page.html`. docs/evaluation.md describes the schema of
the JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from mehealth_eval import labels
from mehealth_eval.compare import SCHEMA
from mehealth_eval.figures import Figure, Group
from mehealth_eval.records import Record
from mehealth_eval.run import Report
from mehealth_eval.sets import GROUPS, Judged
from mehealth_rag.errors import MehealthError

_DIGITS = 6

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


def write_report(folder: Path, report: Report, value: Mapping[str, Any]) -> Path:
    """Write both files to `folder` and return the page's path; `value` is the report as JSON.

    Raises:
        MehealthError: they cannot be written.
    """
    html = folder / "report.html"
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    try:  # a lone surrogate in a question has no UTF-8 form: it is escaped
        (folder / "report.json").write_text(text, encoding="utf-8", errors="backslashreplace")
        html.write_text(page(report), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise MehealthError(
            f"{folder}: the report cannot be written ({error.strerror}); name another with --report"
        ) from error
    return html


def report_json(report: Report) -> dict[str, Any]:
    """The whole report as JSON; records of hidden groups keep the verdict but not the text."""
    return {
        "schema": SCHEMA,
        "made": report.made,
        "engine": report.engine,
        "index": report.index,
        "set": {
            "name": report.set.name,
            "format": str(report.set.format),
            "questions": len(report.set.items),
            "judged_by_page": sum(i.judged is Judged.PAGE for i in report.set.items),
            "sha256": report.set.sha256,
        },
        "groups": {group.name: _group(group) for group in report.groups},
        "under_floors": list(report.under_floors),
        "problems": list(report.problems),
        "comparison": asdict(report.comparison) if report.comparison else None,
        "records": [_record(r, shown=r.item.group not in report.hidden) for r in report.records],
    }


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
        at_x=lambda share: f"{46 + 340 * share:.1f}",  # a share's place in a plot
        at_y=lambda share: f"{12 + 220 * (1 - share):.1f}",
    )
    return f"{text.strip()}\n"


def _group(group: Group) -> dict[str, Any]:
    return {
        "title": group.title,
        "figures": {name: _figure(figure) for name, figure in group.figures.items()},
        "risk_coverage": [_rounded(asdict(point)) for point in group.risk_coverage],
        "reliability": [_rounded(asdict(b)) for b in group.reliability],
        "latencies": [round(t, 3) for t in group.latencies],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    """A figure as JSON, with `hits` and the interval only if it is a share."""
    values = _rounded(asdict(figure))
    return values if figure.hits is not None else {k: values[k] for k in ("value", "n", "falling")}


def _record(record: Record, *, shown: bool) -> dict[str, Any]:
    item, reply = asdict(record.item), asdict(record.reply)
    head = {key: item.pop(key) for key in ("id", "group", "kind", "answerable")}
    if shown:
        ranking = asdict(record.ranking) if record.ranking else None
        body = {"verdict": asdict(record.verdict), "item": item, "reply": reply, "ranking": ranking}
    else:
        keys = ("outcome", "confidence", "milliseconds", "engine")
        body = {
            "verdict": {"right": record.verdict.right},
            "reply": {key: reply[key] for key in keys},
        }
    return {**head, "shown": shown, **body}


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: round(v, _DIGITS) if isinstance(v, float) else v for k, v in values.items()}


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
