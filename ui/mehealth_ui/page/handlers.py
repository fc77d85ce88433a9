"""What the page can do, as plain functions: values in, markup and JSON out. Nothing of Gradio."""

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
from mehealth_ui import wire
from mehealth_ui.desk import Desk
from mehealth_ui.documents.editions import Edition
from mehealth_ui.limits import HISTORY_TURNS
from mehealth_ui.markup import button, join, tag
from mehealth_ui.page import evidence, sources, turns
from mehealth_ui.page.export import export
from mehealth_ui.page.guide import guides_markup
from mehealth_ui.page.stopping import stoppable
from mehealth_ui.people.feedback import Place
from mehealth_ui.telling import UNEXPECTED, sentence, told

LOG = logging.getLogger("mehealth.ui")
QUESTIONS = logging.getLogger("mehealth.questions")
"""What people ask; nobody hears it unless the setting `log_questions` is on."""

STREAM_EVERY = 0.06
"""Seconds between two pictures of a growing answer: more often, nobody reads."""

_CHANGED = (
    "The document has changed since this answer: its words no longer stand on this page. Ask again."
)


def ask(desk: Desk, payload: object, visitor: str, address: str) -> Iterator[dict[str, Any] | None]:
    """Answer a question as it grows. Each value holds the turn's markup, the last its record.

    None comes where there is nothing new to show, so that a caller may stop at any moment.
    """
    asked = payload if isinstance(payload, dict) else {}
    key, words = str(asked.get("id", "")), str(asked.get("question", ""))
    try:
        desk.gate.admit(visitor, address)
        wanted = wire.parse(wire.Ask, payload)
        check_question(desk, wanted.question)
        yield from _grow(desk, wanted)
    except MehealthError as error:
        yield _failed(key, words, sentence(told(error, *desk.folders)))
    except Exception:
        LOG.exception("a question failed")
        yield _failed(key, words, sentence(UNEXPECTED))


def check_question(desk: Desk, question: str) -> None:
    """Raise UsageError where a question is empty or too long for this page."""
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
    """A conversation that the browser kept, as markup: one value a turn."""
    conversation = wire.parse(wire.Conversation, payload)
    shown = []
    before = ""
    for turn in conversation.turns:
        try:
            answer = turn.read()
        except UsageError:
            LOG.warning("a turn of another version was left out")
            continue
        followups = tuple(turn.followups)
        whole = turns.Shown(
            turn.id,
            answer,
            tuple(turn.documents),
            followups,
            turn.feedback,
            renewed=before not in {"", answer.index},
        )
        before = answer.index
        shown.append({"id": turn.id, "html": turns.turn(whole)})
    return shown


def look(desk: Desk, payload: object) -> str:
    """The evidence pane for a page of a document."""
    try:
        wanted = wire.parse(wire.Look, payload)
        edition = desk.edition
        status = edition.catalogue.get(wanted.document)
        if status is None or status.state is not SourceState.INDEXED:
            raise UsageError("this document is no longer in the index; ask the question again")
        if wanted.page > status.pages:
            raise UsageError(f"there is no page {wanted.page}; the document has {status.pages}")
        page = edition.assistant.page(wanted.document, wanted.page)
        marks, whole = evidence.standing(page, wanted.marks)
        note = "" if whole else _CHANGED
        shown = (status.source, page, status.pages, marks, edition.version)
        view = evidence.View(*shown, note=note, near=wanted.near)
        return evidence.evidence(view)
    except MehealthError as error:
        return tag(
            "section",
            tag(
                "header",
                tag("h2", "This page cannot be shown", class_="title"),
                button("Close", class_="quiet close", data_act="close-proof"),
                class_="evidence-head",
            ),
            tag("p", sentence(told(error, *desk.folders)), class_="note"),
            class_="evidence",
            role="alert",
        )


def judge(desk: Desk, payload: object, visitor: str, address: str = "") -> dict[str, Any]:
    """Keep what a person says of an answer; the turn comes back with it.

    A verdict belongs to who is signed in, else to the browser that sent it.
    """
    try:
        desk.feedback_gate.admit(visitor, address)
        judged = wire.parse(wire.Judged, payload)
        owner = visitor if visitor != address or not judged.key else judged.owner
        desk.feedback.save(judged, place_meant(desk, judged), owner)
    except MehealthError as error:
        return {"error": sentence(told(error, *desk.folders))}
    return {"feedback": judged.feedback.model_dump()}


