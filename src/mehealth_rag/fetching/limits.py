"""How long, how large, how often: the bounds of a download. Seconds, bytes and counts."""

from __future__ import annotations

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of every download; the defaults are for documents of the open web."""

    size: int = 100 * MEGABYTE
    """Bytes of a file, as sent and as unpacked."""

    connect: float = 10.0
    read: float = 30.0
    """Longest silence of a server."""
    total: float = 600.0
    """One request from the first byte asked to the last received; stops a slow drip."""

    attempts: int = 4
    backoff: float = 1.0
    """Wait before the second attempt; doubles with each one more, with jitter."""
    longest_backoff: float = 30.0
    longest_retry_after: float = 120.0
    """A server that asks for a longer wait than this is left for another day."""

    redirects: int = 10

    pause: float = 0.5
    """Between two requests to one host, unless its robots.txt asks for more."""
    longest_pause: float = 30.0
    """The most of a Crawl-delay that is honoured."""
    robots_size: int = 512 * 1024
    """Bytes of a robots.txt that are read, as RFC 9309 has it."""

    hosts: int = 8
    """Hosts that are asked at the same time; each has one connection."""
