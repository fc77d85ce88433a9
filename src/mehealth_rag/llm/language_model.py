"""The interface of a language model, and the model that the settings name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from mehealth_rag.errors import UsageError

if TYPE_CHECKING:
    from mehealth_rag.llm.server_model import ServerModel
    from mehealth_rag.llm.streaming import ReplyStream
    from mehealth_rag.settings import Settings

ASSUMED_CONTEXT = 4_096
"""The context in tokens if neither the settings nor the server say: a common default."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


class LanguageModel(Protocol):
    """A model that writes text."""

    @property
    def context_tokens(self) -> int:
        """The tokens that prompt and answer may have together."""

    def count(self, text: str) -> int:
        """Return the tokens of a text: the server's count if any, else an upper estimate."""

    def stream(self, messages: Sequence[Message], max_tokens: int) -> ReplyStream:
        """Stream the answer's text, at most `max_tokens` of it, in bounded time.

        Text that has come stays valid when a later piece raises; only its last sentence may be
        incomplete.

        Raises LanguageModelError, from `next`, too; its `kind` says how the model failed.
        """


def is_configured(settings: Settings) -> bool:
    """Return whether the settings name a language model."""
    return settings.llm_base_url is not None or settings.llm_gguf is not None


def open_model(settings: Settings) -> ServerModel:
    """Open the language model that the settings name, without any request yet.

    Raises UsageError if none or two are configured, or a package is missing.
    """
    if settings.llm_base_url is not None and settings.llm_gguf is not None:
        raise UsageError("llm_base_url and llm_gguf are both set; unset one of them")
    if settings.llm_gguf is not None:
        _check_packages("openai", "xllamacpp")
        from mehealth_rag.llm.file_model import FileModel

        return FileModel(settings.llm_gguf.expanduser(), settings)
    if settings.llm_base_url is not None:
        _check_packages("openai")
        from mehealth_rag.llm.server_model import ServerModel
        from mehealth_rag.llm.streaming import Endpoint

        url = settings.llm_base_url.rstrip("/")
        return ServerModel(Endpoint(url, settings.llm_model or "", _key(settings)), settings)
    raise UsageError(
        "no language model is configured; set MEHEALTH_LLM_BASE_URL to a server's address "
        "or MEHEALTH_LLM_GGUF to a model file"
    )


def _check_packages(*names: str) -> None:
    for name in names:
        if find_spec(name) is None:
            raise UsageError(
                f"a language model needs a package that is missing ({name}); "
                "run: pip install 'mehealth-rag[llm]'"
            )


def _key(settings: Settings) -> str:
    """Return the key of the model's server, from the settings or a file; empty if there is none."""
    if settings.llm_api_key_file is None:
        where = "MEHEALTH_LLM_API_KEY"
        key = settings.llm_api_key.get_secret_value().strip() if settings.llm_api_key else ""
    elif settings.llm_api_key is not None:
        raise UsageError("llm_api_key and llm_api_key_file are both set; unset one of them")
    else:
        path = settings.llm_api_key_file.expanduser()
        where, key = str(path), _first_line(path)
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise UsageError(f"{where} holds what cannot be a key: spaces or signs outside ASCII")
    return key


def _first_line(path: Path) -> str:
    try:
        key = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        what = getattr(error, "strerror", None) or "not a text file"
        raise UsageError(f"{path}: {what}; check MEHEALTH_LLM_API_KEY_FILE") from error
    if not key:
        raise UsageError(f"{path}: its first line holds no key; check MEHEALTH_LLM_API_KEY_FILE")
    return key
