"""Terminal output of answers, verdicts and passages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from mehealth_rag.answering.drafting import ReadHit
from mehealth_rag.types import (
    Answer,
    Certainty,
    Citation,
    Hit,
    Passage,
    Status,
    Verdict,
    VerdictKind,
    certainty,
)

LIKELY = 0.5
"""Minimum probability for a sentence to be highlighted as an answer."""

_BOLD = re.compile(r"\*\*(.+?)\*\*")


def show_answer(out: Console, answer: Answer) -> None:
    """Print the answer and its certainty, then each quote with document and printed page.

    An unsure answer is dimmed.
    """
    if answer.standalone_question.strip() != answer.question.strip():
        out.print(Text(f"({answer.standalone_question})", style="dim"))
    sure = certainty(answer)
    style = "" if answer.status is Status.ANSWERED else "yellow"
    out.print(_with_bold(answer.answer, "dim" if sure is Certainty.UNSURE else style))
    if sure is not None:
        out.print(Text(f"({sure})", style="yellow" if sure is Certainty.UNSURE else "dim"))
    for citation in answer.citations:
        show_citation(out, citation, f"[{citation.number}] ")
    if answer.notice:
        out.print(Text(f"\n{answer.notice}", style="dim"))
    if answer.nearest:
        out.print(Text("\nNearest passages (they do not answer it):", style="dim"))
        for citation in answer.nearest:
            show_citation(out, citation, "")
    for related in answer.related:
        out.print(Text(f"\nMay hold it, but not in the index: {related.title} {related.url or ''}"))


VERDICTS = {
    VerdictKind.SUPPORTED: (VerdictKind.SUPPORTED.word, "green"),
    VerdictKind.CONTRADICTED: (VerdictKind.CONTRADICTED.word, "red"),
    VerdictKind.NOT_FOUND: (VerdictKind.NOT_FOUND.word, "yellow"),
}
"""Maps a verdict to its label and colour."""


def show_verdict(out: Console, verdict: Verdict) -> None:
    """Print verdict and explanation of each sentence and of the whole claim, then the quotes."""
    for part in verdict.parts:
        _show_finding(out, part, f"“{part.claim}” ")
    _show_finding(out, verdict, "All together: " if verdict.parts else "")
    for citation in verdict.evidence:
        show_citation(out, citation, f"[{citation.number}] ")


def _show_finding(out: Console, verdict: Verdict, before: str) -> None:
    word, style = VERDICTS[verdict.verdict]
    line = Text(before)
    line.append(word, style=f"bold {style}")
    line.append(f": {verdict.explanation}")
    out.print(line)


def show_hits(out: Console, hits: Sequence[Hit]) -> None:
    """Print each passage with its place and score."""
    for number, hit in enumerate(hits, start=1):
        out.print(Text(f"{number}. {_place(hit.passage)}  ({hit.score:.2f})", style="bold"))
        out.print(Padding(Text(hit.passage.text), (0, 0, 1, 3), expand=False))


def show_read_hits(out: Console, hits: Sequence[ReadHit]) -> None:
    """Print each passage and each of its sentences with its probability of answering."""
    for number, hit in enumerate(hits, start=1):
        answers = f"  (answers: {hit.reading.answers:.0%})"
        out.print(Text(f"{number}. {_place(hit.hit.passage)}{answers}", style="bold"))
        for text, probability in zip(hit.text.sentences, hit.reading.sentences, strict=True):
            style = "green" if probability >= LIKELY else ""
            line = Text(f"{probability:5.0%}  {' '.join(text.split())}", style=style)
            out.print(Padding(line, (0, 0, 0, 2), expand=False))
        out.print()


def _place(passage: Passage) -> str:
    heading = f" – {passage.heading}" if passage.heading else ""
    return f"{passage.document}, p. {passage.page_label}{heading}"


def show_citation(out: Console, citation: Citation, number: str) -> None:
    """Print a quote and its page; `number` is the prefix, such as "[1] "."""
    quote = " ".join(citation.quote.split())
    place = f"{citation.document}, p. {citation.page_label}"
    quoted = Text(f"{number}“{quote}”", style="italic")
    out.print(Padding(quoted, (0, 0, 0, 2), expand=False))
    out.print(Padding(Text(place, style="cyan"), (0, 0, 0, 2 + len(number)), expand=False))


def _with_bold(text: str, style: str) -> Text:
    styled = Text(style=style)
    end = 0
    for match in _BOLD.finditer(text):
        styled.append(text[end : match.start()])
        styled.append(match[1], style="bold")
        end = match.end()
    return styled.append(text[end:])
