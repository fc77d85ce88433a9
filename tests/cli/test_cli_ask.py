"""`mehealth ask`: one answer for people and for programs."""

from __future__ import annotations

import shutil
from pathlib import Path

from cli_helpers import assert_answer, the_json

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
