"""What the handlers work with: the assistant, its limits, its feedback, its suggestions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mehealth_rag.engines import EXTRACTIVE, GENERATIVE, Engines, engine_of
from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.settings import read_passwords
from mehealth_ui.feedback import FeedbackStore
from mehealth_ui.limits import Gate, Limits
from mehealth_ui.pictures import Pictures
from mehealth_ui.suggestions import Pool

if TYPE_CHECKING:
    from mehealth_rag.assistant import Assistant
    from mehealth_rag.index.sources import SourceStatus
    from mehealth_rag.settings import Settings


LOG = logging.getLogger("mehealth.ui")


@dataclass(frozen=True)
class Desk:
    """One served index."""

    assistant: Assistant
    limits: Limits
    gate: Gate
    feedback: FeedbackStore
    pictures: Pictures
    catalogue: Mapping[str, SourceStatus]
    engines: Mapping[str, Assistant] = field(default_factory=dict)
    """What a person may choose from who writes; empty where no language model is configured."""
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
            engines=engines(settings, assistant),
        )

    def assistant_of(self, engine: str) -> Assistant:
        """The assistant whose engine a person has chosen, else the page's own."""
        return self.engines.get(engine, self.assistant)

    def assistant_named(self, engine: str) -> Assistant:
        """The assistant whose engine a program names; the page's own for "".

        Raises UsageError where there is none.
        """
        if engine in {"", self.engine}:
            return self.assistant
        if engine in self.engines:
            return self.engines[engine]
        why = "no language model is configured here" if engine == GENERATIVE else "there is none"
        known = ", ".join(self.engines or [self.engine])
        raise UsageError(f"the engine '{engine}' cannot be chosen ({why}); there are: {known}")

    @property
    def version(self) -> str:
        """Changes with the index, so that browsers may keep pictures."""
        return self.assistant.index.fingerprint

    @property
    def engine(self) -> str:
        """Who writes where nothing is chosen."""
        return engine_of(self.assistant)

    def begin(self) -> None:
        """Find the suggested questions in the background."""
        fill = threading.Thread(
            target=self.pool.fill, args=(self.assistant_of(EXTRACTIVE), self.closing), daemon=True
        )
        fill.start()


def engines(settings: Settings, assistant: Assistant) -> dict[str, Assistant]:
    """What there is to choose from; nothing where the language model cannot be opened."""
    try:
        return Engines(assistant, settings).choices()
    except MehealthError as error:
        LOG.warning("no language model on the page: %s", error)
        return {}
