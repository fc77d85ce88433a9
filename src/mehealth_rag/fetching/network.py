"""Connections that are made to the very address that was checked, never past their time.

A name is resolved once, its addresses are checked, and the socket goes to one of those. Name and
certificate checks, SNI and the Host header keep the name, so nothing can be swapped in between.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from mehealth_rag.fetching.addresses import (
    IPAddress,
    Resolve,
    allowed_addresses,
    is_public,
    resolve,
)
from mehealth_rag.fetching.failures import NoSuchHost, OutOfTime, Stopped

_SLICE = 0.2
"""Seconds after which a wait looks up to see whether it should stop."""

ProxyFor = Callable[[httpx.URL], str | None]


def no_proxy(_url: httpx.URL) -> str | None:
    """Go straight to the host."""
    return None


def environment_proxy(url: httpx.URL) -> str | None:
    """The proxy that the environment names for an address (HTTPS_PROXY, NO_PROXY and so on)."""
    return None if proxy_bypass(url.host) else getproxies().get(url.scheme)


@dataclass(frozen=True, slots=True)
class Network:
    """How the outside is reached; tests put their own parts in."""

    resolve: Resolve = resolve
    allowed: Callable[[IPAddress], bool] = is_public
    proxy: ProxyFor = no_proxy
    ssl_context: Callable[[], ssl.SSLContext] = httpx.create_ssl_context


class Watch:
    """The time that a request has, and the wish to stop; every wait asks it."""

    def __init__(self, stop: threading.Event) -> None:
        self.stop = stop
        self._until = float("inf")
        self._seconds = 0.0

    def start(self, seconds: float) -> None:
        """Give the request that begins now so many seconds."""
        self._seconds = seconds
        self._until = time.monotonic() + seconds

    def left(self, at_most: float | None) -> float:
        """Seconds that a step may take.

        Raises:
            Stopped: the person wants to stop.
            OutOfTime: the request has had its time.
        """
        if self.stop.is_set():
            raise Stopped
        left = self._until - time.monotonic()
        if left <= 0:
            raise OutOfTime(
                f"the server had not sent all of it after {self._seconds:g} s",
                "run mehealth fetch again; it goes on where the server allows that",
            )
        return left if at_most is None else min(left, at_most)

    def sleep(self, seconds: float) -> None:
        """Wait; raises Stopped as soon as the person wants to stop."""
        if self.stop.wait(max(0.0, seconds)):
            raise Stopped

    def acquire(self, lock: threading.Lock) -> None:
        """Take a lock, or raise Stopped while waiting for it."""
        while not lock.acquire(timeout=_SLICE):
            if self.stop.is_set():
                raise Stopped


class CheckedBackend(httpcore.NetworkBackend):
    """Opens sockets for httpcore: only to allowed addresses, and under a watch."""

    def __init__(self, network: Network, watch: Watch) -> None:
        self._network = network
        self._watch = watch
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that is allowed and answers.

        Raises:
            FetchFailure: the host is not known or has no allowed address, or time is up.
            httpcore.ConnectError, httpcore.ConnectTimeout: none of its addresses answers.
        """
        fault: Exception = httpcore.ConnectError("no address")
        for address in self._addresses(host, port, timeout):
            try:
                stream = self._plain.connect_tcp(
                    address, port, self._watch.left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
            else:
                return WatchedStream(stream, self._watch)
        raise fault

    def _addresses(self, host: str, port: int, timeout: float | None) -> tuple[str, ...]:
        """Resolve in a thread of its own: the system's resolver knows no time-out."""
        answers: SimpleQueue[tuple[str, ...] | Exception] = SimpleQueue()

        def look() -> None:
            try:
                network = self._network
                answers.put(allowed_addresses(host, port, network.resolve, network.allowed))
            except Exception as failure:  # is raised below, in the thread that asked
                answers.put(failure)

        threading.Thread(target=look, daemon=True, name=f"resolve {host}").start()
        until = time.monotonic() + self._watch.left(timeout)
        while time.monotonic() < until:
            with suppress(Empty):
                answer = answers.get(timeout=self._watch.left(_SLICE))
                if isinstance(answer, Exception):
                    raise answer
                return answer
        raise NoSuchHost(
            f"the name {host} was not resolved in time", "check the network connection"
        )


class WatchedStream(httpcore.NetworkStream):
    """A socket whose reads end in time, also where a server sends a byte now and then."""

    def __init__(self, stream: httpcore.NetworkStream, watch: Watch) -> None:
        self._stream = stream
        self._watch = watch

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has arrived; raises httpcore.ReadTimeout after a silence of `timeout`."""
        silent_until = float("inf") if timeout is None else time.monotonic() + timeout
        while True:
            try:
                return self._stream.read(max_bytes, self._watch.left(_SLICE))
            except httpcore.ReadTimeout:
                if time.monotonic() >= silent_until:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        self._stream.write(buffer, self._watch.left(timeout))

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Begin TLS; the certificate is checked against the name, not the address."""
        timeout = self._watch.left(timeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, timeout)
        return WatchedStream(stream, self._watch)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as httpcore has it
        """What httpcore asks of a socket."""
        return self._stream.get_extra_info(info)
