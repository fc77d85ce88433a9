"""`mehealth chat`: a conversation through a pipe."""

from __future__ import annotations

from tests.conftest import Library, Run

TALL = "How tall is the lighthouse on the North Pier?"
TURNS = [TALL, "why " * 600, "thnaks", "", "And when was it lit?", "quit", "Unread?"]


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
