"""The connection of one host: straight to it, or through a proxy where a setting says so."""

from __future__ import annotations

import ssl
from dataclasses import replace
from functools import lru_cache

import httpcore
import httpx

from mehealth_rag.fetching.addresses import allowed_addresses
from mehealth_rag.fetching.failures import DeadLink, FetchFailure
from mehealth_rag.fetching.network import CheckedBackend, Network, Watch


class Pool:
    """Keeps one connection, and makes another only where the proxy changes."""

    def __init__(self, network: Network, watch: Watch) -> None:
        self._network = network
        self._watch = watch
        self._proxy: str | None = None
        self._connections: httpcore.ConnectionPool | None = None

    def connections(self, url: httpx.URL) -> httpcore.ConnectionPool:
        """The connection for an address.

        Raises FetchFailure where the proxy's address is wrong, or the target behind it is private.
        """
        proxy = self._network.proxy(url)
        if proxy is not None:
            self._check_target(url)
        if self._connections is None or proxy != self._proxy:
            self.close()
            self._connections = self._made(proxy)
            self._proxy = proxy
        return self._connections

    def close(self) -> None:
        """Close the connection."""
        if self._connections is not None:
            self._connections.close()
            self._connections = None

    def _made(self, proxy: str | None) -> httpcore.ConnectionPool:
        network = self._network
        if proxy is not None:  # the proxy itself may stand in the house: a setting names it
            network = replace(network, allowed=lambda _address: True)
        return httpcore.ConnectionPool(
            ssl_context=_ssl_context(self._network),
            proxy=_proxy(proxy) if proxy is not None else None,
            max_connections=1,
            network_backend=CheckedBackend(network, self._watch),
        )

    def _check_target(self, url: httpx.URL) -> None:
        """Refuse what is known here to be private; a name unknown here is the proxy's matter."""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            allowed_addresses(url.host, port, self._network.resolve, self._network.allowed)
        except DeadLink:
            return


@lru_cache(maxsize=4)
def _ssl_context(network: Network) -> ssl.SSLContext:
    return network.ssl_context()


def _proxy(address: str) -> httpcore.Proxy:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise _wrong_proxy(str(error)) from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise _wrong_proxy("it does not begin with http:// or https:// and a host")
    auth = (url.username, url.password) if url.userinfo else None
    return httpcore.Proxy(f"{url.scheme}://{url.netloc.decode()}", auth=auth)


def _wrong_proxy(why: str) -> FetchFailure:
    return FetchFailure(
        f"the proxy's address is not one ({why})",
        "mend MEHEALTH_FETCH_PROXY or the variable that it takes it from",
    )
