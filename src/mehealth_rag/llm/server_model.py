"""A language model on a server, through OpenAI's client.

Nothing is sent before the first use, and nothing is sent anywhere else.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import openai
import openai.resources.chat  # else loaded by the first request, whose time is limited

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.llm.language_model import ASSUMED_CONTEXT, Message
from mehealth_rag.llm.streaming import (
    Endpoint,
    ReplyPiece,
    ReplyRequest,
    ReplyStream,
    event_loop,
    explain,
)
from mehealth_rag.settings import Settings

SEED = 1
NO_KEY = "none"
_ASKING, _COUNTING = 5.0, 2.0
"""Time limits in seconds for asking a server about itself, and for counting tokens."""

_MOST_IN_FACTS, _MOST_STREAMED = 4_000_000, 8_000_000
"""The most bytes of what a server says about itself, and of a reply with its markup."""

_FORGET = 15.0
"""Seconds until a server that did not answer is asked about itself again."""

_CONTEXT_KEYS = (
    "max_model_len",
    "context_length",
    "loaded_context_length",
    "context_window",
    "n_ctx",
)
"""Names of a model's context size at vLLM, hosted routers, LM Studio and llama.cpp."""

_HEADERS = frozenset(
    "accept accept-encoding connection content-length content-type host user-agent".split()
)
_LEFT_OUT = frozenset({"max_tokens", "temperature", "seed"})
"""Parameters that are left out or renamed if a model refuses them."""

_MOST_COUNTED = 2_048
"""The most texts whose token counts are cached."""

_NO_ANSWER = (openai.OpenAIError, httpx.HTTPError, ValueError, RecursionError)
"""What the client raises for a useless reply; the last for one nested too deeply."""

_Reply = TypeVar("_Reply")
_UNIT = re.compile(r"[A-Za-z]+|\d|\n|[^\sA-Za-z\d]")


