"""The report's two files: `report.html` for people, `report.json` for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mehealth_eval.report.page import page
from mehealth_eval.run import Report
from mehealth_rag.errors import MehealthError


def write_report(folder: Path, report: Report, value: Mapping[str, Any]) -> Path:
    """Write both below `folder`; `value` is the report as JSON. Returns the page's path.

    Raises:
        MehealthError: they cannot be written.
    """
    html = folder / "report.html"
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    try:  # what UTF-8 cannot hold, a lone surrogate in a question, is written as an escape
        (folder / "report.json").write_text(text, encoding="utf-8", errors="backslashreplace")
        html.write_text(page(report), encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise MehealthError(
            f"{folder}: the report cannot be written ({error.strerror}); name another with --report"
        ) from error
    return html
