"""One reply of a model as an iterator of text, bounded in time, and the failures explained.

Requests run in the event loop of a separate thread, where they can be cancelled at any moment; the
consumer only waits for a queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import re
import threading
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import cache

import httpx
import openai

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.settings import Settings

_CHARACTERS_PER_TOKEN = 12
"""No tokenizer averages as many: a server that sends more ignores `max_tokens`."""

_THOUGHT = re.compile(
    r"<(?P<mark>think|thinking|thought|reasoning)>(?:.*?</(?P=mark)>|.*)", re.DOTALL | re.IGNORECASE
)
_LEAKED = re.compile(r"</(?:think|thinking|thought|reasoning)>|<\|\w+\|>", re.IGNORECASE)
"""Marks of a chat template that a server should have removed; what is between them is text."""

_MARK_BEGUN = re.compile(r"<[/|]?\w{0,16}\|?$")

_OVERFLOW = re.compile(
    r"context[\s_-]?(?:length|size|window)|exceed_context|maximum context|too many tokens"
    r"|prompt is too long|input is too long",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"model\b.{0,80}\b(?:not (?:found|exist)|does not exist|unknown|invalid)"
    r"|(?:unknown|invalid|no such) model",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The server and model in use; `secret` is the key, which no message may contain."""

    url: str
    model: str
    secret: str = ""

    def shown(self, text: str) -> str:
        """Return the beginning of a server's message on one line, without the key."""
        clean = text.replace(self.secret, "…") if self.secret else text
        line = " ".join(clean.split())
        return line if len(line) <= _LONGEST else line[:_LONGEST].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class ReplyPiece:
    """A piece of a reply. `finish` is the reason given with the last one: "stop" or "length"."""

    text: str
    finish: str | None = None


@dataclass(frozen=True, slots=True)
class ReplyRequest:
    """A request to a server; the settings limit its time."""

    pieces: AsyncGenerator[ReplyPiece, None]
    endpoint: Endpoint
    settings: Settings
    max_tokens: int

    async def work(self, out: queue.SimpleQueue[str | Exception | None]) -> None:
        """Put the text into the queue, then an error, or None at the end."""
        limit = self.settings.llm_timeout
        outcome: Exception | None = None
        try:
            async with asyncio.timeout(limit), contextlib.aclosing(self.pieces):
                await self._read(out)
        except TimeoutError:
            outcome = self._slow("altogether", limit, "MEHEALTH_LLM_TIMEOUT")
        except Exception as error:
            outcome = explain(error, self.endpoint)
        finally:
            out.put(outcome)

    async def _read(self, out: queue.SimpleQueue[str | Exception | None]) -> None:
        """Put the text into the queue as it comes, and raise what is wrong with it."""
        raw = spoken = ""
        finish = None
        while (piece := await self._next(begun=bool(spoken))) is not None:
            raw, finish = raw + piece.text, piece.finish or finish
            text = _spoken(raw, ended=finish is not None)
            if len(text) > len(spoken):
                out.put(text[len(spoken) :])
                spoken = text
            if len(raw) > self.max_tokens * _CHARACTERS_PER_TOKEN:
                finish = "length"
                break
        if finish == "length":
            text = (
                f"the answer was cut at {self.max_tokens} tokens; "
                "a higher MEHEALTH_LLM_MAX_TOKENS allows more"
            )
            raise LanguageModelError(text, LanguageModelFailure.CUT_OFF)
        if finish is None or finish == "content_filter":
            text = f"the server at {self.endpoint.url} broke off in the middle of an answer"
            raise LanguageModelError(text, LanguageModelFailure.CUT_OFF)
        if not spoken.strip():
            text = f"the model {self.endpoint.model!r} gave an empty answer"
            raise LanguageModelError(text, LanguageModelFailure.EMPTY)

    async def _next(self, *, begun: bool) -> ReplyPiece | None:
        """Return the next piece, within its time limit; None at the end."""
        settings = self.settings
        what, allowed, setting = (
            ("between two words", settings.llm_token_timeout, "MEHEALTH_LLM_TOKEN_TIMEOUT")
            if begun
            else ("to begin", settings.llm_first_token_timeout, "MEHEALTH_LLM_FIRST_TOKEN_TIMEOUT")
        )
        try:
            async with asyncio.timeout(allowed):
                return await anext(self.pieces, None)
        except TimeoutError as error:
            raise self._slow(what, allowed, setting) from error

    def _slow(self, what: str, seconds: float, setting: str) -> LanguageModelError:
        return LanguageModelError(
            f"the model at {self.endpoint.url} took more than {seconds:g} s {what}; "
            f"a higher {setting} waits longer",
            LanguageModelFailure.SLOW,
        )


