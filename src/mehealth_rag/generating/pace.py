"""How long a prompt may be for a model's first words to come in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

SERVED, ON_THIS_MACHINE = 500.0, 50.0
"""Prompt tokens a second, until it is known better: a server's, and a model file's."""

LEAST_TOKENS = 450
"""Tokens that a prompt may always have: a passage or two, or a model that failed once would never
be asked again."""

IN_TIME = 0.8
"""The share of the limit that reading a prompt may take."""


@dataclass
class Pace:
    """How fast a model reads, and the `limit` in seconds within which its first words must come.

    It is learnt from the prompts that it reads. A quicker one raises it and only a failure lowers
    it, so that what a prompt holds does not change from one question to the next.
    """

    limit: float = 60.0
    tokens_per_second: float = SERVED

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """What is assumed of the model that the settings name."""
        assumed = SERVED if settings.llm_gguf is None else ON_THIS_MACHINE
        return cls(settings.llm_first_token_timeout, assumed)

    @property
    def tokens(self) -> int:
        """The tokens of a prompt at the most."""
        return max(LEAST_TOKENS, int(self.tokens_per_second * self.limit * IN_TIME))

    def read(self, tokens: int, seconds: float) -> None:
        """Learn that the first words to a prompt came after so many seconds."""
        self.tokens_per_second = max(self.tokens_per_second, tokens / max(seconds, 0.001))

    def too_slow(self, tokens: int) -> None:
        """Learn that none came in time."""
        self.tokens_per_second = min(self.tokens_per_second, tokens / self.limit) / 2
