"""One question to the web: robots.txt heeded, redirects followed and checked, faults named."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore
import httpx

from mehealth_rag.fetching.addresses import web_address
from mehealth_rag.fetching.failures import FetchFailure, HostDown, OutOfTime, Passing
from mehealth_rag.fetching.hosts import Gate, Hosts
from mehealth_rag.fetching.limits import Limits
from mehealth_rag.fetching.network import Network
from mehealth_rag.fetching.robots import Robots, parse_robots

PRODUCT = "mehealth-rag"
"""What we call ourselves in the User-Agent, and in what a robots.txt may say of us."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FILES = frozenset({200, 206})
_FEW_WORDS = 64 * 1024
_BY_HAND = "get it in a browser if that is allowed, and hand it over with --from"
_LATER = "run mehealth fetch again later"


@dataclass(frozen=True, slots=True)
class Reply:
    """The last response of a chain of redirects; `chunks` are its bytes as they were sent."""

    url: httpx.URL
    status: int
    headers: httpx.Headers
    chunks: Iterator[bytes]


class Exchange:
    """Asks addresses; to be closed."""

    def __init__(
        self, network: Network, limits: Limits, user_agent: str, stop: threading.Event
    ) -> None:
        self.hosts = Hosts(network, limits, stop)
        self._limits = limits
        self._user_agent = user_agent

    def close(self) -> None:
        """Close all connections."""
        self.hosts.close()

    @contextmanager
    def get(self, url: httpx.URL, headers: Mapping[str, str] | None = None) -> Iterator[Reply]:
        """GET an address that robots.txt allows, and what it redirects to.

        Raises:
            Passing: a fault that may pass (no connection, a silence, broken off, robots.txt busy).
            FetchFailure: another one (forbidden, refused, redirected wrongly, too slow).
            Stopped: the person wants to stop.
        """
        with self._following(url, headers or {}, heed_robots=True) as reply:
            yield reply

    @contextmanager
    def _following(
        self, url: httpx.URL, headers: Mapping[str, str], *, heed_robots: bool
    ) -> Iterator[Reply]:
        seen: set[str] = set()
        while True:
            seen.add(str(url))
            if heed_robots:
                self._ask_robots(url)
            with self._request(url, headers) as reply:
                if reply.status not in _REDIRECTS:
                    yield reply
                    return
                url = self._next(reply, seen)

    def _next(self, reply: Reply, seen: set[str]) -> httpx.URL:
        """Where a redirect leads. What a server may not lead to is refused."""
        where = reply.headers.get("location", "")
        if not where.strip():
            raise FetchFailure(f"redirected ({reply.status}) without an address", _BY_HAND)
        try:
            target = web_address(where, reply.url)
        except FetchFailure as failure:
            raise FetchFailure(f"redirected, but {failure.reason}", _BY_HAND) from failure
        if reply.url.scheme == "https" and target.scheme == "http":
            raise FetchFailure(f"redirected from https to http ({target.host})", _BY_HAND)
        if str(target) in seen:
            raise FetchFailure("redirected in a circle", _BY_HAND)
        if len(seen) > self._limits.redirects:
            raise FetchFailure(f"redirected more than {self._limits.redirects} times", _BY_HAND)
        return target

    @contextmanager
    def _request(self, url: httpx.URL, headers: Mapping[str, str]) -> Iterator[Reply]:
        # Compression is not asked for: a part of a file can only be gone on with as it lies there.
        asked = {
            "User-Agent": self._user_agent,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            **headers,
        }
        gate = self.hosts.gate(url)
        try:
            with _faults_named(url), gate.request(url, asked) as response:
                chunks = response.iter_stream()
                yield Reply(url, response.status, httpx.Headers(response.headers), chunks)
                if response.status not in _FILES:
                    _drain(chunks)
        except HostDown as fault:
            gate.vain(fault)
            raise

    def _ask_robots(self, url: httpx.URL) -> None:
        """Raise FetchFailure where the host's robots.txt forbids an address."""
        gate = self.hosts.gate(url)
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        gate.watch.acquire(gate.robots_lock)
        try:
            robots = gate.robots.get(origin)
            if robots is None:
                robots = self._robots(httpx.URL(f"{origin}/robots.txt"), gate)
                gate.robots[origin] = robots
        finally:
            gate.robots_lock.release()
        if not robots.allows(url.raw_path.decode("ascii")):
            raise FetchFailure(f"the robots.txt of {url.host} forbids it", _BY_HAND)

    def _robots(self, url: httpx.URL, gate: Gate) -> Robots:
        """The rules of a host. One that leads its robots.txt astray has none (RFC 9309)."""
        try:
            robots = self._read_robots(url)
        except (Passing, OutOfTime):  # it may forbid what is asked for: nobody knows yet
            raise
        except FetchFailure:
            return Robots()
        gate.slow_down(robots.delay)
        return robots

    def _read_robots(self, url: httpx.URL) -> Robots:
        with self._following(url, {}, heed_robots=False) as reply:
            if reply.status == 429 or reply.status >= 500:  # RFC 9309: then nothing is allowed
                raise Passing(f"the robots.txt of {url.host} answers {reply.status}", _LATER)
            if reply.status != 200:
                return Robots()
            text = b""
            for chunk in reply.chunks:
                text += chunk
                if len(text) >= self._limits.robots_size:
                    break
        return parse_robots(text[: self._limits.robots_size].decode("utf-8", "replace"), PRODUCT)


def _drain(chunks: Iterator[bytes]) -> None:
    """Read the few words of an answer that nobody wants, so that the connection can be kept."""
    read = 0
    for chunk in chunks:
        read += len(chunk)
        if read > _FEW_WORDS:
            return


@contextmanager
def _faults_named(url: httpx.URL) -> Iterator[None]:
    """Say in our words what went wrong on the line."""
    host = url.host
    try:
        yield
    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
        cause = error.args[0] if error.args else None  # httpcore drops it from the chain
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = cause.verify_message
            raise FetchFailure(
                f"the certificate of {host} is not valid ({why})", _BY_HAND
            ) from None
        why = "no answer in time" if isinstance(error, httpcore.ConnectTimeout) else str(error)
        raise HostDown(f"no connection to {host} ({why})", _LATER) from error
    except httpcore.ProxyError as error:
        raise HostDown(f"the proxy does not lead to {host} ({error})", "check the proxy") from error
    except httpcore.TimeoutException as error:
        raise Passing(f"{host} fell silent", _LATER) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise Passing(f"{host} broke off ({error})", _LATER) from error
