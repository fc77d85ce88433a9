"""What the doctor finds of a model's server: the context that it really has, its model, speed."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from llm_helpers import Chat, Handler, chunk, fails, serving, settings

from mehealth_rag.cli.doctor import Check, State, look_over
from mehealth_rag.settings import Settings


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


def looked(
    chat: Chat, claims: int = 4_096, seconds: float = 20.0, **more: object
) -> dict[str, Check]:
    with serving(chat) as server:
        entry = {"id": "tester", "context_length": claims}
        server.pages["/v1/models"] = {"data": [entry]}
        checks = look_over(settings(server.url, **more), seconds)
    return {check.name: check for check in checks}


def read(check: Check) -> int:
    """How long a prompt was read whole."""
    found = re.search(r"a prompt of (\d+) tokens was read whole", check.found)
    assert found is not None
    return int(found[1])


def test_an_honest_server_is_believed() -> None:
    checks = looked(reads(4_096))
    assert {checks[name].state for name in ("engine", "language model", "context")} == {State.OK}
    assert checks["context"].found.startswith("4096 tokens (/v1/models (context_length)); a prompt")
    assert 1_000 < read(checks["context"]) <= 4_096  # less than all of it where it is slow


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
    assert checks["context"].found.endswith("is refused")


def test_what_cannot_be_told_is_not_claimed() -> None:
    checks = looked(reads(2_048, counts=False))
    assert checks["context"].state is State.WARNING
    assert "not known: the server counts no tokens" in checks["context"].found


def test_a_slow_server_is_not_waited_for() -> None:
    inner = reads(100_000)

    def chat(handler: Handler, body: dict[str, Any]) -> None:
        time.sleep(len(tokens(body["messages"][-1]["content"])) / 1_000)
        inner(handler, body)

    checks = looked(chat, 100_000, seconds=1.0)
    assert checks["context"].state is State.OK
    assert checks["context"].found.endswith("a longer one takes too long, see --seconds")
    assert 100 < read(checks["context"]) < 2_000


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
    checks = looked(reads(4_096), seconds=0, llm_model="another")
    assert checks["language model"].state is State.WARNING
    assert checks["language model"].remedy.endswith("the server lists: tester")


def test_speed_is_that_of_the_stream_and_told_where_it_is_over_a_limit() -> None:
    inner = reads(4_096)

    def chat(handler: Handler, body: dict[str, Any]) -> None:
        if not body.get("stream"):
            inner(handler, body)
            return
        time.sleep(0.6)
        handler.begin()
        for number in range(11):
            handler.event(f"number{number} ")
            time.sleep(0.02)
        handler.event(None, "length")
        handler.raw(b"data: [DONE]\n\n")

    checks = looked(chat)
    told = re.match(r"reads (\d+) and writes ([\d.]+) tokens a second", checks["speed"].found)
    assert told is not None
    assert 20 < int(told[1]) < 3_000
    assert 5 < float(told[2]) < 400  # four tokens a word, estimated
    assert checks["speed"].state is State.WARNING  # the tests' limits are short
    assert "MEHEALTH_LLM_FIRST_TOKEN_TIMEOUT (1.5 s)" in checks["speed"].found


def test_a_real_server_reads_what_it_says(gguf: Path) -> None:
    checks = look_over(Settings(llm_gguf=gguf, llm_context=512), 90.0)
    assert [c.found for c in checks if c.state is State.FAILED] == []
    (context,) = (c for c in checks if c.name == "context")
    assert 400 < read(context) <= 512
