"""No path of the machine is told to a visitor, whatever fails."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from ui_helpers import TALL, call_page, serving

from mehealth_rag.errors import IndexStateError, ReadingError
from mehealth_rag.index.accounting import SourceStatus
from mehealth_rag.types import Source, SourceState
from mehealth_ui.error_text import sentence, visible_status, visible_text
from mehealth_ui.page import api, handlers
from mehealth_ui.page.routes import routes
from mehealth_ui.page.sources import sources_markup
from mehealth_ui.people.feedback import FeedbackStore
from mehealth_ui.service.endpoints import add_service

if TYPE_CHECKING:
    from ui_helpers import Running

    from mehealth_rag.settings import Settings
    from mehealth_ui.desk import Desk

FOLDERS = (Path("/srv/our files/the index"), Path("our files"), Path("../data/corpus"), Path())


@pytest.mark.parametrize(
    ("words", "visible"),
    [
        ("/srv/data/a.pdf: locked", "a.pdf: locked"),
        ("the folder /srv/data/x cannot be written", "the folder x cannot be written"),
        ("‘/a/b c’: no; see '/var/lib/m.db'", "‘b c’: no; see 'm.db'"),
        ("~/files/a.txt is gone", "a.txt is gone"),
        (r"C:\Users\ada\a.txt: gone", "a.txt: gone"),
        ("/srv/our files/the index/feedback.sqlite: full", "feedback.sqlite: full"),
        ("/srv/our files/the index: full", "the index: full"),
        ("see https://example.org/a/b and and/or, 3/4", None),
        ("send it to /healthz", None),
        ("our files/added/a b.pdf: locked", "added/a b.pdf: locked"),
        ("‘our files’ cannot be written", None),
        ("../data/corpus/a.pdf: locked", "a.pdf: locked"),
        ("the folder ../data/corpus cannot be written", "the folder corpus cannot be written"),
        ("see https://example.org/our files/a", None),
    ],
)
def test_a_path_is_cut_to_its_last_name(words: str, visible: str | None) -> None:
    assert visible_text(words, *FOLDERS) == (visible or words)


def test_a_sentence_has_a_capital_and_a_stop() -> None:
    assert sentence("a file is gone") == "A file is gone."
    assert sentence("Why?") == "Why?"


class Broken:
    """An assistant whose index breaks, and says where it lies."""

    def __init__(self, desk: Desk, place: Path) -> None:
        self._real, self._place = desk.edition.assistant, place
        self.index, self.model = desk.edition.assistant.index, None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - stands in for the assistant
        if name not in {"ask", "stream", "search", "page", "check", "guides"}:
            return getattr(self._real, name)

        def fails(*_: object, **__: object) -> Iterator[Any]:
            raise IndexStateError(f"{self._place}/vectors.bin: is damaged; run: mehealth ingest")

        return fails


@pytest.fixture
def broken(desk: Desk, settings: Settings) -> Desk:
    source = Source("gone", "Gone", "guide", "pdf", path=settings.corpus / "gone file.pdf")
    failed = SourceStatus(source, SourceState.FAILED, reason=f"{source.path}: is locked")
    edition = replace(
        desk.edition,
        assistant=Broken(desk, settings.index),  # type: ignore[arg-type]
        catalogue={**desk.edition.catalogue, "gone": visible_status(failed, settings.corpus)},
    )
    # A folder is where the feedback should be: nothing can be kept in it.
    return replace(serving(desk, edition), feedback=FeedbackStore(settings.corpus))


def leaks(text: str, settings: Settings) -> list[str]:
    """The folders of this machine that a text names."""
    places = (
        settings.corpus,
        settings.index,
        Path(sys.prefix),
        Path.home(),
        Path(__file__).parents[2],
    )
    return [p for p in [*map(str, places), "site-packages", "Traceback"] if p in text]


def test_no_handler_tells_a_path(broken: Desk, settings: Settings) -> None:
    turn = {"id": "t", "question": TALL, "answer": {}}
    values: list[object] = [
        *handlers.ask(broken, {"id": "t", "question": TALL}, "v", "a"),
        handlers.look(broken, {"document": "tower", "page": 1}),
        handlers.judge(broken, {"turn": turn, "feedback": {"verdict": "right"}}, "v", "a"),
        handlers.hand_out({"format": "html", "conversation": {"turns": [turn]}}),
        sources_markup(tuple(broken.edition.catalogue.values()), may=False),
        api.sources(broken),
    ]
    whole = json.dumps(values, default=str)
    assert leaks(whole, settings) == []
    assert "Vectors.bin: is damaged" in whole  # what is wrong is told all the same
    assert "gone file.pdf: is locked" in whole
    assert "feedback cannot be kept" in whole


def test_no_route_of_the_service_tells_a_path(broken: Desk, settings: Settings) -> None:
    app = FastAPI()
    add_service(app, broken)
    app.router.routes += routes(broken)
    client = TestClient(app, raise_server_exceptions=False)
    chat = {"messages": [{"role": "user", "content": TALL}]}
    answers = [
        client.post("/v1/ask", json={"question": TALL}),
        client.post("/v1/ask?stream=true", json={"question": TALL}),
        client.post("/v1/search", json={"query": TALL}),
        client.post("/v1/check", json={"claim": TALL}),
        client.post("/v1/chat/completions", json=chat),
        client.get("/v1/guide"),
        client.get("/v1/sources"),
        client.get("/page/gone/1.png?width=480"),
        client.get("/document/gone"),
    ]
    told_of = "\n".join(f"{a.headers}{a.text}" for a in answers)
    assert leaks(told_of, settings) == []
    assert [a.status_code for a in answers[:4]] == [503] * 4
    assert "gone file.pdf: is locked" in told_of


def test_a_file_that_cannot_be_drawn_or_opened_tells_no_path(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> Path:
        raise ReadingError(f"{settings.corpus / 'prospectus.pdf'}: is damaged")

    monkeypatch.setattr(type(desk.edition.originals), "path", fails)
    app = FastAPI()
    app.router.routes += routes(desk)
    client = TestClient(app)
    for address in ("/document/prospectus", "/page/prospectus/1.png?width=480"):
        got = client.get(address)
        assert "prospectus.pdf: is damaged" in got.text
        assert leaks(got.text, settings) == []


NONSENSE = ("look", "show_turns", "judge", "hand_out", "suggest", "no_such")


def test_no_failing_request_to_the_real_server_is_told_a_path(
    running: Running, settings: Settings
) -> None:
    with httpx.Client(base_url=running.address, timeout=60) as client:
        answers = [
            call_page(client, name, data)
            for name in NONSENSE
            for data in ("x", {"turns": [{"id": 1}]}, {"document": "../../etc/passwd", "page": 1})
        ]
        answers += [
            client.get(f"/{path}")
            for path in ("no/such", "ui/x", "document/x", "page/tower/1.png", "gradio_api/file=/x")
        ]
        for path in ("ask", "search", "check", "chat/completions"):
            answers += [
                client.post(f"/v1/{path}", content=body) for body in ("{", "[]", '{"a": 1}')
            ]
        called = client.post("/gradio_api/call/ask", json={"data": [TALL, 7, "x", "poetic"]})
        event = called.json().get("event_id", "none")
        answers.append(client.get(f"/gradio_api/call/ask/{event}"))
        told_of = "\n".join(f"{a.url} {a.headers}{a.text}" for a in answers)
    assert sum(a.status_code >= 400 for a in answers) > 15
    assert leaks(told_of, settings) == []
    assert os.sep + "tmp" + os.sep not in told_of
