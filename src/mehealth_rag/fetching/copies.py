"""Where a source may be had: at its address, in an archive, at a mirror that the person names."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from mehealth_rag.errors import UsageError
from mehealth_rag.fetching.addresses import web_address
from mehealth_rag.fetching.failures import FetchFailure
from mehealth_rag.fetching.kept import Origin
from mehealth_rag.types import Source

PLACEHOLDER = "{url}"


@dataclass(frozen=True, slots=True)
class Address:
    """One address to try, and what sort of copy it leads to."""

    url: str
    origin: Origin = Origin.WEB


@dataclass(frozen=True, slots=True)
class Copies:
    """Where else than at its address a source is looked for."""

    mirror: str | None
    archive: str | None

    @classmethod
    def checked(cls, mirror: str | None, archive: str | None) -> Copies:
        """The copies of an option and a setting; raises UsageError where one is none."""
        if mirror is not None:
            mirror = _checked_mirror(mirror)
        if archive is not None:
            _check_archive(archive)
        return cls(mirror, archive)

    def addresses(self, source: Source) -> tuple[Address, ...]:
        """The addresses to try for a source, in order; each only where those before are dead.

        A mirror takes the place of the web: it may hold the tree of the original (host and path),
        all files side by side under their own names, or under the ids of the sources.
        """
        url = source.url or ""
        if self.mirror is not None:
            names = _mirrored(url, source)
            return tuple(Address(f"{self.mirror}/{name}", Origin.MIRROR) for name in names)
        if self.archive is None:
            return (Address(url),)
        return (Address(url), Address(_archived(self.archive, url), Origin.ARCHIVE))


def file_name(url: str) -> str:
    """The last part of an address's path, as a server would name the file; may be empty."""
    return web_address(url).path.rstrip("/").rpartition("/")[2]


def _checked_mirror(text: str) -> str:
    try:
        return str(web_address(text)).partition("?")[0].rstrip("/")
    except FetchFailure as failure:
        raise UsageError(f"--mirror: {failure.reason}; give an http or https address") from failure


def _check_archive(text: str) -> None:
    if text.count(PLACEHOLDER) != 1:
        raise UsageError(
            f"the setting fetch_archive is {text!r}: {PLACEHOLDER} must stand in it once, "
            "where the lost address belongs"
        )
    try:
        web_address(_archived(text, "https://example.org/"))
    except FetchFailure as failure:
        raise UsageError(f"the setting fetch_archive: {failure}") from failure


def _mirrored(url: str, source: Source) -> tuple[str, ...]:
    original = web_address(url)
    tree = original.netloc.decode("ascii") + original.raw_path.decode("ascii")
    names = (tree, quote(file_name(url)), f"{quote(source.id)}.{source.format}")
    return tuple(dict.fromkeys(name for name in names if name))


def _archived(template: str, url: str) -> str:
    """The lost address goes in as it is; escaped where it becomes a part of a query."""
    before = template.partition(PLACEHOLDER)[0]
    return template.replace(PLACEHOLDER, quote(url, safe="") if "?" in before else url)
