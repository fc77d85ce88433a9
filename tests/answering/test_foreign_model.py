"""A language model that is asked in another language, answers in it, and is held to the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from mehealth_rag.generating.answer import LESS_CHECKED
from mehealth_rag.generating.foreign_judge import NOTHING_TO_CHECK, figures_of, names_of
from mehealth_rag.types import Answer, Status
from tests.answering.scripted import GUIDE, Script, scripted
from tests.llm.llm_helpers import says

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant
    from tests.llm.llm_helpers import Handler

ASKED = "Wie hoch ist der Leuchtturm am North Pier, und seit wann steht er?"
ENGLISH = "How tall is the lighthouse on the North Pier, and when was it lit?"
RIGHT = "Der Leuchtturm am North Pier ist 42 Meter hoch [1]. Er leuchtet seit 1871 [1]."


class Linguist(Script):
    """Puts questions into English as it is told, and says its words to all others."""

    english = ENGLISH

    def __call__(self, handler: Handler, body: dict[str, Any]) -> None:
        self.prompts.append(body["messages"])
        translating = "into English" in body["messages"][0]["content"]
        chat = says(self.english) if translating else self.chat
        chat(handler, body)


Abroad = tuple["Assistant", Linguist]


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Abroad]:
    with scripted(tmp_path_factory.mktemp("abroad"), script=Linguist(), guide=GUIDE) as (a, script):
        assert isinstance(script, Linguist)
        yield a, script


def ask(harbour: Abroad, written: str, english: str = ENGLISH) -> Answer:
    assistant, script = harbour
    script.prompts.clear()
    script.english = english
    script.say(written)
    return assistant.ask(ASKED)


def test_it_is_answered_in_its_language_with_quotes_from_the_page(harbour: Abroad) -> None:
    answer = ask(harbour, RIGHT)
    assert answer.answer.replace("**", "") == (
        "Der Leuchtturm am North Pier ist 42 Meter hoch [1]. Er leuchtet seit 1871 [2]."
    )
    assert [c.quote for c in answer.citations] == [
        "The lighthouse on the North Pier is 42 metres tall.",
        "It was lit in 1871 by the keeper Mary Anning.",
    ]
    assert (answer.question, answer.standalone_question) == (ASKED, ENGLISH)
    assert answer.notice == LESS_CHECKED
    last = harbour[1].last
    assert f"Question: {ASKED}" in last
    assert "Write in the language of the question" in last
    assert "The lighthouse on the North Pier is 42 metres tall." in last


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("Der Leuchtturm ist 24 Meter hoch [1].", "unsupported figure “24”"),
        ("Er leuchtet seit 1872 [1].", "unsupported figure “1872”"),
        ("Am South Wharf steht er seit 1871 [1].", "unsupported name “South Wharf”"),
        ("Mehr auf www.leuchtturm.example seit 1871 [1].", "unsupported address"),
        ("Der Leuchtturm ist der höchste der Küste [1].", NOTHING_TO_CHECK),
    ],
)
def test_what_the_page_does_not_hold_is_dropped(harbour: Abroad, lie: str, reason: str) -> None:
    answer = ask(harbour, f"{RIGHT} {lie}")
    assert lie.split(" [", maxsplit=1)[0] not in answer.answer
    (dropped,) = answer.dropped
    assert dropped.reasons[0].startswith(reason)
    assert answer.notice.startswith(LESS_CHECKED)


def test_its_silence_is_heard(harbour: Abroad) -> None:
    english = "Who owns the railway?"
    answer = ask(harbour, "NOT IN THE EVIDENCE", english)
    assert answer.status is Status.NOT_FOUND


@pytest.mark.parametrize("english", ["", "Wie hoch ist der Leuchtturm am Pier?", "How tall? " * 90])
def test_a_translation_that_is_none_is_not_used(harbour: Abroad, english: str) -> None:
    answer = ask(harbour, RIGHT, english)
    assert answer.standalone_question == ASKED
    assert "42 Meter" in answer.answer


def test_figures_are_read_as_each_language_writes_them(harbour: Abroad) -> None:
    assert figures_of("33.000 Stellen, 1,6 Milliarden, 12 000 im Jahr 2021.") == [
        "33.000", "1,6", "12 000", "2021",
    ]  # fmt: skip
    answer = ask(harbour, "Die Rückfahrkarte kostet £12,00 [2].", "What does a return ticket cost?")
    assert "12,00" in answer.answer
    assert "A return ticket for the ferry costs £12." in [c.quote for c in answer.citations]


@pytest.mark.parametrize(
    ("text", "language", "names"),
    [
        ("Le centre se trouve à Leicester, dit Sir John Peace.", "fr",
         ["Sir John Peace", "Leicester"]),
        ("Das Zentrum der NHS liegt in Leicester.", "de", ["NHS"]),
        ("该中心位于 Leicester，由 NHS 资助。", "zh", ["Leicester", "NHS"]),
    ],
)  # fmt: skip
def test_names_are_what_no_language_changes(text: str, language: str, names: list[str]) -> None:
    assert names_of(text, language) == names
