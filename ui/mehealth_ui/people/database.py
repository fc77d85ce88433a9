"""Tables of data about people: SQLite files beside the index, or one PostgreSQL database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import SecretStr
from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Delete,
    Engine,
    Select,
    String,
    Table,
    TypeDecorator,
    create_engine,
    delete,
    event,
    func,
    inspect,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from mehealth_rag.errors import IndexStateError, UsageError
from mehealth_rag.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

_WAIT = 10
"""Seconds that a statement waits for another process or the server."""

_CONNECT = 5
_CREATING = 0x6D65
"""The PostgreSQL lock for creating a table, because replicas start at the same time."""

_SERVER, _FAILED = "connection to server ", " failed: "
"""psycopg puts the server's address between these words; visitors must not see it."""


class Words(TypeDecorator[str]):
    """Text without NUL characters, which PostgreSQL refuses."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:  # noqa: ARG002
        """Replace NUL characters."""
        return value and value.replace("\0", "\ufffd")


@dataclass(frozen=True, slots=True)
class Store:
    """One table, in an SQLite file that many processes may write, or in PostgreSQL.

    The table is created when it is first used. Every method raises IndexStateError if the file or
    the server cannot be used.
    """

    path: Path
    """The SQLite file, used if there is no `url`."""
    url: SecretStr | None = None

    FILE: ClassVar[str]
    TABLE: ClassVar[Table]
    WHAT: ClassVar[str]
    """The contents, for error messages."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the store that the settings name. Raises UsageError for a bad database address."""
        if settings.ui_database is not None:
            _server(settings.ui_database)
        return cls(settings.index / cls.FILE, settings.ui_database)

    @classmethod
    def beside(cls, index: Path) -> Self:
        """Return the SQLite store in an index folder."""
        return cls(index / cls.FILE)

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return the rows of one person, oldest first."""
        raise NotImplementedError

    def forget(self, name: str) -> int:
        """Delete the rows of one person, and return their number."""
        return self._delete(delete(self.TABLE).where(self._is_of(name)))

    def forget_before(self, at: float) -> int:
        """Delete the rows from before a Unix time, and return their number."""
        return self._delete(delete(self.TABLE).where(self.TABLE.c.at < at))

    def is_empty(self) -> bool:
        """Tell whether there are no rows."""
        return not self._rows(select(self.TABLE).limit(1))

    def copy_to(self, other: Self) -> None:
        """Replace all rows of another store by this one's."""
        columns = [c for c in self.TABLE.c if c is not self.TABLE.autoincrement_column]
        rows = self._rows(select(*columns).order_by(*self.TABLE.primary_key))
        with other._opened() as connection:
            connection.execute(delete(self.TABLE))
            if rows:
                connection.execute(self.TABLE.insert(), rows)

    def _is_of(self, name: str) -> ColumnElement[bool]:
        """Return the condition for rows of this person."""
        return self.TABLE.c.visitor == name

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        """Return a connection that commits at the end, or rolls back on an error."""
        try:
            if self.url is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._engine.begin() as connection:
                _make(self.TABLE, connection)
                yield connection
        except (OSError, SQLAlchemyError) as error:
            raise IndexStateError(self._message(error)) from error

    def _rows(self, query: Select[Any]) -> list[dict[str, Any]]:
        """Return the rows of a query; none if there is no file yet."""
        if not self._exists:
            return []
        with self._opened() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _delete(self, statement: Delete) -> int:
        """Delete rows, from SQLite's log too, and return their number."""
        if not self._exists:
            return 0
        with self._opened() as connection:
            count = connection.execute(statement).rowcount
        if self.url is None:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
        return count

    def _insert(self, connection: Connection) -> Any:  # noqa: ANN401 - of either dialect
        """Return an insert statement of the dialect, with `on_conflict_do_update`."""
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        return dialect.insert(self.TABLE)

    def _check_room(self, connection: Connection, most: int, what: str) -> None:
        """Raise UsageError if the store has more than `most` bytes."""
        if self.url is None:
            name, used = self.FILE, self.path.stat().st_size
        else:
            name = f"the table {self.TABLE.name}"
            size = select(func.pg_total_relation_size(self.TABLE.name))
            used = int(connection.scalar(size) or 0)
        if used > most:
            raise UsageError(
                f"no more {what} are taken ({name} is full); tell whoever runs this page"
            )

    @property
    def _exists(self) -> bool:
        return self.url is not None or self.path.is_file()

    @property
    def _engine(self) -> Engine:
        return _server(self.url) if self.url else _file(self.path)

    def _message(self, error: Exception) -> str:
        reason = str(error.orig or error) if isinstance(error, DBAPIError) else str(error)
        line = (reason.strip() or type(error).__name__).splitlines()[0]
        if _SERVER in line:
            line = line.rpartition(_SERVER)[2].partition(_FAILED)[2] or line
        if self.url is None:
            return f"{self.path}: {self.WHAT} cannot be kept ({line}); check the folder's rights"
        return (
            f"the database: {self.WHAT} cannot be kept ({line}); "
            "check the server and MEHEALTH_UI_DATABASE"
        )


@lru_cache
def _file(path: Path) -> Engine:
    """Return the engine of a file, which is reopened for each use."""
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _WAIT})
    event.listen(engine, "connect", _prepare)
    return engine


@lru_cache
def _server(address: SecretStr) -> Engine:
    """Return the engine of a server. Raises UsageError without the address and its password."""
    try:
        url = make_url(address.get_secret_value())
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        raise UsageError(
            "MEHEALTH_UI_DATABASE is no address of a PostgreSQL database (it is not shown here); "
            "it looks like postgresql://name:password@host/database"
        )
    limits = {
        "connect_timeout": str(_CONNECT),
        "tcp_user_timeout": str(_WAIT * 1000),  # a server that vanished
        "options": f"-c statement_timeout={_WAIT}s",
    }
    try:
        return create_engine(
            url.set(query={**limits, **url.query}),
            pool_pre_ping=True,  # the server may have been restarted
            pool_timeout=_WAIT,
            hide_parameters=True,
        )
    except ModuleNotFoundError as error:
        raise UsageError(
            f"MEHEALTH_UI_DATABASE needs the package {error.name}; "
            "run: pip install 'mehealth-rag[postgres]'"
        ) from error


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("pragma journal_mode = wal")
    cursor.execute("pragma secure_delete = on")  # deleted data is overwritten
    cursor.close()


def _make(table: Table, connection: Connection) -> None:
    """Create the table if it is missing; one process at a time."""
    if inspect(connection).has_table(table.name):
        return
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_CREATING)))
    connection.execute(CreateTable(table, if_not_exists=True))
    for index in table.indexes:
        connection.execute(CreateIndex(index, if_not_exists=True))
