"""A corpus that links to the test's server, and a fetch that soon loses patience."""

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
    """As in earnest, but made only once: that takes a while."""
    return create_ssl_context()


HERE = ipaddress.ip_address("127.0.0.1")


def here_or_public(address: IPAddress) -> bool:
    """As in earnest, but the test's own server counts as a public one."""
    return address == HERE or is_public(address)


def lookup(names: Mapping[str, Sequence[str]]) -> Callable[[str, int], Sequence[str]]:
    """A resolver with names of our own; all other names are the system's matter."""

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
    """A corpus folder, and how it is fetched into."""

    folder: Path
    names: dict[str, Sequence[str]] = field(default_factory=dict)
    limits: DownloadLimits = QUICK
    settings: dict[str, Any] = field(default_factory=dict)
    network: Network = field(default_factory=Network)
    resolve: Resolve | None = None
    """Stands in for the look-up in `names`."""

    def write(self, *sources: Mapping[str, str]) -> None:
        entries = []
        for source in sources:
            whole = {"title": source["id"].replace("-", " "), "format": "pdf"} | dict(source)
            lines = (f"{key} = {json.dumps(value)}" for key, value in whole.items())
            entries.append("[[source]]\n" + "\n".join(lines))
        (self.folder / "sources.toml").write_text("\n".join(entries), encoding="utf-8")

    def link(self, url: str, **more: str) -> None:
        """A manifest with one source."""
        self.write({"id": "map", "url": url} | more)

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

    def one(self, *, force: bool = False) -> FetchRow:
        (row,) = self.fetch(force=force)
        return row

    def read(self, name: str = "linked/map.pdf") -> bytes:
        return (self.folder / name).read_bytes()

    def state(self) -> list[dict[str, Any]]:
        text = (self.folder / ".fetched.json").read_text(encoding="utf-8")
        found: list[dict[str, Any]] = json.loads(text)["sources"]
        return found

    def leftovers(self) -> list[str]:
        """Everything that is neither the manifest, the state, nor a whole file."""
        return sorted(p.name for p in self.folder.rglob("*") if ".part" in p.name)
