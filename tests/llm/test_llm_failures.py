"""A model's server that misbehaves: each failure is told apart, in bounded time."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import pytest
from llm_helpers import (
    ASK,
    KEY,
    Chat,
    Handler,
    fails,
    free_port,
    leaves_it_at,
    no_requests_left,
    opened,
    says,
    says_at_once,
    serving,
)

from mehealth_rag.errors import LanguageModelError, MehealthError
from mehealth_rag.errors import LanguageModelFailure as Kind
from mehealth_rag.llm.language_model import LanguageModel

TEXT = "The lighthouse is 42 metres tall [1]."
LONGEST = 6.0
"""Seconds that any of these may take: the limit for a whole answer is 3."""


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert no_requests_left()


def drained(model: LanguageModel, max_tokens: int = 60) -> tuple[str, LanguageModelError | None]:
    """The text that came, and the error that ended it."""
    text = ""
    started = time.monotonic()
    failed: LanguageModelError | None = None
    try:
        for delta in model.stream(ASK, max_tokens):
            text += delta
    except LanguageModelError as error:
        failed = error
    assert time.monotonic() - started < LONGEST
    assert "\n" not in str(failed)
    assert KEY not in str(failed)
    assert failed is None or isinstance(failed, MehealthError)
    return text, failed


@pytest.mark.parametrize("chat", [says(TEXT[:9], TEXT[9:]), says_at_once(TEXT)])
def test_text_arrives_whether_it_is_streamed_or_not(chat: Chat) -> None:
    with serving(chat) as server:
        model = opened(server.url)
        assert drained(model) == (TEXT, None)
        assert drained(model) == (TEXT, None)
        first, _ = server.requests
        assert first["stream"] is True
        assert (first["temperature"], first["max_tokens"], first["seed"]) == (0, 60, 1)
        assert first["messages"] == [{"role": "user", "content": ASK[0].content}]
        assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


def test_a_refused_connection() -> None:
    error = failure_at_call(opened(f"http://127.0.0.1:{free_port()}/v1"))
    assert error.kind is Kind.UNREACHABLE
    assert "is it running?" in str(error)


def test_a_server_that_never_accepts_a_connection() -> None:
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):  # fill its queue
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        error = failure_at_call(opened(f"http://127.0.0.1:{full.getsockname()[1]}/v1"))
    assert error.kind is Kind.UNREACHABLE


def test_a_server_that_went_away_after_it_was_asked_about_itself() -> None:
    with serving(says(TEXT)) as server:
        model = opened(server.url)
        assert drained(model) == (TEXT, None)
    text, error = drained(model)
    assert (text, error and error.kind) == ("", Kind.UNREACHABLE)


def failure_at_call(model: LanguageModel) -> LanguageModelError:
    started = time.monotonic()
    with pytest.raises(LanguageModelError) as caught:
        list(model.stream(ASK, 60))
    assert time.monotonic() - started < LONGEST
    assert model.context_tokens == 4_096  # still usable for a budget, and quick to say
    assert model.count("one two") >= 2
    assert time.monotonic() - started < LONGEST
    return caught.value


def bytes_of(kind: str, content: bytes) -> Chat:
    def chat(handler: Handler, _: dict[str, Any]) -> None:
        handler.whole(200, kind, content)

    return chat


def fails_midway(handler: Handler, _: dict[str, Any]) -> None:
    handler.begin()
    handler.event("The lighthouse is")
    handler.raw(b'data: {"error": {"message": "out of memory", "code": 500}}\n\n')


def keeps_the_connection_alive(handler: Handler, _: dict[str, Any]) -> None:
    handler.begin()
    for _n in range(100):
        handler.raw(b": still here\n\n")
        time.sleep(0.05)


def trickles(handler: Handler, _: dict[str, Any]) -> None:
    handler.begin()
    for number in count():
        handler.event(f"word{number} ")
        time.sleep(0.1)


def breaks_off_in_a_chunk(handler: Handler, _: dict[str, Any]) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "text/event-stream")
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    choice = {"index": 0, "delta": {"content": "The lighthouse is 4"}, "finish_reason": None}
    event = f"data: {json.dumps({'id': '1', 'choices': [choice]})}\n\n".encode()
    handler.raw(f"{len(event):x}\r\n".encode() + event + b"\r\nff\r\nbroken")
    handler.connection.shutdown(socket.SHUT_RDWR)


TOO_LONG = (
    "request (3031 tokens) exceeds the available context size (2048 tokens)",
    "This model's maximum context length is 4096 tokens. However, you requested 5000",
)
FAILED = [
    (fails(401, f"Incorrect API key provided: {KEY}"), Kind.WRONG_KEY, 1),
    (fails(403, "forbidden"), Kind.WRONG_KEY, 1),
    (fails(404, "The model `tester` does not exist"), Kind.UNKNOWN_MODEL, 1),
    (fails(400, "model 'tester' not found"), Kind.UNKNOWN_MODEL, 1),
    (fails(404, "Not Found"), Kind.REFUSED, 1),
    (fails(422, "temperature is not supported"), Kind.REFUSED, 1),
    *((fails(400, message), Kind.OVERFLOW, 1) for message in TOO_LONG),
    (fails(429, "slow down"), Kind.BUSY, 2),
    (fails(503, "Loading model"), Kind.BUSY, 2),
    (fails(500, f"broken inside, key {KEY}"), Kind.REFUSED, 2),
    (keeps_the_connection_alive, Kind.SLOW, 1),
    *((chat(text), Kind.EMPTY, 1) for chat in (says, says_at_once) for text in ("", "   \n ")),
    (says("<think>for ever"), Kind.EMPTY, 1),
    (bytes_of("text/html", b"<html><body>Please sign in</body></html>"), Kind.GARBAGE, 1),
    (bytes_of("application/json", b"not json at all"), Kind.GARBAGE, 1),
    (bytes_of("application/json", b'{"answer": "a reply of another kind"}'), Kind.GARBAGE, 1),
    (bytes_of("text/event-stream", b"data: {broken\n\n"), Kind.GARBAGE, 1),
    (bytes_of("text/event-stream", b'data: {"result": 1}\n\n'), Kind.GARBAGE, 1),
    (bytes_of("text/event-stream", b"data: \xff\xfe\x00\x9c\n\n"), Kind.GARBAGE, 1),
    (bytes_of("application/octet-stream", os.urandom(4_096)), Kind.GARBAGE, 1),
]


@pytest.mark.parametrize(("chat", "kind", "requests"), FAILED)
def test_a_failure_is_told_apart_and_asked_again_where_that_may_help(
    chat: Chat, kind: Kind, requests: int
) -> None:
    with serving(chat) as server:
        text, error = drained(opened(server.url))
        assert (text, error and error.kind, len(server.requests)) == ("", kind, requests)


BROKEN_OFF = [
    (fails_midway, "The lighthouse is", Kind.REFUSED, ""),
    (leaves_it_at(), "", Kind.SLOW, "MEHEALTH_LLM_FIRST_TOKEN_TIMEOUT"),
    (leaves_it_at("The lighthouse "), "The lighthouse ", Kind.SLOW, "MEHEALTH_LLM_TOKEN_TIMEOUT"),
    (trickles, "word0 word1 ", Kind.SLOW, "MEHEALTH_LLM_TIMEOUT"),
    (breaks_off_in_a_chunk, "The lighthouse is 4", Kind.CUT_OFF, ""),
    (says("The lighthouse is 4", finish=None), "The lighthouse is 4", Kind.CUT_OFF, ""),
    (says("It is 4", finish="length"), "It is 4", Kind.CUT_OFF, ""),
    (says_at_once("It is 4", finish="length"), "It is 4", Kind.CUT_OFF, ""),
    (says("It was lit", finish="content_filter"), "It was lit", Kind.CUT_OFF, ""),
]


@pytest.mark.parametrize(("chat", "start", "kind", "limit"), BROKEN_OFF)
def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one(
    chat: Chat, start: str, kind: Kind, limit: str
) -> None:
    """What has been shown is not asked for again; the limit that was passed is named."""
    with serving(chat) as server:
        text, error = drained(opened(server.url), 1_000)
        assert error is not None
        assert error.kind is kind
        assert text.startswith(start)
        assert text == start or chat is trickles
        assert f"a higher {limit} " in str(error) or not limit
        assert len(server.requests) == 1


WHOLE = [
    *((fails(status, "a moment", then=says(TEXT)), TEXT) for status in (429, 500, 503)),
    (says("<th", "ink>It may be", " 41.</thi", "nk>\n\n", TEXT), TEXT),
    (says("<thin", " air>"), "<thin air>"),
    (says("<thinking>99", "</thinking>", TEXT, "<think>Is it?</think>"), TEXT),
    (says("<|im_st", "art|>assistant\n", TEXT, "<|im_end|>"), f"assistant\n{TEXT}\n"),
]


@pytest.mark.parametrize(("chat", "answer"), WHOLE)
def test_only_the_words_of_the_answer_are_given(chat: Chat, answer: str) -> None:
    """Neither what a model thinks aloud nor the marks of a chat template are."""
    with serving(chat) as server:
        assert drained(opened(server.url)) == (answer, None)


def test_a_server_that_ignores_the_limit_is_stopped() -> None:
    with serving(says(*(f"word{n} " for n in range(500)))) as server:
        text, error = drained(opened(server.url), 20)
    assert error is not None
    assert error.kind is Kind.CUT_OFF
    assert len(text) < 20 * 14


def test_a_redirect_is_not_followed_elsewhere() -> None:
    with serving(says(TEXT)) as other:

        def chat(handler: Handler, _: dict[str, Any]) -> None:
            handler.whole(307, "text/plain", b"", location=f"{other.url}/chat/completions")

        with serving(chat) as server:
            text, error = drained(opened(server.url))
        assert (text, error and error.kind) == ("", Kind.REFUSED)
        assert other.requests == []


def test_a_parameter_that_a_model_refuses_is_left_out_from_then_on() -> None:
    refused = ["max_tokens", "temperature"]

    def chat(handler: Handler, body: dict[str, Any]) -> None:
        parameter = next((name for name in refused if name in body), None)
        if parameter is None:
            says("It is 42 m tall.")(handler, body)
        else:
            handler.json(
                400, {"error": {"message": f"Unsupported: {parameter}", "param": parameter}}
            )

    with serving(chat) as server:
        model = opened(server.url)
        for _ in range(2):
            assert drained(model, 50) == ("It is 42 m tall.", None)
    asked = [sorted(set(body) & {"max_tokens", "max_completion_tokens", "temperature", "seed"})
             for body in server.requests]  # fmt: skip
    assert asked[2:] == [["max_completion_tokens", "seed"]] * 2
    assert server.requests[-1]["max_completion_tokens"] == 50


def test_two_requests_that_meet_one_refusal_at_once_are_both_asked_again() -> None:
    both = threading.Barrier(2)

    def chat(handler: Handler, body: dict[str, Any]) -> None:
        if "max_tokens" not in body:
            says("It is 42 m tall.")(handler, body)
            return
        both.wait(5)
        handler.json(400, {"error": {"message": "Unsupported", "param": "max_tokens"}})

    with serving(chat) as server:
        model = opened(server.url)
        streams = [model.stream(ASK, 50) for _ in range(2)]
        assert ["".join(stream) for stream in streams] == ["It is 42 m tall."] * 2


@pytest.mark.parametrize("came", [[], ["The lighthouse "]])
def test_stop_works_at_once(came: list[str]) -> None:
    with serving(leaves_it_at(*came)) as server:
        slow = {"llm_first_token_timeout": 30.0, "llm_token_timeout": 30.0, "llm_timeout": 60.0}
        stream = opened(server.url, **slow).stream(ASK, 60)
        assert [next(stream) for _ in came] == came
        pieces: list[list[str]] = []
        reader = threading.Thread(target=lambda: pieces.append(list(stream)))
        reader.start()
        time.sleep(0.2)
        started = time.monotonic()
        stream.close()
        reader.join(1)
        assert pieces == [[]]
        assert server.left.wait(1)  # the server sees it too
        assert time.monotonic() - started < 0.5
        stream.close()
        assert list(stream) == []


def test_a_stream_that_nobody_reads_on_is_stopped() -> None:
    with serving(leaves_it_at("The lighthouse ")) as server:
        slow = {"llm_token_timeout": 30.0, "llm_timeout": 60.0}
        for _delta in opened(server.url, **slow).stream(ASK, 60):
            break
        assert server.left.wait(1)
