"""Requests through LlamaIndex's connectors: any OpenAI-compatible server, and Ollama."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx

from mehealth_rag.errors import UsageError
from mehealth_rag.llm.failures import Place
from mehealth_rag.llm.limits import Limits
from mehealth_rag.llm.model import Message
from mehealth_rag.llm.streaming import Piece
from mehealth_rag.llm.web import async_options

if TYPE_CHECKING:
    from llama_index.core.llms import LLM, ChatMessage, ChatResponse

SEED = 1
_NO_KEY = "none"
"""Sent where no key is set: else the connectors would send one that the environment happens to
hold for another service."""


@dataclass(slots=True)
class Endpoint:
    """A model on a server. `streams` is learnt: some servers give the whole reply at once."""

    place: Place
    limits: Limits
    context: int
    streams: bool = True


@dataclass(slots=True)
class OpenAIExchange:
    """One request to an OpenAI-compatible server."""

    endpoint: Endpoint
    messages: Sequence[Message]
    max_tokens: int
    _content_type: str = ""
    _came: bool = False
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.place = self.endpoint.place

    @property
    def whole(self) -> bool:
        """Whether the server is known to give its reply in one piece."""
        return not self.endpoint.streams

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """Send the request; a server that answers a stream with one JSON is asked for that."""
        options = async_options(self.place.url, self.endpoint.limits, self._seen)
        async with httpx.AsyncClient(**options) as client:
            model = self._model(client)
            if self.endpoint.streams:
                async for reply in await model.astream_chat(_chat(self.messages)):
                    self._came = True
                    yield _openai_piece(reply)
                if not self._comes_whole():
                    return
                self.endpoint.streams = False
            yield _openai_piece(await model.achat(_chat(self.messages)))

    def _comes_whole(self) -> bool:
        """Whether the server has answered a stream with one JSON, of which nothing was read.

        Raises:
            ValueError: it has answered with something else.
        """
        if self._came or "text/event-stream" in self._content_type:
            return False
        if "application/json" in self._content_type:
            return True
        raise ValueError(f"content type {self._content_type!r}")

    def _seen(self, response: httpx.Response) -> None:
        self._content_type = response.headers.get("content-type", "")

    def _model(self, client: httpx.AsyncClient) -> LLM:
        from llama_index.llms.openai_like import OpenAILike

        made: LLM = OpenAILike(
            model=self.place.model,
            api_base=self.place.url,
            api_key=self.place.secret or _NO_KEY,
            context_window=self.endpoint.context,
            is_chat_model=True,
            temperature=0.0,
            max_tokens=self.max_tokens,
            max_retries=0,
            timeout=self.endpoint.limits.total,
            additional_kwargs={"seed": SEED},
            async_http_client=client,
        )
        return made


@dataclass(slots=True)
class OllamaExchange:
    """One request to Ollama, which is told the context to use: its own default cuts silently."""

    endpoint: Endpoint
    messages: Sequence[Message]
    max_tokens: int
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.place = self.endpoint.place

    @property
    def whole(self) -> bool:
        """Ollama always streams."""
        return False

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """Send the request and hand out the reply as it comes."""
        from llama_index.llms.ollama import Ollama
        from ollama import AsyncClient

        client = AsyncClient(
            host=self.place.url,
            headers={"authorization": f"Bearer {self.place.secret or _NO_KEY}"},
            **async_options(self.place.url, self.endpoint.limits, lambda _: None),
        )
        model = Ollama(
            model=self.place.model,
            base_url=self.place.url,
            temperature=0.0,
            context_window=self.endpoint.context,
            additional_kwargs={"seed": SEED, "num_predict": self.max_tokens},
            async_client=client,
        )
        async with client:
            async for reply in await model.astream_chat(_chat(self.messages)):
                done = reply.raw["done_reason"] or "stop" if reply.raw["done"] else None
                yield Piece(reply.delta or "", done)


def load(provider: str) -> None:
    """Import a connector, which takes seconds: before the time of a request begins to count."""
    if provider == "ollama":
        import_module("llama_index.llms.ollama")
        return
    import_module("llama_index.llms.openai_like")
    import_module("openai.resources.chat")  # else read at the first request, in half a second


def check_packages(module: str) -> None:
    """Refuse to go on where a connector's package is missing.

    Raises:
        UsageError: with what to install.
    """
    from importlib.util import find_spec

    with contextlib.suppress(ModuleNotFoundError):
        if find_spec(module) is not None:
            return
    raise UsageError(
        f"a language model needs a package that is missing ({module}); "
        "run: pip install 'mehealth-rag[llm]'"
    )


def _chat(messages: Sequence[Message]) -> list[ChatMessage]:
    from llama_index.core.llms import ChatMessage

    return [ChatMessage(role=m.role, content=m.content) for m in messages]


def _openai_piece(reply: ChatResponse) -> Piece:
    raw: Any = reply.raw
    finish = raw.choices[0].finish_reason if raw.choices else None
    text = reply.delta if reply.delta is not None else reply.message.content
    return Piece(text or "", finish)
