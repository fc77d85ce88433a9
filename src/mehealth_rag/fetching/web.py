"""Makes requests one at a time: checks addresses, pauses, follows robots.txt and redirects.

A host name is looked up once, its addresses are checked, and the connection goes to one of them.
The certificate, SNI and the Host header keep the name, so the check holds for the connection.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
from protego import Protego

from mehealth_rag.fetching.addresses import (
    IPAddress,
    Resolve,
    allowed_addresses,
    is_public,
    resolve,
    web_address,
)
from mehealth_rag.fetching.outcomes import BY_HAND, LATER, FetchFailure, OutOfTime, Passing

PRODUCT = "mehealth-rag"
"""Our name in the User-Agent and in a robots.txt."""
MEGABYTE = 1_000_000

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SHORT_BODY = 64 * 1024


@dataclass(frozen=True, slots=True)
class DownloadLimits:
    """The bounds of every download, in seconds, bytes and counts."""

    size: int = 100 * MEGABYTE
    """Bytes of a file, as sent and as unpacked."""

    connect: float = 10.0
    read: float = 30.0
    """The longest silence of a server."""
    total: float = 600.0
    """A whole request; stops a server that sends byte by byte."""

    attempts: int = 4
    backoff: float = 1.0
    """Wait before the second attempt; doubles with each one more, with jitter."""
    longest_backoff: float = 30.0
    longest_retry_after: float = 120.0
    """If a server asks for a longer wait, the source fails."""

    redirects: int = 10

    pause: float = 0.5
    """Between two requests to one host, unless its robots.txt asks for more."""
    longest_pause: float = 30.0
    """A longer Crawl-delay is cut to this."""
    robots_size: int = 512 * 1024
    """Bytes of a robots.txt that are read (RFC 9309)."""


@dataclass(frozen=True, slots=True)
class Network:
    """How hosts are reached; tests replace the parts."""

    resolve: Resolve = resolve
    allowed: Callable[[IPAddress], bool] = is_public
    ssl_context: Callable[[], ssl.SSLContext] = httpx.create_ssl_context


class _CheckedTransport(httpx.AsyncHTTPTransport):
    """Connects to a host's checked addresses only, and looks them up once."""

    def __init__(self, network: Network, seconds: float, certificates: ssl.SSLContext) -> None:
        """`seconds` limit the look-up of the name."""
        single = httpx.Limits(max_connections=1)
        super().__init__(verify=certificates, trust_env=False, limits=single)
        self._network = network
        self._seconds = seconds
        self._lookup: tuple[str, ...] | FetchFailure | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the first address that answers."""
        if self._lookup is None:
            self._lookup = await self._looked_up(request.url)
        if isinstance(self._lookup, FetchFailure):
            raise self._lookup
        extensions = request.extensions | {"sni_hostname": request.url.raw_host.decode("ascii")}
        fault: Exception = httpx.ConnectError("no address")
        for address in self._lookup:
            url = request.url.copy_with(host=address)
            pinned = httpx.Request(
                request.method, url, headers=request.headers, extensions=extensions
            )
            try:
                response = await super().handle_async_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                fault = error
            else:
                self._lookup = (address,)
                return response
        raise fault

    async def _looked_up(self, url: httpx.URL) -> tuple[str, ...] | FetchFailure:
        port = url.port or (443 if url.scheme == "https" else 80)
        network = self._network
        try:
            async with asyncio.timeout(self._seconds):  # the resolver has no time limit
                return await asyncio.to_thread(
                    allowed_addresses, url.host, port, network.resolve, network.allowed
                )
        except TimeoutError:
            why = f"the name {url.host} was not resolved in time"
            return FetchFailure(why, "check the network connection")
        except FetchFailure as failure:
            return failure


class _Host:
    """One host: its connection, its rules, and the time of its next request."""

    def __init__(self, transport: _CheckedTransport, limits: DownloadLimits, agent: str) -> None:
        self.robots: dict[str, Protego] = {}
        """Rules by origin."""
        self._refusals = 0
        """Connections in a row that could not be made."""
        self._limits = limits
        self._pause = limits.pause
        self._not_before = 0.0
        timeout = httpx.Timeout(limits.read, connect=limits.connect)
        headers = {"User-Agent": agent, "Accept": "*/*", "Accept-Encoding": "identity"}
        self.client = httpx.AsyncClient(
            transport=transport, timeout=timeout, headers=headers, trust_env=False
        )

    def postpone(self, seconds: float) -> None:
        """Delay the next request by at least `seconds`."""
        self._not_before = max(self._not_before, time.monotonic() + seconds)

    def slow_down(self, crawl_delay: float | None) -> None:
        """Honour a Crawl-delay, within bounds."""
        self._pause = min(max(self._pause, crawl_delay or 0.0), self._limits.longest_pause)

    @asynccontextmanager
    async def request(
        self, url: httpx.URL, headers: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """GET one address after the pause, unless too many connections to the host have failed."""
        if self._refusals >= self._limits.attempts:
            raise FetchFailure(f"no connection to {url.host} (as before)", LATER)
        await asyncio.sleep(self._not_before - time.monotonic())
        seconds = self._limits.total
        try:
            async with (
                asyncio.timeout(seconds),
                self.client.stream("GET", url, headers=dict(headers)) as response,
            ):
                self._refusals = 0
                yield response
                if response.status_code != 200:
                    await _drain(response)
        except TimeoutError as error:
            why = f"the server had not sent all of it after {seconds:g} s"
            raise OutOfTime(why, LATER) from error
        except httpx.DecodingError as error:
            raise FetchFailure("what was sent cannot be unpacked", LATER) from error
        except httpx.TransportError as error:
            self._refusals += isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            raise _failure(error, url.host) from error
        finally:
            self.postpone(self._pause)


async def _drain(response: httpx.Response) -> None:
    """Read the short body of a response that is not used, so that the connection can be kept."""
    async for _ in response.aiter_raw():
        if response.num_bytes_downloaded > _SHORT_BODY:
            return


def _failure(error: httpx.TransportError, host: str) -> FetchFailure:
    """Return the failure that describes what went wrong with a connection."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        cause = error.__cause__.args[0] if error.__cause__ and error.__cause__.args else None
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = cause.verify_message
            return FetchFailure(f"the certificate of {host} is not valid ({why})", BY_HAND)
        why = "no answer in time" if isinstance(error, httpx.ConnectTimeout) else str(error)
        return Passing(f"no connection to {host} ({why})")
    if isinstance(error, httpx.TimeoutException):
        return Passing(f"{host} fell silent")
    return Passing(f"{host} broke off ({error})")