def place_meant(desk: Desk, judged: wire.Judged) -> Place:
    """The page that a person named: by its printed number first, else counted from 1."""
    said = judged.feedback
    edition = desk.edition
    cited = [*judged.turn.answer.get("citations", []), *judged.turn.answer.get("nearest", [])]
    document = said.document or next((str(c.get("document", "")) for c in cited), "")
    status = edition.catalogue.get(document)
    if status is None or not said.page.strip():
        return Place()
    wanted = said.page.strip().casefold()
    for number in range(1, status.pages + 1):
        if edition.assistant.page(document, number).label.casefold() == wanted:
            return Place(document, number)
    if wanted.isdecimal() and 1 <= int(wanted) <= status.pages:
        return Place(document, int(wanted))
    raise UsageError(f"“{said.page}” is no page of {status.source.title}; look at the page number")


def hand_out(payload: object) -> dict[str, str]:
    """A conversation as a file: its name, type and text."""
    try:
        return export(wire.parse(wire.Export, payload))
    except MehealthError as error:
        return {"error": sentence(told(error))}


def library(desk: Desk, *, may: bool, who: str) -> dict[str, Any]:
    """What there is to ask: sources, guide, and the part where documents are added.

    `may` tells whether the visitor may add and remove documents, `who` is their name, if any.
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
    """Questions to begin with, and whether more may come."""
    edition = desk.edition
    given = payload.get("documents", []) if isinstance(payload, dict) else []
    documents = _scope(edition, given if isinstance(given, list) else [])
    found = edition.pool.first(documents)
    return {
        "html": join(turns.ask_button(q) for q in found),
        "ready": edition.pool.ready.is_set() or len(found) >= 4,
        "news": desk.news,
        "index": edition.version,
    }


def _grow(desk: Desk, wanted: wire.Ask) -> Iterator[dict[str, Any] | None]:
    edition = desk.edition
    documents = _scope(edition, wanted.documents)
    if wanted.documents and not any(d in edition.catalogue for d in wanted.documents):
        raise UsageError("the chosen sources are no longer there; reload the page")
    history = wanted.history[-HISTORY_TURNS:]
    renewed = bool(wanted.index) and wanted.index != edition.version
    last: Answer | None = None
    shown_at = time.monotonic()
    answers = stoppable(
        edition.assistant_of(wanted.engine),
        lambda assistant: assistant.stream(wanted.question, history, documents),
    )
    with contextlib.closing(answers):
        for answer in answers:
            if answer is None:
                yield None
                continue
            last = answer
            if time.monotonic() - shown_at >= STREAM_EVERY:
                partial = turns.Shown(wanted.id, last, documents, growing=True, renewed=renewed)
                yield {"id": wanted.id, "html": turns.turn(partial), "record": None}
                shown_at = time.monotonic()
    if last is None:
        raise UsageError("there was no answer; try again")
    followups = edition.pool.after(last, (q for q, _ in history), documents)
    record = {
        "id": wanted.id,
        "question": wanted.question,
        "documents": list(documents),
        "answer": answer_json(last),
        "followups": list(followups),
        "feedback": None,
    }
    shown = turns.Shown(wanted.id, last, documents, followups, renewed=renewed)
    yield {"id": wanted.id, "html": turns.turn(shown), "record": record, "news": desk.news}


def _scope(edition: Edition, documents: list[str]) -> tuple[str, ...]:
    """The documents that a question is limited to: all of those that exist is no limit."""
    indexed = [i for i, s in edition.catalogue.items() if s.state is SourceState.INDEXED]
    wanted = tuple(d for d in indexed if d in documents)
    return () if len(wanted) == len(indexed) else wanted


def _failed(key: str, question: str, message: str) -> dict[str, Any]:
    return {"id": key, "html": turns.problem(question, message), "record": None, "failed": True}
