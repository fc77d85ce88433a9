"""Prints the figures on the terminal."""

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
    """Print the figures of all groups, the ranking measures, and changes since an earlier run."""
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


def show_reader(out: Console, figures: ReaderFigures) -> None:
    """Print the figures of the reader alone on a question set."""
    scores = figures.abstention
    out.print(f"{figures.questions} questions, the reader alone")
    out.print(
        f"best sentence right {figures.best_right:.3f}, on a right page {figures.page_right:.3f}"
    )
    out.print(
        f"“not in the documents”: precision {scores.precision:.3f}, recall {scores.recall:.3f}, "
        f"F1 {scores.f1:.3f}"
    )


def show_written(out: Console, figures: WrittenFigures | ReplyFigures) -> None:
    """Print the figures of a run over written documents, overall and by kind."""
    tables = _replies(out, figures) if isinstance(figures, ReplyFigures) else _written(out, figures)
    for title, shares in tables.items():
        if shares:
            table = Table(title, "share")
            for kind, share in shares.items():
                table.add_row(kind, f"{share:.3f}")
            out.print(table)


def show_conversations(out: Console, figures: ConversationFigures) -> None:
    """Print the share of the turns that are right, overall and by kind."""
    development, reporting = figures.shares("development"), figures.shares("reporting")
    table = Table(f"{len(figures.turns)} turns", "development", "reporting")
    for kind in dict.fromkeys((*development, *reporting)):
        shares = (
            f"{split[kind]:.3f}" if kind in split else "–" for split in (development, reporting)
        )
        table.add_row(kind, *shares)
    out.print(table)


def _replies(out: Console, figures: ReplyFigures) -> dict[str, Mapping[str, float]]:
    out.print(
        f"{figures.documents} documents: a good model's replies to {figures.questions} questions "
        f"({figures.answerable} that the documents answer), and {figures.lies} lies"
    )
    out.print(f"asked {figures.asked:.3f}, true sentences shown {figures.true_sentences_shown:.3f}")
    times = (f"{name} {value:.0f} ms" for name, value in figures.first_words_ms.items() if value)
    out.print(f"first words after: {', '.join(times) or 'none came'}")
    return {
        "right as written": figures.right_as_written,
        "right as shown": figures.right_as_shown,
        "good replies shown whole": figures.shown_whole,
        "silences kept": figures.silences_kept,
        "lies shown": figures.lies_shown,
    }


def _written(out: Console, figures: WrittenFigures) -> dict[str, Mapping[str, float]]:
    out.print(f"{figures.documents} documents: {figures.questions} questions, "
              f"{figures.claims} claims, {figures.twins} twins")  # fmt: skip
    abstention = figures.abstention
    out.print(
        f"“not in the documents”: precision {abstention.precision:.3f}, "
        f"recall {abstention.recall:.3f}, F1 {abstention.f1:.3f}"
    )
    out.print(
        f"verdicts: macro-F1 {figures.macro_f1:.3f}, false support {figures.false_support:.3f}"
    )
    out.print(
        f"twins: in order {figures.twins_in_order:.3f}, true carried {figures.true_carried:.3f}"
    )
    return {
        "evidence right": figures.evidence,
        "best sentence right": figures.best_right,
        "verdict right": figures.verdicts,
        "lies passed": figures.lies_passed,
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
