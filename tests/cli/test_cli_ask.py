"""`mehealth ask`: one answer for people and for programs, and files of questions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import (
    Done,
    assert_answer,
    json_lines,
    the_error,
    the_json,
    without_timings,
)

from tests.conftest import Library, Run

TALL = "How tall is the lighthouse?"
QUOTE = "The lighthouse on the North Pier is 42 metres tall."
HISTORY = [
    [
        "How tall is the lighthouse on the North Pier?",
        "The lighthouse on the North Pier is 42 metres tall.",
    ]
]

LINES = [
    {"id": "whole", "question": TALL, "unknown": {"key": 1}},
    "not JSON",
    {"id": "missing"},
    {"id": "number", "question": 5},
    {"id": "text", "question": TALL, "documents": "guide"},
    {"id": "nowhere", "question": TALL, "documents": ["nowhere"]},
    ["a", "list"],
    "",
    {"id": 9, "question": TALL},
    {"question": TALL},
    {"id": "blank", "question": "  "},
    {"id": "long", "question": "why " * 25_000},
    {"id": "surrogate \ud800", "question": "How tall \ud800 is the lighthouse?"},
    {"id": "history", "question": "And when was it lit?", "history": [["only one"]]},
    {"id": "follow", "question": "And when was it lit?", "history": HISTORY},
    {"id": "limited", "question": TALL, "documents": ["fees"]},
]


@pytest.fixture(scope="module")
def first_ask(library: Library, mehealth: Run, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """Where there is no index yet, only what need not be computed again."""
    index = tmp_path_factory.mktemp("index")
    shutil.copy2(library.index / "cache.sqlite", index)
    (index / "models").symlink_to(library.index / "models")
    return mehealth("ask", TALL, "--json", "--corpus", str(library.corpus), "--index", str(index))


@pytest.fixture(scope="module")
def single(first_ask: Done) -> dict[str, Any]:
    answer: dict[str, Any] = the_json(first_ask)
    return answer


@pytest.fixture(scope="module")
def batch(
    library: Library, mehealth: Run, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("batch")
    texts = [line if isinstance(line, str) else json.dumps(line) for line in LINES]
    (folder / "in.jsonl").write_text("\ufeff" + "\n".join(texts) + "\n", encoding="utf-8")
    done = mehealth(
        "ask", "--batch", "in.jsonl", "--output", "out.jsonl", *library.options, cwd=folder
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines()[-1].startswith("lines of in.jsonl with an error: ")
    return json_lines((folder / "out.jsonl").read_text(encoding="utf-8"))


def test_an_answer_as_json_is_what_the_contract_says(single: dict[str, Any]) -> None:
    assert_answer(single)
    assert (single["question"], single["standalone_question"]) == (TALL, TALL)
    assert (single["status"], single["engine"]) == ("answered", "extractive")
    assert "42" in single["answer"]
    first = single["citations"][0]
    assert (first["document"], first["page"], first["quote"]) == ("guide", 1, QUOTE)


def test_an_answer_for_people_is_plain_in_a_pipe(library: Library, mehealth: Run) -> None:
    done = mehealth("ask", "What will the new fish market cost?", *library.options)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    assert "£1.6 million" in lines[0]
    assert "**" not in lines[0]
    assert "  [1] “The new fish market will cost £1.6 million and open in 2031.”" in lines
    assert "      plan, p. 2" in lines
    assert all(line == line.rstrip() for line in lines)


def test_a_batch_keeps_order_and_ids_and_goes_on_after_bad_lines(
    batch: list[dict[str, Any]],
) -> None:
    assert [row["id"] for row in batch] == [
        "whole",
        2,
        "missing",
        "number",
        "text",
        "nowhere",
        7,
        9,
        10,
        "blank",
        "long",
        "surrogate \ud800",
        "history",
        "follow",
        "limited",
    ]
    assert all(next(iter(row)) == "id" for row in batch)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (1, "line 2 is not JSON: Expecting value at character 1"),
        (2, "line 3: question: Field required"),
        (3, "line 4: question: Input should be a valid string"),
        (4, "line 5: documents: write a list"),
        (5, "line 6: no document 'nowhere' in the index; there are: guide, fees, plan"),
        (6, "line 7: the line: is not an object"),
        (9, "line 11: the question is empty"),
        (10, "line 12: the question has 100,000 characters; at most 2,000 are read"),
        (11, "line 13: "),
        (12, "line 14: history.0"),
    ],
)
def test_a_bad_line_says_what_is_wrong(
    batch: list[dict[str, Any]], place: int, message: str
) -> None:
    row = batch[place]
    assert list(row) == ["id", "error"]
    assert row["error"].startswith(message)
    assert "\n" not in row["error"]


@pytest.mark.parametrize("place", [0, 7, 8, 13, 14])
def test_the_good_lines_are_answers(batch: list[dict[str, Any]], place: int) -> None:
    row = dict(batch[place])
    row.pop("id")
    assert_answer(row)


def test_the_same_question_gives_the_same_bytes(
    single: dict[str, Any], batch: list[dict[str, Any]]
) -> None:
    for place in (0, 7, 8):
        assert without_timings(batch[place]) == without_timings(single)


def test_earlier_turns_count(batch: list[dict[str, Any]]) -> None:
    assert "lighthouse" in batch[13]["standalone_question"]
    assert "1871" in batch[13]["answer"]


def test_a_document_filter_keeps_the_others_out(batch: list[dict[str, Any]]) -> None:
    cited = {c["document"] for c in (*batch[14]["citations"], *batch[14]["nearest"])}
    assert cited == {"fees"}


def test_the_index_is_built_where_there_is_none(first_ask: Done) -> None:
    assert first_ask.stderr.startswith("there is no index of this corpus yet; building it\n")


def test_too_long_a_question(library: Library, mehealth: Run) -> None:
    line = the_error(mehealth("ask", "why " * 25_000, *library.options), 2)
    assert line.startswith("the question has 100,000 characters; at most 2,000 are read")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([""], "the question is empty; ask something"),
        ([" \n"], "the question is empty; ask something"),
        ([], "no question given; give one as an argument, or a file with --batch"),
        (["Why?", "--batch", "in.jsonl"], "both 'Why?' and --batch in.jsonl are given; "),
        (["Why?", "--output", "out.jsonl"], "--output out.jsonl goes with --batch; "),
        (["Why?", "--engine", "magic"], "the option --engine is 'magic': input should be '"),
    ],
)
def test_options_that_do_not_fit(mehealth: Run, arguments: list[str], message: str) -> None:
    assert the_error(mehealth("ask", *arguments), 2).startswith(message)


@pytest.mark.parametrize(
    ("batch_file", "output", "message"),
    [
        (
            "missing.jsonl",
            "out.jsonl",
            "missing.jsonl: there is no such file; check --batch",
        ),
        (
            "in.jsonl",
            "in.jsonl",
            "in.jsonl: --output would overwrite the --batch file; name another",
        ),
        (
            "in.jsonl",
            "no/out.jsonl",
            "no/out.jsonl: there is no folder no; check --output",
        ),
    ],
)
def test_batch_files_that_cannot_be_used(
    mehealth: Run, tmp_path: Path, batch_file: str, output: str, message: str
) -> None:
    (tmp_path / "in.jsonl").write_text("kept")
    done = mehealth("ask", "--batch", batch_file, "--output", output, cwd=tmp_path)
    assert the_error(done, 2) == message
    assert (tmp_path / "in.jsonl").read_text() == "kept"
