"""A language model behind an address. Nothing is sent there before the first use."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from mehealth_rag.errors import LanguageModelError, LanguageModelFailure
from mehealth_rag.llm.connectors import (
    Endpoint,
    OllamaExchange,
    OpenAIExchange,
    check_packages,
    load,
)
from mehealth_rag.llm.failures import Place
from mehealth_rag.llm.limits import ASSUMED_CONTEXT, Limits
from mehealth_rag.llm.model import Message
from mehealth_rag.llm.servers import ServerFacts, ask_server, count_tokens
from mehealth_rag.llm.streaming import PAUSE, RequestStream

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

_FORGET = 15.0
"""Seconds for which a server that could not be asked is not asked again about itself."""

_UNIT = re.compile(r"[A-Za-z]+|\d|\n|[^\sA-Za-z\d]")


def estimate_tokens(text: str) -> int:
    """More tokens than any common tokenizer makes of a text: digits and signs count one each.

    A word is a token for every three letters and its first; other characters count their bytes.
    """
    total = 1
    for unit in _UNIT.findall(text):
        total += 1 + (len(unit) - 1) // 3 if unit.isascii() else len(unit.encode())
    return total


class ServerModel:
    """A model on a server, as `mehealth_rag.llm.LanguageModel`."""

    def __init__(self, place: Place, settings: Settings) -> None:
        check_packages("llama_index.llms.openai_like")
        self._place = place
        self._settings = settings
        self._limits = Limits.of(settings)
        self._lock = threading.Lock()
        self._facts: ServerFacts | None = None
        self._endpoint: Endpoint | None = None
        self._failed: tuple[float, LanguageModelError] | None = None
        self._counted = lru_cache(maxsize=2_048)(self._count)

    @property
    def name(self) -> str:
        """The model's name; empty where only the server knows it and cannot be asked."""
        if self._place.model:
            return self._place.model
        try:
            return self.endpoint().place.model
        except LanguageModelError:
            return ""

    @property
    def context_tokens(self) -> int:
        """The context that is set, else what the server tells, else 4,096."""
        try:
            return self.endpoint().context
        except LanguageModelError:
            return self._settings.llm_context or ASSUMED_CONTEXT

    def count(self, text: str) -> int:
        """Tokens of a text as the server counts them, else an upper estimate."""
        return self._counted(text)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> RequestStream:
        """Send the messages; see `mehealth_rag.llm.LanguageModel.stream`."""
        endpoint = self.endpoint()
        provider = self.facts().provider
        load(provider)
        exchange = OllamaExchange if provider == "ollama" else OpenAIExchange
        return RequestStream(exchange(endpoint, tuple(messages), max_tokens), self._limits)

    def facts(self) -> ServerFacts:
        """What the server tells about itself; asked once.

        Raises:
            LanguageModelError: it could not be asked.
        """
        with self._lock:
            if self._facts is not None:
                return self._facts
            if self._failed is not None and time.monotonic() - self._failed[0] < _FORGET:
                raise self._failed[1]
            try:
                self._facts = self._ask()
            except LanguageModelError as error:
                self._failed = (time.monotonic(), error)
                raise
            return self._facts

    def endpoint(self) -> Endpoint:
        """The model on its server.

        Raises:
            LanguageModelError: the server could not be asked, or it is not clear which model.
        """
        facts = self.facts()
        if self._endpoint is None:
            model = self._place.model or _only_model(facts)
            self._endpoint = Endpoint(
                place=Place(facts.url, model, self._place.secret),
                limits=self._limits,
                context=self._context(facts),
            )
        return self._endpoint

    def _ask(self) -> ServerFacts:
        provider = self._settings.llm_provider
        try:
            return ask_server(self._place, provider, self._limits)
        except LanguageModelError as error:
            if not error.retryable:
                raise
        time.sleep(PAUSE)
        return ask_server(self._place, provider, self._limits)

    def _context(self, facts: ServerFacts) -> int:
        told = facts.context
        if facts.provider == "ollama":  # what the model allows; what is used is ours to choose
            wanted = self._settings.llm_context or ASSUMED_CONTEXT
            return min(wanted, told or wanted)
        return self._settings.llm_context or told or ASSUMED_CONTEXT

    def _count(self, text: str) -> int:
        try:
            counted = count_tokens(self.facts(), self.endpoint().place, text)
        except LanguageModelError:
            counted = None
        return estimate_tokens(text) if counted is None else counted


def _only_model(facts: ServerFacts) -> str:
    if len(facts.models) == 1:
        return facts.models[0]
    known = ", ".join(facts.models[:8])
    there = f"there are: {known}" if known else "it lists none"
    raise LanguageModelError(
        f"no model is named, and the server at {facts.url} does not have just one ({there}); "
        "set MEHEALTH_LLM_MODEL",
        LanguageModelFailure.UNKNOWN_MODEL,
        retryable=False,
    )