class ReplyStream:
    """The text of one reply as it arrives. Dropping the stream cancels its request."""

    def __init__(self, request: ReplyRequest) -> None:
        self._arrived: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        self._future = asyncio.run_coroutine_threadsafe(request.work(self._arrived), event_loop())
        self._over = False

    def __iter__(self) -> ReplyStream:
        return self

    def __next__(self) -> str:
        part = None if self._over else self._arrived.get()
        if isinstance(part, str) and not self._over:
            return part
        self._over = True
        if isinstance(part, Exception):
            raise part
        raise StopIteration

    def close(self) -> None:
        """Cancel the request, from any thread; a waiting consumer sees the end."""
        self._over = True
        self._future.cancel()
        self._arrived.put(None)

    def __del__(self) -> None:
        self._future.cancel()


@cache
def event_loop() -> asyncio.AbstractEventLoop:
    """Return the loop in which all requests run; the first call starts it."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="language models", daemon=True).start()
    return loop


def _spoken(raw: str, *, ended: bool) -> str:
    """Return a reply without a reasoning model's thoughts; it only grows with `raw`."""
    text = raw if ended else _MARK_BEGUN.sub("", raw)
    return _LEAKED.sub("\n", _THOUGHT.sub("", text)).lstrip()


def explain(error: Exception, endpoint: Endpoint) -> LanguageModelError:
    """Return the error to show for any exception of the client."""
    if isinstance(error, LanguageModelError):
        return error
    kind, text = _kind_and_text(error, endpoint)
    failure = LanguageModelError(text, kind)
    failure.__cause__ = error
    return failure


def _kind_and_text(error: Exception, endpoint: Endpoint) -> tuple[LanguageModelFailure, str]:
    server = f"the language model's server at {endpoint.url}"
    match error:
        case openai.APIStatusError():
            return _by_status(error.status_code, _message(error), endpoint)
        case openai.APIError() if type(error) is openai.APIError:  # sent inside a stream
            return _by_status(500, _message(error), endpoint)
        case openai.APITimeoutError() if isinstance(error.__cause__, httpx.ConnectTimeout):
            kind, text = LanguageModelFailure.UNREACHABLE, "does not answer; is it running?"
        case openai.APITimeoutError() | httpx.TimeoutException():
            kind, text = LanguageModelFailure.SLOW, "went silent; mehealth doctor tells more"
        case openai.APIConnectionError() if not isinstance(error.__cause__, ValueError):
            kind, text = LanguageModelFailure.UNREACHABLE, "cannot be reached; is it running?"
        case httpx.TransportError():
            kind, text = LanguageModelFailure.CUT_OFF, "broke off before the answer was complete"
        case _:
            text = "sends what is not a model's reply; check MEHEALTH_LLM_BASE_URL"
            kind = LanguageModelFailure.GARBAGE
    return kind, f"{server} {text}"


def _by_status(status: int, message: str, endpoint: Endpoint) -> tuple[LanguageModelFailure, str]:
    quoted = f" ({endpoint.shown(message)})" if message else ""
    server = f"the server at {endpoint.url}"
    if status in {401, 403}:
        text = f"{server} does not accept the key; check MEHEALTH_LLM_API_KEY"
        return LanguageModelFailure.WRONG_KEY, text
    if _OVERFLOW.search(message):
        text = f"the prompt is longer than the context of {endpoint.model!r}{quoted}"
        return LanguageModelFailure.OVERFLOW, f"{text}; run: mehealth doctor"
    if status in {400, 404} and _NO_MODEL.search(message):
        text = f"{server} has no model {endpoint.model!r}; check MEHEALTH_LLM_MODEL"
        return LanguageModelFailure.UNKNOWN_MODEL, text
    if status == 404 or 300 <= status < 400:
        text = f"{endpoint.url} is not a model's address (status {status})"
        return LanguageModelFailure.REFUSED, f"{text}; check MEHEALTH_LLM_BASE_URL"
    if status in {429, 503, 529}:
        text = f"{server} is busy (status {status}); try again later"
        return LanguageModelFailure.BUSY, text
    return LanguageModelFailure.REFUSED, f"{server} failed with status {status}{quoted}"


def _message(error: openai.APIError) -> str:
    body = error.body
    return str(body.get("message") or body) if isinstance(body, dict) else error.message
