"""Batches of `ask`, `search` and `check`: ids, standard input, going on after a stop."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import (
    assert_answer,
    assert_verdict,
    json_lines,
    the_error,
    the_json,
    without_timings,
)

from tests.conftest import Library, Run, clean_environment, command

TALL = "How tall is the lighthouse?"
TICKET = "A return ticket costs £12."
DEARER = "A return ticket costs £21."
HISTORY = [["How tall is the lighthouse on the North Pier?", "It is 42 metres tall."]]
LINES: dict[str, dict[str, Any]] = {
    "ask": {"question": "What does a return ticket cost?"},
    "search": {"query": "return ticket"},
    "check": {"claim": TICKET, "question": "What does a return ticket cost?"},
}
MANY = 20

Line = tuple[object, str | int, str | None]
"""A line of a batch, the id of what it gives, and the error that this begins with."""

QUESTIONS: list[Line] = [
    ({"id": "whole", "question": TALL, "unknown": {"key": 1}}, "whole", None),
    ("not JSON", 2, "line 2 is not JSON: Expecting value at character 1"),
    ({"id": "missing"}, "missing", "line 3: question: Field required"),
    ({"id": "number", "question": 5}, "number", "line 4: question: Input should be a valid string"),
    ({"id": "text", "question": TALL, "documents": "guide"}, "text",
     "line 5: documents: write a list"),
    ({"id": "nowhere", "question": TALL, "documents": ["nowhere"]}, "nowhere",
     "line 6: no document 'nowhere' in the index; there are: guide, fees, plan"),
    (["a", "list"], 7, "line 7: the line: is not an object"),
    ({"id": 90, "question": TALL}, 90, None),
    ({"question": TALL}, 9, None),
    ({"id": "blank", "question": "  "}, "blank", "line 10: the question is empty"),
    ({"id": "long", "question": "why " * 25_000}, "long",
     "line 11: the question has 100,000 characters; at most 2,000 are read"),
    ({"id": "surrogate \ud800", "question": "How tall \ud800 is it?"}, "surrogate \ud800",
     "line 12: "),
    ({"id": "history", "question": "And when was it lit?", "history": [["only one"]]}, "history",
     "line 13: history.0"),
    ({"id": "follow", "question": "And when was it lit?", "history": HISTORY}, "follow", None),
    ({"id": "limited", "question": TALL, "documents": ["fees"]}, "limited", None),
]  # fmt: skip
CLAIMS: list[Line] = [
    ({"id": "good", "claim": TICKET, "unknown": 1}, "good", None),
    ("not JSON", 2, "line 2 is not JSON: Expecting value at character 1"),
    ({"id": "missing"}, "missing", "line 3: claim: Field required"),
    ({"id": "blank", "claim": " "}, "blank", "line 4: the claim is empty; state something"),
    ({"id": "asked", "claim": "Is a return ticket £12?"}, "asked",
     "line 5: a claim is a statement; to ask a question use: mehealth ask"),
    ({"id": "dearer", "claim": DEARER}, "dearer", None),
    ({"id": "nowhere", "claim": TICKET, "documents": ["nowhere"]}, "nowhere",
     "line 7: no document 'nowhere' in the index; there are: guide, fees, plan"),
    ({"id": "limited", "claim": TICKET, "documents": ["fees"]}, "limited", None),
    ([TICKET], 9, 'line 9: the line: is not an object; write one as {"key": "value"}'),
    ({"id": "unlisted", "claim": TICKET, "documents": "fees"}, "unlisted",
     'line 10: documents: write a list, as ["…"]'),
]  # fmt: skip


def written(path: Path, *rows: object) -> Path:
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def given(
    name: str, lines: list[Line], library: Library, mehealth: Run, folder: Path
) -> list[dict[str, Any]]:
    """What a command makes of lines, all of which it has to answer: each with its id first."""
    path = written(folder / "in.jsonl", *(line for line, *_ in lines))
    path.write_bytes("\ufeff".encode() + path.read_bytes())
    files = ("--batch", "in.jsonl", "--output", "out.jsonl")
    done = mehealth(name, *files, *library.options, cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    wrong = sum(error is not None for *_, error in lines)
    assert done.stderr.splitlines()[-1].startswith(f"lines of in.jsonl with an error: {wrong};")
    found = json_lines((folder / "out.jsonl").read_text(encoding="utf-8"))
    assert [next(iter(row.items())) for row in found] == [("id", key) for _, key, _ in lines]
    for row, (*_, error) in zip(found, lines, strict=True):
        if error is not None:
            assert list(row) == ["id", "error"]
            assert row["error"].startswith(error)
            assert "\n" not in row["error"]
    return found


def test_a_batch_of_questions_goes_on_after_bad_lines(
    library: Library, mehealth: Run, tmp_path: Path
) -> None:
    found = {r["id"]: r for r in given("ask", QUESTIONS, library, mehealth, tmp_path)}
    good = {key: row for key, row in found.items() if "error" not in row}
    for row in good.values():
        assert_answer({k: v for k, v in row.items() if k != "id"})
    single = the_json(mehealth("ask", TALL, "--json", *library.options))
    assert without_timings(good["whole"]) == without_timings(good[90]) == without_timings(single)
    assert "lighthouse" in good["follow"]["standalone_question"]
    assert "1871" in good["follow"]["answer"]
    cited = (*good["limited"]["citations"], *good["limited"]["nearest"])
    assert {c["document"] for c in cited} == {"fees"}


def test_a_batch_of_claims_goes_on_after_bad_lines(
    library: Library, mehealth: Run, tmp_path: Path
) -> None:
    found = {r["id"]: r for r in given("check", CLAIMS, library, mehealth, tmp_path)}
    good = {key: row for key, row in found.items() if "error" not in row}
    for row in good.values():
        assert_verdict({k: v for k, v in row.items() if k != "id"})
    assert (good["good"]["verdict"], good["dearer"]["verdict"]) == ("supported", "contradicted")
    assert good["limited"]["verdict"] != "supported"
    single = the_json(mehealth("check", DEARER, "--json", *library.options))
    assert without_timings(good["dearer"]) == without_timings(single)


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
