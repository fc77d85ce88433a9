"""Questions for a document as a whole, or for a part of one, answered from the guide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mehealth_eval.written_data import load_documents
from mehealth_rag.answering.asked import Aspect, aspect_of
from mehealth_rag.answering.overview import Overview
from mehealth_rag.assistant import Assistant
from mehealth_rag.encoder.minilm import MiniLM
from mehealth_rag.guide.main_sentences import opening
from mehealth_rag.types import Answer, Status
from tests.answering.told import ToldReader, told
from tests.made_corpus import assistant_over

MILL = """\
# The mill at Otterby

The mill at Otterby is a museum of bread and of water power. It opened in 1998.

## The wheel

The wheel is eight metres high and turns twice a minute. It was built of oak.
Restoring the wheel cost £340,000, paid by the county.

## Visitors

Some 21,000 visitors come to the mill each year. Petra Lund, director of the mill, leads tours.
"""
FERRY = """\
# The ferry to Gull Island

The ferry to Gull Island is the oldest on the coast and runs all year. It carries 900,000 people.

## Tickets

A ticket is sold on board and costs less for children. Tickets are valid for one day.
"""


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("overview")
    with assistant_over(folder, {"mill.md": MILL, "ferry.md": FERRY}) as opened:
        yield opened


def cited(answer: Answer) -> set[str]:
    assert answer.status is Status.ANSWERED
    assert answer.engine == "extractive"
    assert answer.index
    assert all(s.citations for s in answer.statements)
    return {c.document for c in answer.citations}


ASPECTS: dict[Aspect | None, tuple[str, ...]] = {
    Aspect.SENTENCES: (
        "Summarise it", "key points", "Give me an overview.", "What are the main topics?",
        "the most important points pls", "give me the gist", "boil the whole lot down for me",
    ),
    Aspect.OPENING: (
        "What is this document about?", "what's it about", "tell me about this report",
        "What does the document say?", "What is in it?", "whos behind all this",
        "what sort of booklet is this and who should read it",
    ),
    Aspect.FIGURES: ("What are the main figures?", "which figures does it give"),
    Aspect.PEOPLE: ("Who is in it?", "Who is named?", "who are the key people"),
    None: (
        "why?", "Hello", "thanks", "Who is it?", "what about it?", "How many people are in it?",
        "How many pages does the document have?", "Which documents do you have?",
        "What are the key dates?", "Summarise the wheel", "What is the mill about?",
        "Who wrote the report?", "What does page 3 say?", "where is it",
        "Which fund paid for the new roof?", "how long is the lease",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def encoder() -> MiniLM:
    return MiniLM.load()


@pytest.mark.parametrize(("aspect", "question"), [(a, q) for a, qs in ASPECTS.items() for q in qs])
def test_what_is_asked_of_the_whole(aspect: Aspect | None, question: str, encoder: MiniLM) -> None:
    likeliest = aspect_of(question, encoder)
    assert (likeliest[0] if likeliest else None) is aspect


def test_few_questions_with_a_subject_are_taken_for_one_about_the_whole(encoder: MiniLM) -> None:
    """Of those on the development documents, half of what is found is general at least."""
    folder = Path(__file__).parents[2] / "eval" / "written" / "development"
    questions = [q for d in load_documents(folder) for q in d.questions if not q.history]
    taken = [q.kind for q in questions if aspect_of(q.question, encoder)]
    assert taken.count("general") >= 8
    assert len(taken) <= 12


@pytest.mark.parametrize("question", ["tell me about it", "What does it say?", "What is in it?"])
def test_it_is_what_was_spoken_of_before(question: str, assistant: Assistant) -> None:
    wheel = [("How high is the wheel?", "The wheel is eight metres high [1].")]
    overview = Overview(assistant.index, assistant.retriever, ())
    assert overview.asked(question, wheel, ()) is None
    whole = [("What is this document about?", "The mill at Otterby is a museum [1].")]
    assert overview.asked(question, whole, ()) is not None


def test_all_documents_are_summarised_each_in_turn(assistant: Assistant) -> None:
    answer = assistant.ask("Summarise it")
    assert cited(answer) == {"mill", "ferry"}
    assert "The mill at Otterby: " in answer.answer
    assert "museum of bread" in answer.answer


LEAFLET = """\
# Bees of the valley

Printed in May for the valley's schools. The valley has nine kinds of bee. Most of them live alone.
They need bare soil. This leaflet shows how to tell them apart. It costs nothing.

## Nests

