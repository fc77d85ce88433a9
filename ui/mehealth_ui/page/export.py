"""Exports a conversation as Markdown, JSON or a page to print."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from mehealth_rag.types import Answer, Certainty, Citation, Conflict, Status, certainty
from mehealth_ui.markup import Html, join, link, tag, web_address
from mehealth_ui.messages import Conversation, Export, Turn
from mehealth_ui.page import answers

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")
_LEADING = re.compile(r"^([^\S\n]*)([-+>=]|\d+[.)])", re.MULTILINE)
_PRINT_STYLE = """
body{font:11pt/1.5 Georgia,serif;color:#111;max-width:44em;margin:2em auto;padding:0 1em}
h1{font-size:1.5em}h2{font-size:1.1em;margin:2em 0 .3em;break-after:avoid}
blockquote{margin:.4em 0 .4em 1em;padding-left:.8em;border-left:2px solid #999;break-inside:avoid}
cite{display:block;font-style:normal;font-size:.85em;color:#555}
table{border-collapse:collapse;font-size:.95em;margin:.4em 0;break-inside:avoid}
caption{text-align:left;font-weight:bold}
th,td{text-align:left;padding:.15em .7em .15em 0;border-bottom:1px solid #ccc}
.missing{border-left:3px solid #b7791f;padding-left:.8em}.small{color:#555;font-size:.85em}
@media print{body{margin:0}a{color:inherit}}
"""


def export(wanted: Export) -> dict[str, str]:
    """Return the file's name, type and text."""
    conversation = wanted.conversation
    name = re.sub(r"[^\w]+", "-", conversation.title.lower()).strip("-")[:60] or "conversation"
    ending, kind, write = _FORMATS[wanted.format]
    return {"name": f"{name}.{ending}", "type": kind, "text": write(conversation)}


def _markdown(conversation: Conversation) -> str:
    """Write Markdown; nothing of a question or document acts as markup."""
    parts = [f"# {plain_markdown(conversation.title)}"]
    for turn in conversation.turns:
        parts += _markdown_turn(turn, turn.read())
    return "\n\n".join(parts) + "\n"


def _json(conversation: Conversation) -> str:
    turns = [
        {
            "question": t.question,
            "documents": t.documents,
            "answer": t.answer,
            "feedback": t.feedback.model_dump() if t.feedback else None,
        }
        for t in conversation.turns
    ]
    whole = {"schema": 1, "title": conversation.title, "turns": turns}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _printable(conversation: Conversation) -> str:
    """Write a page to print, without scripts."""
    body = join(
        [
            tag("h1", conversation.title),
            *(_printed(t.question, t.read()) for t in conversation.turns),
        ]
    )
    head = join(
        [
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", conversation.title),
            tag("style", Html(_PRINT_STYLE)),
        ]
    )
    return "<!doctype html>\n" + tag("html", tag("head", head), tag("body", body), lang="en") + "\n"


def plain_markdown(text: str) -> str:
    """Escape text for Markdown."""
    return _LEADING.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))


def _markdown_turn(turn: Turn, answer: Answer) -> Iterator[str]:
    yield f"## {plain_markdown(' '.join(turn.question.split()))}"
    if answer.standalone_question.strip() != turn.question.strip():
        yield f"*Understood as:* {plain_markdown(answer.standalone_question)}"
    # The engine's bold words and list dashes stay markup.
    yield "\n".join(_markdown_line(line) for line in answers.text(answer).split("\n"))
    if certainty(answer) is Certainty.UNSURE:
        yield f"*{Certainty.UNSURE}*"
    yield from (_markdown_conflict(c, answer) for c in answer.conflicts)
    if answer.status is Status.NOT_FOUND and answer.nearest:
        yield "The nearest passages, which do not answer it:"
    for citation in answer.citations or answer.nearest:
        yield _markdown_quote(citation)
    for related in answer.related:
        address = web_address(related.url) or ""
        yield f"May hold it: {plain_markdown(related.title)} {address}".strip()


def _markdown_conflict(conflict: Conflict, answer: Answer) -> str:
    if not answers.untold(conflict, answer):
        return "*The pages disagree.*"
    values = (f"- {_value(plain_markdown(v.value), v.citations)}" for v in conflict.values)
    return "\n".join([f"The pages disagree: {plain_markdown(conflict.about)}", "", *values])


def _markdown_line(line: str) -> str:
    dash, text = ("- ", line[2:]) if line.startswith("- ") else ("", line)
    pieces = re.split(r"(\*\*.+?\*\*)", text)
    return dash + "".join(
        f"**{plain_markdown(p[2:-2])}**" if i % 2 else plain_markdown(p)
        for i, p in enumerate(pieces)
    )


def _markdown_quote(citation: Citation) -> str:
    quote = plain_markdown(answers.quoted(citation.quote))
    place = f"{plain_markdown(citation.title)}, page {plain_markdown(citation.page_label)}"
    address = web_address(citation.url)
    return f"> \\[{citation.number}\\] {quote}\n>\n> — {place}" + (
        f" <{address}>" if address else ""
    )


def _printed(question: str, answer: Answer) -> Html:
    paragraphs = [answers.answer_markup(answer, {})]
    conflicts = [_printed_conflict(c, answer) for c in answer.conflicts]
    if certainty(answer) is Certainty.UNSURE:
        paragraphs.append(tag("p", Certainty.UNSURE, class_="small"))
    missing = answer.status is Status.NOT_FOUND
    understood = nearest = ""
    if answer.standalone_question.strip() != question.strip():
        understood = tag("p", f"Understood as: {answer.standalone_question}", class_="small")
    if missing and answer.nearest:
        nearest = tag("p", "The nearest passages, which do not answer it:", class_="small")
    return tag(
        "section",
        tag("h2", question),
        understood,
        tag("div", *paragraphs, *conflicts, class_="missing" if missing else None),
        nearest,
        *_printed_quotes(answer.citations or answer.nearest),
        *(tag("p", "May hold it: ", link(r.url, r.title)) for r in answer.related),
    )


def _printed_conflict(conflict: Conflict, answer: Answer) -> Html:
    if not answers.untold(conflict, answer):
        return tag("p", "The pages disagree.", class_="small")
    values = "; ".join(_value(v.value, v.citations) for v in conflict.values)
    return tag("p", f"The pages disagree: {conflict.about}: ", values)


def _printed_quotes(citations: Sequence[Citation]) -> list[Html]:
    return [
        tag(
            "blockquote",
            f"[{c.number}] {answers.quoted(c.quote)}",
            tag("cite", link(c.url, c.title), f", page {c.page_label}"),
        )
        for c in citations
    ]


def _value(value: str, numbers: Sequence[int]) -> str:
    return f"{value} {''.join(f'[{n}]' for n in numbers)}"


_FORMATS = {
    "markdown": ("md", "text/markdown", _markdown),
    "json": ("json", "application/json", _json),
    "html": ("html", "text/html", _printable),
}
