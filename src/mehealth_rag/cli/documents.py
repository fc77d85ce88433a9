"""`mehealth ingest`, `sources`, `guide` and `conflicts`: index, list, sum up, compare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from rich.table import Table

from mehealth_rag.cli.context import Common, console, note, open_assistant, print_json
from mehealth_rag.cli.progress import PATIENCE, TerminalProgress
from mehealth_rag.guide.document_guide import Guide, Outlined
from mehealth_rag.index.accounting import PageAccount, PageName, page_name, page_ranges
from mehealth_rag.index.build_report import IngestReport
from mehealth_rag.language.dates import as_of
from mehealth_rag.serialise import conflicts_json, guides_json, pages_json, source_json
from mehealth_rag.settings import PACKAGED_CORPUS, Settings
from mehealth_rag.types import Citation, ConflictReport, ConflictValue, DocumentProblem, SourceState
from mehealth_rag.wiring import ingest

NONE_FOUND = "No two pages give different figures for the same thing."


def build(settings: Settings, heading: str = "", *, rebuild: bool = False) -> IngestReport:
    """Build the index and show progress under `heading`."""
    with TerminalProgress(heading) as progress:
        return ingest(settings, progress, rebuild=rebuild)


def run_ingest(common: Common, *, rebuild: bool) -> None:
    """Build the index and print the report."""
    report = build(common.settings, rebuild=rebuild)
    if common.json:
        print_json(summary(report))
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


def summary(report: IngestReport) -> dict[str, object]:
    """Return the report as a JSON object."""
    return {"schema": 1, **asdict(report)}


def run_sources(common: Common) -> None:
    """List the sources of the corpus and of the index."""
    statuses = open_assistant(common).sources()
    if common.json:
        print_json([source_json(s) for s in statuses])
        return
    names = (
        "source",
        "collection",
        "title",
        "dated",
        "pages",
        "passages",
        "state",
        "linked from",
        "address",
    )
    table = Table(*names)
    for status in statuses:
        source = status.source
        linked = "; ".join(
            f"{x.document} p. {', '.join(label for _, label in x.pages)}"
            for x in status.linked_from
        )
        state = f"{status.state}: {status.reason}" if status.reason else str(status.state)
        table.add_row(
            source.id,
            source.collection,
            source.title,
            as_of(source.dated),
            str(status.pages or ""),
            str(status.passages or ""),
            state,
            linked,
            source.url or "",
        )
    console().print(f"corpus: {_corpus_name(common.settings)}")
    console().print(table)


def _corpus_name(settings: Settings) -> str:
    folder = settings.corpus
    return f"{folder} (came with the program)" if folder == PACKAGED_CORPUS else str(folder)


def run_pages(common: Common) -> None:
    """Print one row per page of each indexed document, and one per document that failed."""
    assistant = open_assistant(common)
    statuses = assistant.sources()
    indexed = [s for s in statuses if s.state is SourceState.INDEXED]
    if common.json:
        print_json(
            [source_json(s) | pages_json(assistant.pages(s.source.id)) for s in indexed]
            + [source_json(s) for s in statuses if s.state is SourceState.FAILED]
        )
        return
    table = Table("document", "page", "counted", "characters", "furniture", "passages", "problem")
    for status in indexed:
        _add_pages(table, status.source.id, assistant.pages(status.source.id))
    for status in statuses:
        if status.state is SourceState.FAILED:
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
    """Build a table with one row per cited page of each value."""
    table = Table("about", "value", "page", "document")
    for conflict in report.conflicts:
        about = conflict.about
        for value in conflict.values:
            for shown, citation in _cited(value, report.citations):
                table.add_row(about, shown, citation.page_label, citation.title)
                about = ""
        table.add_section()
    return table


def _cited(value: ConflictValue, citations: Sequence[Citation]) -> list[tuple[str, Citation]]:
    """Return (value, citation) once per page of a value; the value is blank after the first."""
    cited = (citations[number - 1] for number in value.citations)
    by_page = {(c.document, c.page): c for c in reversed(list(cited))}
    return [(value.value * (not n), c) for n, c in enumerate(reversed(by_page.values()))]
