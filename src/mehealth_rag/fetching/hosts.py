"""One host, one connection: requests to it come one after the other and with a pause between."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpcore
import httpx

from mehealth_rag.fetching.failures import DeadLink, FetchFailure, HostDown
from mehealth_rag.fetching.limits import Limits
from mehealth_rag.fetching.network import Network, Watch
from mehealth_rag.fetching.pools import Pool
from mehealth_rag.fetching.robots import Robots


class Gate:
    """What is known of one host, and the only way to it."""

    def __init__(self, network: Network, limits: Limits, stop: threading.Event) -> None:
        self.robots: dict[str, Robots] = {}
        """Rules by origin; to be read and written by whom `robots_lock` belongs to."""
        self.robots_lock = threading.Lock()
        self.pause = limits.pause
        self.watch = Watch(stop)
        self._limits = limits
        self._pool = Pool(network, self.watch)
        self._lock = threading.Lock()
        self._not_before = 0.0
        self._vain = 0
        self._given_up: FetchFailure | None = None
        """Set when the host could not be reached so often: its other sources need not wait too."""

    def postpone(self, seconds: float) -> None:
        """Let the next request wait at least so long, whoever makes it."""
        self._not_before = max(self._not_before, time.monotonic() + seconds)

    def slow_down(self, crawl_delay: float | None) -> None:
        """Honour a Crawl-delay, within bounds."""
        if crawl_delay is not None:
            self.pause = min(max(self.pause, crawl_delay), self._limits.longest_pause)

    def vain(self, fault: HostDown) -> None:
        """Take note that the host could not be reached."""
        self._vain += 1
        if self._vain >= self._limits.attempts:
            kind = DeadLink if isinstance(fault, DeadLink) else FetchFailure
            self._given_up = kind(fault.reason, fault.advice)

    @contextmanager
    def request(self, url: httpx.URL, headers: Mapping[str, str]) -> Iterator[httpcore.Response]:
        """GET one address when it is its turn; nobody else is served until the response is left.

        Raises:
            FetchFailure: the host could not be reached before; else as Watch and Pool do.
            Stopped: the person wants to stop.
            httpcore errors: as they come.
        """
        self.watch.acquire(self._lock)
        try:
            if self._given_up is not None:
                raise type(self._given_up)(self._given_up.reason, self._given_up.advice)
            self.watch.sleep(self._not_before - time.monotonic())
            self.watch.start(self._limits.total)
            with self._pool.connections(url).stream(
                "GET", _core(url), headers=_headers(url, headers), extensions=self._timeouts()
            ) as response:
                self._vain = 0
                yield response
        finally:
            self.postpone(self.pause)
            self._lock.release()

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()

    def _timeouts(self) -> dict[str, object]:
        limits = self._limits
        return {
            "timeout": {"connect": limits.connect, "read": limits.read, "write": limits.read},
        }


class Hosts:
    """A gate for every host that is met."""

    def __init__(self, network: Network, limits: Limits, stop: threading.Event) -> None:
        self._network = network
        self._limits = limits
        self._stop = stop
        self._gates: dict[str, Gate] = {}
        self._lock = threading.Lock()

    def gate(self, url: httpx.URL) -> Gate:
        """The gate of an address's host."""
        host = url.host.lower().rstrip(".")
        with self._lock:
            if host not in self._gates:
                self._gates[host] = Gate(self._network, self._limits, self._stop)
            return self._gates[host]

    def close(self) -> None:
        """Close all connections."""
        for gate in self._gates.values():
            gate.close()


def _core(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )


def _headers(url: httpx.URL, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("Host", url.netloc.decode("ascii")), *headers.items()]
