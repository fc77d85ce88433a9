"""Batches of `ask`, `search` and `check`: ids, standard input, going on after a stop."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import json_lines, the_error

from tests.conftest import Library, Run, clean_environment, command

TICKET = "A return ticket costs £12."
LINES: dict[str, dict[str, Any]] = {
    "ask": {"question": "What does a return ticket cost?"},
    "search": {"query": "return ticket"},
    "check": {"claim": TICKET, "question": "What does a return ticket cost?"},
}
MANY = 20


def written(path: Path, *rows: object) -> Path:
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


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
    strict = ["--strict"] if name == "check" else []
    lines = '{"id": "x"}\nno JSON\n'
    done = mehealth(name, *strict, "--batch", "-", *library.options, stdin=lines)
    assert done.returncode == 1
    first, second = json_lines(done.stdout)
    assert [list(row) for row in (first, second)] == [["id", "error"]] * 2
    assert first["error"].endswith(": Field required")
    assert done.stderr.startswith("lines of standard input with an error: 2;")


def test_a_strict_check_does_not_pass_a_line_that_failed(library: Library, mehealth: Run) -> None:
    lines = json.dumps({"claim": TICKET}) + "\nno JSON\n"
    done = mehealth("check", "--strict", "--batch", "-", *library.options, stdin=lines)
    assert done.returncode == 4
    assert [row.get("verdict") for row in json_lines(done.stdout)] == ["supported", None]


def test_a_search_takes_lines_with_a_question(library: Library, mehealth: Run) -> None:
    done = mehealth("search", "--batch", "-", *library.options, stdin=json.dumps(LINES["ask"]))
    assert (done.returncode, done.stderr) == (0, "")
    assert json_lines(done.stdout)[0]["hits"]


def test_a_batch_that_was_killed_goes_on(
    library: Library, home: Path, mehealth: Run, tmp_path: Path
) -> None:
    rows = [LINES["ask"] | {"id": f"n{n}"} for n in range(MANY)]
    batch = written(tmp_path / "in.jsonl", *rows)
    output = tmp_path / "out.jsonl"
    arguments = ("ask", "--batch", str(batch), "--output", str(output), *library.options)
    with subprocess.Popen([command(), *arguments], env=clean_environment(home)) as process:
        until = time.monotonic() + 120
        while not output.exists() or output.read_bytes().count(b"\n") < 3:
            assert time.monotonic() < until
            time.sleep(0.01)
        process.kill()
    whole = output.read_bytes()
    whole = whole[: whole.rfind(b"\n") + 1]
    assert 3 <= whole.count(b"\n") < MANY
    output.write_bytes(whole + '{"id": "£'.encode()[:-1])  # torn inside a letter
    done = mehealth(*arguments, "--resume")
    assert (done.returncode, done.stderr) == (0, "")
    assert output.read_bytes().startswith(whole)
    found = json_lines(output.read_text(encoding="utf-8"))
    assert [row["id"] for row in found] == [row["id"] for row in rows]
    again = output.read_bytes()
    assert mehealth(*arguments, "--resume").returncode == 0
    assert output.read_bytes() == again


@pytest.mark.parametrize(
    ("kept", "line"),
    [
        ('{"id": "a"}\n{"id": 3}\n', 2),
        ('{"id": "a"}\n{"id": 2}\n{"id": 3}\n', 3),
        ("a letter\n", 1),
        ('{"question": "?"}\n', 1),
    ],
)
def test_an_output_of_something_else_is_left_as_it_is(
    library: Library, mehealth: Run, tmp_path: Path, kept: str, line: int
) -> None:
    written(tmp_path / "in.jsonl", {"id": "a", "claim": TICKET}, {"claim": TICKET})
    (tmp_path / "out.jsonl").write_text(f"{kept}torn")
    files = ("--batch", "in.jsonl", "--output", "out.jsonl", "--resume")
    told = the_error(mehealth("check", *files, *library.options, cwd=tmp_path), 2)
    assert told.startswith(f"out.jsonl: line {line} answers none of in.jsonl; name another --out")
    assert (tmp_path / "out.jsonl").read_text() == f"{kept}torn"


def test_what_was_kept_counts(library: Library, mehealth: Run, tmp_path: Path) -> None:
    written(tmp_path / "in.jsonl", {"claim": "Bananas are yellow."}, {"claim": TICKET})
    files = ("--batch", "in.jsonl", "--output", "out.jsonl", "--strict", "--resume")
    written(tmp_path / "out.jsonl", {"id": 1, "verdict": "not_found"})
    assert mehealth("check", *files, *library.options, cwd=tmp_path).returncode == 4
    assert mehealth("check", *files[:-1], *library.options, cwd=tmp_path).returncode == 4
    written(tmp_path / "in.jsonl", {"claim": TICKET})
    assert mehealth("check", *files[:-1], *library.options, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Why?", "--resume"], "--resume goes with --batch and --output; give both"),
        (["--batch", "-", "--resume"], "--resume needs the --output file to go on with; name it"),
    ],
)
def test_resuming_nothing(mehealth: Run, arguments: list[str], message: str) -> None:
    assert the_error(mehealth("ask", *arguments), 2).startswith(message)
