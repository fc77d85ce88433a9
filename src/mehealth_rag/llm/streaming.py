"""One request to a model as an iterator of text: bounded in time, stopped at once, tried twice.

The request runs in an event loop of its own thread, where it can be cancelled at any moment; the
reader only ever waits at a queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from mehealth_rag.errors import LanguageModelError
from mehealth_rag.llm import failures
from mehealth_rag.llm.failures import Place
from mehealth_rag.llm.limits import Limits
from mehealth_rag.llm.watching import TextWatch

PAUSE = 0.5
"""Seconds before the second try."""

_GRACE = 2.0
"""Seconds that a reader waits past the whole limit before it gives the request up."""

_TRIES = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a reply. `finish` is the reason given with the last one: "stop" or "length"."""

    text: str
    finish: str | None = None


class Exchange(Protocol):
    """A request that can be sent again. `whole` tells that its reply comes in one piece."""

    place: Place
    max_tokens: int

    @property
    def whole(self) -> bool:
        """Whether the reply comes in one piece, so that no first token can be waited for."""

    def pieces(self) -> AsyncGenerator[Piece, None]:
        """Send the request and hand out the reply as it comes."""


class RequestStream:
    """The text of one reply; see `mehealth_rag.llm.model.TextStream`.

    A stream that nobody holds any more stops its request as well.
    """

    def __init__(self, exchange: Exchange, limits: Limits) -> None:
        self._request = _Request(exchange, limits)
        self._over = False
        threading.Thread(target=self._request.run, name="language model", daemon=True).start()

    def __iter__(self) -> RequestStream:
        return self

    def __next__(self) -> str:
        if self._over:
            raise StopIteration
        got = self._request.next()
        if isinstance(got, str):
            return got
        self._over = True
        if got is None:
            raise StopIteration
        raise got

    def close(self) -> None:
        """Stop the request; a reader that waits sees the end. Does nothing the second time."""
        self._over = True
        self._request.close()

    def __del__(self) -> None:
        self._request.close()


class _Request:
    """What happens in the thread. `next` waits for text, an error or None, which is the end."""

    def __init__(self, exchange: Exchange, limits: Limits) -> None:
        self._exchange = exchange
        self._limits = limits
        self._arrived: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def next(self) -> str | Exception | None:
        if self._closed:
            return None
        try:
            return self._arrived.get(timeout=self._limits.total + _GRACE)
        except queue.Empty:
            self.close()
            return self._slow()

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            if self._loop is not None and self._task is not None:
                self._loop.call_soon_threadsafe(self._task.cancel)
        self._arrived.put(None)

    def run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._work())

    async def _work(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        outcome: Exception | None = None
        try:
            async with asyncio.timeout(self._limits.total):
                await self._tries()
        except TimeoutError:
            outcome = self._slow()
        except Exception as error:
            outcome = error
        finally:
            with self._lock:
                self._loop = self._task = None
            self._arrived.put(outcome)

    async def _tries(self) -> None:
        for number in range(1, _TRIES + 1):
            watch = TextWatch(self._exchange.max_tokens)
            try:
                await self._once(watch)
            except LanguageModelError as error:
                if watch.text or not error.retryable or number == _TRIES:
                    raise
            else:
                return
            await asyncio.sleep(PAUSE)

    async def _once(self, watch: TextWatch) -> None:
        """One try: hands the text on and raises whatever is wrong with it."""
        finish = None
        async with contextlib.aclosing(self._timed()) as pieces:
            async for piece in pieces:
                self._hand_on(watch.take(piece.text))
                finish = piece.finish or finish
        self._hand_on(watch.rest())
        if finish == "length":
            raise failures.too_long(self._exchange.max_tokens)
        if finish is None:
            raise failures.cut_off(self._exchange.place)
        if not watch.text.strip():
            raise failures.empty(self._exchange.place)

    async def _timed(self) -> AsyncGenerator[Piece, None]:
        """The pieces, each within its time, and every failure as a `LanguageModelError`."""
        first = True
        async with contextlib.aclosing(self._exchange.pieces()) as pieces:
            while True:
                piece = await self._timely(pieces, first)
                if piece is None:
                    return
                first = False
                yield piece

    async def _timely(self, pieces: AsyncIterator[Piece], first: bool) -> Piece | None:
        place, limits = self._exchange.place, self._limits
        allowed = limits.first_token if first else limits.token
        try:
            async with asyncio.timeout(None if self._exchange.whole else allowed):
                return await anext(pieces, None)
        except TimeoutError as error:
            if first:
                setting = "MEHEALTH_LLM_FIRST_TOKEN_TIMEOUT"
                raise failures.slow(place, "to begin", allowed, setting) from error
            setting = "MEHEALTH_LLM_TOKEN_TIMEOUT"
            raise failures.slow(place, "between two words", allowed, setting) from error
        except Exception as error:
            raise failures.explain(error, place) from error

    def _hand_on(self, text: str) -> None:
        if text:
            self._arrived.put(text)

    def _slow(self) -> LanguageModelError:
        return failures.slow(
            self._exchange.place, "altogether", self._limits.total, "MEHEALTH_LLM_TIMEOUT"
        )
