"""Sessions as signed tokens, which all replicas over one index can read."""

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
    """Return the secret that signs the sessions over an index; the first process makes it.

    If it cannot be stored, each process has its own, and the log says so.
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
    """Sessions that were signed out early; `at` is the time at which they expire anyway."""

    FILE: ClassVar[str] = "sessions.sqlite"
    TABLE: ClassVar[Table] = Table(
        "ended", MetaData(), Column("session", Words, primary_key=True), Column("at", Double)
    )
    WHAT: ClassVar[str] = "ended sessions"

    def add(self, session: str, at: float) -> None:
        """Store a session until it expires. Raises IndexStateError."""
        self.forget_before(time.time())
        with self._opened() as connection:
            connection.execute(insert(self.TABLE).values(session=session, at=at))

    def all(self) -> frozenset[str]:
        """Return all of them. Raises IndexStateError."""
        return frozenset(row["session"] for row in self._rows(select(self.TABLE.c.session)))


class Sessions:
    """Names by token. A session lasts `seconds`, or until the person's password changes.

    A session ended by another replica ends here within LEARN_SECONDS. It is learnt in the
    background, so that no request waits for the database.
    """

    def __init__(self, login: Door, seconds: float, secret: str, ended: Ended) -> None:
        self._door, self._seconds, self._secret, self._store = login, seconds, secret, ended
        self._ended_here: set[str] = set()
        self._ended: frozenset[str] = frozenset()
        self._problem = ""
        self._learning = ThreadPoolExecutor(1, "sessions")
        self._learnt = time.monotonic()
        self._learn()

    def begin(self, name: str, password_hash: str) -> str:
        """Return the token of a person who has just signed in with this password."""
        claims = {"sub": name, "mark": device_mark(password_hash), "jti": secrets.token_hex(16)}
        return jwt.encode({**claims, "exp": time.time() + self._seconds}, self._secret, _SIGNED)

    def get(self, token: str | None, default: Any = None) -> Any:  # noqa: ANN401 - Gradio's way
        """Return the name in a token, or `default` if it is not valid."""
        claims = self._read(token)
        return claims["sub"] if claims else default

    def end(self, token: str | None) -> str | None:
        """End a session, and return the person's name; None if there was no session."""
        claims = self._read(token)
        if claims is None:
            return None
        self._ended_here.add(claims["jti"])
        try:
            self._store.add(claims["jti"], claims["exp"])
        except MehealthError as error:
            LOG.warning("a session is ended in this process only: %s", error)
        return str(claims["sub"])

    def _read(self, token: str | None) -> dict[str, Any] | None:
        """Return a token's claims; None if it is not ours, or ended."""
        now = time.monotonic()
        if now - self._learnt > LEARN_SECONDS:
            self._learnt = now
            self._learning.submit(self._learn)
        try:
            claims = jwt.decode(token or "", self._secret, algorithms=[_SIGNED])
        except jwt.InvalidTokenError:
            return None
        ended = claims["jti"] in self._ended_here or claims["jti"] in self._ended
        return None if ended or not self._door.still(claims["sub"], claims["mark"]) else claims

    def _learn(self) -> None:
        """Learn which sessions other replicas have ended; log a problem once."""
        try:
            self._ended, self._problem = self._store.all(), ""
        except MehealthError as error:
            if str(error) != self._problem:
                self._problem = str(error)
                LOG.warning("sessions that ended elsewhere go on here: %s", error)
