"""Who is signed in: a signed token says it, which all replicas over one index can read."""

from __future__ import annotations

import logging
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

import jwt
from sqlalchemy import Column, Double, MetaData, Table, insert, select

from mehealth_rag.errors import MehealthError
from mehealth_ui.limits import LEARN_SECONDS
from mehealth_ui.people.database import Store, Words
from mehealth_ui.people.door import Door, device_mark
from mehealth_ui.people.line_files import changing, write_private

LOG = logging.getLogger("mehealth.ui")
SECRET_FILE = "sessions.key"  # noqa: S105 - a file's name
_SIGNED = "HS256"


def secret_beside(index: Path) -> str:
    """The secret that the sessions over an index are signed with; who comes first makes it.

    If it cannot be kept, it is another one in each process, and one line in the log says so.
    """
    path = index / SECRET_FILE
    try:
        if not path.exists():
            with changing(path):
                if not path.exists():
                    write_private(path, iter([secrets.token_hex()]))
        return path.read_text(encoding="ascii").strip()
    except (MehealthError, OSError, UnicodeDecodeError) as error:
        LOG.warning("sessions count in this process only, until it ends: %s", error)
        return secrets.token_hex()


class Ended(Store):
    """The sessions that were signed out before their time; `at` is when they would have ended."""

    FILE: ClassVar[str] = "sessions.sqlite"
    TABLE: ClassVar[Table] = Table(
        "ended", MetaData(), Column("session", Words, primary_key=True), Column("at", Double)
    )
    WHAT: ClassVar[str] = "ended sessions"

    def add(self, session: str, at: float) -> None:
        """Keep one as long as it matters. Raises IndexStateError."""
        self.forget_before(time.time())
        with self._opened() as connection:
            connection.execute(insert(self.TABLE).values(session=session, at=at))

    def all(self) -> frozenset[str]:
        """All of them. Raises IndexStateError."""
        return frozenset(row["session"] for row in self._rows(select(self.TABLE.c.session)))


class Sessions:
    """Names by token. One ends `seconds` after the sign-in, or when the door no longer knows it.

    What another replica has ended is over here within LEARN_SECONDS: no request waits for the
    database.
    """

    def __init__(self, guarded: Door, seconds: float, secret: str, ended: Ended) -> None:
        self._door, self._seconds, self._secret, self._store = guarded, seconds, secret, ended
        self._ended_here: set[str] = set()
        self._ended: frozenset[str] = frozenset()
        self._problem = ""
        self._learning = ThreadPoolExecutor(1, "sessions")
        self._learnt = time.monotonic()
        self._learn()

    def begin(self, name: str, kept: str) -> str:
        """The token of who has just signed in with the password that is kept as this hash."""
        said = {"sub": name, "mark": device_mark(kept), "jti": secrets.token_hex(16)}
        return jwt.encode({**said, "exp": time.time() + self._seconds}, self._secret, _SIGNED)

    def get(self, token: str | None, default: Any = None) -> Any:  # noqa: ANN401 - Gradio's way
        """The name behind a token, `default` where there is none or it counts no more."""
        said = self._read(token)
        return said["sub"] if said else default

    def end(self, token: str | None) -> str | None:
        """End a session; returns whose it was, None where there was none."""
        said = self._read(token)
        if said is None:
            return None
        self._ended_here.add(said["jti"])
        try:
            self._store.add(said["jti"], said["exp"])
        except MehealthError as error:
            LOG.warning("a session is ended in this process only: %s", error)
        return str(said["sub"])

    def _read(self, token: str | None) -> dict[str, Any] | None:
        """What a token says if it is ours and still counts."""
        now = time.monotonic()
        if now - self._learnt > LEARN_SECONDS:
            self._learnt = now
            self._learning.submit(self._learn)
        try:
            said = jwt.decode(token or "", self._secret, algorithms=[_SIGNED])
        except jwt.InvalidTokenError:
            return None
        over = said["jti"] in self._ended_here or said["jti"] in self._ended
        return None if over or not self._door.still(said["sub"], said["mark"]) else said

    def _learn(self) -> None:
        """Learn which sessions other replicas have ended; a problem is told once."""
        try:
            self._ended, self._problem = self._store.all(), ""
        except MehealthError as error:
            if str(error) != self._problem:
                self._problem = str(error)
                LOG.warning("sessions that ended elsewhere go on here: %s", error)