class Web:
    """Requests addresses within `limits`. The caller closes it."""

    def __init__(self, network: Network, limits: DownloadLimits, user_agent: str) -> None:
        self.limits = limits
        self._network = network
        self._certificates = network.ssl_context()
        self._user_agent = user_agent
        self._hosts: dict[str, _Host] = {}

    def host(self, url: httpx.URL) -> _Host:
        """Return the host of an address."""
        name = url.host.lower().rstrip(".")
        if name not in self._hosts:
            transport = _CheckedTransport(self._network, self.limits.connect, self._certificates)
            self._hosts[name] = _Host(transport, self.limits, self._user_agent)
        return self._hosts[name]

    async def aclose(self) -> None:
        """Close all connections."""
        for host in self._hosts.values():
            await host.client.aclose()

    @asynccontextmanager
    async def get(
        self, url: httpx.URL, headers: Mapping[str, str], *, heed_robots: bool = True
    ) -> AsyncIterator[httpx.Response]:
        """GET an address that robots.txt allows, following redirects.

        Raises FetchFailure, or its subclass `Passing` for a fault that may pass.
        """
        visited: set[str] = set()
        while True:
            visited.add(str(url))
            if heed_robots:
                await self._check_robots(url)
            async with self.host(url).request(url, headers) as response:
                if response.status_code not in _REDIRECTS:
                    yield response
                    return
                url = self._target(response, visited)

    def _target(self, response: httpx.Response, visited: set[str]) -> httpx.URL:
        """Return where a redirect leads. Raises FetchFailure if it may not lead there."""
        location = response.headers.get("location", "")
        if not location.strip():
            raise FetchFailure(f"redirected ({response.status_code}) without an address", BY_HAND)
        try:
            target = web_address(location, response.url)
        except FetchFailure as failure:
            raise FetchFailure(f"redirected, but {failure.reason}", BY_HAND) from failure
        if response.url.scheme == "https" and target.scheme == "http":
            raise FetchFailure(f"redirected from https to http ({target.host})", BY_HAND)
        if str(target) in visited:
            raise FetchFailure("redirected in a circle", BY_HAND)
        if len(visited) > self.limits.redirects:
            raise FetchFailure(f"redirected more than {self.limits.redirects} times", BY_HAND)
        return target

    async def _check_robots(self, url: httpx.URL) -> None:
        """Raise FetchFailure if the host's robots.txt forbids an address."""
        host = self.host(url)
        origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        if origin not in host.robots:
            host.robots[origin] = await self._robots(httpx.URL(f"{origin}/robots.txt"))
            host.slow_down(host.robots[origin].crawl_delay(PRODUCT))
        if not host.robots[origin].can_fetch(str(url), PRODUCT):
            raise FetchFailure(f"the robots.txt of {url.host} forbids it", BY_HAND)

    async def _robots(self, url: httpx.URL) -> Protego:
        """Return the rules of a host; none if it has no usable robots.txt (RFC 9309)."""
        try:
            async with self.get(url, {}, heed_robots=False) as response:
                text = await self._robots_text(response)
        except (Passing, OutOfTime):  # it may forbid the request: nobody knows yet
            raise
        except FetchFailure:
            text = b""
        return Protego.parse(text.decode("utf-8-sig", "replace"))

    async def _robots_text(self, response: httpx.Response) -> bytes:
        status, text = response.status_code, b""
        if status == 429 or status >= 500:  # RFC 9309: then nothing is allowed
            raise Passing(f"the robots.txt of {response.url.host} answers {status}")
        if status == 200:
            async for chunk in response.aiter_raw():
                text += chunk
                if len(text) >= self.limits.robots_size:
                    break
        return text[: self.limits.robots_size]
