"""Limit the length of a prompt so that a model's first words come in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mehealth_rag.settings import Settings

SERVED, ON_THIS_MACHINE = 500.0, 50.0
"""Prompt tokens per second assumed until measured: for a server, and for a model file."""

LEAST_TOKENS = 450
"""Tokens a prompt may always have, enough for a passage or two; otherwise a model that failed once
would never be asked again."""

IN_TIME = 0.8
"""Share of the time limit that reading a prompt may take."""


@dataclass
class Pace:
    """How fast a model reads, and the `limit` in seconds for its first words.

    A faster prompt raises the speed and only a failure lowers it, so that the length of prompts
    does not change from one question to the next.
    """

    limit: float = 60.0
    tokens_per_second: float = SERVED

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the assumed pace of the model in the settings."""
        assumed = SERVED if settings.llm_gguf is None else ON_THIS_MACHINE
        return cls(settings.llm_first_token_timeout, assumed)

    @property
    def tokens(self) -> int:
        """Tokens a prompt may have."""
        return max(LEAST_TOKENS, int(self.tokens_per_second * self.limit * IN_TIME))

    def read(self, tokens: int, seconds: float) -> None:
        """Record that the first words after a prompt took this many seconds."""
        self.tokens_per_second = max(self.tokens_per_second, tokens / max(seconds, 0.001))

    def too_slow(self, tokens: int) -> None:
        """Record that the first words did not come in time."""
        self.tokens_per_second = min(self.tokens_per_second, tokens / self.limit) / 2
