"""Answers of a language model that can be stopped while one waits for its next word.

A generator that waits cannot be closed from outside, so the answer is made in a thread of its own;
whoever shows it comes back every quarter of a second, and closing that closes the model's request.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.llm.language_model import LanguageModel, Message
    from mehealth_rag.llm.streaming import ReplyStream
    from mehealth_rag.types import Answer

BEAT = 0.25
"""Seconds after which a waiting caller is given back its turn."""

Stream = Callable[["Assistant"], "Iterator[Answer]"]


def stoppable(assistant: Assistant, stream: Stream) -> Generator[Answer | None, None, None]:
    """The answers of `stream`, and None whenever nothing has come for a while.

    Closing this iterator, or dropping it, stops the model at once.
    """
    if assistant.model is None:
        yield from stream(assistant)
        return
    model = _Stoppable(assistant.model)
    made: queue.SimpleQueue[Answer | Exception | None] = queue.SimpleQueue()
    asked = replace(assistant, model=model)
    threading.Thread(target=_make, args=(asked, stream, made), name="answer", daemon=True).start()
    try:
        yield from _taken(made)
    finally:
        model.stop()


def _make(
    assistant: Assistant, stream: Stream, made: queue.SimpleQueue[Answer | Exception | None]
) -> None:
    outcome: Exception | None = None
    try:
        for answer in stream(assistant):
            made.put(answer)
    except Exception as error:
        outcome = error
    finally:
        made.put(outcome)


def _taken(made: queue.SimpleQueue[Answer | Exception | None]) -> Iterator[Answer | None]:
    while True:
        try:
            got = made.get(timeout=BEAT)
        except queue.Empty:
            yield None
            continue
        if got is None:
            return
        if isinstance(got, Exception):
            raise got
        yield got


class _Stoppable:
    """A language model whose requests can all be ended, after which it writes no more."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._stopped = False
        self._streams: list[ReplyStream] = []

    @property
    def context_tokens(self) -> int:
        return self._model.context_tokens

    def count(self, text: str) -> int:
        return self._model.count(text)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> ReplyStream:
        if self._stopped:
            raise LanguageModelError("stopped", LanguageModelFailure.CUT_OFF)
        stream = self._model.stream(messages, max_tokens)
        with self._lock:
            self._streams.append(stream)
            if self._stopped:
                stream.close()
        return stream

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for stream in self._streams:
                stream.close()
