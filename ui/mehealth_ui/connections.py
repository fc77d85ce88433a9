"""The web server's connections: one that leads nowhere is ended."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from mehealth_ui.limits import STALLED_SECONDS


class Watched(H11Protocol):
    """A connection that is closed where nothing goes on.

    The web server by itself waits for ever for the rest of a request, and for someone who no longer
    takes what is sent.
    """

    _seen: tuple[Any, ...] | None = None
    _watch: asyncio.TimerHandle | None = None
    _resumed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to watch."""
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Watch no more."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """The other side has taken much of what was sent."""
        self._resumed += 1
        super().resume_writing()

    def _look(self) -> None:
        now = self._standstill()
        if now is not None and now == self._seen:
            self.transport.abort()
            return
        self._seen = now
        self._watch = self.loop.call_later(STALLED_SECONDS, self._look)

    def _standstill(self) -> tuple[Any, ...] | None:
        """What the connection waits for the other side to do; None where it is our turn."""
        unsent = self.transport.get_write_buffer_size()
        if unsent:
            return "taking", id(self.cycle), unsent, self._resumed
        if self.conn.their_state is h11.IDLE or self.conn.our_state is h11.DONE:
            return "asking", id(self.cycle)
        return None
