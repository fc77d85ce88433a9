"""A model file as a language model: its own server, asked like any other."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mehealth_rag.errors import LanguageModelError, UsageError
from mehealth_rag.llm.connectors import check_packages
from mehealth_rag.llm.failures import Place
from mehealth_rag.llm.limits import ASSUMED_CONTEXT
from mehealth_rag.llm.local_server import LocalServer, check_model_file
from mehealth_rag.llm.model import Message
from mehealth_rag.llm.server_model import ServerModel, estimate_tokens
from mehealth_rag.llm.streaming import RequestStream

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings


class FileModel:
    """A model file run on this machine, as `mehealth_rag.llm.LanguageModel`."""

    def __init__(self, path: Path, settings: Settings) -> None:
        check_packages("xllamacpp")
        if problem := check_model_file(path):
            raise UsageError(problem)
        self._path = path
        self._settings = settings.model_copy(update={"llm_provider": "openai-like"})
        self._server = LocalServer(path, settings.llm_context)
        self._lock = threading.Lock()
        self._model: tuple[str, ServerModel] | None = None

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self._path.stem

    @property
    def context_tokens(self) -> int:
        """The context that the server really has: a file may allow less than what is set."""
        try:
            return self.running().context_tokens
        except LanguageModelError:
            return self._settings.llm_context or ASSUMED_CONTEXT

    def count(self, text: str) -> int:
        """Tokens of a text by the model's own tokenizer."""
        try:
            return self.running().count(text)
        except LanguageModelError:
            return estimate_tokens(text)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> RequestStream:
        """Send the messages; see `mehealth_rag.llm.LanguageModel.stream`."""
        return self.running().stream(messages, max_tokens)

    def running(self) -> ServerModel:
        """The model on its server, which is started where it does not run.

        Raises:
            LanguageModelError: the file cannot be run.
        """
        address = self._server.address()
        with self._lock:
            if self._model is None or self._model[0] != address:
                place = Place(f"{address}/v1", self.name, self._server.key)
                unset = {"llm_context": None}  # the server tells what it could give
                model = ServerModel(place, self._settings.model_copy(update=unset))
                self._model = (address, model)
            return self._model[1]

    def close(self) -> None:
        """End the server."""
        self._server.close()
