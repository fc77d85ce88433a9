"""The data kept about people: shown, deleted for one person, and deleted when it is old."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mehealth_rag.errors import MehealthError
from mehealth_rag.settings import Settings
from mehealth_ui.people.audit import Audit
from mehealth_ui.people.database import Store
from mehealth_ui.people.decisions import DecisionStore
from mehealth_ui.people.feedback import FeedbackStore

LOG = logging.getLogger("mehealth.ui")
STORES: tuple[type[Store], ...] = (FeedbackStore, DecisionStore, Audit)
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class PersonalData:
    """The stores by the names that people see."""

    stores: Mapping[str, Store]

    @classmethod
    def from_settings(cls, settings: Settings) -> PersonalData:
        """Return the stores that the settings name."""
        return cls({kind.TABLE.name: kind.from_settings(settings) for kind in STORES})

    def of(self, name: str) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of one person in each store. Raises IndexStateError."""
        return {what: store.of(name) for what, store in self.stores.items()}

    def forget(self, name: str) -> dict[str, int]:
        """Delete the rows of one person, and return their number. Raises IndexStateError."""
        return {what: store.forget(name) for what, store in self.stores.items()}

    def expire(self, days: int, closing: threading.Event) -> None:
        """Delete rows older than this, now and daily until `closing` is set."""
        while True:
            failed: dict[str, str] = {}
            for what, store in self.stores.items():
                try:
                    store.forget_before(time.time() - days * _DAY)
                except MehealthError as error:
                    failed[what] = str(error)
            if failed:  # one line, because in PostgreSQL all have the same reason
                LOG.warning("old %s was not deleted: %s", ", ".join(failed), failed.popitem()[1])
            if closing.wait(_DAY):
                return
