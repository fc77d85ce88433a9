"""Questions one by one: what was asked, what was answered, and what the documents say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mehealth_eval.compare import Change, Compared, Comparison
from mehealth_eval.records import Outcome, Quoted, Record
from mehealth_eval.sets import GROUPS
from mehealth_ui.markup import Html, join, tag

_MOST_OPEN = 40
"""So many changed questions are shown at once; more are folded away."""


def wrong_answers(records: Sequence[Record], hidden: frozenset[str], group: str) -> Html:
    """Every wrong answer of a group, kind by kind; of a hidden one only ids and kinds."""
    wrong = [r for r in records if r.item.group == group and not r.verdict.right]
    if not wrong:
        return tag("p", "None.", class_="note")
    kinds = dict.fromkeys(r.item.kind for r in wrong)
    if group in hidden:
        rows = [(k, [r.item.id for r in wrong if r.item.kind == k]) for k in kinds]
        return tag(
            "ul",
            *(tag("li", tag("b", k), f" ({len(ids)}): {', '.join(ids)}") for k, ids in rows),
            class_="ids",
        )
    return join(_kind(k, [r for r in wrong if r.item.kind == k]) for k in kinds)


def changes(comparison: Comparison) -> Html:
    """What an earlier run and this one make of the same questions."""
    return join(
        [
            _change_table(comparison),
            _changed("Mended", [q for q in comparison.questions if q.change is Change.MENDED]),
            _changed("Broken", [q for q in comparison.questions if q.change is Change.BROKEN]),
            _changed("As right or wrong as before, in other words", _reworded(comparison)),
        ]
    )


def when(made: str) -> str:
    """A time as JSON has it, for people."""
    return made.replace("T", " ").replace("+00:00", " UTC")


def _kind(kind: str, records: Sequence[Record]) -> Html:
    summary = tag("summary", kind, tag("small", f" {len(records)}"))
    return tag("details", summary, *map(_card, records), open=True)


def _card(record: Record) -> Html:
    item, reply = record.item, record.reply
    sure = "" if reply.confidence is None else f" · confidence {reply.confidence:.2f}"
    said = reply.problem if reply.outcome is Outcome.ERROR else reply.text
    verbatim = record.verdict.quotes_verbatim
    return tag(
        "article",
        tag("p", f"{item.id} · {reply.outcome.replace('_', ' ')}{sure}", class_="meta"),
        *(tag("p", f"{q} — {a}", class_="history") for q, a in item.history),
        tag("h4", item.question),
        tag("p", record.verdict.reason, class_="reason"),
        _part("Answer", _paragraphs(said)),
        _part("Quotes", join(map(_quote, reply.quotes, verbatim))) if reply.quotes else "",
        _part("Nearest", join(map(_quote, reply.nearest))) if reply.nearest else "",
        _part("Right", _expected(record)) if item.answerable else "",
    )


def _expected(record: Record) -> Html:
    """The right page and quote, and the facts that an answer must hold."""
    item = record.item
    pages = ", ".join(map(str, item.pages))
    place = f"{item.document or ''}, p. {pages}" if pages else item.document or ""
    facts = "; ".join(" or ".join(f"“{form}”" for form in fact) for fact in item.facts)
    needed = f"{item.needed} of: " if item.needed < len(item.facts) else ""
    return join(
        [
            tag("blockquote", item.quote or "", tag("cite", place)),
            tag("p", f"Wanted: {needed}{facts}", class_="note") if facts else "",
        ]
    )


def _quote(quoted: Quoted, verbatim: bool = True) -> Html:
    place = f"{quoted.document}, p. {quoted.page}"
    warning = "" if verbatim else tag("b", " not word for word on that page")
    return tag("blockquote", quoted.quote, tag("cite", place, warning))


def _part(name: str, content: Html) -> Html:
    return tag("div", tag("h5", name), tag("div", content), class_="part")


def _paragraphs(text: str) -> Html:
    return join(tag("p", _bold(line)) for line in text.split("\n") if line.strip())


def _bold(text: str) -> Html:
    pieces = re.split(r"\*\*(.+?)\*\*", text)
    return join(tag("strong", p) if i % 2 else p for i, p in enumerate(pieces))


def _change_table(comparison: Comparison) -> Html:
    names = ("group", "in both", "mended", "broken", "McNemar p")
    rows = [
        (GROUPS[c.group], str(c.both), str(c.mended), str(c.broken), f"{c.p_value:.3g}")
        for c in comparison.groups
    ]
    body = (tag("tr", *(tag("td", cell) for cell in row)) for row in rows)
    head = tag("tr", *(tag("th", name, scope="col") for name in names))
    told = f"The earlier run: engine {comparison.earlier}, {when(comparison.made)}."
    alone = ""
    if comparison.only_now or comparison.only_before:
        alone = (
            f" Questions only in this run: {comparison.only_now}; "
            f"only in the earlier: {comparison.only_before}."
        )
    table = tag("table", tag("thead", head), tag("tbody", *body), class_="compact")
    return join([tag("p", told + alone, class_="note"), tag("div", table, class_="scroll")])


def _reworded(comparison: Comparison) -> list[Compared]:
    same = (q for q in comparison.questions if q.change is Change.SAME)
    return [q for q in same if q.before is not None and q.before != q.after]


def _changed(title: str, questions: Sequence[Compared]) -> Html:
    if not questions:
        return tag("p", f"{title}: none.", class_="note")
    summary = tag("summary", title, tag("small", f" {len(questions)}"))
    shown = [q for q in questions if q.question is not None]
    hidden = [f"{q.id} ({q.kind})" for q in questions if q.question is None]
    named = tag("p", f"Reporting half: {', '.join(hidden)}", class_="note") if hidden else ""
    return tag("details", summary, named, *map(_change, shown), open=len(shown) <= _MOST_OPEN)


def _change(question: Compared) -> Html:
    now = "right now" if question.right else "wrong now"
    return tag(
        "article",
        tag("p", f"{question.id} · {question.kind} · {now}", class_="meta"),
        tag("h4", question.question or ""),
        _part("Before", _paragraphs(question.before or "no answer")),
        _part("After", _paragraphs(question.after or "no answer")),
    )
