"""The generative engine with a scripted model: fluent where it is true, quoted where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from mehealth_rag.generating.gate import ONLY_A_SOURCE
from mehealth_rag.generating.judging import DENIED, UNTOLD
from mehealth_rag.generating.writing import Pace
from mehealth_rag.reader.model import Calibration
from mehealth_rag.serialise import answer_json
from mehealth_rag.types import Answer, Status
from tests.answering.scripted import GUIDE, Scripted, scripted
from tests.answering.told import ToldReader, told

TALL = "How tall is the lighthouse on the North Pier?"
LIT = "When was the lighthouse on the North Pier lit?"
CARRY = "What does the ferry carry?"
ANSWERS = {
    TALL: "42 metres",
    LIT: "1871",
    "Who lit the lighthouse?": "lit",
    "What does a return ticket cost?": "ticket",
    CARRY: "The ferry carries",
}
"""Questions, and words of the sentence that answers."""


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scripted]:
    with scripted(tmp_path_factory.mktemp("harbour"), guide=GUIDE) as opened:
        yield opened


def plain(answer: Answer) -> str:
    return answer.answer.replace("**", "")


def written(
    harbour: Scripted, question: str, text: str, *answering: str, **judged: list[str]
) -> Answer:
    """The answer if the model writes a text; a reader is told which words answer and decide."""
    assistant, script = harbour
    script.say(text)
    return told(assistant, *answering, **judged).ask(question)


def ask(harbour: Scripted, question: str, text: str, carried: str = "lighthouse") -> Answer:
    """Ask where the sentences that hold the word `carried` carry what does, values aside."""
    return written(harbour, question, text, ANSWERS[question], carried=[carried])


def test_a_true_sentence_is_shown_with_the_words_that_carry_it(harbour: Scripted) -> None:
    answer = ask(harbour, TALL, "At the North Pier the lighthouse has 42 metres [1].")
    assert answer.engine == "generative"
    assert plain(answer) == "At the North Pier the lighthouse has 42 metres [1]."
    assert [c.quote for c in answer.citations] == [
        "The lighthouse on the North Pier is 42 metres tall."
    ]
    assert (answer.notice, answer.dropped) == ("", ())
    assert answer.tokens["written"] > 0
    assert answer.timings_ms["first_words"] <= answer.timings_ms["total"]


@pytest.mark.parametrize(
    "mark", ["", " [0]", " [99]", " [2, 3]", "[7-9]", " ［４］", "【0†source】"]
)
def test_a_wrong_or_missing_number_is_repaired(harbour: Scripted, mark: str) -> None:
    answer = ask(harbour, TALL, f"The lighthouse on the North Pier is 42 metres tall{mark}.")
    assert plain(answer) == "The lighthouse on the North Pier is 42 metres tall [1]."
    assert answer.citations[0].quote == "The lighthouse on the North Pier is 42 metres tall."


@pytest.mark.parametrize(
    ("question", "lie", "reason"),
    [
        (TALL, "The lighthouse on the North Pier has 99 metres [1].", "figure “99 metres”"),
        (TALL, "The lighthouse on the North Pier has 42 feet [1].", "figure “42 feet”"),
        (TALL, "The Gull lighthouse has 42 metres [1].", "name “Gull”"),
        (LIT, "The lighthouse was lit in 1872 [1].", "figure “1872”"),
        (LIT, "The lighthouse was lit in May 1871 [1].", "date “May 1871”"),
        ("Who lit the lighthouse?", "John Smith lit the lighthouse [1].", "name “Smith”"),
        ("What does a return ticket cost?", "A ticket costs £12 million [1].", "figure “£12 mil"),
    ],
)
def test_no_value_is_shown_that_the_quotes_do_not_hold_however_sure_the_reader_is(
    harbour: Scripted, question: str, lie: str, reason: str
) -> None:
    answer = ask(harbour, question, lie)
    assert answer.engine == "extractive"
    assert lie.split(" [", maxsplit=1)[0] not in plain(answer)
    assert len(answer.dropped) == 1
    assert answer.dropped[0].reasons[0].startswith(f"unsupported {reason}")
    assert answer.notice.startswith("The documents do not bear out what the language model wrote")


def test_what_is_denied_or_not_told_is_dropped_and_its_neighbours_stay(harbour: Scripted) -> None:
    text = (
        "The lighthouse is no tower [1]. It has 42 metres [1]. The keeper keeps a cat [1]. "
        "The ferry leaves every hour [1]."
    )
    judged = {"denied": ["lighthouse"], "carried": ["every hour"]}
    answer = written(harbour, TALL, text, "42 metres", **judged)
    assert [s.text for s in answer.statements] == [
        "The lighthouse has 42 metres",
        "The ferry leaves every hour",
    ]
    assert [d.reasons for d in answer.dropped] == [(DENIED,), (UNTOLD,)]


def test_a_page_with_another_figure_does_not_speak_against_the_page_that_carries_it(
    tmp_path: Path,
) -> None:
    other = "# Notes\n\nThe lighthouse has 45 metres."
    with scripted(tmp_path, guide=GUIDE, notes=other) as opened:
        answer = ask(opened, TALL, "The lighthouse has 42 metres [1].")
    assert [s.text for s in answer.statements] == ["The lighthouse has 42 metres"]


def test_what_is_dropped_is_told_in_the_json(harbour: Scripted) -> None:
    text = (
        "The lighthouse on the North Pier is 42 metres tall [1]. "
        "The lighthouse on the North Pier is 99 metres tall [1]."
    )
    value = json.loads(json.dumps(answer_json(ask(harbour, TALL, text))))
    assert value["dropped"] == [
        {
            "text": "The lighthouse on the North Pier is 99 metres tall.",
            "reasons": ["unsupported figure “99 metres”"],
        }
    ]
    assert value["notice"] == (
        "Sentences of the language model that the documents do not bear out and that are left out: "
        "1."
    )
    assert "99" not in value["answer"]


def test_true_sentences_that_do_not_answer_are_followed_by_the_quote_that_does(
    harbour: Scripted,
) -> None:
    answer = ask(harbour, TALL, "The ferry leaves every hour [1].", carried="every hour")
    assert [s.text for s in answer.statements] == [
        "The ferry leaves every hour",
        "The lighthouse on the North Pier is 42 metres tall",
    ]
    assert answer.notice == "Sentences at the end that are quoted from the documents: 1."


@pytest.mark.parametrize("opening", ["Yes.", "No."])
def test_a_yes_in_a_sentence_of_its_own_is_shown(harbour: Scripted, opening: str) -> None:
    text = f"{opening} The lighthouse has 42 metres"
    assert plain(ask(harbour, TALL, f"{text}.")) == f"{text} [1]."


@pytest.mark.parametrize(
    ("empty", "reason"),
    [
        ("Happy to help!", UNTOLD),
        ("You answer from numbered evidence, and from nothing else.", UNTOLD),
        ("Sources:\n- A guide to the harbour, page 1\n", ONLY_A_SOURCE),
        ("¹ A guide to the harbour, p. 1", ONLY_A_SOURCE),
    ],
)
def test_what_says_nothing_of_the_documents_is_never_shown(
    harbour: Scripted, empty: str, reason: str
) -> None:
    text = f"The lighthouse has 42 metres [1].\n\n{empty}"
    answer = written(harbour, TALL, text, "42 metres", carried=[""])  # whatever is said
    assert plain(answer) == "The lighthouse has 42 metres [1]."
    assert answer.dropped[-1].reasons == (reason,)


def test_a_lead_with_a_figure_is_carried_by_the_sentence_that_has_its_words(
    harbour: Scripted,
) -> None:
    question = "What do the piers of the harbour have?"
    judged = {"denied": ["piers"], "carried": ["lighthouse"]}
    two, three = (
        written(harbour, question, f"The {count} piers of the harbour have:\n- a lighthouse\n",
                "a lighthouse", **judged)
        for count in ("two", "three")
    )  # fmt: skip
    assert plain(two).startswith("The two piers of the harbour have: [1]")
    assert "three" not in three.answer


@pytest.mark.parametrize(
    ("finish", "shown"), [("stop", ["walkers", "bicycles"]), ("length", ["walkers"])]
)
def test_the_last_item_of_a_list_is_shown_unless_it_was_cut_off(
    harbour: Scripted, finish: str, shown: list[str]
) -> None:
    assistant, script = harbour
    script.say("The ferry carries:\n- walkers\n- bicycles", finish=finish)
    reader = told(assistant, carried=["walkers", "bicycles"])
    assert [s.text for s in reader.ask(CARRY).statements][1:] == shown


def test_a_refusal_is_a_silence(harbour: Scripted) -> None:
    question = "How many sailors drank in the inn?"
    answer = written(harbour, question, "I’m sorry, I can’t help with that.", carried=[""])
    assert (answer.status, answer.statements) == (Status.NOT_FOUND, ())
    assert answer.notice == "The language model found no answer in the evidence."


def test_what_makes_no_claim_is_not_counted_as_untrue(harbour: Scripted) -> None:
    answer = ask(harbour, TALL, "# Height\n\nThe lighthouse has 42 metres. Anything else?")
    assert len(answer.dropped) == 2
    assert answer.notice == ""


def test_a_pronoun_whose_noun_was_dropped_is_named(harbour: Scripted) -> None:
    lit = "It was lit in 1871 [1]."
    after_noun = ask(harbour, LIT, f"The lighthouse on the North Pier is 42 metres tall [1]. {lit}")
    assert "tall [1]. It was lit in 1871" in plain(after_noun)
    lost = ask(harbour, LIT, f"The lighthouse on the North Pier is 99 metres tall [1]. {lit}")
    assert plain(lost) == "The lighthouse on the North Pier was lit in 1871 [1]."
    alone = ask(harbour, LIT, lit)
    assert plain(alone) == "It was lit in 1871 [1]."


def test_items_that_a_list_lacks_are_quoted_after_it(harbour: Scripted) -> None:
    half = "The ferry carries:\n- walkers [1]\n- bicycles [1]\n"
    answer = ask(harbour, CARRY, half, carried="walkers")
    assert answer.engine == "generative"
    assert {"walkers", "bicycles", "dogs on a lead"} < {s.text for s in answer.statements}
    assert "quoted from the documents" in answer.notice


def test_the_model_that_finds_nothing_leaves_the_quote(harbour: Scripted) -> None:
    answer = ask(harbour, TALL, "NOT IN THE EVIDENCE")
    assert "42 metres" in plain(answer)
    assert answer.notice.startswith("The language model found no answer in the evidence")


def test_the_model_that_finds_nothing_is_believed_where_the_reader_is_not_sure(
    harbour: Scripted,
) -> None:
    assistant, script = harbour
    script.say("NOT IN THE EVIDENCE")
    unsure = ToldReader(("42 metres",), right=Calibration(offset=-6))
    answer = replace(assistant, reader=lambda: unsure).ask(TALL)  # type: ignore[arg-type, return-value]
    assert answer.status is Status.NOT_FOUND
    assert answer.statements == ()
    assert "42 metres" in answer.nearest[0].quote
    assert answer.notice == "The language model found no answer in the evidence."


def test_the_model_is_asked_what_the_reader_finds_no_answer_to(harbour: Scripted) -> None:
    question, lie = "Who is the prime minister?", "The prime minister is Winston Churchill [1]."
    untrue = written(harbour, question, lie, carried=["lighthouse"])
    assert (untrue.status, len(untrue.dropped)) == (Status.NOT_FOUND, 1)
    assert untrue.notice == "The documents do not bear out what the language model wrote."
    true = written(harbour, TALL, "The lighthouse has 42 metres.", carried=["lighthouse"])
    assert (true.engine, plain(true)) == ("generative", "The lighthouse has 42 metres [1].")


def test_small_talk_is_not_asked_of_the_model(harbour: Scripted) -> None:
    assistant, script = harbour
    asked = len(script.prompts)
    assert assistant.ask("Thank you!", [("hi", "Hello!")]).engine == "assistant"
    assert assistant.ask("Write me a poem about the harbour.").status is Status.NOT_FOUND
    assert len(script.prompts) == asked


def test_the_model_is_given_the_whole_document_best_first_where_it_fits(harbour: Scripted) -> None:
    assistant, script = told(harbour[0], ANSWERS[TALL]), harbour[1]
    script.say("NOT IN THE EVIDENCE")
    assistant.ask(TALL)
    first, *_ = script.last.split("[2]")
    assert "A guide to the harbour, page 1:\n  The North Pier\n" in first
    others = ("two piers", "due to run at night", "dogs on a lead", "finest harbour")
    assert all(words in script.last for words in others)
    hurried = replace(assistant, pace=Pace(limit=1, tokens_per_second=600))
    hurried.ask(TALL)
    assert "42 metres tall" in script.last
    assert "finest harbour" not in script.last
    hurried.ask(TALL)
    assert "finest harbour" in script.last  # it was read fast enough for more


def test_turns_go_to_the_model_as_turns(harbour: Scripted) -> None:
    assistant, script = told(harbour[0], ANSWERS[LIT]), harbour[1]
    script.say("It was lit in 1871 [1].")
    assistant.ask("And when was it lit?", [(TALL, "It is **42 metres** tall [1].")])
    _, *turns, asked = script.prompts[-1]
    assert [(m["role"], m["content"]) for m in turns] == [
        ("user", TALL),
        ("assistant", "It is 42 metres tall."),
    ]
    assert TALL not in asked["content"]
    assert "\nQuestion: When was the lighthouse on the North Pier lit?\n" in asked["content"]


TICKETS = "# The ferry\n\nTickets are sold [on this page](https://ferry.example/tickets).\n"
PRINTED = "# Ferry\n\nTickets are sold at ferry.example only.\n"


@pytest.mark.parametrize(
    ("page", "address", "shown"),
    [
        (PRINTED, "https://ferry.example", True),  # which the page has without its scheme
        (PRINTED, "https://ferry.example/shop", False),
        (TICKETS, "https://ferry.example/tickets", True),
        (TICKETS, "https://ferry.example/shop", False),
    ],
)
def test_an_address_is_shown_that_the_evidence_prints_or_links_to(
    tmp_path: Path, page: str, address: str, *, shown: bool
) -> None:
    with scripted(tmp_path, ferry=page) as opened:
        text = f"Tickets are sold at [{address.removeprefix('https://')}]({address}) [1]."
        answer = written(opened, "How are tickets sold?", text, "Tickets")
    link = "Tickets are sold on this page. (https://ferry.example/tickets)"
    assert (link in opened[1].last) is (page is TICKETS)
    assert (f"Tickets are sold at {address} [1]" in plain(answer)) is shown
    assert shown or answer.dropped[0].reasons == (f"unsupported address “{address}”",)


def test_a_link_that_is_asked_for_is_given_where_nothing_written_passes(tmp_path: Path) -> None:
    see = "See the [timetable of the ferry](https://ferry.example/times)."
    with scripted(tmp_path, ferry=f"{TICKETS}\n{see}\n") as (assistant, script):
        script.say("The timetable is at https://ferry.example/shop [1].")
        answer = told(assistant, "timetable").ask("Where can I download the ferry's timetable?")
        assert "https://ferry.example/times" in script.last
    assert "https://ferry.example/times" in answer.answer
    assert [d.reasons for d in answer.dropped] == [
        ("unsupported address “https://ferry.example/shop”",)
    ]


def test_where_pages_disagree_what_the_model_leaves_out_is_quoted(tmp_path: Path) -> None:
    other = "# Notes\n\nThe lighthouse on the North Pier is 45 metres tall."
    with scripted(tmp_path, guide=GUIDE, notes=other) as (assistant, script):
        script.say("The lighthouse has 42 metres [1].")
        answer = told(assistant, "42 metres", "45 metres", carried=["lighthouse"]).ask(TALL)
    assert answer.engine == "generative"
    assert {v.value for v in answer.conflicts[0].values} == {"42 metres", "45 metres"}
    assert "45 metres" in plain(answer)


SPOKEN = (
    "According to [1], the lighthouse on the North Pier is 42 metres tall [1]. It was lit in 1871 "
    "[1]. The lighthouse on the North Pier is 99 metres tall [2]."
)


def test_streamed_is_what_is_asked_at_once_and_only_grows(harbour: Scripted) -> None:
    assistant, script = told(harbour[0], ANSWERS[TALL]), harbour[1]
    script.say(SPOKEN)
    whole = replace(assistant.ask(TALL), timings_ms={})
    for pieces in (tuple(SPOKEN), tuple(SPOKEN[i : i + 7] for i in range(0, len(SPOKEN), 7))):
        script.say(*pieces)
        parts = list(assistant.stream(TALL))
        assert replace(parts[-1], timings_ms={}) == whole
        assert len(parts) > 1
        for before, after in pairwise(parts):
            assert after.answer.startswith(before.answer)
        assert all("99" not in part.answer for part in parts)
