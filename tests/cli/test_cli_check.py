"""`mehealth check`: one verdict for people and for programs, and files of claims."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import CITATION, assert_shape, json_lines, the_error, the_json, without_timings

from tests.conftest import Library, Run

TICKET = "A return ticket costs £12."
DEARER = "A return ticket costs £21."

VERDICT = {
    "schema": int,
    "claim": str,
    "verdict": str,
    "explanation": str,
    "evidence": list,
    "confidence": float,
    "index": str,
    "timings_ms": dict,
}
PART = {"claim": str, "verdict": str, "explanation": str, "evidence": list, "confidence": float}

LINES = [
    {"id": "good", "claim": TICKET, "unknown": 1},
    "not JSON",
    {"id": "missing"},
    {"id": "blank", "claim": " "},
    {"id": "question", "claim": "Is a return ticket £12?"},
    "",
    {"id": 7, "claim": DEARER},
    {"id": "nowhere", "claim": TICKET, "documents": ["nowhere"]},
    {"id": "limited", "claim": TICKET, "documents": ["fees"]},
    [TICKET],
    {"id": "unlisted", "claim": TICKET, "documents": "fees"},
]


def assert_verdict(value: dict[str, Any], shape: dict[str, Any] = VERDICT) -> None:
    """A verdict as the contract has it."""
    assert_shape(value, shape)
    assert value["schema"] == 1
    assert value["verdict"] in {"supported", "contradicted", "not_found"}
    assert 0 <= value["confidence"] <= 1
    assert {"rewrite", "retrieve", "answer", "total"} >= set(value["timings_ms"]) >= {"total"}
    for citation in value["evidence"]:
        assert_shape(citation, CITATION)
    numbers = [c["number"] for c in value["evidence"]]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_verdict_as_json_is_what_the_contract_says(library: Library, mehealth: Run) -> None:
    verdict = the_json(mehealth("check", DEARER, "--json", *library.options))
    assert_verdict(verdict)
    assert (verdict["claim"], verdict["verdict"]) == (DEARER, "contradicted")
    first = verdict["evidence"][0]
    assert (first["document"], first["page"], first["quote"]) == ("guide", 1, TICKET)


def test_several_sentences_have_parts(library: Library, mehealth: Run) -> None:
    claim = f"{TICKET} A yacht pays £3 a year."
    verdict = the_json(mehealth("check", claim, "--json", *library.options))
    assert_verdict(verdict, VERDICT | {"parts": list})
    assert verdict["verdict"] == "contradicted"
    for part in verdict["parts"]:
        assert_shape(part, PART)
    assert [p["verdict"] for p in verdict["parts"]] == ["supported", "contradicted"]


def test_a_verdict_for_people_is_plain_in_a_pipe(library: Library, mehealth: Run) -> None:
    done = mehealth("check", DEARER, *library.options)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "Contradicted: The documents say £12, not £21 (page 1 of “A guide to the harbour”).",
        f"  [1] “{TICKET}”",
        "      guide, p. 1",
    ]


def test_each_sentence_is_shown_with_its_verdict(library: Library, mehealth: Run) -> None:
    done = mehealth("check", f"{TICKET} Bananas are yellow.", *library.options)
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"“{TICKET}” Supported: ")
    assert lines[1] == "“Bananas are yellow.” Not found: The documents do not say."
    assert lines[2] == "All together: Not found: The documents do not say."


def test_a_document_filter_keeps_the_others_out(library: Library, mehealth: Run) -> None:
    done = mehealth("check", TICKET, "--document", "fees", "--json", *library.options)
    verdict = the_json(done)
    assert verdict["verdict"] != "supported"
    assert {c["document"] for c in verdict["evidence"]} <= {"fees"}


@pytest.fixture(scope="module")
def batch(
    library: Library, mehealth: Run, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("batch")
    texts = [line if isinstance(line, str) else json.dumps(line) for line in LINES]
    (folder / "in.jsonl").write_text("\n".join(texts) + "\n", encoding="utf-8")
    done = mehealth(
        "check", "--batch", "in.jsonl", "--output", "out.jsonl", *library.options, cwd=folder
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines()[-1].startswith("lines of in.jsonl with an error: 7;")
    return json_lines((folder / "out.jsonl").read_text(encoding="utf-8"))


def test_a_batch_keeps_order_and_ids_and_goes_on_after_bad_lines(
    batch: list[dict[str, Any]],
) -> None:
    ids = ["good", 2, "missing", "blank", "question", 7, "nowhere", "limited", 10, "unlisted"]
    assert [row["id"] for row in batch] == ids
    assert all(next(iter(row)) == "id" for row in batch)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (1, "line 2 is not JSON: Expecting value at character 1"),
        (2, "line 3: claim: Field required"),
        (3, "line 4: the claim is empty; state something"),
        (4, "line 5: a claim is a statement; to ask a question use: mehealth ask"),
        (6, "line 8: no document 'nowhere' in the index; there are: guide, fees, plan"),
        (8, 'line 10: the line: is not an object; write one as {"key": "value"}'),
        (9, 'line 11: documents: write a list, as ["…"]'),
    ],
)
def test_a_bad_line_says_what_is_wrong(
    batch: list[dict[str, Any]], place: int, message: str
) -> None:
    row = batch[place]
    assert list(row) == ["id", "error"]
    assert row["error"].startswith(message)


@pytest.mark.parametrize(("place", "verdict"), [(0, "supported"), (5, "contradicted"), (7, None)])
def test_the_good_lines_are_verdicts(
    batch: list[dict[str, Any]], place: int, verdict: str | None
) -> None:
    row = dict(batch[place])
    row.pop("id")
    assert_verdict(row)
    assert row["verdict"] == verdict or (verdict is None and row["verdict"] != "supported")


def test_the_same_claim_gives_the_same_bytes(
    library: Library, mehealth: Run, batch: list[dict[str, Any]]
) -> None:
    single = the_json(mehealth("check", DEARER, "--json", *library.options))
    assert without_timings(batch[5]) == without_timings(single)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([""], "the claim is empty; state something"),
        ([], "no claim given; give one as an argument, or a file with --batch"),
        ([TICKET, "--batch", "in.jsonl"], f"both '{TICKET}' and --batch in.jsonl are given; "),
        ([TICKET, "--output", "out.jsonl"], "--output out.jsonl goes with --batch; "),
        (["--batch", "missing.jsonl"], "missing.jsonl: there is no such file; check --batch"),
    ],
)
def test_options_that_do_not_fit(
    mehealth: Run, tmp_path: Path, arguments: list[str], message: str
) -> None:
    assert the_error(mehealth("check", *arguments, cwd=tmp_path), 2).startswith(message)


def test_a_question_is_bad_usage(library: Library, mehealth: Run) -> None:
    line = the_error(mehealth("check", "Is a ticket £12?", *library.options), 2)
    assert line == 'a claim is a statement; to ask a question use: mehealth ask "…"'


def test_no_corpus_and_no_index(mehealth: Run, tmp_path: Path) -> None:
    place = ("--corpus", str(tmp_path / "no"), "--index", str(tmp_path / "index"))
    assert mehealth("check", TICKET, *place).returncode == 3
