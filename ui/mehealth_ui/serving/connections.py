"""The web server, which closes connections that stand still."""

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
"""Streams without answers, which a client keeps open as long as it is there."""

_POLL_SECONDS = 0.05


class Finishing(Server):
    """The web server. At its end it accepts nothing new and finishes running answers."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for running answers, then drop the clients that only listen."""
        leaving = asyncio.create_task(self._leave())
        try:
            await super().shutdown(sockets)
        finally:
            leaving.cancel()

    async def _leave(self) -> None:
        """Close listening streams last, because a page's answers end with them."""
        await asyncio.sleep(_POLL_SECONDS)  # connections without a request are closed by then
        while any(not _only_listens(c) for c in self.server_state.connections):
            await asyncio.sleep(_POLL_SECONDS)
        for connection in list(self.server_state.connections):
            connection.transport.abort()


def _only_listens(connection: object) -> bool:
    """Tell whether the stream ends only when its client leaves."""
    if not isinstance(connection, Watched) or connection.cycle is None:
        return False
    scope = connection.scope
    return scope["method"] == "GET" and bool(_LISTENING.match(scope["path"]))


class Watched(H11Protocol):
    """A connection that is closed when it stands still.

    uvicorn by itself waits for ever for the rest of a request, and for a client that stopped
    reading.
    """

    _last: tuple[Any, ...] | None = None
    _watch: asyncio.TimerHandle | None = None
    _resumed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start watching."""
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """Count that the client has read much of the buffer."""
        self._resumed += 1
        super().resume_writing()

    def _look(self) -> None:
        now = self._standstill()
        if now is not None and now == self._last:
            self.transport.abort()
            return
        self._last = now
        self._watch = self.loop.call_later(STALLED_SECONDS, self._look)

    def _standstill(self) -> tuple[Any, ...] | None:
        """Return what the client has yet to do; None if it is our turn."""
        unsent = self.transport.get_write_buffer_size()
        if unsent:
            return "reading", id(self.cycle), unsent, self._resumed
        if self.conn.their_state is h11.IDLE or self.conn.our_state is h11.DONE:
            return "asking", id(self.cycle)
        return None
