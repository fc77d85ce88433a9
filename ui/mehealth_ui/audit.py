"""The audit log: who did what, kept in SQLite beside the index; never the text of a question."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mehealth_rag.errors import IndexStateError
from mehealth_ui.database import Database
from mehealth_ui.limits import AUDIT_ABOUT, AUDIT_REFUSALS, REFUSALS_PER_MINUTE, Gate, TooManyError

LOG = logging.getLogger("mehealth.ui")
FILE = "audit.sqlite"
SIGNED_IN = "signed in"
SIGNED_OUT = "signed out"
REFUSED = "refused"
"""A wrong password, an unknown key, or a role that is too low: `about` says which."""

_SCHEMA = """
create table if not exists audit (
    id integer primary key autoincrement, at real not null, who text not null, what text not null,
    about text not null, person text not null);
create index if not exists audit_at on audit (at);
"""
_READ = "select at, who, what, about, person from audit"


@dataclass(frozen=True, slots=True)
class Audit:
    """The log of one index folder.

    Strangers could fill it with what is refused: that is written at a bounded rate, and only the
    last of it stay.
    """

    path: Path
    clock: Callable[[], float] = time.time
    _gate: Gate = field(
        default_factory=lambda: Gate.at(REFUSALS_PER_MINUTE, "refusals"), compare=False
    )

    @classmethod
    def beside(cls, index: Path) -> Audit:
        """The log that belongs to an index folder."""
        return cls(index / FILE)

    def record(self, who: str, what: str, about: str = "", *, person: str = "") -> None:
        """Write an entry, now: `who` did `what`, about a document, a claim or an address.

        `person` is the one whom it concerns where that is somebody else. An entry that cannot
        be written is told in the process's log: what it is about has happened all the same.
        """
        try:
            with self._database.opened() as database:
                database.execute(
                    "insert into audit (at, who, what, about, person) values (?, ?, ?, ?, ?)",
                    (self.clock(), who, what, about[:AUDIT_ABOUT], person),
                )
                if what == REFUSED:
                    database.execute(
                        "delete from audit where what = ? and id <= "
                        "(select max(id) from audit) - ?",
                        (REFUSED, AUDIT_REFUSALS),
                    )
        except IndexStateError as error:
            LOG.error("%s", error)  # noqa: TRY400 - one line; the traceback tells no more

    def refused(self, who: str, why: str, address: str) -> None:
        """Record that somebody at an address was refused; not more often than is bearable."""
        try:
            self._gate.admit(address, "everywhere")
        except TooManyError:
            return
        self.record(who, REFUSED, f"{why}, from {address}")

    def entries(self, last: int | None = None) -> list[dict[str, Any]]:
        """The entries, the oldest first; only the last so many where that is said.

        Each has `at` (seconds since 1970), `who`, `what`, `about` and `person`.
        """
        most = -1 if last is None else last
        return self._database.rows(f"{_READ} order by id desc limit ?", most)[::-1]

    def of(self, name: str) -> list[dict[str, Any]]:
        """The entries of what a person did and what concerns them, the oldest first."""
        return self._database.rows(f"{_READ} where ? in (who, person) order by id", name)

    def forget(self, name: str) -> int:
        """Delete the entries of a person; returns how many there were."""
        return self._database.delete("delete from audit where ? in (who, person)", name)

    def forget_before(self, at: float) -> int:
        """Delete the entries from before a moment (seconds since 1970); returns how many."""
        return self._database.delete("delete from audit where at < ?", at)

    @property
    def _database(self) -> Database:
        return Database(self.path, _SCHEMA, "the audit log")
