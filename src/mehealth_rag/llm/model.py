"""What the engine needs of a language model: count tokens, stream text, fail in a known way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


class TextStream(Iterator[str], Protocol):
    """Text as it arrives. `close` stops the request at once, from any thread."""

    def close(self) -> None:
        """End the request; a reader that waits in another thread sees the end."""


class LanguageModel(Protocol):
    """A model that writes text. `context_tokens` is what prompt and answer may have together."""

    @property
    def name(self) -> str:
        """The model's name as its server knows it."""

    @property
    def context_tokens(self) -> int:
        """Usable context: set, told by the server, or a careful assumption."""

    def count(self, text: str) -> int:
        """Tokens of a text: the server's own count where it offers one, else an upper estimate."""

    def stream(self, messages: Sequence[Message], max_tokens: int) -> TextStream:
        """Stream the answer's text, at most `max_tokens` of it, in bounded time.

        What fails before any text has come is tried once more where that may help. Text that has
        come stays valid when a later piece raises; only its last sentence may be incomplete.

        Raises (from `next`, too):
            LanguageModelError: the model failed; its `kind` says how.
        """


def is_configured(settings: Settings) -> bool:
    """Whether the settings name a language model."""
    return settings.llm_base_url is not None or settings.llm_gguf is not None


def open_model(settings: Settings) -> LanguageModel:
    """Open the language model that the settings name. No text is asked of it yet.

    Raises:
        UsageError: none is configured, two are, or a package for it is missing.
        LanguageModelError: a model file cannot be run, or a server knows no such model.
    """
    from mehealth_rag.llm.opening import open_configured

    return open_configured(settings)
