"""Both engines over the same index, so that each question can choose one."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from mehealth_rag.llm.language_model import is_configured
from mehealth_rag.wiring import open_language_model

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Engine, Settings

EXTRACTIVE: Engine = "extractive"
GENERATIVE: Engine = "generative"


def engine_of(assistant: Assistant) -> Engine:
    """Return the engine of an assistant."""
    return EXTRACTIVE if assistant.model is None else GENERATIVE


class Engines:
    """One assistant per engine; `settings` name the language model, which is opened once."""

    def __init__(self, assistant: Assistant, settings: Settings) -> None:
        self._assistant = assistant
        self._settings = settings
        self._lock = threading.Lock()
        self._opened = {engine_of(assistant): assistant}

    def of(self, engine: Engine | None) -> Assistant:
        """Return the assistant with an engine; the original for None. Raises as `open_model`."""
        if engine is None:
            return self._assistant
        with self._lock:
            if engine not in self._opened:
                self._opened[engine] = self._open(engine)
            return self._opened[engine]

    def choices(self) -> dict[str, Assistant]:
        """Return both engines if a language model is configured, else nothing."""
        if self._assistant.model is None and not is_configured(self._settings):
            return {}
        return {engine: self.of(engine) for engine in (EXTRACTIVE, GENERATIVE)}

    def _open(self, engine: Engine) -> Assistant:
        settings = self._settings.model_copy(update={"engine": engine})
        model = open_language_model(settings)
        return replace(self._assistant, model=model, answer_tokens=settings.llm_max_tokens)
