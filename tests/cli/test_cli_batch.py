"""Batches of `ask`, `search` and `check`: ids and standard input."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cli_helpers import json_lines

from tests.conftest import Library, Run

TICKET = "A return ticket costs £12."
LINES: dict[str, dict[str, Any]] = {
    "ask": {"question": "What does a return ticket cost?"},
    "search": {"query": "return ticket"},
    "check": {"claim": TICKET, "question": "What does a return ticket cost?"},
}


@pytest.mark.parametrize("name", LINES)
def test_lines_without_an_id_get_their_number_from_standard_input_too(
    library: Library, mehealth: Run, name: str
) -> None:
    row = LINES[name]
    rows = (row, row | {"id": None}, "", row | {"id": "a", "documents": None, "other": 1})
    lines = "\n".join(json.dumps(line) if line else "" for line in rows)
    done = mehealth(name, "--batch", "-", *library.options, stdin=f"\ufeff{lines}")
    assert (done.returncode, done.stderr) == (0, "")
    found = json_lines(done.stdout)
    assert [row["id"] for row in found] == [1, 2, "a"]
    assert not any("error" in row for row in found)


@pytest.mark.parametrize("name", LINES)
def test_every_line_failed(library: Library, mehealth: Run, name: str) -> None:
    done = mehealth(name, "--batch", "-", *library.options, stdin='{"id": "x"}\nno JSON\n')
    assert done.returncode == 1
    assert [list(row) for row in json_lines(done.stdout)] == [["id", "error"]] * 2
    assert done.stderr.startswith("lines of standard input with an error: 2;")
