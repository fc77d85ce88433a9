"""Where copies of a source may be: at a mirror that the person names, in an archive."""

from __future__ import annotations

from urllib.parse import quote

from mehealth_rag.errors import UsageError
from mehealth_rag.fetching.addresses import web_address
from mehealth_rag.fetching.download import Address, Job
from mehealth_rag.fetching.failures import FetchFailure
from mehealth_rag.fetching.state import Origin

PLACEHOLDER = "{url}"


def addresses(job: Job, mirror: str | None, archive: str | None) -> tuple[Address, ...]:
    """The addresses to try for a source, in this order; each only where those before are dead.

    A mirror takes the place of the web: it may hold the tree of the original (host and path), all
    files side by side under their own names, or under the ids of the sources.
    """
    url = job.source.url or ""
    if mirror is not None:
        return tuple(Address(u, Origin.MIRROR) for u in _mirrored(mirror, url, job))
    found = [Address(url)]
    if archive is not None:
        found.append(Address(_archived(archive, url), Origin.ARCHIVE))
    return tuple(found)


def checked_mirror(text: str) -> str:
    """A mirror's base address without its last slash; raises UsageError where it is none."""
    try:
        return str(web_address(text)).partition("?")[0].rstrip("/")
    except FetchFailure as failure:
        raise UsageError(f"--mirror: {failure.reason}; give an http or https address") from failure


def checked_archive(text: str) -> str:
    """The template of an archive's addresses; raises UsageError where it is none."""
    if text.count(PLACEHOLDER) != 1:
        raise UsageError(
            f"the setting fetch_archive is {text!r}: {PLACEHOLDER} must stand in it once, "
            "where the lost address belongs"
        )
    try:
        web_address(_archived(text, "https://example.org/"))
    except FetchFailure as failure:
        raise UsageError(f"the setting fetch_archive: {failure}") from failure
    return text


def file_name(url: str) -> str:
    """The last part of an address's path, as a server would name the file; may be empty."""
    return web_address(url).path.rstrip("/").rpartition("/")[2]


def _mirrored(mirror: str, url: str, job: Job) -> tuple[str, ...]:
    original = web_address(url)
    tree = original.netloc.decode("ascii") + original.raw_path.decode("ascii")
    names = (tree, quote(file_name(url)), f"{quote(job.source.id)}{job.kind.ending}")
    return tuple(dict.fromkeys(f"{mirror}/{name}" for name in names if name))


def _archived(template: str, url: str) -> str:
    """The lost address goes in as it is; escaped where it becomes a part of a query."""
    before = template.partition(PLACEHOLDER)[0]
    return template.replace(PLACEHOLDER, quote(url, safe="") if "?" in before else url)
