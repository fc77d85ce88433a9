"""The choice of who writes: only with a language model; honoured, told, and stopped at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from llm_helpers import Handler, Server, free_port, says, serving
from playwright.sync_api import expect
from ui_helpers import TALL, Running, Visit

from mehealth_rag.errors import UsageError
from mehealth_ui.desk import Desk
from mehealth_ui.page import api, handlers
from mehealth_ui.page.app import engine_choice

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Settings

TRUE = "The lighthouse on the North Pier is 42 metres tall and was lit in 1871 [1]. "
FALSE = "It was built by 900 sailors from Norway [1]."


@dataclass(frozen=True, slots=True)
class Slow:
    """The address of a page whose answers come slowly, and the server of its language model."""

    address: str
    model: Server


def with_model(desk: Desk, settings: Settings, assistant: Assistant, url: str) -> Desk:
    named = {"llm_base_url": url, "llm_model": "tester"}
    whole = Desk.of(settings.model_copy(update=named), assistant)
    return replace(whole, feedback=desk.feedback, gate=desk.gate)


def waits(handler: Handler, _: dict[str, Any]) -> None:
    handler.begin()
    handler.event("The lighthouse ")
    handler.wait_until_left()


def ask(desk: Desk, engine: str) -> dict[str, Any]:
    payload = {"id": "t1", "question": TALL, "engine": engine}
    values = [v for v in handlers.ask(desk, payload, "visitor", "address") if v is not None]
    return values[-1]


def test_without_a_model_there_is_nothing_to_choose(desk: Desk) -> None:
    assert desk.edition.engines == {}
    assert engine_choice(desk) == ""
    assert ask(desk, "generative")["record"]["answer"]["engine"] == "extractive"
    assert "spoken" not in ask(desk, "")["html"]


def test_a_program_names_the_engine(desk: Desk, settings: Settings, assistant: Assistant) -> None:
    assert api.ask(desk, TALL, None, None, "extractive")["engine"] == "extractive"
    with pytest.raises(UsageError, match="no language model is configured here"):
        api.ask(desk, TALL, None, None, "generative")
    with serving(says(TRUE)) as server:
        chosen = with_model(desk, settings, assistant, server.url)
        assert api.ask(chosen, TALL, None, None, "generative")["engine"] == "generative"
        assert api.ask(chosen, TALL, None, None)["engine"] == "extractive"
        with pytest.raises(UsageError, match="there are: extractive, generative"):
            api.ask(chosen, TALL, None, None, "poetic")


def test_the_chosen_engine_writes(desk: Desk, settings: Settings, assistant: Assistant) -> None:
    with serving(says(TRUE, FALSE)) as server:
        chosen = with_model(desk, settings, assistant, server.url)
        assert 'value="extractive" selected' in engine_choice(chosen)
        value = ask(chosen, "generative")
        assert value["record"]["answer"]["engine"] == "generative"
        assert "Written by the language model." in value["html"]
        assert "Left out: 1" in value["html"]
        words, left_out = value["html"].split("Left out: 1")
        assert "Norway" not in words
        assert "900 sailors" in left_out
        requests = len(server.requests)
        assert ask(chosen, "extractive")["record"]["answer"]["engine"] == "extractive"
        assert ask(chosen, "")["record"]["answer"]["engine"] == "extractive"
        assert len(server.requests) == requests


def test_a_model_that_is_not_there_is_told(
    desk: Desk, settings: Settings, assistant: Assistant
) -> None:
    gone = with_model(desk, settings, assistant, f"http://127.0.0.1:{free_port()}/v1")
    value = ask(gone, "generative")
    assert "could not be reached" in value["html"]
    assert "42 metres" in value["html"]


def test_a_model_that_cannot_be_opened_leaves_the_page_as_it_is(
    settings: Settings, assistant: Assistant, tmp_path: Path
) -> None:
    named = {"llm_gguf": tmp_path / "none.gguf"}
    assert Desk.of(settings.model_copy(update=named), assistant).edition.engines == {}


def test_closing_the_answer_stops_the_model(
    desk: Desk, settings: Settings, assistant: Assistant
) -> None:
    with serving(waits) as server:
        chosen = with_model(desk, settings, assistant, server.url)
        payload = {"id": "t1", "question": TALL, "engine": "generative"}
        growing = handlers.ask(chosen, payload, "visitor", "address")
        while not server.requests:
            assert next(growing) is None
        started = time.monotonic()
        growing.close()
        assert server.left.wait(1)
        assert time.monotonic() - started < 0.5


SLOW = """
import time
from mehealth_rag.assistant import Assistant
from mehealth_rag.settings import Settings
from mehealth_ui.serving.server import serve
whole = Assistant.stream
def slowly(self, *given):
    for answer in whole(self, *given):
        time.sleep(0.3 if "lighthouse" in given[0] else 0)
        yield answer
Assistant.stream = slowly
serve(Settings.load())
"""


@pytest.fixture(scope="module")
def slow(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slow]:
    """The page served with a model that never ends, its answers slowed down."""
    with serving(waits) as server:
        named = {"LLM_BASE_URL": server.url, "LLM_MODEL": "tester"}
        log = tmp_path_factory.mktemp("log") / "slow.log"
        with Running(settings, log, "-c", SLOW, **named) as running:
            yield Slow(running.address, server)


@pytest.mark.slow
@pytest.mark.browser
def test_an_answer_streams_and_can_be_stopped(browser: Browser, slow: Slow) -> None:
    with Visit(browser, slow.address) as visit:
        page = visit.page
        visit.send(TALL)
        expect(page.locator(".turn .said")).to_contain_text("lighthouse")
        expect(page.locator(".turn .tools")).to_have_count(0)
        page.click("#stop")
        expect(page.locator(".turn .card.failed")).to_contain_text("Stopped")
        page.locator(".turn [data-act=retry]").click()
        expect(page.locator(".turn .tools")).to_be_visible(timeout=20_000)
        expect(page.locator(".turn")).to_have_count(1)


@pytest.mark.slow
@pytest.mark.browser
def test_stop_on_the_page_stops_the_model(browser: Browser, slow: Slow) -> None:
    with Visit(browser, slow.address) as visit:
        page = visit.page
        page.select_option("#engine", "generative")
        visit.send(TALL)
        until = time.monotonic() + 20
        while not slow.model.requests and time.monotonic() < until:
            page.wait_for_timeout(100)
        assert slow.model.requests
        assert not slow.model.left.is_set()
        page.click("#stop")
        assert slow.model.left.wait(2)
        page.select_option("#engine", "extractive")
        visit.ask("How tall is the Meridian tower?")
        assert "88 metres" in page.locator(".turn .said").last.inner_text()
