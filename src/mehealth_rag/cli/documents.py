"""`mehealth ingest`, `sources`, `guide`, `conflicts` and `fetch`: commands on the whole corpus."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from mehealth_rag.cli.context import Common, console, note, open_assistant, print_json
from mehealth_rag.growing import Progress
from mehealth_rag.guide.document_guide import Guide, Outlined
from mehealth_rag.index.accounting import PageAccount, PageName, page_name, page_ranges
from mehealth_rag.index.build_report import IngestReport
from mehealth_rag.language.dates import as_of
from mehealth_rag.serialise import conflicts_json, guides_json, pages_json, source_json
from mehealth_rag.settings import PACKAGED_CORPUS, Settings
from mehealth_rag.types import Citation, ConflictReport, ConflictValue, DocumentProblem, SourceState
from mehealth_rag.wiring import ingest

PATIENCE = 2.0
"""Seconds before progress appears; shorter work shows none."""

NONE_FOUND = "No two pages give different figures for the same thing."


class TerminalProgress(Progress):
    """Shows a bar per stage on standard error, under `heading`, after `patience` seconds."""

    def __init__(self, heading: str = "", patience: float = 0.0) -> None:
        self._heading = heading
        self._not_before = time.monotonic() + patience
        self._bars = Bars(
            TextColumn("{task.description:>10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True, markup=False, emoji=False, soft_wrap=True),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._bars.live.is_started:  # stopping bars that never started prints a blank line
            self._bars.stop()

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of `total` steps."""
        self._task = self._bars.add_task(name, total=total)
        self._show()

    def advance(self, n: int = 1) -> None:
        """Advance the current stage by `n` steps."""
        if self._task is not None:
            self._bars.advance(self._task, n)
            self._show()

    def message(self, text: str) -> None:
        """Print a message above the bars."""
        self._announce()
        self._bars.console.print(text)

    def _show(self) -> None:
        if not self._bars.live.is_started and time.monotonic() >= self._not_before:
            self._announce()
            self._bars.start()

    def _announce(self) -> None:
        if self._heading:
            self._bars.console.print(self._heading)
            self._heading = ""


def build(settings: Settings, heading: str = "", *, rebuild: bool = False) -> IngestReport:
    """Build the index and show progress under `heading`."""
    with TerminalProgress(heading) as progress:
        return ingest(settings, progress, rebuild=rebuild)


def run_ingest(common: Common, *, rebuild: bool) -> None:
    """Build the index and print the report."""
    report = build(common.settings, rebuild=rebuild)
    if common.json:
        print_json({"schema": 1, **asdict(report)})
        return
    table = Table("document", "pages", "passages", "status", "reason")
    for row in report.documents:
        table.add_row(row.id, str(row.pages), str(row.passages), row.status, row.reason)
    console().print(table)
    for line in page_problems(report.problems):
        note(line)
    seconds = sum(report.seconds.values())
    console().print(
        f"{report.pages} pages, {report.passages} passages in {seconds:.1f} s"
        + ("" if report.changed else "; nothing had changed")
    )


def page_problems(problems: Sequence[DocumentProblem]) -> list[str]:
    """Return one line per document and reason, with the page ranges that it applies to."""
    pages_by_reason: dict[tuple[str, str], list[PageName]] = {}
    for problem in problems:
        if (page := page_name(problem)) is not None:
            pages_by_reason.setdefault((problem.source, problem.reason), []).append(page)
    return [
        f"{name}, {page_ranges(pages)}: {why}" for (name, why), pages in pages_by_reason.items()
    ]


def run_sources(common: Common) -> None:
    """List the sources of the corpus and of the index."""
    statuses = open_assistant(common).sources()
    if common.json:
        print_json([source_json(s) for s in statuses])
        return
    columns = "source,collection,title,dated,pages,passages,state,linked from,address"
    table = Table(*columns.split(","))
    for status in statuses:
        source = status.source
        table.add_row(
            source.id,
            source.collection,
            source.title,
            as_of(source.dated),
            str(status.pages or ""),
            str(status.passages or ""),
            ": ".join(filter(None, (status.state, status.reason))),
            "; ".join(
                f"{x.document} p. {', '.join(label for _, label in x.pages)}"
                for x in status.linked_from
            ),
            source.url or "",
        )
    folder = common.settings.corpus
    origin = " (came with the program)" if folder == PACKAGED_CORPUS else ""
    console().print(f"corpus: {folder}{origin}")
    console().print(table)


