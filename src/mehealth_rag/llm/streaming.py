"""One reply of a model as an iterator of text: bounded in time, and stopped at once.

Requests run in an event loop of a thread of their own, where they can be cancelled at any moment;
the reader only ever waits at a queue.
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

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.llm.failures import Place, explain
from mehealth_rag.settings import Settings

_CHARACTERS_PER_TOKEN = 12
"""More than any tokenizer puts into a token on average: a server past it ignores `max_tokens`."""

_THOUGHT = re.compile(
    r"<(?P<mark>think|thinking|thought|reasoning)>(?:.*?</(?P=mark)>|.*)", re.DOTALL | re.IGNORECASE
)
_LEAKED = re.compile(r"</(?:think|thinking|thought|reasoning)>|<\|\w+\|>", re.IGNORECASE)
"""Marks of a chat template that a server should have taken out: the lines between them are text."""

_MARK_BEGUN = re.compile(r"<[/|]?\w{0,16}\|?$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a reply. `finish` is the reason given with the last one: "stop" or "length"."""

    text: str
    finish: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a server, and how long it may take: the settings tell."""

    pieces: AsyncGenerator[Piece, None]
    place: Place
    settings: Settings
    max_tokens: int

    async def work(self, out: queue.SimpleQueue[str | Exception | None]) -> None:
        """Hand on the text, then an error or None, which is the end."""
        limit = self.settings.llm_timeout
        outcome: Exception | None = None
        try:
            async with asyncio.timeout(limit), contextlib.aclosing(self.pieces):
                await self._read(out)
        except TimeoutError:
            outcome = self._slow("altogether", limit, "MEHEALTH_LLM_TIMEOUT")
        except Exception as error:
            outcome = explain(error, self.place)
        finally:
            out.put(outcome)

    async def _read(self, out: queue.SimpleQueue[str | Exception | None]) -> None:
        """Hand on the text as it comes and raise whatever is wrong with it."""
        raw = shown = ""
        finish = None
        while (piece := await self._next(begun=bool(shown))) is not None:
            raw, finish = raw + piece.text, piece.finish or finish
            text = _spoken(raw, ended=finish is not None)
            if len(text) > len(shown):
                out.put(text[len(shown) :])
                shown = text
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
            text = f"the server at {self.place.url} broke off in the middle of an answer"
            raise LanguageModelError(text, LanguageModelFailure.CUT_OFF)
        if not shown.strip():
            text = f"the model {self.place.model!r} gave an empty answer"
            raise LanguageModelError(text, LanguageModelFailure.EMPTY)

    async def _next(self, *, begun: bool) -> Piece | None:
        """The next piece within its time; None at the end."""
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
            f"the model at {self.place.url} took more than {seconds:g} s {what}; "
            f"a higher {setting} waits longer",
            LanguageModelFailure.SLOW,
        )


class ReplyStream:
    """The text of one reply as it arrives.

    A stream that nobody holds any more stops its request as well.
    """

    def __init__(self, request: Request) -> None:
        self._arrived: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        self._future = asyncio.run_coroutine_threadsafe(request.work(self._arrived), event_loop())
        self._over = False

    def __iter__(self) -> ReplyStream:
        return self

    def __next__(self) -> str:
        got = None if self._over else self._arrived.get()
        if isinstance(got, str) and not self._over:
            return got
        self._over = True
        if isinstance(got, Exception):
            raise got
        raise StopIteration

    def close(self) -> None:
        """Stop the request at once, from any thread; a reader that waits sees the end."""
        self._over = True
        self._future.cancel()
        self._arrived.put(None)

    def __del__(self) -> None:
        self._future.cancel()


@cache
def event_loop() -> asyncio.AbstractEventLoop:
    """The loop in which all requests run, begun with the first."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="language models", daemon=True).start()
    return loop


def _spoken(raw: str, *, ended: bool) -> str:
    """A reply without what a reasoning model thinks between two marks; it only grows with `raw`."""
    text = raw if ended else _MARK_BEGUN.sub("", raw)
    return _LEAKED.sub("\n", _THOUGHT.sub("", text)).lstrip()
