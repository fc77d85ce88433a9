"""The audit log: who did what, but never the text of a question."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Double,
    Integer,
    MetaData,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
)

from mehealth_rag.errors import IndexStateError
from mehealth_ui.limits import AUDIT_ABOUT, AUDIT_REFUSALS, REFUSALS_PER_MINUTE, Gate, TooManyError
from mehealth_ui.people.database import Store, Words

LOG = logging.getLogger("mehealth.ui")
SIGNED_IN = "signed in"
SIGNED_OUT = "signed out"
REFUSED = "refused"
"""A wrong password, an unknown key, or a role that is too low; `about` says which."""

_TABLE = Table(
    "audit",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", Double, nullable=False, index=True),
    Column("who", Words, nullable=False),
    Column("what", Words, nullable=False),
    Column("about", Words, nullable=False),
    Column("person", Words, nullable=False),
    sqlite_autoincrement=True,
)
_AUDIT = _TABLE.c
_READ = select(_AUDIT.at, _AUDIT.who, _AUDIT.what, _AUDIT.about, _AUDIT.person)


@dataclass(frozen=True, slots=True)
class Audit(Store):
    """The log of one index folder.

    Strangers cause refusals, so those are recorded at a bounded rate and only the last are kept.
    """

    FILE: ClassVar[str] = "audit.sqlite"
    TABLE: ClassVar[Table] = _TABLE
    WHAT: ClassVar[str] = "the audit log"
    clock: Callable[[], float] = time.time
    _gate: Gate = field(
        default_factory=lambda: Gate.at(REFUSALS_PER_MINUTE, "refusals"), compare=False
    )

    def record(self, who: str, what: str, about: str = "", *, person: str = "") -> None:
        """Record that `who` did `what`; `person` is somebody else whom it concerns.

        If the entry cannot be written, the process's log says so: the deed is done anyway.
        """
        try:
            with self._opened() as database:
                entry = {"who": who, "what": what, "about": about[:AUDIT_ABOUT], "person": person}
                database.execute(insert(_TABLE).values(at=self.clock(), **entry))
                if what == REFUSED:
                    last = select(func.max(_AUDIT.id)).scalar_subquery()
                    old = (_AUDIT.what == REFUSED, _AUDIT.id <= last - AUDIT_REFUSALS)
                    database.execute(delete(_TABLE).where(*old))
        except IndexStateError as error:
            LOG.error("%s", error)  # noqa: TRY400 - the traceback adds nothing

    def refused(self, who: str, why: str, address: str) -> None:
        """Record a refusal, unless there were too many."""
        try:
            self._gate.admit(address, "everywhere")
        except TooManyError:
            return
        self.record(who, REFUSED, f"{why}, from {address}")

    def entries(self, last: int | None = None) -> list[dict[str, Any]]:
        """Return the `last` entries, or all of them, oldest first; `at` is in Unix time."""
        return self._rows(_READ.order_by(_AUDIT.id.desc()).limit(last))[::-1]

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return the entries by a person or about them, oldest first."""
        return self._rows(_READ.where(self._is_of(name)).order_by(_AUDIT.id))

    def _is_of(self, name: str) -> ColumnElement[bool]:
        return or_(_AUDIT.who == name, _AUDIT.person == name)
