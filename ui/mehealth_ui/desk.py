"""What the handlers work with: the assistant, its limits, its feedback, its suggestions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mehealth_rag.engines import EXTRACTIVE, GENERATIVE, Engines, engine_of
from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.index.folder import IndexFolder
from mehealth_rag.reading.isolated import Drawers
from mehealth_rag.settings import read_passwords
from mehealth_ui.feedback import FeedbackStore
from mehealth_ui.limits import FEEDBACK_PER_MINUTE, Gate, Limits
from mehealth_ui.originals import Originals
from mehealth_ui.pictures import Pictures
from mehealth_ui.suggestions import Pool
from mehealth_ui.telling import public

if TYPE_CHECKING:
    from pathlib import Path

    from mehealth_rag.assistant import Assistant
    from mehealth_rag.index.sources import SourceStatus
    from mehealth_rag.settings import Settings


NEWS = (
    "The documents have been indexed anew since this page was started; "
    "whoever runs it can start it again to ask the new index"
)
_LONGEST_CANDIDATE = 20.0
"""Seconds that trying one suggested question may take on a slow machine."""

LOG = logging.getLogger("mehealth.ui")


@dataclass(frozen=True)
class Desk:
    """One served index."""

    assistant: Assistant
    limits: Limits
    gate: Gate
    feedback: FeedbackStore
    feedback_gate: Gate
    originals: Originals
    pictures: Pictures
    catalogue: Mapping[str, SourceStatus]
    engines: Mapping[str, Assistant] = field(default_factory=dict)
    """What a person may choose from who writes; empty where no language model is configured."""
    pool: Pool = field(default_factory=Pool)
    closing: threading.Event = field(default_factory=threading.Event)
    _filling: list[threading.Thread] = field(default_factory=list)
    _told: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def of(cls, settings: Settings, assistant: Assistant) -> Desk:
        """A desk over an open assistant."""
        limits = Limits.of(settings)
        passwords = read_passwords(settings.pdf_passwords) if settings.pdf_passwords else ()
        catalogue = {s.source.id: public(s) for s in assistant.sources()}
        originals = Originals.of(assistant, catalogue)
        return cls(
            assistant=assistant,
            limits=limits,
            gate=Gate.of(limits),
            feedback=FeedbackStore.beside(settings.index),
            feedback_gate=Gate.at(FEEDBACK_PER_MINUTE, "verdicts", "send"),
            originals=originals,
            pictures=Pictures(originals, Drawers(passwords)),
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

    @property
    def news(self) -> str:
        """What is to be told where another index has been built meanwhile; else nothing."""
        served = self.assistant.index.generation
        try:
            current = IndexFolder(served.parents[1]).current()
        except MehealthError:
            return ""  # it is being mended, or removed: the one that is open goes on
        if current is None or current.name == served.name:
            return ""
        if not self._told.is_set():
            self._told.set()
            LOG.warning("%s", NEWS)
        return NEWS

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders of this machine that no visitor is told of."""
        paths = (s.source.path for s in self.catalogue.values())
        index = self.assistant.index.generation
        return tuple({self.feedback.path.parent, index.parents[1], *(p.parent for p in paths if p)})

    def begin(self) -> None:
        """Find the suggested questions in the background."""
        self._filling.append(
            threading.Thread(
                target=self.pool.fill,
                args=(self.assistant_of(EXTRACTIVE), self.closing),
                daemon=True,
            )
        )
        self._filling[-1].start()

    def close(self) -> None:
        """End what goes on in the background, and wait for it.

        A thread that computes while the interpreter ends takes it down with it.
        """
        self.closing.set()
        for thread in self._filling:
            thread.join(_LONGEST_CANDIDATE)
        self.pictures.close()


def engines(settings: Settings, assistant: Assistant) -> dict[str, Assistant]:
    """What there is to choose from; nothing where the language model cannot be opened."""
    try:
        return Engines(assistant, settings).choices()
    except MehealthError as error:
        LOG.warning("no language model on the page: %s", error)
        return {}
