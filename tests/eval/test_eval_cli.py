"""`mehealth eval` as it is run: real documents, a real index, the real command."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Library, Run, write_corpus

Lines = list[dict[str, Any]]
Evaluate = Callable[..., subprocess.CompletedProcess[str]]

GOLD = {"answerable": True, "pages": [1]}
QUESTIONS: Lines = [
    {"id": "tall", "split": "dev", "kind": "figure", **GOLD, "facts": [["42 metres"]],
     "question": "How tall is the lighthouse on the North Pier?", "forbidden": ["1871"],
     "quote": "is 42 metres tall"},
    {"id": "cost", "split": "test", "kind": "figure", **GOLD, "facts": [["£1.6 million"]],
     "question": "How much will the new fish market cost?", "document": "plan", "pages": [2],
     "quote": "will cost £1.6 million"},
    {"id": "lit", "split": "dev", "kind": "follow-up", **GOLD, "facts": [["1871"]],
     "question": "When was it lit?", "quote": "It was lit in 1871",
     "history": [["How tall is the lighthouse on the North Pier?", "42 metres."]]},
    {"id": "tea", "split": "dev", "kind": "other-topic", "answerable": False, "facts": [],
     "question": "Who wrote the opera Tosca?", "pages": []},
]  # fmt: skip
PUBLIC: Lines = [
    {"id": 1, "question": "What does a yacht pay?", "document": "fees", "page": 1,
     "answers": ["£300", "£300 a year"]},
    {"id": 2, "question": "What will the new fish market cost?", "document": "plan",
     "pages": [2], "answer": "One point six million pounds."},
    {"id": 3, "question": "Who painted the Mona Lisa?", "answerable": False,
     "answers": ["Leonardo"]},
]  # fmt: skip


def write(path: Path, lines: Lines) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def evaluate(mehealth: Run, library: Library, tmp_path: Path) -> Evaluate:
    """Evaluate our questions on the small library, the report in a folder of the test."""
    questions = write(tmp_path / "harbour.jsonl", QUESTIONS)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        common = ("--report", str(tmp_path / "report"), *library.options)
        return mehealth("eval", "--set", str(questions), *common, *arguments)

    return run


def the_report(done: subprocess.CompletedProcess[str], code: int = 0) -> dict[str, Any]:
    assert done.returncode == code, done.stderr
    assert done.stdout.count("\n") == 1
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def figure(value: dict[str, Any], group: str, name: str) -> tuple[float | None, int]:
    found = value["groups"][group]["figures"][name]
    return found["value"], found["n"]


def test_both_halves_are_scored_and_our_answers_score_the_same_when_read_back(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    ours = tmp_path / "ours.jsonl"
    done = evaluate("--json", "--write-answers", str(ours))
    value = the_report(done)
    assert f"the report: {tmp_path / 'report' / 'report.html'}" in done.stderr
    assert figure(value, "dev", "accuracy") == (1.0, 3)
    assert figure(value, "test", "accuracy") == (1.0, 1)
    assert figure(value, "dev", "follow_ups") == (1.0, 1)
    assert figure(value, "dev", "citations.verbatim")[0] == 1.0
    assert figure(value, "dev", "retrieval.all_documents.success@3") == (1.0, 2)
    assert figure(value, "test", "retrieval.own_document.mrr@10") == (1.0, 1)
    assert value == json.loads((tmp_path / "report" / "report.json").read_text())
    records = {r["id"]: r for r in value["records"]}
    assert "North Pier" in records["lit"]["reply"]["standalone_question"]
    assert records["cost"]["shown"] is False
    assert "fish market" not in (tmp_path / "report" / "report.html").read_text()
    written = [json.loads(x) for x in ours.read_text().splitlines()]
    assert [next(iter(line.items())) for line in written] == [("id", q["id"]) for q in QUESTIONS]
    again = the_report(evaluate("--json", "--answers", str(ours), "--engine-name", "theirs"))
    assert (value["engine"], again["engine"]) == ("extractive", "theirs")
    for group in ("dev", "test"):
        for name, found in value["groups"][group]["figures"].items():
            if not name.startswith("retrieval."):
                assert again["groups"][group]["figures"][name] == found
        assert figure(again, group, "retrieval.all_documents.mrr@10") == (None, 0)


def test_another_systems_answers_with_all_that_can_be_wrong(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    citation = {"document": "guide", "page": 1, "quote": "the North\nPier is 42 metres tall"}
    answer = {"status": "answered", "statements": [], "confidence": 0.5}
    file = tmp_path / "theirs.jsonl"
    write(
        file,
        [
            {"id": "tall", **answer, "answer": "142 metres.", "citations": [citation]},
            {"id": "nobody", **answer, "answer": "x"},
            {"id": "tea", "error": "out of memory"},
            {"id": "lit", **answer, "answer": "In 1871.", "citations": [citation | {"page": 7}]},
        ],
    )
    with file.open("a") as more:
        more.write("not json\n")
    done = evaluate("--json", "--answers", str(file))
    value = the_report(done)
    assert figure(value, "dev", "accuracy") == (pytest.approx(1 / 3, abs=1e-5), 3)
    assert figure(value, "dev", "citations.verbatim") == (0.5, 2)
    assert figure(value, "dev", "citations.page_hit") == (0.5, 2)
    assert figure(value, "dev", "abstention.recall") == (0, 1)
    assert figure(value, "test", "failures") == (1, 1)
    told = done.stderr
    assert f"mehealth: {file}:2: id 'nobody' is no question of this set; check --set\n" in told
    assert f"mehealth: {file}:5: is not JSON: Expecting value at character 1\n" in told
    assert "mehealth: question 'cost' has no answer; it counts as wrong\n" in told
    assert "mehealth: question 'tea' met an error (out of memory); it counts as wrong\n" in told


def test_figures_under_their_floor_are_exit_code_1(evaluate: Evaluate, tmp_path: Path) -> None:
    floors = tmp_path / "floors.toml"
    floors.write_text("[dev]\naccuracy = 0.5\nlatency.p50 = 0.0001\n[test]\naccuracy = 1.1\n")
    done = evaluate("--fail-under", str(floors), "--json")
    value = the_report(done, 1)
    lines = [x for x in done.stderr.splitlines() if x.startswith("mehealth: ")]
    assert len(lines) == 2
    assert lines[0].startswith("mehealth: dev.latency.p50 is ")
    assert lines[1] == "mehealth: test.accuracy is 1, under its floor of 1.1"
    assert [f"mehealth: {line}" for line in value["under_floors"]] == lines
    floors.write_text("[dev]\naccuracy = 0.5\n")
    assert evaluate("--fail-under", str(floors)).returncode == 0


def test_a_comparison_with_an_earlier_run_is_told_on_the_terminal(
    evaluate: Evaluate, tmp_path: Path
) -> None:
    value = the_report(evaluate("--json", "--sample", "2"))
    assert [r["id"] for r in value["records"]] == ["tall", "tea"]
    value["records"][0]["verdict"]["right"] = False
    value["records"][0]["reply"]["text"] = "As tall as it was."
    earlier = tmp_path / "earlier.json"
    earlier.write_text(json.dumps(value))
    done = evaluate("--compare", str(earlier))
    assert done.stdout.startswith("harbour: 4 questions, engine extractive\n")
    for words in ("reporting half", "0.44–1.00 · 3 of 3", "other-topic"):
        assert words in done.stdout
    assert "development half: 1 mended, 0 broken of 2 since " in done.stdout
    assert "As tall as it was." in (tmp_path / "report" / "report.html").read_text()


@pytest.fixture
def squad_folder(tmp_path: Path) -> Path:
    """A SQuAD-style set with a corpus of its own: text, Markdown and a PDF."""
    folder = tmp_path / "public"
    write_corpus(folder / "corpus")
    (folder / "corpus" / "sources.toml").unlink()
    write(folder / "questions.jsonl", PUBLIC)
    return folder


def test_a_public_set_is_indexed_apart(mehealth: Run, squad_folder: Path, tmp_path: Path) -> None:
    untouched = tmp_path / "mine"
    done = mehealth(
        *("eval", "--json", "--set", str(squad_folder), "--report", str(tmp_path / "report")),
        env={"MEHEALTH_INDEX": str(untouched), "MEHEALTH_CORPUS": str(tmp_path / "nowhere")},
    )
    value = the_report(done)
    assert "embed" in done.stderr
    assert not untouched.exists()
    assert not (squad_folder / "index").exists()
    assert value["set"]["format"] == "squad"
    assert value["set"]["judged_by_page"] == 1
    assert figure(value, "all", "accuracy") == (1.0, 3)
    assert figure(value, "all", "words.answer") == (1.0, 1)
    assert figure(value, "all", "words.first_statement")[1] == 1
    assert figure(value, "all", "citations.page_hit") == (1.0, 2)
    assert figure(value, "all", "abstention.f1") == (1.0, 3)
    assert figure(value, "all", "retrieval.own_document.recall@3") == (1.0, 2)
    ranking = value["records"][0]["ranking"]
    assert {document for document, _ in ranking["own_document"]} == {"fees"}
    assert {document for document, _ in ranking["all_documents"]} > {"fees"}
    assert figure(value, "all", "retrieval.document_first") == (1.0, 2)


def test_a_document_that_the_index_lacks_is_told(
    mehealth: Run, library: Library, tmp_path: Path
) -> None:
    line = {"id": 1, "question": "Why?", "document": "gone", "page": 1, "answers": ["because"]}
    questions = write(tmp_path / "q.jsonl", [line])
    report = ("--report", str(tmp_path / "report"))
    done = mehealth("eval", "--json", "--set", str(questions), *report, *library.options)
    assert figure(the_report(done), "all", "retrieval.all_documents.success@10") == (0.0, 1)
    assert "the document 'gone' of the questions is not in the index" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--set", "none.jsonl"], "none.jsonl: there is no such file or folder; check --set"),
        (["--set", ".", "--corpus", "x"], "has a corpus of its own; leave out --corpus x"),
        (["--answers", "a", "--write-answers", "b"], "there are none of ours for --write-answers"),
        (["--write-answers", "no/b"], "there is no folder no; check --write-answers"),
        (["--answers", "none"], "none: cannot be read (No such file or directory); check --ans"),
        (["--compare", "none"], "none: cannot be read (No such file or directory); check --comp"),
        (["--fail-under", "bad.toml"], "bad.toml: there is no figure 'accurracy'; did you mean"),
        (["--engine", "oracle"], "the option --engine is 'oracle'"),
    ],
)
def test_bad_usage_is_one_line_and_nothing_is_done(
    mehealth: Run, tmp_path: Path, arguments: list[str], problem: str
) -> None:
    (tmp_path / "bad.toml").write_text("[dev]\naccurracy = 1\n")
    done = mehealth("eval", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert problem in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["bad.toml"]


def test_a_report_folder_that_cannot_be_made(evaluate: Evaluate, tmp_path: Path) -> None:
    (tmp_path / "report").write_text("a file")
    done = evaluate()
    assert done.returncode == 1
    assert "cannot be made (File exists); name another with --report" in done.stderr
