"""A checked draft as a file: Markdown, CSV or JSON, with the decisions of the reviewer."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from mehealth_rag.types import Citation, VerdictKind
from mehealth_ui.limits import DRAFT_SENTENCES
from mehealth_ui.messages import Sent
from mehealth_ui.page.export import plain_markdown
from mehealth_ui.people.decisions import Decision, Hash

_DECISIONS = {"accept": "Accepted", "change": "To be changed", "reject": "Rejected", "": ""}
_NAMES = {**{str(kind): kind.word for kind in VerdictKind}, "not_checked": "Not checked"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""The beginnings of formulas in a spreadsheet."""


class Checked(Sent):
    """One sentence of a draft with its verdict and, if there is one, the decision on it."""

    claim: str = Field(max_length=20_000)
    verdict: VerdictKind | None = None
    explanation: str = Field("", max_length=20_000)
    error: str = Field("", max_length=2_000)
    evidence: list[Citation] = Field(default=[], max_length=50)
    decision: Decision | None = None

    @property
    def outcome(self) -> str:
        """The verdict's name."""
        return str(self.verdict) if self.verdict else "not_checked"

    @property
    def reason(self) -> str:
        """The explanation, or the error."""
        return self.explanation or self.error


class Report(Sent):
    """What is to be written, and how."""

    format: Literal["markdown", "csv", "json"]
    draft: str = Hash
    name: str = Field("", max_length=200)
    sentences: list[Checked] = Field(max_length=DRAFT_SENTENCES)


class ReportFile(BaseModel):
    """A file: its name, its type, its text."""

    name: str
    type: str
    text: str


def report(sent: Report) -> ReportFile:
    """Return the report as a file."""
    stem = re.sub(r"[^\w]+", "-", sent.name.rpartition(".")[0] or sent.name).strip("-")
    name = f"{stem[:60] or 'draft'}-checked"
    match sent.format:
        case "markdown":
            return ReportFile(name=f"{name}.md", type="text/markdown", text=_markdown(sent))
        case "csv":
            return ReportFile(name=f"{name}.csv", type="text/csv", text=_csv(sent))
        case "json":
            return ReportFile(name=f"{name}.json", type="application/json", text=_json(sent))


def _markdown(sent: Report) -> str:
    counts = Counter(s.outcome for s in sent.sentences)
    summary = ", ".join(f"{counts[k]} {name.lower()}" for k, name in _NAMES.items() if counts[k])
    title = plain_markdown(sent.name or "A draft")
    lines = [f"# {title}, checked", f"{len(sent.sentences)} sentences: {summary or 'none'}."]
    for number, sentence in enumerate(sent.sentences, start=1):
        lines += _markdown_sentence(number, sentence)
    return "\n\n".join(lines) + "\n"


def _markdown_sentence(number: int, sentence: Checked) -> Iterator[str]:
    yield f"## {number}. {_NAMES[sentence.outcome]}"
    yield f"> {_line(sentence.claim)}"
    yield _line(sentence.reason)
    if sentence.evidence:
        yield "\n".join(f"- “{_line(c.quote)}” ({_place(c)})" for c in sentence.evidence)
    decision = sentence.decision
    if decision is not None:
        who = f" by {plain_markdown(decision.who)}" if decision.who else ""
        word = _DECISIONS[decision.decision] or "A note"
        yield f"**{word}**{who}, {_day(decision.when)}"
        if decision.note:
            yield _line(decision.note)


def _csv(sent: Report) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow("number sentence verdict explanation evidence decision note who when".split())
    for number, sentence in enumerate(sent.sentences, start=1):
        decision = sentence.decision
        decided = [""] * 4
        if decision:
            decided = [decision.decision, decision.note, decision.who, _day(decision.when)]
        evidence = "; ".join(f"“{' '.join(c.quote.split())}” ({c.title}, page {c.page_label})"
                             for c in sentence.evidence)  # fmt: skip
        row = (sentence.claim, sentence.outcome, sentence.reason, evidence, *decided)
        writer.writerow([number, *map(_cell, row)])
    return out.getvalue()


def _json(sent: Report) -> str:
    sentences: list[dict[str, Any]] = [s.model_dump(mode="json") for s in sent.sentences]
    whole = {"schema": 1, "name": sent.name, "draft": sent.draft, "sentences": sentences}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _cell(text: str) -> str:
    """Quote text that a spreadsheet would compute."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(text: str) -> str:
    return plain_markdown(" ".join(text.split()))


def _place(citation: Citation) -> str:
    return f"{plain_markdown(citation.title)}, page {plain_markdown(citation.page_label)}"


def _day(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M UTC")
