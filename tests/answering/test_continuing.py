"""Turns that ask nothing new: more, the reason, the short form, a list; never the same again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from mehealth_rag.answering import compose
from mehealth_rag.answering.continuing import Move, move_of
from mehealth_rag.assistant import Assistant
from mehealth_rag.types import Answer, Status, Turn
from tests.answering.told import told
from tests.made_corpus import assistant_over

MILL = """\
# The mill at Otterby

The mill at Otterby is a museum of bread. It opened in 1998 after a long repair.

## The wheel

The wheel is eight metres high and turns twice a minute. The wheel was built of oak in 1840.
The first wheel burnt because a lamp had fallen over. Nobody was hurt in the fire.

## Visitors

Some 21,000 visitors come to the mill each year. The tea room is open on Sundays.
"""

MOVES = {
    Move.MORE: ["tell me more", "More?", "and?", "what else", "anything else?", "go on", "continue",
                "can you elaborate", "ok, carry on", "some more details please", "keep going"],
    Move.REASON: ["why?", "Why is that?", "but why", "how come", "what is the reason"],
    Move.SHORTER: ["in short", "shorter please", "tl;dr", "briefly", "sum it up",
                   "in one sentence", "keep it short"],
    Move.LISTED: ["as a list", "list them", "in bullet points please", "put it in a list"],
}  # fmt: skip

OWN_SUBJECT = """
why is the wheel made of oak?
what else burnt?
tell me more about the visitors
more visitors in 2020?
list the visitors
how tall
how?
is it short?
and the tea room?
how many more come on Sundays
"""


@pytest.fixture(scope="module")
def mill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with assistant_over(tmp_path_factory.mktemp("mill"), {"mill.md": MILL}) as assistant:
        yield assistant


@dataclass
class Talk:
    """A conversation with an assistant."""

    assistant: Assistant
    turns: list[Turn] = field(default_factory=list)

    def say(self, text: str) -> Answer:
        answer = self.assistant.ask(text, self.turns)
        self.turns.append((text, answer.answer))
        return answer


def quotes(answer: Answer) -> list[str]:
    return [citation.quote for citation in answer.citations]


def test_moves_are_told_from_questions_with_a_subject() -> None:
    moves = {line: move for move, lines in MOVES.items() for line in lines}
    assert {line: move_of(line) for line in moves} == moves
    assert [q for q in OWN_SUBJECT.strip().splitlines() if move_of(q) is not None] == []


def test_more_is_what_answers_besides_and_then_what_stands_beside(mill: Assistant) -> None:
    talk = Talk(told(mill, "wheel"))
    first = talk.say("what about the wheel?")
    earlier = quotes(first)
    assert earlier
    for line in ("tell me more", "go on", "and?", "what else?"):
        answer = talk.say(line)
        assert answer.question == line
        assert not set(quotes(answer)) & set(earlier)
        earlier += quotes(answer)
        if answer.status is Status.NOT_FOUND:
            break
    assert "Nobody was hurt in the fire." in earlier  # no word of it answers: it stands beside
    assert answer.answer == compose.NO_MORE
    assert "more" not in answer.standalone_question


def test_the_reason_is_read_with_the_turns_and_is_not_the_answer_again(mill: Assistant) -> None:
    talk = Talk(told(mill, "burnt"))
    first = talk.say("what happened to the first wheel?")
    assert quotes(first) == ["The first wheel burnt because a lamp had fallen over."]
    again = talk.say("why?")
    assert not set(quotes(again)) & set(quotes(first))


def test_a_list_has_each_sentence_of_the_answer_on_a_line(mill: Assistant) -> None:
    talk = Talk(told(mill, "eight metres", "21,000"))
    first = talk.say("How high is the wheel and how many visitors come?")
    assert not first.answer.startswith("- ")
    listed = talk.say("as a list")
    assert listed.answer.splitlines() == [
        "- The wheel is eight metres high and turns twice a minute [1]",
        "- Some 21,000 visitors come to the mill each year [2]",
    ]
    assert set(quotes(listed)) == set(quotes(first))


def test_in_short_an_answer_is_its_likeliest_sentence(mill: Assistant) -> None:
    talk = Talk(told(mill, "wheel is", "wheel was"))
    assert len(quotes(talk.say("what about the wheel?"))) == 2
    short = talk.say("in short")
    assert len(quotes(short)) == 1
    assert talk.say("shorter").answer == f"{compose.SHORTEST}: {short.answer}"
    assert len(quotes(talk.say("as a list"))) == 1  # of what was told last


def test_nothing_goes_on_where_nothing_was_asked(mill: Assistant) -> None:
    assert told(mill, "wheel").ask("tell me more").question == "tell me more"
    only_talk = [("hello", "Hello!")]
    assert told(mill).ask("in short", only_talk).status is Status.NOT_FOUND
