"""Makes a language model's answer stoppable while it waits for the next word.

A waiting generator cannot be closed, so a thread of its own makes the answer. The caller gets its
turn every quarter of a second, and closing its iterator closes the model's request.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.llm.language_model import LanguageModel, Message
    from mehealth_rag.llm.streaming import ReplyStream
    from mehealth_rag.types import Answer

BEAT = 0.25
"""Seconds after which a waiting caller gets its turn."""

Stream = Callable[["Assistant"], "Iterator[Answer]"]
Results: TypeAlias = "queue.SimpleQueue[Answer | Exception | None]"


def stoppable(assistant: Assistant, stream: Stream) -> Generator[Answer | None, None, None]:
    """Yield the answers of `stream`, or None after BEAT; closing this stops the model at once."""
    if assistant.model is None:
        yield from stream(assistant)
        return
    model = _Stoppable(assistant.model)
    results: Results = queue.SimpleQueue()
    arguments = (replace(assistant, model=model), stream, results)
    threading.Thread(target=_make, args=arguments, name="answer", daemon=True).start()
    try:
        yield from _received(results)
    finally:
        model.stop()


def _make(assistant: Assistant, stream: Stream, results: Results) -> None:
    try:
        for answer in stream(assistant):
            results.put(answer)
        results.put(None)
    except Exception as error:
        results.put(error)


def _received(results: Results) -> Iterator[Answer | None]:
    while True:
        try:
            result = results.get(timeout=BEAT)
        except queue.Empty:
            yield None
            continue
        if result is None:
            return
        if isinstance(result, Exception):
            raise result
        yield result


class _Stoppable:
    """A language model that can be stopped for good, with all its requests."""

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
