"""The generative engine with a scripted model: fluent where it is true, quoted where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from mehealth_rag.assistant import Assistant
from mehealth_rag.serialise import answer_json
from mehealth_rag.types import Answer, Status
from tests.answering.scripted import GUIDE, Script, scripted
from tests.answering.told import told
from tests.llm.llm_helpers import fails

TALL = "How tall is the lighthouse on the North Pier?"
WHY = "Why was the lighthouse built?"
ANSWERS = {
    TALL: "42 metres tall",
    WHY: "two ships",
    "When was the lighthouse lit?": "lit in 1871",
    "When was the lighthouse on the North Pier lit?": "lit in 1871",
    "Who lit the lighthouse?": "Mary Anning",
    "What does a return ticket cost?": "costs £12",
    "From which pier does the ferry to Gull Island leave?": "leaves every hour",
    "What do we know about the finest harbour?": "finest harbour",
    "Which is the finest harbour of the coast?": "finest harbour",
    "Does the ferry to Gull Island run at night?": "run at night",
    "What does the ferry carry?": "The ferry carries",
    "Is the lighthouse on the North Pier 99 metres tall?": "42 metres tall",
}
"""Questions, and words of the sentence that answers."""


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Assistant, Script]]:
    with scripted(tmp_path_factory.mktemp("harbour"), guide=GUIDE) as opened:
        yield opened


def plain(answer: Answer) -> str:
    return answer.answer.replace("**", "")


def ask(harbour: tuple[Assistant, Script], question: str, *pieces: str) -> Answer:
    assistant, script = harbour
    script.say(*pieces)
    return told(assistant, ANSWERS[question]).ask(question)


def test_a_true_sentence_is_shown_with_the_words_that_carry_it(
    harbour: tuple[Assistant, Script],
) -> None:
    answer = ask(harbour, TALL, "At the North Pier the lighthouse is 42 meters tall [1].")
    assert answer.engine == "generative"
    assert plain(answer) == "At the North Pier the lighthouse is 42 meters tall [1]."
    assert [c.quote for c in answer.citations] == [
        "The lighthouse on the North Pier is 42 metres tall."
    ]
    assert (answer.notice, answer.dropped) == ("", ())
    assert answer.tokens["written"] > 0
    assert answer.timings_ms["first_words"] <= answer.timings_ms["total"]


@pytest.mark.parametrize(
    "mark", ["", " [0]", " [99]", " [2, 3]", "[7-9]", " ［４］", "【0†source】"]
)
def test_a_wrong_or_missing_number_is_repaired(
    harbour: tuple[Assistant, Script], mark: str
) -> None:
    answer = ask(harbour, TALL, f"The lighthouse on the North Pier is 42 metres tall{mark}.")
    assert plain(answer) == "The lighthouse on the North Pier is 42 metres tall [1]."
    assert answer.citations[0].quote == "The lighthouse on the North Pier is 42 metres tall."


@pytest.mark.parametrize(
    ("question", "lie", "truth"),
    [
        (TALL, "The lighthouse on the North Pier is 99 metres tall [1].", "42 metres"),
        (TALL, "The lighthouse on the North Pier is 42 feet tall [1].", "42 metres"),
        (TALL, "The lighthouse on the South Pier is 42 metres tall [1].", "North Pier"),
        (TALL, "The lighthouse is the tallest in England [1].", "42 metres"),
        ("When was the lighthouse lit?", "It was lit in 1872 [1].", "1871"),
        ("Who lit the lighthouse?", "The keeper John Smith lit the lighthouse [1].", "Anning"),
        ("What does a return ticket cost?", "A return ticket costs £12 million [1].", "£12"),
        (WHY, "The lighthouse was not built because of the fog [1].", "two ships"),
    ],
)
def test_an_untrue_sentence_is_replaced_by_the_documents_words(
    harbour: tuple[Assistant, Script], question: str, lie: str, truth: str
) -> None:
    answer = ask(harbour, question, lie)
    assert answer.engine == "extractive"
    assert truth in plain(answer)
    assert lie.split(" [", maxsplit=1)[0] not in plain(answer)
    assert len(answer.dropped) == 1
    assert answer.dropped[0].reasons
    assert answer.notice.startswith("The documents do not bear out what the language model wrote")


def test_a_name_put_together_from_two_names_is_no_name(
    harbour: tuple[Assistant, Script],
) -> None:
    question = "From which pier does the ferry to Gull Island leave?"
    answer = ask(harbour, question, "The ferry leaves from the Gull Pier every hour [1].")
    assert answer.dropped[0].reasons == ("unsupported name “Gull Pier”",)
    assert "South Pier" in plain(answer)
    assert ask(harbour, question, "The ferry leaves from the South Pier [1].").dropped == ()


def test_what_only_a_heading_says_is_not_added(harbour: tuple[Assistant, Script]) -> None:
    question = "What do we know about the finest harbour?"
    heading = (
        "The harbour of Northby lies on the east coast as a guide of welcome to the ferry [1]."
    )
    assert ask(harbour, question, heading).engine == "extractive"
    text = "The lighthouse on the North Pier, a guide to the harbour, is 42 metres tall [1]."
    answer = ask(harbour, TALL, text)
    assert "guide" not in plain(answer)
    assert "42 metres" in plain(answer)


def test_what_is_dropped_is_told_in_the_json(harbour: tuple[Assistant, Script]) -> None:
    text = (
        "The lighthouse on the North Pier is 42 metres tall [1]. "
        "The lighthouse on the North Pier is 99 metres tall [1]."
    )
    value = json.loads(json.dumps(answer_json(ask(harbour, TALL, text))))
    assert value["dropped"] == [
        {
            "text": "The lighthouse on the North Pier is 99 metres tall.",
            "reasons": ["unsupported figure “99”"],
        }
    ]
    assert value["notice"] == (
        "1 sentence of the language model was left out: the documents do not bear it out."
    )
    assert "99" not in value["answer"]


def test_a_sentence_that_does_not_answer_is_followed_by_the_quote_that_does(
    harbour: tuple[Assistant, Script],
) -> None:
    answer = ask(harbour, TALL, "The lighthouse stands on the North Pier [1].")
    assert "42 metres" in plain(answer)
    assert "42 metres" in " ".join(c.quote for c in answer.citations)


def test_what_is_beside_the_question_is_dropped(harbour: tuple[Assistant, Script]) -> None:
    answer = ask(harbour, TALL, "A return ticket for the ferry costs £12 [1].")
    assert "£12" not in plain(answer)
    assert answer.dropped[0].reasons == ("beside the question",)


def test_a_pronoun_must_stand_for_what_the_page_means(harbour: tuple[Assistant, Script]) -> None:
    question = "When was the lighthouse on the North Pier lit?"
    lit = "It was lit in 1871 [1]."
    right = ask(harbour, question, f"The lighthouse on the North Pier is 42 metres tall [1]. {lit}")
    assert "tall [1]. It was lit in 1871" in plain(right)
    wrong = ask(harbour, question, f"The harbour of Northby lies on the east coast [1]. {lit}")
    assert "It was lit in 1871." in [d.text for d in wrong.dropped]
    assert "coast [1]. It was lit" not in plain(wrong)
    alone = ask(harbour, question, lit)
    assert alone.dropped[0].reasons == ("it is not clear what it speaks of",)


def test_a_plan_stays_a_plan(harbour: tuple[Assistant, Script]) -> None:
    question = "Does the ferry to Gull Island run at night?"
    fact = ask(harbour, question, "The ferry to Gull Island runs at night [1].")
    assert "due to run" in plain(fact)
    assert fact.dropped[0].reasons == ("plan stated as fact",)
    plan = ask(harbour, question, "The ferry to Gull Island is due to run at night from 2031 [1].")
    assert plan.engine == "generative"


def test_a_statement_stays_its_speakers(harbour: tuple[Assistant, Script]) -> None:
    question = "Which is the finest harbour of the coast?"
    said = "the harbour of Northby is the finest harbour of the whole coast"
    bare = ask(harbour, question, f"{said.capitalize().replace('northby', 'Northby')} [1].")
    assert bare.engine == "extractive"
    assert "opinion stated as fact" in bare.dropped[0].reasons
    other = ask(harbour, question, f"Mary Anning said that {said} [1].")
    assert other.engine == "extractive"
    his = ask(harbour, question, f"According to John Smith, {said} [1].")
    assert his.engine == "generative"
    assert any("John Smith, Chairman" in c.quote for c in his.citations)


def test_a_list_is_whole_or_quoted(harbour: tuple[Assistant, Script]) -> None:
    question = "What does the ferry carry?"
    half = ask(harbour, question, "The ferry carries:\n- walkers [1]\n- bicycles [1]\n")
    assert {"walkers", "bicycles", "dogs on a lead"} == {s.text for s in half.statements}
    assert half.engine == "extractive"


def test_items_of_a_list_whose_lead_is_untrue_say_nothing(
    harbour: tuple[Assistant, Script],
) -> None:
    answer = ask(harbour, TALL, "The ferry does not carry:\n- walkers [1]\n- bicycles [1]\n")
    assert answer.engine == "extractive"
    assert len(answer.dropped) == 3


def test_a_yes_that_no_quote_bears_out_is_not_shown(harbour: tuple[Assistant, Script]) -> None:
    question = "Is the lighthouse on the North Pier 99 metres tall?"
    answer = ask(harbour, question, "Yes, the lighthouse on the North Pier is 42 metres tall [1].")
    assert plain(answer) == "The lighthouse on the North Pier is 42 metres tall [1]."


def test_the_model_that_finds_nothing_leaves_the_quote(harbour: tuple[Assistant, Script]) -> None:
    answer = ask(harbour, TALL, "NOT IN THE EVIDENCE")
    assert "42 metres" in plain(answer)
    assert answer.notice.startswith("The language model found no answer in the evidence")


def test_what_is_not_in_the_documents_is_not_asked_of_the_model(
    harbour: tuple[Assistant, Script],
) -> None:
    assistant, script = harbour
    script.say("The prime minister is Winston Churchill [1].")
    asked = len(script.prompts)
    answer = told(assistant).ask("Who is the current prime minister?")
    assert answer.status is Status.NOT_FOUND
    assert len(script.prompts) == asked


def test_a_model_that_fails_leaves_the_quote(harbour: tuple[Assistant, Script]) -> None:
    assistant, script = harbour
    script.chat = fails(401, "wrong key")
    answer = told(assistant, ANSWERS[TALL]).ask(TALL)
    assert "42 metres" in plain(answer)
    assert answer.engine == "extractive"
    assert answer.notice == (
        "The language model refused the key; these are the documents' own words."
    )


def test_what_has_come_before_a_failure_is_kept_if_it_is_whole(
    harbour: tuple[Assistant, Script],
) -> None:
    assistant, script = harbour
    script.say(
        "The lighthouse on the North Pier is 42 metres tall [1]. ", "It was lit", finish=None
    )
    answer = told(assistant, ANSWERS[TALL]).ask(TALL)
    assert plain(answer) == "The lighthouse on the North Pier is 42 metres tall [1]."
    assert "before it had ended" in answer.notice


SPOKEN = (
    "According to [1], the lighthouse on the North Pier is 42 metres tall [1]. It was lit in 1871 "
    "[1]. The lighthouse on the North Pier is 99 metres tall [2]."
)


def test_streamed_is_what_is_asked_at_once_and_only_grows(
    harbour: tuple[Assistant, Script],
) -> None:
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


def test_the_model_sees_numbered_evidence_of_the_documents(
    harbour: tuple[Assistant, Script],
) -> None:
    assistant, script = harbour
    script.say("NOT IN THE EVIDENCE")
    told(assistant, ANSWERS[TALL]).ask(TALL)
    assert "[1]" in script.last
    assert "The lighthouse on the North Pier is 42 metres tall." in script.last
    assert TALL in script.last
