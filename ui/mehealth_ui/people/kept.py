"""What is kept of people beside an index: shown, exported, deleted, and deleted when it is old."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mehealth_rag.errors import MehealthError
from mehealth_rag.settings import Settings
from mehealth_ui.people.audit import Audit
from mehealth_ui.people.decisions import DecisionStore
from mehealth_ui.people.feedback import FeedbackStore

LOG = logging.getLogger("mehealth.ui")
_DAY = 86_400


class KeptStore(Protocol):
    """A store with the names of people in it."""

    def of(self, name: str) -> list[dict[str, Any]]:
        """The rows of one person, the oldest first."""

    def forget(self, name: str) -> int:
        """Delete the rows of one person; returns how many there were."""

    def forget_before(self, at: float) -> int:
        """Delete the rows from before a moment (seconds since 1970); returns how many."""


@dataclass(frozen=True, slots=True)
class Kept:
    """All stores of one index, by the name that they are shown under."""

    stores: Mapping[str, KeptStore]

    @classmethod
    def from_settings(cls, settings: Settings) -> Kept:
        """The stores that the settings name."""
        return cls(
            {
                "feedback": FeedbackStore.from_settings(settings),
                "decisions": DecisionStore.from_settings(settings),
                "audit": Audit.from_settings(settings),
            }
        )

    def of(self, name: str) -> dict[str, list[dict[str, Any]]]:
        """What is kept of one person, by store. Raises IndexStateError."""
        return {what: store.of(name) for what, store in self.stores.items()}

    def forget(self, name: str) -> dict[str, int]:
        """Delete all of one person; returns how many rows of each store. Raises IndexStateError."""
        return {what: store.forget(name) for what, store in self.stores.items()}

    def keep_up(self, days: int, closing: threading.Event) -> None:
        """Delete what is older than so many days, now and once a day until `closing` is set."""
        while True:
            failed: dict[str, str] = {}
            for what, store in self.stores.items():
                try:
                    store.forget_before(time.time() - days * _DAY)
                except MehealthError as error:
                    failed[what] = str(error)
            if failed:  # one line: in PostgreSQL all have the same reason
                LOG.warning("old %s was not deleted: %s", ", ".join(failed), failed.popitem()[1])
            if closing.wait(_DAY):
                return
