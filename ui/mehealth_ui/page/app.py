"""Lays out the page, and connects its parts to handlers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
from gradio.events import api as named

from mehealth_rag.assistant import EXTRACTIVE, GENERATIVE
from mehealth_rag.errors import MehealthError
from mehealth_ui.desk import Desk
from mehealth_ui.error_text import UNEXPECTED, visible_text
from mehealth_ui.limits import BODY_BYTES, DRAFT_CHARACTERS, SESSIONS
from mehealth_ui.markup import Html, tag
from mehealth_ui.page import api, handlers
from mehealth_ui.page.assets import part
from mehealth_ui.page.guide import guides_markup
from mehealth_ui.page.sources import sources_markup
from mehealth_ui.people.callers import Role, role_of, user_of, visitor

LOG = logging.getLogger("mehealth.ui")
_MOUNT = """
window.mehealth.mount({server, watch});
watch("value", () => window.mehealth.received(props.value));
"""
_BEGIN = "(question, wire) => window.mehealth.begin(question)"
_ENGINES = {
    EXTRACTIVE: "the documents' own words",
    GENERATIVE: "the words of the language model, checked",
}
_STOP = "() => window.mehealth.stop()"
_FAILED = "() => window.mehealth.failed()"


def page(desk: Desk, title: str) -> gr.Blocks:
    """Return the page over one desk, with its named endpoints."""
    edition = desk.edition
    rail = {
        "index": edition.version,
        "sources": sources_markup(tuple(edition.catalogue.values())),
    }
    limits = {
        "longest": str(DRAFT_CHARACTERS),
        "characters": f"{DRAFT_CHARACTERS:,}",
        "megabytes": str(BODY_BYTES // 10**6),
    }
    blocks: gr.Blocks = gr.Blocks(title=title, analytics_enabled=False, fill_width=True)
    with blocks:
        _static(part("header", title=title), "top")
        with gr.Row(elem_id="desk", equal_height=False):
            with gr.Column(elem_id="rail", min_width=0):
                _static(part("rail", **rail), "shelf")
            with gr.Column(elem_id="talk", min_width=0):
                _static(part("views"), "views")
                _static(part("facts", **limits), "facts")
                _static(part("transcript"), "transcript")
                question, ask, stop = _composer(desk)
            with gr.Column(elem_id="proof", min_width=0):
                _static(part("finding"), "finding")
                _static(part("pane", guide=guides_markup(edition.assistant.guides())), "pane")
        wire = _wire(desk)
        _connect(desk, wire, (question, ask, stop))
        _endpoints(desk)
    blocks.state_session_capacity = SESSIONS
    blocks.queue(
        max_size=desk.settings.ui_queue,
        default_concurrency_limit=desk.settings.ui_concurrency,
        api_open=False,
    )
    return blocks


def _static(markup: Html, name: str) -> gr.HTML:
    return gr.HTML(markup, elem_id=name, js_on_load=None, apply_default_css=False)


def _composer(desk: Desk) -> tuple[gr.Textbox, gr.Button, gr.Button]:
    with gr.Column(elem_id="composer", min_width=0):
        _static(part("composer", engines=engine_choice(desk)), "editing")
        with gr.Row(elem_id="line", equal_height=False):
            question = gr.Textbox(
                label="Your question",
                show_label=False,
                placeholder="Ask about the documents",
                lines=1,
                max_lines=6,
                container=False,
                elem_id="question",
                scale=1,
            )
            ask = gr.Button("Ask", variant="primary", elem_id="ask", scale=0, min_width=84)
            stop = gr.Button("Stop", variant="secondary", elem_id="stop", scale=0, min_width=84)
    return question, ask, stop


def _wire(desk: Desk) -> gr.HTML:
    """Return the hidden component that the browser's script talks to."""

    def look(sent: Any) -> str:  # noqa: ANN401 - JSON
        return handlers.look(desk, sent)

    def judge(sent: Any, request: gr.Request) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return handlers.judge(desk, sent, *visitor(request))

    def library(_: Any, request: gr.Request) -> dict[str, Any]:  # noqa: ANN401 - JSON
        may = role_of(request.scope) >= Role.STAFF
        return handlers.library(desk, may=may, who=user_of(request))

    def suggest(sent: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        return handlers.suggest(desk, sent)

    return gr.HTML(
        elem_id="wire",
        visible="hidden",
        html_template="<i></i>",
        js_on_load=_MOUNT,
        apply_default_css=False,
        server_functions=[look, handlers.show_turns, judge, handlers.hand_out, suggest, library],
    )


def _connect(desk: Desk, wire: gr.HTML, composer: tuple[gr.Textbox, gr.Button, gr.Button]) -> None:
    box, ask, stop = composer

    def answer(question: str, sent: Any, request: gr.Request) -> Iterator[Any]:  # noqa: ANN401, ARG001
        if sent:
            for value in handlers.ask(desk, sent, *visitor(request)):
                yield gr.skip() if value is None else value
        else:
            yield None

    asking = gr.on(
        [ask.click, box.submit],
        answer,
        inputs=[box, wire],
        outputs=[wire],
        js=_BEGIN,
        show_progress="hidden",
        # The script allows one question at a time; Gradio would also delay the next one while a
        # stopped one winds down.
        trigger_mode="multiple",
        concurrency_id="questions",
        concurrency_limit=desk.settings.ui_concurrency,
        api_visibility="private",
    )
    asking.failure(None, js=_FAILED)
    stop.click(None, cancels=[asking], js=_STOP)


def _endpoints(desk: Desk) -> None:
    def ask(
        question: str,
        history: list[list[str]] | None = None,
        documents: list[str] | None = None,
        engine: str = "",
        _request: gr.Request | None = None,
    ) -> dict[str, Any]:
        """Answer a question from the documents, each statement proved by a quote and its page.

        Args:
            question: the question in plain words
            history: earlier turns as pairs of question and answer, oldest first
            documents: ids of the documents to look in; all where none is named
            engine: who writes, "extractive" or "generative"; the page's own where it is empty
        """
        with _admitted(desk, _request):
            return api.ask(desk, question, history, documents, engine)

    def search(
        query: str,
        top_k: int = 10,
        documents: list[str] | None = None,
        _request: gr.Request | None = None,
    ) -> dict[str, Any]:
        """Find the passages of the documents that come nearest to a query, without an answer.

        Args:
            query: what to look for
            top_k: how many passages
            documents: ids of the documents to look in; all where none is named
        """
        with _admitted(desk, _request):
            return api.search(desk, query, top_k, documents)

    def check(
        text: str, documents: list[str] | None = None, _request: gr.Request | None = None
    ) -> dict[str, Any]:
        """Check a claim or a draft: what the documents say of each sentence, with quotes and pages.

        Args:
            text: the claim, or a draft of any number of sentences
            documents: ids of the documents to look in; all where none is named
        """
        with _admitted(desk, _request):
            return api.check(desk, text, documents, visitor(_request)[0])

    def sources() -> list[dict[str, Any]]:
        """List the documents: title, pages, whether they are indexed, where they come from."""
        return api.sources(desk)

    for endpoint in (ask, search, check, sources):
        named(endpoint, api_name=endpoint.__name__, concurrency_id="questions")


@contextmanager
def _admitted(desk: Desk, request: gr.Request | None) -> Iterator[None]:
    """Count a call against the visitor's rate, and translate errors for Gradio."""
    try:
        desk.gate.admit(*visitor(request))
        yield
    except MehealthError as error:
        raise gr.Error(visible_text(error, *desk.folders), print_exception=False) from error
    except Exception as error:  # Gradio would show its words
        LOG.exception("a call failed")
        raise gr.Error(UNEXPECTED, print_exception=False) from error


def engine_choice(desk: Desk) -> Html:
    """Return the choice of the engine, if there is one."""
    edition = desk.edition
    if not edition.engines:
        return Html("")
    options = [
        tag("option", words, value=name, selected=name == edition.engine)
        for name, words in _ENGINES.items()
        if name in edition.engines
    ]
    choice = tag("select", *options, id="engine")
    return tag("p", tag("label", "Answers in ", choice), class_="engines")
