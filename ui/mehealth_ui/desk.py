"""The parts that handlers and endpoints share: editions, limits, stores, added documents."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mehealth_rag.reading.isolated import Drawers
from mehealth_rag.settings import read_passwords
from mehealth_ui.documents.adding import Additions
from mehealth_ui.documents.editions import Edition, Editions, engines
from mehealth_ui.documents.originals import Originals
from mehealth_ui.documents.pictures import Pictures
from mehealth_ui.facts import Facts
from mehealth_ui.limits import FEEDBACK_PER_MINUTE, Gate
from mehealth_ui.people.audit import Audit
from mehealth_ui.people.feedback import FeedbackStore
from mehealth_ui.people.personal_data import PersonalData

if TYPE_CHECKING:
    from pathlib import Path

    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Settings


_EXPIRY_SECONDS = 10.0
"""Time that deleting old data may take while the page closes."""


@dataclass(frozen=True)
class Desk:
    """One served corpus. A request takes `edition` once, and works with that one to its end."""

    settings: Settings
    gate: Gate
    feedback: FeedbackStore
    feedback_gate: Gate
    audit: Audit
    personal_data: PersonalData
    facts: Facts
    editions: Editions
    additions: Additions
    _closing: threading.Event = field(default_factory=threading.Event)
    _expiring: list[threading.Thread] = field(default_factory=list)

    @classmethod
    def of(cls, settings: Settings, assistant: Assistant) -> Desk:
        """Return a desk over an open assistant."""
        passwords = read_passwords(settings.pdf_passwords) if settings.pdf_passwords else ()
        pictures = Pictures(Originals({}, {}), Drawers(passwords))
        choices = engines(settings, assistant)
        editions = Editions(settings, Edition.of(assistant, settings.corpus, pictures, choices))
        return cls(
            settings=settings,
            gate=Gate.at(settings.ui_questions_per_minute),
            feedback=FeedbackStore.from_settings(settings),
            feedback_gate=Gate.at(FEEDBACK_PER_MINUTE, "verdicts", "send"),
            audit=Audit.from_settings(settings),
            personal_data=PersonalData.from_settings(settings),
            facts=Facts.of(settings),
            editions=editions,
            additions=Additions(settings, editions),
        )

    @property
    def edition(self) -> Edition:
        """The newest edition, which is opened first if needed."""
        return self.editions.current

    @property
    def news(self) -> str:
        """A problem with the index for whoever runs the page; empty if there is none."""
        return self.editions.news

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders of this machine that no visitor may see."""
        edition = self.edition
        paths = (s.source.path for s in edition.catalogue.values())
        index = edition.assistant.index.generation
        return tuple({self.feedback.path.parent, index.parents[1], *(p.parent for p in paths if p)})

    def begin(self) -> None:
        """Start the background work: suggestions, and deleting old data."""
        self.editions.begin()
        arguments = (self.settings.ui_keep_days, self._closing)
        thread = threading.Thread(target=self.personal_data.expire, args=arguments, daemon=True)
        self._expiring.append(thread)
        thread.start()

    def close(self) -> None:
        """End the background work, and wait for it."""
        self._closing.set()
        self.additions.close()
        self.editions.close()
        for thread in self._expiring:
            thread.join(_EXPIRY_SECONDS)
