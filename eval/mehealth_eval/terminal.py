"""The summary on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mehealth_eval import labels
from mehealth_eval.conversations import ConversationFigures
from mehealth_eval.figures import Group
from mehealth_eval.ranking import CUTS
from mehealth_eval.reader_alone import ReaderFigures
from mehealth_eval.run import Report
from mehealth_eval.sets import GROUPS
from mehealth_eval.written_replies import ReplyFigures
from mehealth_eval.written_scores import WrittenFigures


def show(out: Console, report: Report) -> None:
    """The figures of all groups, the ranking measures, and what changed since an earlier run."""
    out.print(f"{report.set.name}: {len(report.set.items)} questions, engine {report.engine}")
    out.print(_figures(report.groups))
    if by_page := labels.judged_by_page(report.set.items):
        out.print(by_page)
    if labels.ranked(report.groups):
        out.print(_ranking(report.groups))
    if report.comparison:
        for change in report.comparison.groups:
            out.print(
                f"{GROUPS[change.group]}: {change.mended} mended, {change.broken} broken of "
                f"{change.both} since {report.comparison.made} (McNemar p = {change.p_value:.3g})"
            )


def show_reader(out: Console, found: ReaderFigures) -> None:
    """The figures of the reader alone on a question set."""
    told = found.abstention
    out.print(f"{found.questions} questions, the reader alone")
    out.print(f"best sentence right {found.best_right:.3f}, on a right page {found.page_right:.3f}")
    out.print(
        f"“not in the documents”: precision {told.precision:.3f}, recall {told.recall:.3f}, "
        f"F1 {told.f1:.3f}"
    )


def show_written(out: Console, found: WrittenFigures | ReplyFigures) -> None:
    """The figures of a run over written documents, each in all and by kind."""
    tables = _replies(out, found) if isinstance(found, ReplyFigures) else _written(out, found)
    for title, shares in tables.items():
        if shares:
            table = Table(title, "share")
            for kind, share in shares.items():
                table.add_row(kind, f"{share:.3f}")
            out.print(table)


def show_conversations(out: Console, found: ConversationFigures) -> None:
    """The share of the turns that are right, in all and by kind."""
    development, reporting = found.shares("development"), found.shares("reporting")
    table = Table(f"{len(found.turns)} turns", "development", "reporting")
    for kind in dict.fromkeys((*development, *reporting)):
        shares = (f"{of[kind]:.3f}" if kind in of else "–" for of in (development, reporting))
        table.add_row(kind, *shares)
    out.print(table)


def _replies(out: Console, found: ReplyFigures) -> dict[str, Mapping[str, float]]:
    out.print(
        f"{found.documents} documents: a good model's replies to {found.questions} questions "
        f"({found.answerable} that the documents answer), and {found.lies} lies"
    )
    out.print(f"asked {found.asked:.3f}, true sentences shown {found.true_sentences_shown:.3f}")
    times = (f"{name} {value:.0f} ms" for name, value in found.first_words_ms.items() if value)
    out.print(f"first words after: {', '.join(times) or 'none came'}")
    return {
        "right as written": found.right_as_written,
        "right as shown": found.right_as_shown,
        "good replies shown whole": found.shown_whole,
        "silences kept": found.silences_kept,
        "lies shown": found.lies_shown,
    }


def _written(out: Console, found: WrittenFigures) -> dict[str, Mapping[str, float]]:
    out.print(f"{found.documents} documents: {found.questions} questions, {found.claims} claims, "
              f"{found.twins} twins")  # fmt: skip
    abstention = found.abstention
    out.print(
        f"“not in the documents”: precision {abstention.precision:.3f}, "
        f"recall {abstention.recall:.3f}, F1 {abstention.f1:.3f}"
    )
    out.print(f"verdicts: macro-F1 {found.macro_f1:.3f}, false support {found.false_support:.3f}")
    out.print(f"twins: in order {found.twins_in_order:.3f}, true carried {found.true_carried:.3f}")
    return {
        "evidence right": found.evidence,
        "best sentence right": found.best_right,
        "verdict right": found.verdicts,
        "lies passed": found.lies_passed,
    }


def _figures(groups: Sequence[Group]) -> Table:
    table = Table("", *(c for g in groups for c in (g.title, "95 % · n")))
    for title, names in labels.sections(groups).items():
        table.add_row(Text(title, style="bold"))
        for name, label in names.items():
            table.add_row(label, *_cells(groups, name))
        table.add_section()
    return table


def _ranking(groups: Sequence[Group]) -> Table:
    table = Table(
        "", *(f"{g.title} @{k}" if k == CUTS[0] else f"@{k}" for g in groups for k in CUTS)
    )
    for label, names in labels.ranked(groups):
        cells = (labels.value(n, g.figures.get(n)) for g in groups for n in names)
        table.add_row(label, *cells)
    return table


def _cells(groups: Sequence[Group], name: str) -> list[str]:
    figures = [g.figures.get(name) for g in groups]
    return [cell for f in figures for cell in (labels.value(name, f), labels.around(f))]
