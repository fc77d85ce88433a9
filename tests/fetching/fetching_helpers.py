"""A corpus that links to the test's server, and fetching with short time limits."""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from fetching_web import Act, Answer, Site
from httpx import create_ssl_context

from mehealth_rag.fetching.addresses import IPAddress, Resolve, is_public, resolve
from mehealth_rag.fetching.fetcher import fetch
from mehealth_rag.fetching.outcomes import FetchRow
from mehealth_rag.fetching.web import DownloadLimits, Network
from mehealth_rag.growing import Progress
from mehealth_rag.settings import Settings

QUICK = DownloadLimits(
    size=100_000,
    connect=1.0,
    read=0.4,
    total=2.0,
    attempts=3,
    backoff=0.01,
    longest_backoff=0.05,
    longest_retry_after=1.0,
    redirects=4,
    pause=0.0,
)


@lru_cache(maxsize=1)
def ssl_context() -> ssl.SSLContext:
    """Make the real context, but only once: that takes a while."""
    return create_ssl_context()


HERE = ipaddress.ip_address("127.0.0.1")


def here_or_public(address: IPAddress) -> bool:
    """Allow public addresses and that of the test's own server."""
    return address == HERE or is_public(address)


def lookup(names: Mapping[str, Sequence[str]]) -> Callable[[str, int], Sequence[str]]:
    """Make a resolver with names of our own; the system resolves all others."""

    def look(host: str, port: int) -> Sequence[str]:
        if host in names:
            return names[host]
        if host == "later.test":
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        if host.endswith(".test"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, port)

    return look


@dataclass(slots=True)
class Corner:
    """A corpus folder, with the settings for fetching into it."""

    folder: Path
    names: dict[str, Sequence[str]] = field(default_factory=dict)
    limits: DownloadLimits = QUICK
    settings: dict[str, Any] = field(default_factory=dict)
    network: Network = field(default_factory=Network)
    resolve: Resolve | None = None
    """Replaces the look-up in `names`."""

    def write(self, *sources: Mapping[str, str]) -> None:
        entries = []
        for source in sources:
            whole = {"title": source["id"].replace("-", " "), "format": "pdf"} | dict(source)
            lines = (f"{key} = {json.dumps(value)}" for key, value in whole.items())
            entries.append("[[source]]\n" + "\n".join(lines))
        (self.folder / "sources.toml").write_text("\n".join(entries), encoding="utf-8")

    def link(self, url: str, **more: str) -> None:
        """Write a manifest with one source."""
        self.write({"id": "map", "url": url} | more)

    def publish(self, site: Site, *acts: Act, **more: str) -> None:
        """Write a manifest with one source, whose requests `site` answers with `acts` in turn."""
        site.on("/map.pdf", *acts or (Answer(),))
        self.link(site.url("/map.pdf"), **more)

    def fetch(
        self, *ids: str, progress: Progress | None = None, force: bool = False
    ) -> list[FetchRow]:
        network = replace(self.network, resolve=self.resolve or lookup(self.names))
        if network.ssl_context is create_ssl_context:
            network = replace(network, ssl_context=ssl_context)
        if self.network.allowed is is_public:
            network = replace(network, allowed=here_or_public)
        settings = Settings.load({"corpus": self.folder} | self.settings, {}, self.folder)
        rows = fetch(settings, ids, progress, force=force, network=network, limits=self.limits)
        return list(rows)

    def fetch_one(self, *, force: bool = False) -> FetchRow:
        (row,) = self.fetch(force=force)
        return row

    def put(self, content: bytes, name: str = "linked/map.pdf") -> None:
        """Write a file as a person would."""
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(content)

    def read(self, name: str = "linked/map.pdf") -> bytes:
        return (self.folder / name).read_bytes()

    def state(self) -> list[dict[str, Any]]:
        text = (self.folder / ".fetched.json").read_text(encoding="utf-8")
        sources: list[dict[str, Any]] = json.loads(text)["sources"]
        return sources

    def leftovers(self) -> list[str]:
        """Return the names of incomplete files."""
        return sorted(p.name for p in self.folder.rglob("*") if ".part" in p.name)
