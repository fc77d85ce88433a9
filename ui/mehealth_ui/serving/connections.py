"""The web server and its connections: one that leads nowhere is ended."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import h11
from uvicorn import Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from mehealth_ui.limits import STALLED_SECONDS

if TYPE_CHECKING:
    import socket

_LISTENING = re.compile(r"/gradio_api/(?:heartbeat|mcp)/")
"""Streams that a client keeps open as long as it is there; no answer is in them."""

_LOOK_AGAIN = 0.05
"""Seconds after which it is looked whether all answers have ended."""


class Finishing(Server):
    """The web server. Told to end, it takes nothing new and finishes the answers that it gives."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for the clients that are being answered, then leave those that only listen."""
        leaving = asyncio.create_task(self._leave())
        try:
            await super().shutdown(sockets)
        finally:
            leaving.cancel()

    async def _leave(self) -> None:
        """End the streams that bring nothing, the last of all: with them a page's answers end."""
        await asyncio.sleep(_LOOK_AGAIN)  # connections without a request are closed by then
        while any(not _only_listens(c) for c in self.server_state.connections):
            await asyncio.sleep(_LOOK_AGAIN)
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def _only_listens(connection: object) -> bool:
    """Whether a client keeps a stream open that ends only when it goes."""
    if not isinstance(connection, Watched) or connection.cycle is None:
        return False
    asked = connection.scope
    return asked["method"] == "GET" and bool(_LISTENING.match(asked["path"]))


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
