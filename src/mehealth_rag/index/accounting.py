"""What became of every page: its characters, its passages, and what of it was not searched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from mehealth_rag.index.content import IndexedDocument
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.types import DocumentProblem, Fault, Page, Passage

_AT_ONCE = 500
"""Passages read together."""


@dataclass(frozen=True, slots=True)
class PageAccount:
    """One page in figures; white space counts nowhere.

    `searched` of its `characters` stand in its `passages`, `furniture` in running headers, footers,
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
    """The account of every page of a document, in order."""
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
    """The page that a problem is of; None where it is of the document."""
    if problem.page is None:
        return None
    return problem.page, problem.page_label or str(problem.page)


def unread_pages(
    problems: Iterable[DocumentProblem], documents: Sequence[str] = ()
) -> dict[str, tuple[PageName, ...]]:
    """The pages, by document, that show what is not searched; of `documents` if given."""
    found: dict[str, list[PageName]] = defaultdict(list)
    for problem in problems:
        page = page_name(problem)
        own = not documents or problem.source in documents
        if own and page is not None and problem.fault is not None and problem.fault.unread:
            found[problem.source].append(page)
    return {document: tuple(sorted(pages)) for document, pages in found.items()}


def page_ranges(pages: Sequence[PageName]) -> str:
    """Pages by their labels, those in a row together: "page 3", "pages iii, 7–9"."""
    runs = groupby(enumerate(sorted(pages)), key=lambda pair: pair[1][0] - pair[0])
    spans = [[label for _, (_, label) in run] for _, run in runs]
    shown = [s[0] if len(s) == 1 else f"{s[0]}–{s[-1]}" for s in spans]
    return f"page{'s' * (len(pages) > 1)} {', '.join(shown)}"


def _account(page: Page, passages: Sequence[Passage]) -> PageAccount:
    held = bytearray(len(page.text))
    for passage in passages:
        span = passage.span
        held[span.start : span.end] = b"\1" * (span.end - span.start)
    searched = _dense("".join(c for c, inside in zip(page.text, held, strict=True) if inside))
    furniture = sum(
        _dense(block.span.of(page.text))
        for block in page.blocks
        if block.kind.aside and not held[block.span.start]
    )
    return PageAccount(
        page.number, page.label, _dense(page.text), searched, furniture, len(passages),
        page.problem, page.fault,
    )  # fmt: skip


def _dense(text: str) -> int:
    return sum(map(len, text.split()))
