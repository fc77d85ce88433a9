"""`mehealth search`: ranked passages, no answer."""

from __future__ import annotations

import json
from pathlib import Path

from cli_helpers import HIT, assert_shape, json_lines, the_json

from tests.conftest import Library, Run

QUERY = "return ticket for the ferry"


def test_hits_as_json(library: Library, mehealth: Run) -> None:
    done = mehealth("search", QUERY, "--json", "--top-k", "3", *library.options)
    assert done.stderr == ""
    found = the_json(done)
    assert list(found) == ["id", "hits"]
    assert len(found["hits"]) == 3
    for hit in found["hits"]:
        assert_shape(hit, HIT)
    best = found["hits"][0]
    assert (best["document"], best["page"], best["heading"]) == ("guide", 1, "The ferry")
    assert "A return ticket costs £12." in best["text"]


def test_hits_for_people_are_plain_and_whole_in_a_pipe(library: Library, mehealth: Run) -> None:
    done = mehealth("search", QUERY, "--document", "fees", *library.options)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert "1. fees, p. 1" in done.stdout
    assert "A fishing boat pays £40 a year. A yacht pays £300 a year." in done.stdout
    assert "guide" not in done.stdout


def test_a_batch_of_queries_with_a_filter_for_lines_that_have_none(
    library: Library, mehealth: Run, tmp_path: Path
) -> None:
    rows = [
        {"id": "q1", "query": QUERY},
        {"id": "q2", "question": QUERY, "documents": ["plan"]},
        {"id": "q3"},
        {"id": "q4", "query": QUERY, "documents": ["nowhere"]},
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    options = ("--top-k", "1", "--document", "fees", *library.options)
    done = mehealth("search", "--batch", "in.jsonl", *options, cwd=tmp_path)
    assert done.returncode == 0
    found = json_lines(done.stdout)
    assert [row["id"] for row in found] == ["q1", "q2", "q3", "q4"]
    assert [[h["document"] for h in row.get("hits", ())] for row in found] == [
        ["fees"],
        ["plan"],
        [],
        [],
    ]
    assert "query: Field required" in found[2]["error"]
    assert "no document 'nowhere'" in found[3]["error"]
    assert done.stderr == "lines of in.jsonl with an error: 2; see them in the output\n"


def test_passages_are_read_for_what_answers(library: Library, mehealth: Run) -> None:
    question = "What does a return ticket cost?"
    done = mehealth("search", question, "--read", "--json", "--top-k", "3", *library.options)
    assert done.stderr == ""
    hits = the_json(done)["hits"]
    assert len(hits) == 3
    for hit in hits:
        assert_shape({k: v for k, v in hit.items() if k not in {"answers", "sentences"}}, HIT)
        assert 0 <= hit["answers"] <= 1
    sentences = [s for hit in hits for s in hit["sentences"]]
    assert max(sentences, key=lambda s: s["answers"])["text"] == "A return ticket costs £12."
    shown = mehealth("search", question, "--read", *library.options).stdout
    assert "(answers: " in shown
    assert "%  A return ticket costs £12." in shown


def test_a_batch_is_read_with_its_turns(library: Library, mehealth: Run, tmp_path: Path) -> None:
    turns = [["Is there a ferry to Gull Island?", "Yes, it leaves every hour."]]
    rows = [{"id": 1, "question": "And what does a return cost?", "history": turns}]
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    options = ("--read", "--top-k", "2", *library.options)
    done = mehealth("search", "--batch", "in.jsonl", *options, cwd=tmp_path)
    (row,) = json_lines(done.stdout)
    assert [set(hit) >= {"answers", "sentences"} for hit in row["hits"]] == [True, True]
