"""Every source and where it stands: what the index holds of it, and which pages link to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mehealth_rag.index.accounting import PageName, page_ranges, unread_pages
from mehealth_rag.index.content import IndexedDocument, same_file
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.types import Source, SourceState


@dataclass(frozen=True, slots=True)
class LinkedPages:
    """A document and those of its pages that link to a source."""

    document: str
    pages: tuple[PageName, ...]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source with its state: how many pages and passages the index holds, and why none.

    `unread` are its pages that show something which could not be read. `added` is when its file was
    put here, going by the file's time: ISO, UTC, to the second; empty without a file.
    """

    source: Source
    state: SourceState
    pages: int = 0
    passages: int = 0
    reason: str = ""
    unread: tuple[PageName, ...] = ()
    linked_from: tuple[LinkedPages, ...] = ()
    added: str = ""


def source_statuses(index: OpenIndex, known: Sequence[Source]) -> tuple[SourceStatus, ...]:
    """The status of every source of the corpus, or of the index where there is no corpus."""
    indexed = {d.source.id: d for d in index.documents()}
    problems = index.problems()
    unread = unread_pages(problems)
    failures = {p.source: p.reason for p in problems if p.page is None}
    found = []
    for source in known or [d.source for d in indexed.values()]:
        first = index.other_names.get(source.id, source.id)
        source = _described(source, indexed.get(first))  # noqa: PLW2901
        if first != source.id:
            status = SourceStatus(source, SourceState.INDEXED, reason=same_file(first))
        else:
            own = indexed.get(source.id)
            status = _status(source, own, unread.get(source.id, ()), failures.get(source.id))
        linked = _linked_pages(source, index, indexed)
        found.append(replace(status, linked_from=linked, added=_added(source)))
    return tuple(found)


def _added(source: Source) -> str:
    try:
        time = source.path.stat().st_mtime if source.path else None
    except OSError:
        time = None
    return "" if time is None else datetime.fromtimestamp(int(time), UTC).isoformat()


def _described(source: Source, document: IndexedDocument | None) -> Source:
    """The source with the title and date that reading its file has found."""
    if document is None:
        return source
    title = document.source.title if source.guessed else source.title
    return replace(source, title=title, dated=document.source.dated)


def _status(
    source: Source,
    indexed: IndexedDocument | None,
    unread: tuple[PageName, ...],
    failure: str | None,
) -> SourceStatus:
    if indexed is not None:
        reason = f"{page_ranges(unread)} could not be read" if unread else ""
        found = SourceState.INDEXED
        return SourceStatus(source, found, indexed.pages, indexed.passages, reason, unread)
    if source.path is not None:
        reason = failure or "present, but not in the index"
        return SourceStatus(source, SourceState.FAILED, reason=reason)
    return SourceStatus(source, SourceState.NOT_FETCHED)


def _linked_pages(
    source: Source, index: OpenIndex, indexed: dict[str, IndexedDocument]
) -> tuple[LinkedPages, ...]:
    """The pages that link to a source, by the labels that the index knows."""

    def label(document: str, number: int) -> str:
        there = document in indexed and 1 <= number <= indexed[document].pages
        return index.page(document, number).label if there else str(number)

    return tuple(
        LinkedPages(x.document, tuple((n, label(x.document, n)) for n in x.pages))
        for x in source.linked_from
    )
