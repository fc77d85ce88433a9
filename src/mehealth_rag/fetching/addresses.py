"""Decides which addresses may be requested, by their form and the machines they lead to."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence

import httpx

from mehealth_rag.fetching.outcomes import BY_HAND, FetchFailure

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Returns the IP addresses of a host name and port; raises OSError if there are none."""

_LONGEST = 4_000
_HOST = re.compile(rb"[A-Za-z0-9._-]+|[0-9A-Fa-f.]*+:[0-9A-Fa-f:.]*")
"""A host name or IPv6 address as it is sent."""
_PORTS = range(1, 65_536)

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(block)
    for block in (
        "192.0.0.0/24",  # IETF protocol assignments; one cloud has its metadata there
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "168.63.129.16/32",  # a cloud's own server behind a public number
        "fec0::/10",  # site-local, withdrawn but still routed inside
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
    )
)
"""Networks that `ipaddress` calls global although no machine of the open web is there."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def web_address(text: str, base: httpx.URL | None = None) -> httpx.URL:
    """Return an http or https address with a host and no credentials; relative ones need `base`.

    Raises FetchFailure for anything else.
    """
    try:
        url = httpx.URL(text.strip()) if base is None else base.join(text.strip())
        host, port = url.host, 80 if url.port is None else url.port
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise _refused(text, f"is no web address ({error})") from error
    if url.scheme not in {"http", "https"}:
        raise _refused(text, f"has the scheme '{url.scheme}', not http or https")
    if url.userinfo:
        raise FetchFailure(f"the address of {host} holds a user name or password", BY_HAND)
    if not _HOST.fullmatch(url.raw_host) or port not in _PORTS or len(str(url)) > _LONGEST:
        raise _refused(text, "is no web address that can be asked")
    return url.copy_with(fragment=None)


def _refused(text: str, why: str) -> FetchFailure:
    excerpt = text if len(text) <= 200 else text[:200] + "…"
    return FetchFailure(f"the address {excerpt!r} {why}", "mend the address")


def is_public(address: IPAddress) -> bool:
    """Return whether an address is of the open web: not private, local, reserved or metadata."""
    if isinstance(address, ipaddress.IPv6Address) and (inner := _embedded(address)) is not None:
        return is_public(inner)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not any(address in block for block in _NOT_PUBLIC)
    )


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address stands for (mapped, 6to4, NAT64), or None."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Ask the system for a host's addresses, in plain notation."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in entries))


def allowed_addresses(
    host: str, port: int, lookup: Resolve, allowed: Callable[[IPAddress], bool]
) -> tuple[str, ...]:
    """Return the allowed addresses of a host. Raises FetchFailure if there are none."""
    try:
        addresses = lookup(host, port)
    except (OSError, UnicodeError) as error:  # UnicodeError: an impossible label
        raise FetchFailure(
            f"the host {host} is not known ({getattr(error, 'strerror', None) or error})",
            "check the address and the network connection",
        ) from error
    good = tuple(a for a in addresses if allowed(ipaddress.ip_address(a.partition("%")[0])))
    if not good:
        shown = ", ".join(addresses) or "–"
        raise FetchFailure(
            f"{host} leads to an address that is not of the open web ({shown})",
            "set MEHEALTH_FETCH_ALLOW_PRIVATE=true if that is meant",
        )
    return good