def run_pages(common: Common) -> None:
    """Print one row per page of each indexed document, and one per document that failed."""
    assistant = open_assistant(common)
    statuses = assistant.sources()
    indexed = [s for s in statuses if s.state is SourceState.INDEXED]
    failed = [s for s in statuses if s.state is SourceState.FAILED]
    if common.json:
        print_json(
            [source_json(s) | pages_json(assistant.pages(s.source.id)) for s in indexed]
            + [source_json(s) for s in failed]
        )
        return
    table = Table("document", "page", "counted", "characters", "furniture", "passages", "problem")
    for status in indexed:
        _add_pages(table, status.source.id, assistant.pages(status.source.id))
    for status in failed:
        table.add_row(status.source.id, "", "", "", "", "", status.reason)
    console().print(table)


def _add_pages(table: Table, document: str, pages: Sequence[PageAccount]) -> None:
    for page in pages:
        lost = f"{page.unaccounted} characters in no passage" if page.unaccounted else ""
        figures = (page.label, page.page, page.characters, page.furniture, page.passages)
        remark = "; ".join(filter(None, (page.problem, lost)))
        table.add_row(document, *map(str, figures), remark)
    sums = (sum(getattr(p, x) for p in pages) for x in ("characters", "furniture", "passages"))
    table.add_row(document, f"all {len(pages)}", "", *map(str, sums), "", end_section=True)


def run_guide(common: Common, document: str | None) -> None:
    """Print the guide to one document, or to all."""
    assistant = open_assistant(common)
    guides = assistant.guides((document,) if document else ())
    if common.json:
        print_json(guides_json(guides, assistant.index.fingerprint))
    else:
        print("\n\n".join("\n".join(_guide_lines(guide)) for guide in guides))


def _guide_lines(guide: Guide[Citation]) -> Iterator[str]:
    """Yield a guide as lines of plain text with printed page numbers, without empty parts."""
    details = filter(None, (guide.document, guide.publisher, as_of(guide.dated)))
    yield guide.title
    yield f"({', '.join(details)})"
    in_order = sorted(guide.sentences, key=lambda s: s.page)
    parts: dict[str, list[tuple[str, Citation | Outlined]]] = {
        "In short": [(_quoted(s), s) for s in in_order],
        "Key figures": [(f"{f.value}: {_quoted(f.citation)}", f.citation) for f in guide.figures],
        "People": [(f"{p.name}, {p.role}", p.citation) for p in guide.people],
        "Contacts": [(c.value, c.citation) for c in guide.contacts],
        "Acronyms": [(f"{a.short}: {a.long}", a.citation) for a in guide.acronyms],
        "Outline": [(o.heading, o) for o in guide.outline],
    }
    for name, items in parts.items():
        if items:
            yield f"\n{name}"
            yield from (f"  {text} (p. {place.page_label})" for text, place in items)


def _quoted(citation: Citation) -> str:
    return f"“{' '.join(citation.quote.split())}”"


def run_conflicts(common: Common, documents: Sequence[str]) -> None:
    """Print the conflicts of the corpus, or of `documents`, most certain first."""
    assistant = open_assistant(common)
    with TerminalProgress(patience=PATIENCE) as progress:
        report = assistant.conflicts(documents, progress)
    if common.json:
        print_json(conflicts_json(report))
    elif report.conflicts:
        console().print(_conflicts_table(report))
    else:
        console().print(NONE_FOUND)


def _conflicts_table(report: ConflictReport) -> Table:
    table = Table("about", "value", "page", "document")
    for conflict in report.conflicts:
        about = conflict.about
        for value in conflict.values:
            for figure, citation in _cited(value, report.citations):
                table.add_row(about, figure, citation.page_label, citation.title)
                about = ""
        table.add_section()
    return table


def _cited(value: ConflictValue, citations: Sequence[Citation]) -> list[tuple[str, Citation]]:
    """Return (value, citation) once per page of a value; the value is blank after the first."""
    cited = (citations[number - 1] for number in value.citations)
    by_page = {(c.document, c.page): c for c in reversed(list(cited))}
    return [(value.value * (not n), c) for n, c in enumerate(reversed(by_page.values()))]


def run_fetch(common: Common, ids: Sequence[str], *, force: bool) -> int:
    """Download linked sources and print a row for each; return exit code 1 if one failed."""
    from mehealth_rag.fetching.fetcher import fetch
    from mehealth_rag.fetching.outcomes import FetchStatus

    with TerminalProgress(patience=PATIENCE) as progress:
        rows = fetch(common.settings, ids, progress, force=force)
    if common.json:
        print_json([asdict(row) for row in rows])
    else:
        table = Table("source", "status", "file", "size", "remark")
        for row in rows:
            size = f"{row.bytes:,}" if row.bytes is not None else ""
            table.add_row(row.id, row.status, row.file or "", size, row.remark)
        console().print(table)
        if any(row.status is FetchStatus.FETCHED for row in rows):
            note("to have what was fetched searched, run: mehealth ingest")
    return int(any(row.status is FetchStatus.FAILED for row in rows))
