"""Accounts for every source and every page: what of it is searched, what is not, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby

from mehealth_rag.index.content import IndexedDocument, same_file
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.types import DocumentProblem, Fault, Page, Passage, Source, SourceState

_AT_ONCE = 500
"""Passages read together."""


@dataclass(frozen=True, slots=True)
class PageAccount:
    """One page in figures, white space not counted.

    `searched` of its `characters` are in its `passages`, `furniture` in running headers, footers,
    page numbers and tables of contents; the rest is `unaccounted`, and should be 0.
    """

    page: int
    label: str
    characters: int
    searched: int
    furniture: int
    passages: int
    problem: str | None = None
    fault: Fault | None = None

    @property
    def unaccounted(self) -> int:
        """Characters that are neither searched nor furniture."""
        return self.characters - self.searched - self.furniture


def page_accounts(index: OpenIndex, document: IndexedDocument) -> Iterator[PageAccount]:
    """Yield the account of every page of a document, in order."""
    passages: dict[int, list[Passage]] = defaultdict(list)
    ordinals = range(document.first, document.first + document.passages)
    for start in range(0, len(ordinals), _AT_ONCE):
        for passage in index.passages(ordinals[start : start + _AT_ONCE]):
            passages[passage.page].append(passage)
    for number in range(1, document.pages + 1):
        yield _account(index.page(document.source.id, number), passages[number])


PageName = tuple[int, str]
"""A page's number, counted from 1, and its printed label."""


def page_name(problem: DocumentProblem) -> PageName | None:
    """Return the page of a problem; None if it concerns the whole document."""
    if problem.page is None:
        return None
    return problem.page, problem.page_label or str(problem.page)


def unread_pages(
    problems: Iterable[DocumentProblem], documents: Sequence[str] = ()
) -> dict[str, tuple[PageName, ...]]:
    """Return the pages that could not be read, by document; of `documents` if given."""
    unread: dict[str, list[PageName]] = defaultdict(list)
    for problem in problems:
        page = page_name(problem)
        own = not documents or problem.source in documents
        if own and page is not None and problem.fault is not None and problem.fault.unread:
            unread[problem.source].append(page)
    return {document: tuple(sorted(pages)) for document, pages in unread.items()}


def page_ranges(pages: Sequence[PageName]) -> str:
    """Return pages by their labels, with consecutive ones joined: "page 3", "pages iii, 7–9"."""
    runs = groupby(enumerate(sorted(pages)), key=lambda pair: pair[1][0] - pair[0])
    spans = [[label for _, (_, label) in run] for _, run in runs]
    labels = [s[0] if len(s) == 1 else f"{s[0]}–{s[-1]}" for s in spans]
    return f"page{'s' * (len(pages) > 1)} {', '.join(labels)}"


def _account(page: Page, passages: Sequence[Passage]) -> PageAccount:
    in_passage = bytearray(len(page.text))
    for passage in passages:
        span = passage.span
        in_passage[span.start : span.end] = b"\1" * (span.end - span.start)
    searched = _dense("".join(c for c, inside in zip(page.text, in_passage, strict=True) if inside))
    furniture = sum(
        _dense(block.span.of(page.text))
        for block in page.blocks
        if block.kind.aside and not in_passage[block.span.start]
    )
    return PageAccount(
        page.number, page.label, _dense(page.text), searched, furniture, len(passages),
        page.problem, page.fault,
    )  # fmt: skip


def _dense(text: str) -> int:
    return sum(map(len, text.split()))


@dataclass(frozen=True, slots=True)
class LinkedPages:
    """A document and those of its pages that link to a source."""

    document: str
    pages: tuple[PageName, ...]


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source with its state, its pages and passages in the index, and a reason if there are none.

    `unread` are its pages that could not be read. `added` is the file's time: ISO, UTC, to the
    second; empty without a file.
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
    """Return the status of every source of the corpus, or of the index if there is no corpus."""
    indexed = {d.source.id: d for d in index.documents()}
    problems = index.problems()
    unread = unread_pages(problems)
    failures = {p.source: p.reason for p in problems if p.page is None}

    def status(listed: Source) -> SourceStatus:
        first = index.other_names.get(listed.id, listed.id)
        source = _described(listed, indexed.get(first))
        if first != source.id:
            result = SourceStatus(source, SourceState.INDEXED, reason=same_file(first))
        else:
            own = indexed.get(source.id)
            result = _status(source, own, unread.get(source.id, ()), failures.get(source.id))
        linked = _linked_pages(source, index, indexed)
        return replace(result, linked_from=linked, added=_added(source))

    return tuple(map(status, known or [d.source for d in indexed.values()]))


def _added(source: Source) -> str:
    try:
        time = source.path.stat().st_mtime if source.path else None
    except OSError:
        time = None
    return "" if time is None else datetime.fromtimestamp(int(time), UTC).isoformat()


def _described(source: Source, document: IndexedDocument | None) -> Source:
    """Return the source with the title and date found in its file."""
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
        state = SourceState.INDEXED
        return SourceStatus(source, state, indexed.pages, indexed.passages, reason, unread)
    if source.path is not None:
        reason = failure or "present, but not in the index"
        return SourceStatus(source, SourceState.FAILED, reason=reason)
    return SourceStatus(source, SourceState.NOT_FETCHED)


def _linked_pages(
    source: Source, index: OpenIndex, indexed: dict[str, IndexedDocument]
) -> tuple[LinkedPages, ...]:
    """Return the pages that link to a source, with their labels."""

    def label(document: str, number: int) -> str:
        is_indexed = document in indexed and 1 <= number <= indexed[document].pages
        return index.page(document, number).label if is_indexed else str(number)

    return tuple(
        LinkedPages(x.document, tuple((n, label(x.document, n)) for n in x.pages))
        for x in source.linked_from
    )
