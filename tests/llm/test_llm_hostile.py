"""Model servers that would keep the program waiting, fill its memory or break its parser."""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING, Any

import pytest
from llm_helpers import ASK, Handler, opened, says, serving

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.llm import server_model
from mehealth_rag.llm.server_model import estimate_tokens

if TYPE_CHECKING:
    from collections.abc import Callable

NESTED = b"[" * 200_000


def trickling_headers(handler: Handler) -> None:
    handler.raw(b"HTTP/1.1 200 OK\r\n")
    for number in range(300):
        handler.raw(f"x-{number}: y\r\n".encode())
        time.sleep(0.1)


def trickling_body(handler: Handler) -> None:
    handler.begin("application/json")
    for _ in range(300):
        handler.raw(b" ")
        time.sleep(0.1)


def endless(handler: Handler) -> None:
    handler.begin("application/json")
    for sent in range(200):
        handler.server.requests.append({"sent": sent})
        handler.raw(b" " * 1_000_000)


def packed(handler: Handler) -> None:
    content = gzip.compress(b" " * 50_000_000)
    handler.whole(200, "application/json", content, **{"content-encoding": "gzip"})


def nested(handler: Handler) -> None:
    handler.whole(200, "application/json", NESTED)


@pytest.mark.parametrize("models", [trickling_headers, trickling_body])
def test_a_list_of_models_is_not_waited_for_for_ever(
    models: Callable[[Handler], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_model, "_ASKING", 0.5)
    start = time.monotonic()
    assert failure(models) is LanguageModelFailure.SLOW
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("models", [endless, packed, nested])
def test_a_list_of_models_has_an_end(models: Callable[[Handler], None]) -> None:
    assert failure(models) is LanguageModelFailure.GARBAGE


def test_no_more_is_taken_of_a_list_without_end() -> None:
    with serving(says("x")) as server:
        server.pages["/v1/models"] = endless
        with pytest.raises(LanguageModelError):
            opened(server.url).stream(ASK, 10)
        assert len(server.requests) < 60  # of 200 MB, twice: what the connection holds as well


@pytest.mark.parametrize("path", ["/props", "/tokenize"])
def test_what_is_nested_too_deeply_is_done_without(path: str) -> None:
    with serving(says("Tall.")) as server:
        props = {"default_generation_settings": {"n_ctx": 2_000}}
        pages: dict[str, Any] = {"/props": props, "/tokenize": NESTED}
        server.pages |= pages | ({"/props": nested} if path == "/props" else {})
        model = opened(server.url)
        assert model.count("How tall?") == estimate_tokens("How tall?")
        assert "".join(model.stream(ASK, 10)) == "Tall."


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
def test_a_reply_without_end_or_bottom_is_one_of_our_errors(kind: str) -> None:
    def chat(handler: Handler, _: dict[str, Any]) -> None:
        if kind == "application/json":
            handler.whole(200, kind, NESTED)
            return
        handler.begin()
        handler.raw(b"data: ")
        for _part in range(12):
            handler.raw(b"x" * 1_000_000)

    with serving(chat) as server, pytest.raises(LanguageModelError) as caught:
        list(opened(server.url, llm_timeout=60.0, llm_first_token_timeout=60.0).stream(ASK, 10))
    assert caught.value.kind is LanguageModelFailure.GARBAGE


def failure(models: Callable[[Handler], None]) -> LanguageModelFailure:
    with serving(says("x")) as server:
        server.pages["/v1/models"] = models
        with pytest.raises(LanguageModelError) as caught:
            opened(server.url).stream(ASK, 10)
        assert "\n" not in str(caught.value)
        return caught.value.kind
