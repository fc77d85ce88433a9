"""The page's handlers as plain functions without Gradio, which return markup and JSON."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.serialise import answer_json
from mehealth_rag.types import Answer, SourceState
from mehealth_ui import messages
from mehealth_ui.desk import Desk
from mehealth_ui.documents.editions import Edition
from mehealth_ui.error_text import UNEXPECTED, sentence, visible_text
from mehealth_ui.limits import HISTORY_TURNS
from mehealth_ui.markup import join
from mehealth_ui.page import evidence, sources, turns
from mehealth_ui.page.assets import part
from mehealth_ui.page.export import export
from mehealth_ui.page.guide import guides_markup
from mehealth_ui.page.stopping import stoppable
from mehealth_ui.people.feedback import Place

LOG = logging.getLogger("mehealth.ui")
QUESTIONS = logging.getLogger("mehealth.questions")
"""Logs questions, if the setting `log_questions` is on."""

STREAM_EVERY = 0.06
"""Seconds between two updates of a growing answer."""

_CHANGED = (
    "The document has changed since this answer: its words no longer stand on this page. Ask again."
)


def ask(desk: Desk, payload: object, visitor: str, address: str) -> Iterator[dict[str, Any] | None]:
    """Yield a growing answer: the turn's markup, and at last its record.

    None means that there is nothing new; it lets the caller stop at any moment.
    """
    try:
        desk.gate.admit(visitor, address)
        message = messages.parse(messages.Ask, payload)
        check_question(desk, message.question)
        yield from _grow(desk, message)
    except MehealthError as error:
        yield _failed(payload, visible_text(error, *desk.folders))
    except Exception:
        LOG.exception("a question failed")
        yield _failed(payload, UNEXPECTED)


def check_question(desk: Desk, question: str) -> None:
    """Log a question. Raises UsageError if it is empty or too long."""
    if not question.strip():
        raise UsageError("the question is empty; ask something")
    longest = desk.settings.ui_question_length
    if len(question) > longest:
        raise UsageError(
            f"the question has {len(question):,} characters; "
            f"at most {longest:,} are read, so make it shorter"
        )
    QUESTIONS.info("question", extra={"question": question})


def show_turns(payload: object) -> list[dict[str, str]]:
    """Render a stored conversation: one value for each turn."""
    conversation = messages.parse(messages.Conversation, payload)
    rendered = []
    before = ""
    for turn in conversation.turns:
        try:
            answer = turn.read()
        except UsageError:
            LOG.warning("a turn of another version was left out")
            continue
        view = turns.TurnView(
            turn.id,
            answer,
            tuple(turn.documents),
            tuple(turn.followups),
            turn.feedback,
            renewed=before not in {"", answer.index},
        )
        before = answer.index
        rendered.append({"id": turn.id, "html": turns.turn(view)})
    return rendered


def look(desk: Desk, payload: object) -> str:
    """Render the evidence pane for a page of a document."""
    try:
        message = messages.parse(messages.Look, payload)
        edition = desk.edition
        status = edition.catalogue.get(message.document)
        if status is None or status.state is not SourceState.INDEXED:
            raise UsageError("this document is no longer in the index; ask the question again")
        if message.page > status.pages:
            raise UsageError(f"there is no page {message.page}; the document has {status.pages}")
        page = edition.assistant.page(message.document, message.page)
        marks, complete = evidence.present_marks(page, message.marks)
        note = "" if complete else _CHANGED
        parts = (status.source, page, status.pages, marks, edition.version)
        return evidence.evidence(evidence.View(*parts, note=note, near=message.near))
    except MehealthError as error:
        problem = sentence(visible_text(error, *desk.folders))
        return part("unavailable", problem=problem)


def judge(desk: Desk, payload: object, visitor: str, address: str = "") -> dict[str, Any]:
    """Save a verdict, which belongs to the person who signed in, or to the browser."""
    try:
        desk.feedback_gate.admit(visitor, address)
        judged = messages.parse(messages.Judged, payload)
        owner = visitor if visitor != address or not judged.key else judged.owner
        desk.feedback.save(judged, _place_meant(desk, judged), owner)
    except MehealthError as error:
        return {"error": sentence(visible_text(error, *desk.folders))}
    return {"feedback": judged.feedback.model_dump()}


def _place_meant(desk: Desk, judged: messages.Judged) -> Place:
    """Return the page that a person named: by its printed number, or else counted from 1."""
    verdict = judged.feedback
    edition = desk.edition
    cited = [*judged.turn.answer.get("citations", []), *judged.turn.answer.get("nearest", [])]
    document = verdict.document or next((str(c.get("document", "")) for c in cited), "")
    status = edition.catalogue.get(document)
    label = verdict.page.strip().casefold()
    if status is None or not label:
        return Place()
    for number in range(1, status.pages + 1):
        if edition.assistant.page(document, number).label.casefold() == label:
            return Place(document, number)
    if label.isdecimal() and 1 <= int(label) <= status.pages:
        return Place(document, int(label))
    raise UsageError(
        f"“{verdict.page}” is no page of {status.source.title}; look at the page number"
    )


def hand_out(payload: object) -> dict[str, str]:
    """Export a conversation: name, type and text of a file."""
    try:
        return export(messages.parse(messages.Export, payload))
    except MehealthError as error:
        return {"error": sentence(visible_text(error))}


def library(desk: Desk, *, may: bool, who: str) -> dict[str, Any]:
    """Return the sources, the guide, and the form for adding documents.

    `may` allows the visitor to add and remove documents; `who` is their name, if any.
    """
    edition = desk.edition
    return {
        "index": edition.version,
        "may": may,
        "sources": sources.sources_markup(tuple(edition.catalogue.values()), may=may),
        "guide": guides_markup(edition.assistant.guides()),
        "adding": sources.adding_markup(may=may, signed_in=bool(who)),
        "jobs": [asdict(job) for job in desk.additions.jobs()] if may else [],
    }


def suggest(desk: Desk, payload: object) -> dict[str, Any]:
    """Return questions to begin with, and whether more may come."""
    edition = desk.edition
    chosen = payload.get("documents", []) if isinstance(payload, dict) else []
    questions = edition.pool.first(_scope(edition, chosen if isinstance(chosen, list) else []))
    return {
        "html": join(turns.ask_button(q) for q in questions),
        "ready": edition.pool.ready.is_set() or len(questions) >= 4,
        "news": desk.news,
        "index": edition.version,
    }


def _grow(desk: Desk, message: messages.Ask) -> Iterator[dict[str, Any] | None]:
    edition = desk.edition
    documents = _scope(edition, message.documents)
    if message.documents and not any(d in edition.catalogue for d in message.documents):
        raise UsageError("the chosen sources are no longer there; reload the page")
    history = message.history[-HISTORY_TURNS:]
    renewed = bool(message.index) and message.index != edition.version
    last: Answer | None = None
    updated = time.monotonic()
    answers = stoppable(
        edition.assistant_of(message.engine),
        lambda assistant: assistant.stream(message.question, history, documents),
    )
    with contextlib.closing(answers):
        for answer in answers:
            if answer is None:
                yield None
                continue
            last = answer
            if time.monotonic() - updated >= STREAM_EVERY:
                view = turns.TurnView(message.id, last, documents, growing=True, renewed=renewed)
                yield {"id": message.id, "html": turns.turn(view), "record": None}
                updated = time.monotonic()
    if last is None:
        raise UsageError("there was no answer; try again")
    followups = edition.pool.after(last, (q for q, _ in history), documents)
    record = {
        "id": message.id,
        "question": message.question,
        "documents": list(documents),
        "answer": answer_json(last),
        "followups": list(followups),
        "feedback": None,
    }
    view = turns.TurnView(message.id, last, documents, followups, renewed=renewed)
    yield {"id": message.id, "html": turns.turn(view), "record": record, "news": desk.news}


def _scope(edition: Edition, documents: list[str]) -> tuple[str, ...]:
    """Return the indexed documents of a choice; all of them are no limit."""
    indexed = [i for i, s in edition.catalogue.items() if s.state is SourceState.INDEXED]
    chosen = tuple(d for d in indexed if d in documents)
    return () if len(chosen) == len(indexed) else chosen


def _failed(payload: object, problem: str) -> dict[str, Any]:
    asked = payload if isinstance(payload, dict) else {}
    html = turns.problem(str(asked.get("question", "")), sentence(problem))
    return {"id": str(asked.get("id", "")), "html": html, "record": None, "failed": True}
