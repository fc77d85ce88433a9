"""Writes the report's two files: `report.html` for people, `report.json` for programs.

docs/evaluation.md describes the schema of the JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mehealth_eval.compare import SCHEMA
from mehealth_eval.figure import Figure
from mehealth_eval.figures import Group
from mehealth_eval.page import page
from mehealth_eval.records import Record
from mehealth_eval.run import Report
from mehealth_eval.sets import Judged
from mehealth_rag.errors import MehealthError

_DIGITS = 6


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
        kept = ("outcome", "confidence", "milliseconds", "engine")
        body = {
            "verdict": {"right": record.verdict.right},
            "reply": {key: reply[key] for key in kept},
        }
    return {**head, "shown": shown, **body}


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: round(v, _DIGITS) if isinstance(v, float) else v for k, v in values.items()}
