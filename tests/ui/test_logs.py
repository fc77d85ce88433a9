"""The service's log: one line a request, for people or programs, and nothing of what was asked."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from mehealth_rag.settings import Settings
from mehealth_ui.gateway.guard import Guard
from mehealth_ui.gateway.hosts import Hosts
from mehealth_ui.page.handlers import QUESTIONS
from mehealth_ui.people.callers import Caller
from mehealth_ui.serving import logs
from mehealth_ui.serving.server import proxies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

HERE = Hosts.of("127.0.0.1", ())


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/fault":
        raise RuntimeError("a fault of ours")
    await PlainTextResponse("as you say")(scope, receive, send)


def _signed_in(request: Request) -> Caller | None:
    name = request.headers.get("test-user")
    return None if name is None else Caller(name)


@pytest.fixture
def told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[], str]]:
    """Gives what was written to standard error; logging is as before afterwards."""
    names = (None, "mehealth", "mehealth.questions")
    before = [(logging.getLogger(name), logging.getLogger(name).level) for name in names]
    monkeypatch.setattr(logging.root, "handlers", [])
    yield lambda: capsys.readouterr().err
    for logger, level in before:
        logger.setLevel(level)


def client() -> TestClient:
    guarded = logs.Logged(Guard(_app, "", _signed_in, HERE))
    return TestClient(guarded, base_url="http://localhost")


def test_a_line_for_each_request(told: Callable[[], str]) -> None:
    logs.set_up(Settings())
    sent = client().post(
        "/v1/ask?stream=true",
        json={"question": "What does it cost?"},
        headers={"test-user": "ada", "x-request-id": "from-the-proxy:1"},
    )
    assert sent.headers["x-request-id"] == "from-the-proxy:1"
    line = json.loads(told())
    assert line.pop("ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "request", "level": "info", "request_id": "from-the-proxy:1",
                    "method": "POST", "path": "/v1/ask", "status": 200, "who": "ada"}  # fmt: skip


def test_what_is_refused_or_fails_has_a_line_and_an_id_too(told: Callable[[], str]) -> None:
    logs.set_up(Settings())
    for path, status, who in (("/v1/x", 401, None), ("/fault", 500, "ada")):
        headers = {"test-user": who} if who else {}
        sent = client().get(path, headers={**headers, "x-request-id": "two words\x1b"})
        assert sent.status_code == status
        assert re.fullmatch("[0-9a-f]{32}", sent.headers["x-request-id"])
        lines = [json.loads(line) for line in told().splitlines()]
        assert {line["request_id"] for line in lines} == {sent.headers["x-request-id"]}
        assert (lines[-1]["status"], lines[-1]["who"]) == (status, who or "testclient")
    assert "RuntimeError: a fault of ours" in lines[0]["exception"]


def test_lines_for_people_cannot_be_forged(told: Callable[[], str]) -> None:
    logs.set_up(Settings(log_format="lines"))
    client().get("/a%1b%0ab", headers={"test-user": "ada"})
    logging.getLogger("mehealth.ui").warning("a name\x1b[2J\nforged")
    first, second = told().splitlines()
    assert "/a%1b%0ab" in first
    assert "ada" in first
    assert r"a name\x1b[2J\nforged" in second


def test_the_level(told: Callable[[], str]) -> None:
    logs.set_up(Settings(log_level="warning"))
    client().get("/a", headers={"test-user": "ada"})
    logs.announce(Settings(log_level="warning"), "begun")
    logs.announce(Settings(log_level="warning", log_format="lines"), "begun for people")
    assert told() == "begun for people\n"


@pytest.mark.parametrize("wanted", [False, True])
def test_questions_are_written_down_only_where_wanted(
    told: Callable[[], str], wanted: bool
) -> None:
    logs.set_up(Settings(log_questions=wanted))
    QUESTIONS.info("question", extra={"question": "What does it cost?"})
    assert ("What does it cost?" in told()) is wanted


def test_who_is_believed_about_where_a_request_comes_from() -> None:
    assert proxies(Settings()) == []
    named = proxies(Settings(ui_hosts="ask.example.org, 10.42.0.0/16,192.0.2.7"))
    assert named == ["127.0.0.1", "::1", "10.42.0.0/16", "192.0.2.7"]
