"""The context that a server really has, whatever it says: measured on servers that lie."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from llm_helpers import Chat, Handler, chunk, fails, opened, serving

from mehealth_rag.llm.file_model import FileModel
from mehealth_rag.llm.probing import Context, ContextProbe, Prober
from mehealth_rag.llm.server_model import ServerModel
from mehealth_rag.settings import Settings


def tokens(text: str) -> list[str]:
    """A tokenizer of a test: words and signs."""
    return re.findall(r"\w+|[^\w\s]", text)


def reads(holds: int, *, counts: bool = True, clever: bool = True, refuses: bool = False) -> Chat:
    """A server that reads the last `holds` tokens of a prompt.

    It tells how many it has read if it `counts`, refuses longer prompts if it `refuses`, and its
    model finds the password in what it has read if it is `clever`.
    """

    def chat(handler: Handler, body: dict[str, Any]) -> None:
        prompt = tokens(body["messages"][-1]["content"])
        if refuses and len(prompt) > holds:
            message = f"the request exceeds the available context size ({holds} tokens)"
            handler.json(400, {"error": {"message": message, "code": 400}})
            return
        read = prompt[-holds:]
        told = re.search(r"password is (\w+)", " ".join(read))
        text = told[1] if told and clever else "I do not know."
        choice = {"index": 0, "message": {"content": text}, "finish_reason": "stop"}
        usage = {"usage": {"prompt_tokens": len(read), "completion_tokens": 3}} if counts else {}
        handler.json(200, chunk(choice, "chat.completion") | usage)

    return chat


def probed(chat: Chat, claims: int | None = None, seconds: float = 20.0) -> ContextProbe:
    with serving(chat) as server:
        if claims is not None:
            entry = {"id": "tester", "context_length": claims}
            server.pages["/v1/models"] = {"data": [entry]}
        model = opened(server.url)
        assert isinstance(model, ServerModel)
        return Prober(model, seconds).context()


@pytest.mark.parametrize("claims", [8_000, None])
def test_a_server_that_cuts_silently_is_found_out(claims: int | None) -> None:
    probe = probed(reads(2_048), claims)
    assert probe.outcome is Context.CUT
    assert probe.tokens == 2_048
    assert probe.sure


def test_a_server_that_cuts_even_short_prompts_is_found_out() -> None:
    assert probed(reads(60), 8_000).outcome is Context.CUT


def test_an_honest_server_is_believed() -> None:
    probe = probed(reads(4_096), 4_096)
    assert (probe.outcome, probe.sure) == (Context.WHOLE, True)
    assert 3_900 < probe.tokens <= 4_096


def test_a_server_that_refuses_is_not_one_that_cuts() -> None:
    probe = probed(reads(2_048, refuses=True))
    assert (probe.outcome, probe.sure) == (Context.REFUSED, True)
    assert 100 < probe.tokens <= 2_048


def test_without_counts_the_word_at_the_beginning_tells() -> None:
    probe = probed(reads(2_048, counts=False), 8_000)
    assert (probe.outcome, probe.sure) == (Context.CUT, False)
    assert probe.tokens <= 2_048 * 1.2
    whole = probed(reads(9_000, counts=False), 6_000)
    assert (whole.outcome, whole.sure) == (Context.WHOLE, False)


def test_what_cannot_be_told_is_not_claimed() -> None:
    probe = probed(reads(2_048, counts=False, clever=False), 8_000)
    assert (probe.outcome, probe.tokens, probe.sure) == (Context.UNTOLD, 0, False)


def test_a_slow_server_is_not_waited_for() -> None:
    inner = reads(100_000)

    def chat(handler: Handler, body: dict[str, Any]) -> None:
        time.sleep(len(tokens(body["messages"][-1]["content"])) / 1_000)
        inner(handler, body)

    started = time.monotonic()
    probe = probed(chat, 100_000, seconds=2.0)
    assert (probe.outcome, probe.sure) == (Context.WHOLE, False)
    assert "too long" in probe.note
    assert time.monotonic() - started < 6


def test_a_server_that_fails_is_an_error_of_ours() -> None:
    with pytest.raises(Exception, match="does not accept the key"):
        probed(fails(401, "no"))


def test_a_real_server_reads_what_it_says(gguf: Path) -> None:
    model = FileModel(gguf, Settings(llm_gguf=gguf, llm_context=512))
    try:
        probe = Prober(model.running(), 90.0).context()
    finally:
        model.close()
    assert (probe.outcome, probe.sure) == (Context.WHOLE, True)
    assert 400 < probe.tokens <= 512


def test_speed_is_that_of_the_stream() -> None:
    def chat(handler: Handler, _: dict[str, Any]) -> None:
        time.sleep(0.2)
        handler.begin()
        for number in range(11):
            handler.event(f"number{number} ")
            time.sleep(0.02)
        handler.event(None, "length")
        handler.raw(b"data: " + json.dumps("[DONE]").encode() + b"\n\n")

    with serving(chat) as server:
        model = opened(server.url)
        assert isinstance(model, ServerModel)
        model.count("x")
        speed = Prober(model, 5.0).speed()
        Prober(model, 5.0).speed()
        first, second = (r["messages"][0]["content"][:16] for r in server.requests)
        assert first != second  # a server that keeps what it has read would seem too fast
    assert 10 < speed.writing < 60
    assert 100 < speed.reading < 3_000
