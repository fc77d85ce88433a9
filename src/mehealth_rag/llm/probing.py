"""Measures what a model's server really does with a prompt: how long a one it reads, how fast.

Prompts of growing length are sent, made of numbered lines, so that the tokens that the server says
it has read can be foretold from two short ones. A server that reads fewer cuts prompts silently; it
loses the beginning, where a word stands that it is asked for at the end.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import httpx

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.llm import failures
from mehealth_rag.llm.connectors import SEED
from mehealth_rag.llm.model import Message
from mehealth_rag.llm.server_model import ServerModel
from mehealth_rag.llm.web import client_options

_WORDS = ("marzipan", "tarpaulin", "rhubarb", "bassoon", "gazebo", "lantern", "walnut", "trombone")
_WRITTEN = 32
"""Tokens that are written to see how fast."""

_SHORT, _LONGER = 4, 12
"""Lines of the two prompts from which longer ones are foretold."""

_AS_FORETOLD = 0.9
"""A prompt of which this share of the foretold tokens was read has been read whole."""

_UNKNOWN_GOAL = 8_192
"""Tokens up to which a server is tried that does not tell its context."""

_SPARE = 64
"""Tokens of a context that are left for the answer's and the chat's own marks."""


class Context(StrEnum):
    """What came of the growing prompts."""

    WHOLE = "read whole"
    """The longest prompt tried was read to its end."""
    REFUSED = "refused"
    """A longer one is refused with an error, as it should be."""
    CUT = "cut silently"
    """A longer one is answered as if nothing were missing."""
    UNTOLD = "not told"
    """The server does not say what it has read, and the model cannot be asked."""


@dataclass(frozen=True, slots=True)
class ContextProbe:
    """The longest prompt, in tokens, that was read whole, and what happens past it.

    `sure` is False where it rests on the model's own answers, or where time was short; `note` says
    in a few words what it rests on.
    """

    outcome: Context
    tokens: int
    sure: bool
    note: str


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second: of a prompt as it is read, and of text as it is written."""

    reading: float
    writing: float

    def seconds(self, prompt: int, answer: int) -> float:
        """How long a prompt and an answer of so many tokens take."""
        return prompt / self.reading + answer / self.writing


@dataclass(frozen=True, slots=True)
class _Reply:
    text: str
    read: int | None
    written: int | None
    seconds: float