Most nests are in the ground. A nest has six cells. It is sealed with mud.
Rain seldom does them harm. Mason bees live in the walls.
"""


@pytest.fixture(scope="module")
def bees(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with assistant_over(tmp_path_factory.mktemp("bees"), {"bees.md": LEAFLET}) as opened:
        yield opened


def test_a_document_opens_with_what_it_says_of_itself(bees: Assistant) -> None:
    about, nests = bees.ask("What is this leaflet about?"), bees.ask("Tell me about the nests.")
    assert [quote.text for quote in opening(bees.index.passages(range(2)))] == [
        "Printed in May for the valley's schools.",
        "The valley has nine kinds of bee.",
        "This leaflet shows how to tell them apart.",
    ]
    assert "This leaflet shows how to tell them apart." in {c.quote for c in about.citations}
    assert [c.quote for c in nests.citations][-4:] == [
        "Most nests are in the ground.",
        "A nest has six cells.",
        "It is sealed with mud.",
        "Rain seldom does them harm.",
    ]


def test_where_the_reader_finds_nothing_the_opening_is_shown(bees: Assistant) -> None:
    silent = told(bees, "nothing of this").ask("what sort of thing is this, in short")
    speaking = told(bees, "costs nothing").ask("what sort of thing is this, in short")
    other = told(bees, "nothing of this").ask("When does the office open?")
    assert "This leaflet shows how to tell them apart" in silent.answer
    assert speaking.statements[-1].text == "It costs nothing"
    assert other.status is Status.NOT_FOUND


def test_a_question_about_the_whole_is_read_without_the_turns_before_it(bees: Assistant) -> None:
    before = ("How many cells has a nest?", "A nest has six cells [1].")
    reader = ToldReader(("kinds of bee",))
    assistant = replace(bees, reader=lambda: reader)  # type: ignore[arg-type, return-value]
    about = assistant.ask("what is this document about?", [before])
    assistant.ask("And how many doors?", [before])
    assert "The valley has nine kinds of bee" in about.answer
    assert [len(turns) for turns in reader.turns] == [0, 1]


def test_the_opening_is_read_first(assistant: Assistant) -> None:
    overview = Overview(assistant.index, assistant.retriever, ())
    retrieved = assistant.retriever.retrieve("Who leads tours?", 2, ["mill"]).evidence
    asked = overview.asked("What is this document about?", (), ["mill"])
    assert asked is not None
    first = overview.first(asked, retrieved)
    assert "museum of bread" in first[0].hit.passage.text
    assert len(first) == len({e.hit.passage.text for e in first}) >= len(retrieved)


@pytest.mark.parametrize(
    ("question", "with_it"),
    [
        ("What is the mill at Otterby about?", "What is it about?"),
        ("key points of Gull Island", "key points of it"),
        ("Gull Island and Otterby, what do they cost?", "it , what do they cost?"),
        ("What is it about?", "What is it about?"),
    ],
)
def test_a_name_is_replaced_by_it(question: str, with_it: str, assistant: Assistant) -> None:
    assert assistant.retriever.register.named(question).with_it == with_it


def test_one_document_where_the_search_or_the_question_is_limited_to_it(
    assistant: Assistant,
) -> None:
    assert cited(assistant.ask("What is it about?", documents=["ferry"])) == {"ferry"}
    answer = assistant.ask("What are the key figures of the mill at Otterby?")
    assert cited(answer) == {"mill"}
    assert "£340,000" in answer.answer


def test_a_follow_up_is_about_the_document_before_it(assistant: Assistant) -> None:
    asked = "Who leads tours?"
    before = assistant.ask(asked)
    assert {c.document for c in before.citations} == {"mill"}
    assert cited(assistant.ask("Summarise it", [(asked, before.answer)])) == {"mill"}


def test_who_is_in_it(assistant: Assistant) -> None:
    answer = assistant.ask("Who is in it?")
    assert [s.text for s in answer.statements] == ["Petra Lund, director of the mill"]
    without_people = told(assistant, "900,000 people").ask("Who is in it?", documents=["ferry"])
    assert without_people.statements[-1].text == "It carries 900,000 people"


def test_a_part_is_told_by_its_heading(assistant: Assistant) -> None:
    answer = assistant.ask("Tell me about the wheel")
    assert cited(answer) == {"mill"}
    assert answer.answer.startswith("The wheel:\n\n- The wheel is eight metres high")
    assert [s.text.split()[:3] for s in answer.statements] == [
        ["The", "wheel", "is"], ["It", "was", "built"], ["Restoring", "the", "wheel"],
    ]  # fmt: skip
