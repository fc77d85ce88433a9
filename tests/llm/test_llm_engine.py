"""The whole engine on a model that fails: the documents' own words and a plain notice, soon."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from llm_helpers import Chat, fails, leaves_it_at, no_requests_left, opened, says, serving

from mehealth_rag.assistant import Assistant
from mehealth_rag.types import Answer, Status

if TYPE_CHECKING:
    from mehealth_rag.llm.file_model import FileModel
    from mehealth_rag.llm.language_model import LanguageModel

QUESTION = "How tall is the lighthouse on the North Pier?"
TRUE = "The lighthouse on the North Pier is 42 metres tall [1]. "


def answered(harbour: Assistant, model: LanguageModel) -> Answer:
    return replace(harbour, model=model, answer_tokens=60).ask(QUESTION)


@pytest.mark.parametrize(
    ("chat", "notice"),
    [
        (fails(401, "no"), "refused the key"),
        (fails(404, "model 'tester' not found"), "failed (unknown model)"),
        (fails(500, "broken"), "failed (refused)"),
        (fails(400, "maximum context length is 2048 tokens"), "failed (context overflow)"),
        (leaves_it_at(), "failed (slow)"),
        (says(*["no "] * 500), "failed (cut off)"),
        (says(""), "failed (empty)"),
        (says("It was lit in 18", finish=None), "failed (cut off)"),
    ],
)
def test_a_model_that_fails_leaves_the_documents_own_words(
    harbour: Assistant, chat: Chat, notice: str
) -> None:
    with serving(chat) as server:
        started = time.monotonic()
        answer = answered(harbour, opened(server.url))
        assert time.monotonic() - started < 8
    assert answer.status is Status.ANSWERED
    assert answer.engine == "extractive"
    assert "42 metres" in answer.answer
    assert answer.notice == f"The language model {notice}; these are the documents' own words."
    assert "18" not in answer.notice
    assert no_requests_left()


@pytest.mark.parametrize(
    "chat", [leaves_it_at(TRUE + "It was lit in 18"), says(TRUE, "It was lit in 18", finish=None)]
)
def test_what_was_written_before_it_failed_is_kept_and_its_last_half_sentence_is_not(
    harbour: Assistant, chat: Chat
) -> None:
    with serving(chat) as server:
        answer = answered(harbour, opened(server.url))
    assert answer.engine == "generative"
    assert answer.statements[0].text == TRUE.removesuffix(" [1]. ")
    assert not any(s.text.endswith("18") for s in answer.statements)
    assert "before it had ended" in answer.notice


def test_a_real_model_is_held_to_the_documents(harbour: Assistant, real_model: FileModel) -> None:
    answer = answered(harbour, real_model)
    assert answer.status is Status.ANSWERED
    assert "42 metres" in answer.answer
    assert answer.tokens["written"] > 0
