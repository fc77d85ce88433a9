"""What the handlers work with: the assistant, its limits, its feedback, its suggestions."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mehealth_rag.passwords import read_passwords
from ui.feedback import FeedbackStore
from ui.limits import Gate, Limits
from ui.pictures import Pictures
from ui.suggestions import Pool

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant, SourceStatus
    from mehealth_rag.settings import Settings


@dataclass(frozen=True)
class Desk:
    """One served index."""

    assistant: Assistant
    limits: Limits
    gate: Gate
    feedback: FeedbackStore
    pictures: Pictures
    catalogue: Mapping[str, SourceStatus]
    pool: Pool = field(default_factory=Pool)
    closing: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, settings: Settings, assistant: Assistant) -> Desk:
        """A desk over an open assistant."""
        limits = Limits.of(settings)
        passwords = read_passwords(settings.pdf_passwords) if settings.pdf_passwords else ()
        catalogue = {s.source.id: s for s in assistant.sources()}
        return cls(
            assistant=assistant,
            limits=limits,
            gate=Gate.of(limits),
            feedback=FeedbackStore.beside(settings.index),
            pictures=Pictures(lambda: catalogue, passwords=passwords),
            catalogue=catalogue,
        )

    @property
    def version(self) -> str:
        """Changes with the index, so that browsers may keep pictures."""
        return self.assistant.index.fingerprint

    def begin(self) -> None:
        """Find the suggested questions in the background."""
        fill = threading.Thread(
            target=self.pool.fill, args=(self.assistant, self.closing), daemon=True
        )
        fill.start()
