"""The small SQLite files beside the index: opened for each call, since many processes may write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mehealth_rag.errors import IndexStateError

_WAIT = 10.0
"""Seconds that a write waits for another process."""


@dataclass(frozen=True, slots=True)
class Database:
    """One file, made with `schema` when it is first written; `what` it holds is for errors.

    Every method raises IndexStateError where the file cannot be read or written.
    """

    path: Path
    schema: str
    what: str

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """A connection; commits at the end, or undoes everything where something is raised."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=_WAIT)) as database, database:
                database.execute("pragma journal_mode = wal")
                database.execute("pragma secure_delete = on")  # what is deleted is overwritten
                database.executescript(self.schema)
                database.row_factory = sqlite3.Row
                yield database
        except (OSError, sqlite3.Error) as error:
            raise IndexStateError(
                f"{self.path}: {self.what} cannot be kept ({error}); check the folder's rights"
            ) from error

    def rows(self, query: str, *values: str | float) -> list[dict[str, Any]]:
        """The rows of a query by column; none where there is no file yet."""
        if not self.path.is_file():
            return []
        with self.opened() as database:
            return [dict(row) for row in database.execute(query, values)]

    def delete(self, statement: str, *values: str | float) -> int:
        """Delete rows, from the log beside the file too; returns how many there were."""
        if not self.path.is_file():
            return 0
        with self.opened() as database:
            count = database.execute(statement, values).rowcount
            database.commit()
            database.execute("pragma wal_checkpoint(truncate)")
        return count