class Prober:
    """Sends the prompts of a probe; spends at most `seconds` on it, one request's end aside."""

    def __init__(self, server: ServerModel, seconds: float) -> None:
        self._server = server
        self._endpoint = server.endpoint()
        self._ollama = server.facts().provider == "ollama"
        self._told = server.facts().context is not None
        self._until = time.monotonic() + seconds
        self._number = 0
        self._run = secrets.token_hex(3)  # servers keep what they have read before

    def speed(self) -> Speed:
        """Read a short prompt and write a few words, as an answer is written: streamed.

        Raises:
            LanguageModelError: the model does not answer.
        """
        self._number += 1
        prompt = self._prompt(_LONGER, "Count from one to fifty in words.")
        times, text = [], ""
        try:
            stream = self._server.stream([Message("user", prompt)], _WRITTEN)
            started = time.monotonic()  # not before: the connector may just have been imported
            for delta in stream:
                times.append(time.monotonic() - started)
                text += delta
        except LanguageModelError:  # that it is cut at the limit is meant
            if not times:
                raise
        reading = self._server.count(prompt) / max(times[0], 1e-3)
        if len(times) < 3:  # not streamed: the whole time is all that is known
            return Speed(reading, self._server.count(text) / max(times[-1], 1e-3))
        return Speed(reading, (len(times) - 1) / max(times[-1] - times[0], 1e-3))

    def context(self) -> ContextProbe:
        """Grow prompts up to the context that the server is said to have.

        Raises:
            LanguageModelError: the model does not answer even a short one.
        """
        short, longer = self._send(_SHORT), self._send(_LONGER)
        if short.read is None or longer.read is None:
            return self._by_the_word(longer)
        each = (longer.read - short.read) / (_LONGER - _SHORT)
        if each < 1:
            return ContextProbe(
                Context.CUT, longer.read, True, f"a prompt of {_LONGER} lines reads as {short.read}"
            )
        return self._by_the_count(short, longer, each)

    def _by_the_count(self, short: _Reply, longer: _Reply, each: float) -> ContextProbe:
        whole = longer.read or 0
        pace = longer.seconds / max(whole, 1)
        for tokens in self._sizes(whole, pace):
            if pace * tokens > self._until - time.monotonic():
                return ContextProbe(Context.WHOLE, whole, False, "a longer prompt takes too long")
            lines = _SHORT + int((tokens - (short.read or 0)) / each)
            try:
                reply = self._send(lines)
            except LanguageModelError as error:
                return self._refused(error, whole, tokens)
            foretold = (short.read or 0) + (lines - _SHORT) * each
            if reply.read is None or reply.read < _AS_FORETOLD * foretold:
                read = reply.read or whole
                note = f"of a prompt of {foretold:.0f} tokens it read {read}"
                return ContextProbe(Context.CUT, read, True, note)
            whole, pace = reply.read, reply.seconds / reply.read
        return ContextProbe(Context.WHOLE, whole, True, "counted by the server")

    def _by_the_word(self, longer: _Reply) -> ContextProbe:
        """By whether the model still knows the word at the beginning: a weak one never does."""
        if not self._knows(longer):
            return ContextProbe(
                Context.UNTOLD, 0, False, "the server counts nothing and the model is too weak"
            )
        whole = _LONGER * 12
        for tokens in self._sizes(whole, longer.seconds / whole):
            if longer.seconds * tokens / whole > self._until - time.monotonic():
                return ContextProbe(Context.WHOLE, whole, False, "a longer prompt takes too long")
            try:
                reply = self._send(tokens // 12, 16)
            except LanguageModelError as error:
                return self._refused(error, whole, tokens)
            if not self._knows(reply):
                note = f"it no longer knows how a prompt of about {tokens} tokens began"
                return ContextProbe(Context.CUT, whole, False, note)
            whole = tokens
        return ContextProbe(Context.WHOLE, whole, False, "the model knows how the prompt began")

    def _refused(self, error: LanguageModelError, whole: int, tokens: int) -> ContextProbe:
        if error.kind is LanguageModelFailure.SLOW:
            return ContextProbe(Context.WHOLE, whole, False, "a longer prompt takes too long")
        sure = error.kind is LanguageModelFailure.OVERFLOW
        return ContextProbe(Context.REFUSED, whole, sure, f"about {tokens} tokens are refused")

    def _sizes(self, known: int, pace: float) -> list[int]:
        """Growing numbers of tokens, the last being all that the context should hold.

        Where the server tells its context and there is time for it, that is tried at once.
        """
        context = self._endpoint.context if self._told else _UNKNOWN_GOAL
        goal = context - _SPARE
        if self._told and known < goal and pace * goal < self._until - time.monotonic():
            return [goal]
        sizes = []
        size = known * 4
        while size < goal:
            sizes.append(size)
            size *= 2
        return [*sizes, goal] if goal > known else []

    def _knows(self, reply: _Reply) -> bool:
        return self._word() in reply.text.lower()

    def _word(self) -> str:
        return _WORDS[self._number % len(_WORDS)]

    def _send(self, lines: int, max_tokens: int = 16) -> _Reply:
        self._number += 1
        prompt = self._prompt(lines, "What is the password? Write the password only.")
        place = self._endpoint.place
        options = client_options(place.url, self._endpoint.limits)
        headers = {"authorization": f"Bearer {place.secret}"} if place.secret else {}
        started = time.monotonic()
        try:
            with httpx.Client(headers=headers, **options) as client:
                reply = client.post(self._address(), json=self._body(prompt, max_tokens))
                reply.raise_for_status()
                text, read, written = _told(reply.json(), self._ollama)
        except httpx.HTTPStatusError as error:
            raise failures.explain_status(
                error.response.status_code, error.response.text, place
            ) from error
        except Exception as error:
            raise failures.explain(error, place) from error
        return _Reply(text, read, written, time.monotonic() - started)

    def _prompt(self, lines: int, question: str) -> str:
        """A prompt that begins with a word and ends with a question; no two begin alike."""
        filler = "\n".join(
            f"Line {n}: boat {n} came in with the tide." for n in range(1, lines + 1)
        )
        begins = f"Prompt {self._run}{self._number}. The password is {self._word()}."
        return f"{begins}\n{filler}\n{question}"

    def _address(self) -> str:
        url = self._endpoint.place.url
        return f"{url}/api/chat" if self._ollama else f"{url}/chat/completions"

    def _body(self, prompt: str, max_tokens: int) -> dict[str, Any]:
        body = {
            "model": self._endpoint.place.model,
            "messages": [{"role": "user", "content": prompt}],
            "stream": False,
        }
        if self._ollama:
            options = {"num_ctx": self._endpoint.context, "num_predict": max_tokens}
            return body | {"options": options | {"temperature": 0, "seed": SEED}}
        return body | {"max_tokens": max_tokens, "temperature": 0, "seed": SEED}


def _told(reply: dict[str, Any], ollama: bool) -> tuple[str, int | None, int | None]:
    """Text, tokens read and tokens written, as the reply tells them."""
    if ollama:
        text = reply["message"]["content"]
        return text or "", reply.get("prompt_eval_count"), reply.get("eval_count")
    usage = reply.get("usage") or {}
    text = reply["choices"][0]["message"].get("content")
    return text or "", usage.get("prompt_tokens"), usage.get("completion_tokens")
