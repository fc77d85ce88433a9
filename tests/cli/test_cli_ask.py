"""`mehealth ask`, `chat` and `check`, each for people and for programs."""

from __future__ import annotations

import shutil
from pathlib import Path

from cli_helpers import VERDICT, assert_answer, assert_shape, assert_verdict, the_json

from tests.conftest import Library, Run

TALL = "How tall is the lighthouse?"
QUOTE = "The lighthouse on the North Pier is 42 metres tall."


def test_the_first_ask_builds_the_index_and_answers_as_the_contract_says(
    library: Library, mehealth: Run, tmp_path: Path
) -> None:
    shutil.copy2(library.index / "cache.sqlite", tmp_path)  # so that nothing is embedded again
    (tmp_path / "models").symlink_to(library.index / "models")
    place = ("--corpus", str(library.corpus), "--index", str(tmp_path))
    done = mehealth("ask", TALL, "--json", *place)
    assert done.stderr.startswith("there is no index of this corpus yet; building it\n")
    answer = the_json(done)
    assert_answer(answer)
    assert (answer["question"], answer["standalone_question"]) == (TALL, TALL)
    assert (answer["status"], answer["engine"]) == ("answered", "extractive")
    assert "42" in answer["answer"]
    first = answer["citations"][0]
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


NORTH_PIER = "How tall is the lighthouse on the North Pier?"
TURNS = [NORTH_PIER, "why " * 600, "thnaks", "", "And when was it lit?", "quit", "Unread?"]


def test_turns_follow_each_other_until_one_ends_the_conversation(
    library: Library, mehealth: Run
) -> None:
    large = {"MEHEALTH_READER": "large"}
    done = mehealth("chat", *library.options, stdin="\n".join(TURNS), env=large)
    assert done.returncode == 0, done.stderr
    first, second = done.stderr.splitlines()
    assert first.startswith("Ask about the documents. “quit” or Ctrl-D")
    assert second.startswith("the question has 2,399 characters; at most 2,000 are read")
    assert "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    tall = next(n for n, line in enumerate(lines) if "42 metres" in line)
    read_as = next(n for n, line in enumerate(lines) if line.startswith("(") and "light" in line)
    assert tall < read_as
    thanks, back = (n for n, line in enumerate(lines) if "“The ferry”" in line)
    assert lines[thanks].startswith("You are welcome!")
    assert lines[back].startswith("I did not understand that")
    assert tall < thanks < back < read_as
    assert any("1871" in line for line in lines[read_as:])
    assert lines.count("      guide, p. 1") >= 2
    assert "Unread" not in done.stdout


TICKET = "A return ticket costs £12."
DEARER = "A return ticket costs £21."

PART = {"claim": str, "verdict": str, "explanation": str, "evidence": list, "confidence": float}


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
