"""How long a request to a model may take, and how much it may bring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

MAX_BYTES = 4_000_000
"""Bytes of one reply at the most: a stream of 320 tokens has about 100,000."""

ASSUMED_CONTEXT = 4_096
"""Tokens of context where neither the settings nor the server tell: a common default."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: until connected, until the first token, between two tokens, altogether."""

    connect: float
    first_token: float
    token: float
    total: float

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits that the settings name."""
        return cls(
            connect=settings.llm_connect_timeout,
            first_token=settings.llm_first_token_timeout,
            token=settings.llm_token_timeout,
            total=settings.llm_timeout,
        )
