"""Tables of what is kept of people: SQLite files beside the index, or one PostgreSQL database."""

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
"""Seconds that a statement waits, for another process or for the server."""

_CONNECT = 5
_MAKING = 0x6D65
"""The number of PostgreSQL's lock for whoever makes a table: replicas start at the same time."""

_SERVER, _FAILED = "connection to server ", " failed: "
"""Between these psycopg says where the server is, which is nobody else's business."""


class Words(TypeDecorator[str]):
    """Text, whatever people send: PostgreSQL takes no NUL character."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: object) -> str | None:  # noqa: ARG002
        """The text as it is kept."""
        return value and value.replace("\0", "\ufffd")


@dataclass(frozen=True, slots=True)
class Store:
    """One table: in a file of its own, which many processes may write, or in PostgreSQL.

    A table is made when it is first written. Every method raises IndexStateError if the file or
    the server cannot be used.
    """

    path: Path
    """The SQLite file, used if there is no `url`."""
    url: SecretStr | None = None

    FILE: ClassVar[str]
    TABLE: ClassVar[Table]
    WHAT: ClassVar[str]
    """What is kept, for errors."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The store that the settings name. Raises UsageError if they name a database in vain."""
        if settings.ui_database is not None:
            _server(settings.ui_database)
        return cls(settings.index / cls.FILE, settings.ui_database)

    @classmethod
    def beside(cls, index: Path) -> Self:
        """The store in an index folder."""
        return cls(index / cls.FILE)

    def forget(self, name: str) -> int:
        """Delete the rows of one person; returns how many there were."""
        return self._delete(delete(self.TABLE).where(self._is_of(name)))

    def forget_before(self, at: float) -> int:
        """Delete the rows from before a moment (seconds since 1970); returns how many."""
        return self._delete(delete(self.TABLE).where(self.TABLE.c.at < at))

    def is_empty(self) -> bool:
        """Whether nothing is kept."""
        return not self._rows(select(self.TABLE).limit(1))

    def copy_to(self, other: Self) -> None:
        """Replace all rows of another store by those of this one, which is left as it is."""
        columns = [c for c in self.TABLE.c if c is not self.TABLE.autoincrement_column]
        rows = self._rows(select(*columns).order_by(*self.TABLE.primary_key))
        with other._opened() as connection:
            connection.execute(delete(self.TABLE))
            if rows:
                connection.execute(self.TABLE.insert(), rows)

    def _is_of(self, name: str) -> ColumnElement[bool]:
        """Whether a row is of this person."""
        return self.TABLE.c.visitor == name

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        """A connection; commits at the end, or undoes everything where something is raised."""
        try:
            if self.url is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._engine.begin() as connection:
                _make(self.TABLE, connection)
                yield connection
        except (OSError, SQLAlchemyError) as error:
            raise IndexStateError(self._told(error)) from error

    def _rows(self, query: Select[Any]) -> list[dict[str, Any]]:
        """The rows of a query by column; none where there is no file yet."""
        if not self._exists:
            return []
        with self._opened() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _delete(self, statement: Delete) -> int:
        """Delete rows, from the log beside a file too; returns how many there were."""
        if not self._exists:
            return 0
        with self._opened() as connection:
            count = connection.execute(statement).rowcount
        if self.url is None:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
        return count

    def _insert(self, connection: Connection) -> Any:  # noqa: ANN401 - of either dialect
        """An insert statement that knows `on_conflict_do_update`: both dialects have it."""
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        return dialect.insert(self.TABLE)

    def _check_room(self, connection: Connection, most: int, what: str) -> None:
        """Raise UsageError if the store takes more than `most` bytes; `what` is no longer taken."""
        if self.url is None:
            name, taken = self.FILE, self.path.stat().st_size
        else:
            name = f"the table {self.TABLE.name}"
            size = select(func.pg_total_relation_size(self.TABLE.name))
            taken = int(connection.scalar(size) or 0)
        if taken > most:
            raise UsageError(
                f"no more {what} are taken ({name} is full); tell whoever runs this page"
            )

    @property
    def _exists(self) -> bool:
        return self.url is not None or self.path.is_file()

    @property
    def _engine(self) -> Engine:
        return _server(self.url) if self.url else _file(self.path)

    def _told(self, error: Exception) -> str:
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
    """A file, which is opened anew for each use."""
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _WAIT})
    event.listen(engine, "connect", _prepare)
    return engine


@lru_cache
def _server(address: SecretStr) -> Engine:
    """The connections to a server. Raises UsageError, without the address: it holds a password."""
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
        "tcp_user_timeout": str(_WAIT * 1000),  # a server that is gone without a word
        "options": f"-c statement_timeout={_WAIT}s",
    }
    try:
        return create_engine(
            url.set(query={**limits, **url.query}),
            pool_pre_ping=True,  # connections from before the server was started anew
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
    cursor.execute("pragma secure_delete = on")  # what is deleted is overwritten
    cursor.close()


def _make(table: Table, connection: Connection) -> None:
    """Make a table that is not there; one process at a time."""
    if inspect(connection).has_table(table.name):
        return
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_MAKING)))
    connection.execute(CreateTable(table, if_not_exists=True))
    for index in table.indexes:
        connection.execute(CreateIndex(index, if_not_exists=True))
