"""`mehealth doctor`: what is installed, configured, reachable and fast enough."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.table import Table

from mehealth_rag.cli.context import Common, console, note, print_json
from mehealth_rag.doctor import Diagnosis, diagnose

SCHEMA = 1


def run(common: Common, seconds: float) -> int:
    """Print the diagnosis; the exit code is 1 where something has failed."""
    diagnosis = diagnose(common.settings, seconds, note)
    if common.json:
        print_json(diagnosis_json(diagnosis))
    else:
        _show(diagnosis)
    return 0 if diagnosis.healthy else 1


def diagnosis_json(diagnosis: Diagnosis) -> dict[str, Any]:
    """A diagnosis as a JSON value."""
    return {
        "schema": SCHEMA,
        "healthy": diagnosis.healthy,
        "checks": [asdict(check) for check in diagnosis.checks],
        "model": asdict(diagnosis.model) if diagnosis.model is not None else None,
    }


def _show(diagnosis: Diagnosis) -> None:
    table = Table("what", "state", "found", "what to do")
    for check in diagnosis.checks:
        table.add_row(check.name, str(check.state), check.found, check.remedy)
    console().print(table)
