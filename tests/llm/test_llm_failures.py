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
    no_requests_left,
    opened,
    says,
    says_at_once,
    serving,
)

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure, MehealthError
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
    return text, failed


def failure(
    chat: Chat, max_tokens: int = 60, **more: object
) -> tuple[str, LanguageModelFailure | None, int]:
    """Text, kind of failure, and how many requests were made."""
    with serving(chat) as server:
        text, error = drained(opened(server.url, **more), max_tokens)
        return text, error and error.kind, len(server.requests)


def passed_limit(chat: Chat) -> str:
    """The setting of the limit that was passed."""
    with serving(chat) as server:
        _, error = drained(opened(server.url), 1_000)
    return str(error).split("a higher ")[1].split()[0]


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
    _, error = drained_at_call(opened(f"http://127.0.0.1:{free_port()}/v1"))
    assert error.kind is LanguageModelFailure.UNREACHABLE
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
        _, error = drained_at_call(opened(f"http://127.0.0.1:{full.getsockname()[1]}/v1"))
    assert error.kind is LanguageModelFailure.UNREACHABLE


def test_a_server_that_went_away_after_it_was_asked_about_itself() -> None:
    with serving(says(TEXT)) as server:
        model = opened(server.url)
        assert drained(model) == (TEXT, None)
    text, error = drained(model)
    assert (text, error and error.kind) == ("", LanguageModelFailure.UNREACHABLE)


def drained_at_call(model: LanguageModel) -> tuple[str, LanguageModelError]:
    started = time.monotonic()
    with pytest.raises(LanguageModelError) as caught:
        list(model.stream(ASK, 60))
    assert time.monotonic() - started < LONGEST
    assert model.context_tokens == 4_096  # still usable for a budget, and quick to say
    assert model.count("one two") >= 2
    assert time.monotonic() - started < LONGEST
    return "", caught.value


@pytest.mark.parametrize(
    ("status", "message", "kind", "requests"),
    [
        (401, f"Incorrect API key provided: {KEY}", LanguageModelFailure.WRONG_KEY, 1),
        (403, "forbidden", LanguageModelFailure.WRONG_KEY, 1),
        (404, "The model `tester` does not exist", LanguageModelFailure.UNKNOWN_MODEL, 1),
        (400, "model 'tester' not found", LanguageModelFailure.UNKNOWN_MODEL, 1),
        (404, "Not Found", LanguageModelFailure.REFUSED, 1),
        (422, "temperature is not supported", LanguageModelFailure.REFUSED, 1),
        (
            400,
            "request (3031 tokens) exceeds the available context size (2048 tokens)",
            LanguageModelFailure.OVERFLOW,
            1,
        ),
        (
            400,
            "This model's maximum context length is 4096 tokens. However, you requested 5000",
            LanguageModelFailure.OVERFLOW,
            1,
        ),
        (429, "slow down", LanguageModelFailure.BUSY, 2),
        (503, "Loading model", LanguageModelFailure.BUSY, 2),
        (500, f"broken inside, key {KEY}", LanguageModelFailure.REFUSED, 2),
    ],
)
def test_a_status_is_told_apart(
    status: int, message: str, kind: LanguageModelFailure, requests: int
) -> None:
    assert failure(fails(status, message)) == ("", kind, requests)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_second_try_helps_where_a_server_recovers(status: int) -> None:
    assert failure(fails(status, "a moment", then=says(TEXT))) == (TEXT, None, 2)


def test_a_parameter_that_a_model_refuses_is_left_out_from_then_on() -> None:
    refused = ["max_tokens", "temperature"]

    def chat(handler: Handler, body: dict[str, Any]) -> None:
        found = next((name for name in refused if name in body), None)
        if found is None:
            says("It is 42 m tall.")(handler, body)
        else:
            handler.json(400, {"error": {"message": f"Unsupported: {found}", "param": found}})

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