def estimate_tokens(text: str) -> int:
    """Return more tokens than any common tokenizer makes of a text.

    A word counts one token and one for every three letters, a digit or sign one, and any other
    character its bytes.
    """
    total = 1
    for unit in _UNIT.findall(text):
        total += 1 + (len(unit) - 1) // 3 if unit.isascii() else len(unit.encode())
    return total


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a server says about itself.

    `endpoint` is where requests go. `context` is the context size in tokens, None if the server
    does not give it; `context_from` names the page that does. `counts_at` is the address that
    counts tokens, if any, and `counts_key` the name of its parameter for the text.
    """

    endpoint: Endpoint
    models: tuple[str, ...] = ()
    context: int | None = None
    context_from: str = ""
    counts_at: str | None = None
    counts_key: str = "content"


class ServerModel:
    """A model on a server, as `mehealth_rag.llm.language_model.LanguageModel`."""

    def __init__(self, endpoint: Endpoint, settings: Settings) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._lock = threading.Lock()
        self._facts: ServerFacts | None = None
        self._failed: tuple[float, LanguageModelError] | None = None
        self._counted: dict[str, int] = {}
        self._refused: set[str] = set()

    @property
    def context_tokens(self) -> int:
        """The context size: as set, else as the server says, else 4,096."""
        if self._settings.llm_context is not None:
            return self._settings.llm_context
        try:
            return self.facts().context or ASSUMED_CONTEXT
        except LanguageModelError:
            return ASSUMED_CONTEXT

    def count(self, text: str) -> int:
        """Return the tokens of a text as the server counts them, else an upper estimate."""
        if text not in self._counted:
            if len(self._counted) >= _MOST_COUNTED:
                self._counted.clear()
            self._counted[text] = self._count(text)
        return self._counted[text]

    def stream(self, messages: Sequence[Message], max_tokens: int) -> ReplyStream:
        """Send the messages; see `mehealth_rag.llm.language_model.LanguageModel.stream`."""
        endpoint = self.facts().endpoint
        pieces = self._pieces(endpoint, tuple(messages), max_tokens)
        return ReplyStream(ReplyRequest(pieces, endpoint, self._settings, max_tokens))

    def usage(self, messages: Sequence[Message], max_tokens: int) -> int | None:
        """Return the number of tokens that the server says it has read; None if it does not say."""
        endpoint = self.facts().endpoint
        try:
            body = self._body(endpoint, messages, max_tokens)
            reply = self._asked(
                lambda client: client.with_options(max_retries=0).chat.completions.create(**body),
                self._settings.llm_timeout,
            )
        except Exception as error:
            raise explain(error, endpoint) from error
        return reply.usage.prompt_tokens if reply.usage else None

    def facts(self) -> ServerFacts:
        """Return what the server says about itself; asks once. Raises LanguageModelError."""
        with self._lock:
            if self._facts is None:
                if self._failed is not None and time.monotonic() - self._failed[0] < _FORGET:
                    raise self._failed[1]
                try:
                    self._facts = self._ask()
                except LanguageModelError as error:
                    self._failed = (time.monotonic(), error)
                    raise
            return self._facts

    async def _pieces(
        self, endpoint: Endpoint, messages: Sequence[Message], max_tokens: int
    ) -> AsyncGenerator[ReplyPiece, None]:
        """Send a request and yield the reply as it comes."""
        async with self._client(endpoint, self._settings.llm_timeout, _MOST_STREAMED) as client:
            replies = None
            while replies is None:
                body = self._body(endpoint, messages, max_tokens)
                try:
                    replies = await client.chat.completions.create(**body, stream=True)
                except openai.BadRequestError as error:
                    # Check what was sent: another request may have met the same refusal meanwhile.
                    if error.param not in _LEFT_OUT & set(body):
                        raise
                    self._refused.add(error.param)
            kind = replies.response.headers.get("content-type", "")
            if "application/json" in kind:  # small servers give the whole reply at once
                choice = json.loads(await replies.response.aread())["choices"][0]
                yield ReplyPiece(choice["message"]["content"] or "", choice.get("finish_reason"))
                return
            if "text/event-stream" not in kind:
                raise ValueError(f"content type {kind!r}")
            async for chunk in replies:
                for choice in chunk.choices[:1]:  # none in the last, which counts the tokens
                    yield ReplyPiece(choice.delta.content or "", choice.finish_reason)

    def _body(
        self, endpoint: Endpoint, messages: Sequence[Message], max_tokens: int
    ) -> dict[str, Any]:
        """Return a request without what the model has refused, such as temperature or seed."""
        limit = "max_completion_tokens" if "max_tokens" in self._refused else "max_tokens"
        body = {
            "model": endpoint.model,
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            limit: max_tokens,
            "temperature": 0,
            "seed": SEED,
        }
        return {name: value for name, value in body.items() if name not in self._refused}

    def _client(self, endpoint: Endpoint, seconds: float, most: int) -> openai.AsyncOpenAI:
        """Return a client whose replies have at most `most` bytes.

        It follows no redirect, and asks nothing on this machine through a proxy.
        """
        key = endpoint.secret or NO_KEY
        web = httpx.AsyncClient(
            auth=_OwnKey(key),
            trust_env=not _is_local(endpoint.url),
            verify=endpoint.url.startswith("https:"),  # reading certificates takes 20 ms
            event_hooks={"response": [partial(_bound, most)]},
        )
        return openai.AsyncOpenAI(
            base_url=endpoint.url,
            api_key=key,
            max_retries=1,
            timeout=httpx.Timeout(seconds, connect=self._settings.llm_connect_timeout),
            http_client=web,
        )

    def _asked(
        self, ask: Callable[[openai.AsyncOpenAI], Awaitable[_Reply]], seconds: float
    ) -> _Reply:
        """Return what the server answers within `seconds`, however slowly it sends."""

        async def work() -> _Reply:
            async with asyncio.timeout(seconds):
                async with self._client(self._endpoint, seconds, _MOST_IN_FACTS) as client:
                    return await ask(client)

        try:
            return asyncio.run_coroutine_threadsafe(work(), event_loop()).result()
        except TimeoutError as error:
            raise httpx.ReadTimeout("it was not done in time") from error

    def _ask(self) -> ServerFacts:
        try:
            facts = self._asked(lambda client: _facts_of(client, self._endpoint), _ASKING)
        except Exception as error:
            raise explain(error, self._endpoint) from error
        return facts if facts.endpoint.model else _with_only_model(facts)

    def _count(self, text: str) -> int:
        try:
            facts = self.facts()
            if (address := facts.counts_at) is None:
                return estimate_tokens(text)
            body = {facts.counts_key: text, "model": facts.endpoint.model}
            reply: Any = self._asked(
                lambda client: client.with_options(max_retries=0).post(
                    address, body=body, cast_to=object
                ),
                _COUNTING,
            )
            return int(reply["count"] if "count" in reply else len(reply["tokens"]))
        except (LanguageModelError, KeyError, TypeError, *_NO_ANSWER):
            return estimate_tokens(text)


class _OwnKey(httpx.Auth):
    """Sends only the key of the settings.

    OpenAI's client also sends organisations, projects and headers that the environment holds for
    another service, and what machine this is.
    """

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        for name in set(request.headers) - _HEADERS:
            del request.headers[name]
        request.headers["Accept-Encoding"] = "identity"  # compressed content may expand to any size
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Bounded(httpx.AsyncByteStream):
    """A response body that fails beyond `most` bytes."""

    def __init__(self, stream: httpx.AsyncByteStream, most: int) -> None:
        self._stream = stream
        self._left = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._left -= len(part)
            if self._left < 0:
                raise ValueError("it sends without end")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(most: int, response: httpx.Response) -> None:
    """Make a response fail beyond `most` bytes."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ValueError("it compresses what should come uncompressed")
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - the client is
    response.stream = _Bounded(response.stream, most)


