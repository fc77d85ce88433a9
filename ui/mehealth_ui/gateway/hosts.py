"""From which websites and under which names the page may be spoken to.

A browser sends what any website tells it to send, to this machine as well. Two of its headers give
that away: Origin names the website that asks, and Host the name that was asked for. A foreign name
that was pointed at this machine makes the two agree, so the name is checked too.
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
"""What a browser says of a website that is not the page itself (Sec-Fetch-Site)."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names of the page. Addresses in figures are always its own: no website can be one.

    A page that others can reach needs a login, which keeps out foreign names as well: without
    `names` it goes by any.
    """

    names: frozenset[str] | None
    trusted: frozenset[str] = frozenset()
    """Names that stand for the page whatever Host says: a proxy may put its own there."""

    @classmethod
    def of(cls, host: str, others: Iterable[str]) -> Hosts:
        """The names of a page that listens on `host` and is known by `others` too."""
        trusted = frozenset(name.strip().casefold() for name in others if name.strip())
        own = {"localhost", host.casefold()}
        return cls(trusted | own if is_loopback(host) or trusted else None, trusted)

    def refusal(self, headers: Headers) -> tuple[int, str] | None:
        """Status and line for a request that another website, or another name, is behind."""
        asked = headers.getlist("host")
        if len(asked) != 1 or not self._known(_name(asked[0])):
            told = _name(asked[0])[:100] if asked else ""
            line = f"this page is not known as '{told}'; name it in MEHEALTH_UI_HOSTS if it is"
            return 421, line
        if any(not self._same(origin, asked[0]) for origin in headers.getlist("origin")):
            return 403, "another website asks; only the page itself may"
        elsewhere = headers.get("sec-fetch-site") in _ELSEWHERE
        if elsewhere and headers.get("sec-fetch-mode") != "navigate":  # a link may be followed
            return 403, "another website asks; only the page itself may"
        return None

    def _known(self, name: str) -> bool:
        return self.names is None or name in self.names or _is_address(name)

    def _same(self, origin: str, asked: str) -> bool:
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if parts.scheme not in {"http", "https"}:
            return False
        return parts.netloc.casefold() == asked.casefold() or parts.hostname in self.trusted


def _name(host: str) -> str:
    """The name in a Host header, without its port; empty where it is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_network(name: str) -> bool:
    """Whether a name is an IP address, or a network of them such as 10.42.0.0/16."""
    try:
        ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False
    return True


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