def test_an_error_in_the_middle_of_a_stream() -> None:
    def chat(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin()
        handler.event("The lighthouse is")
        handler.raw(b'data: {"error": {"message": "out of memory", "code": 500}}\n\n')

    assert failure(chat) == ("The lighthouse is", LanguageModelFailure.REFUSED, 1)


def test_a_server_that_never_answers() -> None:
    def chat(handler: Handler, _: dict[str, Any]) -> None:
        handler.wait_until_left()

    assert failure(chat) == ("", LanguageModelFailure.SLOW, 1)
    assert passed_limit(chat) == "MEHEALTH_LLM_FIRST_TOKEN_TIMEOUT"


def test_a_server_that_only_keeps_the_connection_alive() -> None:
    def chat(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin()
        for _n in range(100):
            handler.raw(b": still here\n\n")
            time.sleep(0.05)

    assert failure(chat) == ("", LanguageModelFailure.SLOW, 1)


def test_a_server_that_stops_in_the_middle() -> None:
    def chat(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin()
        handler.event("The lighthouse ")
        handler.wait_until_left()

    assert failure(chat) == ("The lighthouse ", LanguageModelFailure.SLOW, 1)
    assert passed_limit(chat) == "MEHEALTH_LLM_TOKEN_TIMEOUT"


def test_a_server_that_trickles_for_ever() -> None:
    def chat(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin()
        for number in count():
            handler.event(f"word{number} ")
            time.sleep(0.1)

    text, kind, requests = failure(chat, max_tokens=1_000)
    assert text.startswith("word0 word1 ")
    assert (kind, requests) == (LanguageModelFailure.SLOW, 1)
    assert passed_limit(chat) == "MEHEALTH_LLM_TIMEOUT"


@pytest.mark.parametrize("status_line", ["chunked", "closed"])
def test_an_answer_cut_off_in_the_middle_of_a_sentence(status_line: str) -> None:
    def chat(handler: Handler, _: dict[str, Any]) -> None:
        if status_line == "closed":
            handler.begin()
            handler.event("The lighthouse is 4")
            return
        handler.send_response(200)
        handler.send_header("content-type", "text/event-stream")
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        choice = {"index": 0, "delta": {"content": "The lighthouse is 4"}, "finish_reason": None}
        event = f"data: {json.dumps({'id': '1', 'choices': [choice]})}\n\n".encode()
        handler.raw(f"{len(event):x}\r\n".encode() + event + b"\r\nff\r\nbroken")
        handler.connection.shutdown(socket.SHUT_RDWR)

    text, kind, requests = failure(chat)
    assert (text, kind) == ("The lighthouse is 4", LanguageModelFailure.CUT_OFF)
    assert requests == 1  # what has been shown is not asked for again


def test_an_answer_that_reaches_the_limit_is_not_taken_for_a_whole_one() -> None:
    for chat in (says("It is 4", finish="length"), says_at_once("It is 4", finish="length")):
        text, kind, _ = failure(chat)
        assert (text, kind) == ("It is 4", LanguageModelFailure.CUT_OFF)


def test_a_server_that_ignores_the_limit_is_stopped() -> None:
    words = [f"word{n} " for n in range(500)]
    text, kind, _ = failure(says(*words), max_tokens=20)
    assert kind is LanguageModelFailure.CUT_OFF
    assert len(text) < 20 * 14


@pytest.mark.parametrize("text", ["", "   \n "])
def test_an_empty_answer_is_told(text: str) -> None:
    for chat in (says(text), says_at_once(text)):
        assert failure(chat) == ("", LanguageModelFailure.EMPTY, 1)


def bytes_of(kind: str, content: bytes) -> Chat:
    def chat(handler: Handler, _: dict[str, Any]) -> None:
        handler.whole(200, kind, content)

    return chat


@pytest.mark.parametrize(
    "chat",
    [
        bytes_of("text/html", b"<html><body>Please sign in</body></html>"),
        bytes_of("application/json", b"not json at all"),
        bytes_of("application/json", b'{"answer": "a reply of another kind"}'),
        bytes_of("text/event-stream", b"data: {broken\n\n"),
        bytes_of("text/event-stream", b'data: {"result": 1}\n\n'),
        bytes_of("text/event-stream", b"data: \xff\xfe\x00\x9c\n\n"),
        bytes_of("application/octet-stream", os.urandom(4_096)),
    ],
    ids=["page", "not JSON", "other JSON", "broken event", "other event", "bytes", "noise"],
)
def test_what_is_no_reply_is_garbage(chat: Chat) -> None:
    text, kind, _ = failure(chat)
    assert (text, kind) == ("", LanguageModelFailure.GARBAGE)


def test_a_redirect_is_not_followed_elsewhere() -> None:
    with serving(says(TEXT)) as other:

        def chat(handler: Handler, _: dict[str, Any]) -> None:
            handler.whole(307, "text/plain", b"", location=f"{other.url}/chat/completions")

        assert failure(chat) == ("", LanguageModelFailure.REFUSED, 1)
        assert other.requests == []


def test_what_a_model_thinks_aloud_is_left_out() -> None:
    deltas = ["<th", "ink>It may be", " 41.</thi", "nk>\n\n", TEXT]
    assert failure(says(*deltas)) == (TEXT, None, 1)
    assert failure(says("<think>for ever"))[1] is LanguageModelFailure.EMPTY
    assert failure(says("<thin", " air>"))[:2] == ("<thin air>", None)
    more = ("<thinking>99", "</thinking>", TEXT, "<think>Is it?</think>")
    assert failure(says(*more)) == (TEXT, None, 1)


def test_marks_of_a_chat_template_are_no_words_of_the_answer() -> None:
    said, kind, _ = failure(says("<|im_st", "art|>assistant\n", TEXT, "<|im_end|>"))
    assert (said.split("\n"), kind) == (["assistant", TEXT, ""], None)


def test_an_answer_that_a_filter_ends_is_cut_off() -> None:
    assert failure(says("It was lit", finish="content_filter"))[1] is LanguageModelFailure.CUT_OFF


@pytest.mark.parametrize("when", ["waiting", "between"])
def test_stop_works_at_once(when: str) -> None:
    def chat(handler: Handler, _: dict[str, Any]) -> None:
        if when == "between":
            handler.begin()
            handler.event("The lighthouse ")
        handler.wait_until_left()

    with serving(chat) as server:
        slow = {"llm_first_token_timeout": 30.0, "llm_token_timeout": 30.0, "llm_timeout": 60.0}
        stream = opened(server.url, **slow).stream(ASK, 60)
        if when == "between":
            assert next(stream) == "The lighthouse "
        got: list[list[str]] = []
        reader = threading.Thread(target=lambda: got.append(list(stream)))
        reader.start()
        time.sleep(0.2)
        started = time.monotonic()
        stream.close()
        reader.join(1)
        assert got == [[]]
        assert server.left.wait(1)  # the server sees it too
        assert time.monotonic() - started < 0.5
        stream.close()
        assert list(stream) == []


def test_a_stream_that_nobody_reads_on_is_stopped() -> None:
    def chat(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin()
        handler.event("The lighthouse ")
        handler.wait_until_left()

    with serving(chat) as server:
        slow = {"llm_token_timeout": 30.0, "llm_timeout": 60.0}
        for _delta in opened(server.url, **slow).stream(ASK, 60):
            break
        assert server.left.wait(1)


def test_every_failure_is_one_of_our_errors() -> None:
    assert issubclass(LanguageModelError, MehealthError)