async def _facts_of(client: openai.AsyncOpenAI, endpoint: Endpoint) -> ServerFacts:
    """Return what a server says about itself; its address may lack "/v1"."""
    root = endpoint.url.removesuffix("/v1").rstrip("/")
    url, entries = await _models(
        client, [endpoint.url] if endpoint.url != root else [f"{root}/v1", root]
    )
    facts = ServerFacts(replace(endpoint, url=url), tuple(str(e.get("id")) for e in entries))
    props = await _page(client, f"{root}/props")
    running = props.get("default_generation_settings")  # llama.cpp's
    if isinstance(running, dict) and isinstance(running.get("n_ctx"), int):
        counts = f"{root}/tokenize"
        return replace(facts, context=running["n_ctx"], context_from="/props", counts_at=counts)
    entry = next((e for e in entries if len(entries) == 1 or e.get("id") == endpoint.model), {})
    meta = entry.get("meta")
    entry_facts = entry | (meta if isinstance(meta, dict) else {})
    for key in _CONTEXT_KEYS:
        if isinstance(size := entry_facts.get(key), int) and size > 0:
            facts = replace(facts, context=size, context_from=f"/v1/models ({key})")
            if key == "max_model_len":  # vLLM's
                facts = replace(facts, counts_at=f"{root}/tokenize", counts_key="prompt")
            return facts
    return facts


async def _models(
    client: openai.AsyncOpenAI, urls: Sequence[str]
) -> tuple[str, list[dict[str, Any]]]:
    """Return the address that lists the models, and the list.

    Some servers have none; then the first request shows whether the address is right.
    """
    listed: object = None
    for url in urls:
        try:
            listed = await client.get(f"{url}/models", cast_to=object)
        except openai.NotFoundError:
            continue
        if isinstance(listed, dict):
            entries = listed.get("data")
            models = entries if isinstance(entries, list) else []
            return url, [model for model in models if isinstance(model, dict)]
    if listed is not None:
        raise ValueError("no list of models")
    return urls[0], []


async def _page(client: openai.AsyncOpenAI, url: str) -> dict[str, Any]:
    """Return a JSON object that only some servers have; else an empty one."""
    try:
        page = await client.with_options(max_retries=0).get(url, cast_to=object)
    except _NO_ANSWER:
        return {}
    return page if isinstance(page, dict) else {}


def _with_only_model(facts: ServerFacts) -> ServerFacts:
    """Choose the server's only model. Raises LanguageModelError if it has not just one."""
    if len(facts.models) == 1:
        return replace(facts, endpoint=replace(facts.endpoint, model=facts.models[0]))
    known = ", ".join(facts.models[:8])
    listed = f"there are: {known}" if known else "it lists none"
    raise LanguageModelError(
        f"no model is named, and the server at {facts.endpoint.url} does not have just one "
        f"({listed}); set MEHEALTH_LLM_MODEL",
        LanguageModelFailure.UNKNOWN_MODEL,
    )
