"""One reply of a model as an iterator of text: bounded in time, and stopped at once.

Requests run in an event loop of a thread of their own, where they can be cancelled at any moment;
the reader only ever waits at a queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.llm.failures import Place, explain

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

_LONGEST_UNIT, _REPEATS = 240, 4
"""Characters of the longest unit whose repetition is looked for (two sentences), and how often."""

_SHORTEST_RUN = 60
"""A repetition is one of at least this many characters: a rule of dashes is shorter."""

_CHARACTERS_PER_TOKEN = 12
"""More than any tokenizer puts into a token on average: a server past it ignores `max_tokens`."""

_OPEN, _CLOSE = "<think>", "</think>"


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


class ReplyStream:
    """The text of one reply; see `mehealth_rag.llm.model.TextStream`.

    A stream that nobody holds any more stops its request as well.
    """

    def __init__(self, request: Request) -> None:
        self._arrived: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        work = _work(request, self._arrived.put)
        self._future: Future[None] = asyncio.run_coroutine_threadsafe(work, _loop())
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
        """Stop the request; a reader that waits sees the end. Does nothing the second time."""
        self._over = True
        self._future.cancel()
        self._arrived.put(None)

    def __del__(self) -> None:
        self._future.cancel()


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The loop in which all requests run, begun with the first."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="language models", daemon=True).start()
    return loop


async def _work(request: Request, put: Callable[[str | Exception | None], None]) -> None:
    """Hand on the text, then an error or None, which is the end."""
    limit = request.settings.llm_timeout
    outcome: Exception | None = None
    try:
        async with asyncio.timeout(limit), contextlib.aclosing(request.pieces):
            await _read(request, put)
    except TimeoutError:
        outcome = _slow(request, "altogether", limit, "MEHEALTH_LLM_TIMEOUT")
    except Exception as error:
        outcome = explain(error, request.place)
    finally:
        put(outcome)


async def _read(request: Request, put: Callable[[str | Exception | None], None]) -> None:
    """Hand on the text as it comes and raise whatever is wrong with it."""
    raw = shown = ""
    finish = None
    while (piece := await _next(request, begun=bool(shown))) is not None:
        raw, finish = raw + piece.text, piece.finish or finish
        text = _spoken(raw, ended=finish is not None)
        if len(text) > len(shown):
            put(text[len(shown) :])
            shown = text
        _check(shown, request)
    if finish == "length":
        raise _cut(request)
    if finish is None:
        text = f"the server at {request.place.url} broke off in the middle of an answer"
        raise LanguageModelError(text, LanguageModelFailure.CUT_OFF)
    if not shown.strip():
        text = f"the model {request.place.model!r} gave an empty answer"
        raise LanguageModelError(text, LanguageModelFailure.EMPTY)


async def _next(request: Request, *, begun: bool) -> Piece | None:
    """The next piece within its time; None at the end."""
    settings = request.settings
    what, allowed, setting = (
        ("between two words", settings.llm_token_timeout, "MEHEALTH_LLM_TOKEN_TIMEOUT")
        if begun
        else ("to begin", settings.llm_first_token_timeout, "MEHEALTH_LLM_FIRST_TOKEN_TIMEOUT")
    )
    try:
        async with asyncio.timeout(allowed):
            return await anext(request.pieces, None)
    except TimeoutError as error:
        raise _slow(request, what, allowed, setting) from error


def _slow(request: Request, what: str, seconds: float, setting: str) -> LanguageModelError:
    return LanguageModelError(
        f"the model at {request.place.url} took more than {seconds:g} s {what}; "
        f"a higher {setting} waits longer",
        LanguageModelFailure.SLOW,
    )


def _cut(request: Request) -> LanguageModelError:
    return LanguageModelError(
        f"the answer was cut at {request.max_tokens} tokens; "
        "a higher MEHEALTH_LLM_MAX_TOKENS allows more",
        LanguageModelFailure.CUT_OFF,
    )


def _check(text: str, request: Request) -> None:
    """Raise LanguageModelError where a text repeats itself or is longer than was asked for."""
    if repeats(text):
        line = f"the model {request.place.model!r} repeats itself without end"
        raise LanguageModelError(line, LanguageModelFailure.REPETITION)
    if len(text) > request.max_tokens * _CHARACTERS_PER_TOKEN:
        raise _cut(request)


def _spoken(raw: str, *, ended: bool) -> str:
    """A reply without what a reasoning model writes before it, between its two marks."""
    text = raw.lstrip()
    if text.startswith(_OPEN):
        return text.partition(_CLOSE)[2].lstrip()
    return "" if _OPEN.startswith(text) and not ended else text


def repeats(text: str) -> bool:
    """Whether a text ends in the same unit, four times over or more."""
    tail = text[-_LONGEST_UNIT * _REPEATS :]
    for unit in range(1, _LONGEST_UNIT + 1):
        run = max(unit * _REPEATS, _SHORTEST_RUN)
        if run > len(tail):
            return False
        if tail[-run + unit :] == tail[-run:-unit]:
            return True
    return False
