"""What the handlers work with: the edition that serves, its limits, feedback and documents."""

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
from mehealth_ui.people.kept import Kept

if TYPE_CHECKING:
    from pathlib import Path

    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Settings


_WRITING = 10.0
"""Seconds that deleting what is old may take once the page is to close."""


@dataclass(frozen=True)
class Desk:
    """One served corpus.

    `edition` is what serves now: a request that needs more than one of its parts takes it once.
    """

    settings: Settings
    gate: Gate
    feedback: FeedbackStore
    feedback_gate: Gate
    audit: Audit
    kept: Kept
    facts: Facts
    editions: Editions
    additions: Additions
    _closing: threading.Event = field(default_factory=threading.Event)
    _keeping: list[threading.Thread] = field(default_factory=list)

    @classmethod
    def of(cls, settings: Settings, assistant: Assistant) -> Desk:
        """A desk over an open assistant."""
        passwords = read_passwords(settings.pdf_passwords) if settings.pdf_passwords else ()
        drawing = Pictures(Originals({}, {}), Drawers(passwords))
        choices = engines(settings, assistant)
        editions = Editions(settings, Edition.of(assistant, settings.corpus, drawing, choices))
        return cls(
            settings=settings,
            gate=Gate.at(settings.ui_questions_per_minute),
            feedback=FeedbackStore.from_settings(settings),
            feedback_gate=Gate.at(FEEDBACK_PER_MINUTE, "verdicts", "send"),
            audit=Audit.from_settings(settings),
            kept=Kept.from_settings(settings),
            facts=Facts.of(settings),
            editions=editions,
            additions=Additions(settings, editions),
        )

    @property
    def edition(self) -> Edition:
        """The edition that serves: the newest, opened first where it is not open yet."""
        return self.editions.current

    @property
    def news(self) -> str:
        """What whoever runs the page should know of the index; else nothing."""
        return self.editions.news

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders of this machine that no visitor is told of."""
        edition = self.edition
        paths = (s.source.path for s in edition.catalogue.values())
        index = edition.assistant.index.generation
        return tuple({self.feedback.path.parent, index.parents[1], *(p.parent for p in paths if p)})

    def begin(self) -> None:
        """Begin what goes on in the background: suggestions, and deleting what is old."""
        self.editions.begin()
        given = (self.settings.ui_keep_days, self._closing)
        self._keeping.append(threading.Thread(target=self.kept.keep_up, args=given, daemon=True))
        self._keeping[-1].start()

    def close(self) -> None:
        """End what goes on in the background, and wait for it."""
        self._closing.set()
        self.additions.close()
        self.editions.close()
        for thread in self._keeping:
            thread.join(_WRITING)
