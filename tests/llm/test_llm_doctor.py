"""What the doctor finds of a model's server: the context that it really has, its model, speed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from llm_helpers import Chat, Handler, chunk, fails, serving, settings

from mehealth_rag.cli.doctor import Check, State, language_model_checks


def tokens(text: str) -> list[str]:
    """A tokenizer of a test: words and signs."""
    return re.findall(r"\w+|[^\w\s]", text)


def reads(holds: int, *, counts: bool = True, refuses: bool = False) -> Chat:
    """A server that reads the last `holds` tokens of a prompt, or refuses longer ones.

    It tells how many it has read if it `counts`.
    """

    def chat(handler: Handler, body: dict[str, Any]) -> None:
        prompt = tokens(body["messages"][-1]["content"])
        if refuses and len(prompt) > holds:
            message = f"the request exceeds the available context size ({holds} tokens)"
            handler.json(400, {"error": {"message": message, "code": 400}})
            return
        choice = {"index": 0, "message": {"content": "One, two."}, "finish_reason": "stop"}
        read = {"prompt_tokens": min(holds, len(prompt)), "completion_tokens": 3}
        usage = {"usage": read} if counts else {}
        handler.json(200, chunk(choice, "chat.completion") | usage)

    return chat


def looked(chat: Chat, claims: int = 4_096, **more: object) -> dict[str, Check]:
    with serving(chat) as server:
        entry = {"id": "tester", "context_length": claims}
        server.pages["/v1/models"] = {"data": [entry]}
        checks = list(language_model_checks(settings(server.url, **more)))
    return {check.name: check for check in checks}


def test_an_honest_server_is_believed() -> None:
    checks = looked(reads(4_096))
    assert {check.state for check in checks.values()} == {State.OK}
    told = "4096 tokens (/v1/models (context_length)); a prompt of "
    assert checks["context"].found.startswith(told)
    assert checks["context"].found.endswith(" tokens was read whole")


@pytest.mark.parametrize("holds", [2_048, 60])
def test_a_server_that_cuts_silently_is_found_out(holds: int) -> None:
    checks = looked(reads(holds), 8_000)
    assert checks["context"].state is State.FAILED
    assert f"it read {holds}: it cuts silently" in checks["context"].found
    assert "MEHEALTH_LLM_CONTEXT" in checks["context"].remedy


def test_a_context_that_is_too_small_is_told() -> None:
    checks = looked(reads(2_048, refuses=True), llm_context=6_000)
    assert checks["context"].state is State.FAILED
    assert checks["context"].found.startswith("6000 tokens (MEHEALTH_LLM_CONTEXT), but a prompt")


def test_what_cannot_be_told_is_not_claimed() -> None:
    checks = looked(reads(2_048, counts=False))
    assert checks["context"].state is State.WARNING
    assert "not known: the server counts no tokens" in checks["context"].found


@pytest.mark.parametrize(
    ("chat", "told"),
    [
        (fails(401, "no"), "does not accept the key; check MEHEALTH_LLM_API_KEY"),
        (fails(404, "The model `tester` does not exist"), "check MEHEALTH_LLM_MODEL"),
    ],
)
def test_a_server_that_refuses_is_told(chat: Chat, told: str) -> None:
    checks = looked(chat)
    assert checks["language model"].state is State.FAILED
    assert told in checks["language model"].found


def test_a_model_that_the_server_does_not_list_is_told() -> None:
    checks = looked(reads(4_096), llm_model="another")
    assert checks["language model"].state is State.WARNING
    assert checks["language model"].remedy.endswith("the server lists: tester")


def test_a_server_that_is_too_slow_for_the_limits_is_told() -> None:
    def chat(handler: Handler, body: dict[str, Any]) -> None:
        if body.get("stream"):
            handler.wait_until_left()
        else:
            reads(4_096)(handler, body)

    check = looked(chat)["speed"]
    assert check.state is State.WARNING
    assert "a higher MEHEALTH_LLM_FIRST_TOKEN_TIMEOUT waits longer" in check.found
