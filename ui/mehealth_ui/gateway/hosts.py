"""Refuses requests that other websites make a browser send.

Origin names the website that asks, Host the name that it asked for. A foreign name that points at
this machine makes the two agree, so the name is checked too.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mehealth_ui.people.door import is_loopback

if TYPE_CHECKING:
    from starlette.datastructures import Headers

_ELSEWHERE = frozenset({"cross-site", "same-site"})
"""Values of Sec-Fetch-Site for other websites."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names of the page; without `names` any name will do.

    A page that others can reach needs a login, which keeps foreign names out too. A numeric address
    is always accepted, because no website can be one.
    """

    names: frozenset[str] | None
    trusted: frozenset[str] = frozenset()
    """Names accepted in Origin whatever Host says, because a proxy may replace Host."""

    @classmethod
    def of(cls, host: str, others: Iterable[str]) -> Hosts:
        """Return the names of a page that listens on `host` and has `others` too."""
        trusted = frozenset(name.strip().casefold() for name in others if name.strip())
        own = {"localhost", host.casefold()}
        return cls(trusted | own if is_loopback(host) or trusted else None, trusted)

    def refusal(self, headers: Headers) -> tuple[int, str] | None:
        """Return status and line for a request by another website or to another name."""
        hosts = headers.getlist("host")
        name = _name(hosts[0]) if hosts else ""
        if len(hosts) != 1 or not self._known(name):
            line = (
                f"this page is not known as '{name[:100]}'; name it in MEHEALTH_UI_HOSTS if it is"
            )
            return 421, line
        foreign = any(not self._same(origin, hosts[0]) for origin in headers.getlist("origin"))
        elsewhere = headers.get("sec-fetch-site") in _ELSEWHERE
        followed_link = headers.get("sec-fetch-mode") == "navigate"
        if foreign or (elsewhere and not followed_link):
            return 403, "another website asks; only the page itself may"
        return None

    def _known(self, name: str) -> bool:
        return self.names is None or name in self.names or is_network(name)

    def _same(self, origin: str, host: str) -> bool:
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if parts.scheme not in {"http", "https"}:
            return False
        return parts.netloc.casefold() == host.casefold() or parts.hostname in self.trusted


def _name(host: str) -> str:
    """Return the name in a Host header without its port, empty if it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_network(name: str) -> bool:
    """Tell whether a name is an IP address or a network such as 10.42.0.0/16."""
    try:
        ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False
    return True
