"""The guard before a small application, over a real web server: names, bodies, connections."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from llm_helpers import free_port
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, StreamingResponse

from mehealth_ui.error_text import UNEXPECTED
from mehealth_ui.gateway import guard
from mehealth_ui.gateway.guard import Guard
from mehealth_ui.gateway.hosts import Hosts
from mehealth_ui.people.callers import Caller
from mehealth_ui.serving import connections
from mehealth_ui.serving.server import uvicorn_server

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

HERE = Hosts.of("127.0.0.1", ())
TAKEN: list[int] = []


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Counts what it is sent; `/broken` begins an answer and fails, `/fault` fails at once."""
    if scope["type"] == "lifespan":
        return
    if scope["path"] == "/from":
        await JSONResponse({"client": scope["client"][0]})(scope, receive, send)
        return
    if scope["path"] == "/fault":
        raise RuntimeError("a fault of ours")
    if scope["path"] == "/broken":
        await StreamingResponse(_broken())(scope, receive, send)
        return
    if scope["path"] == "/endless":
        await StreamingResponse(itertools.repeat(b"x" * 65_536))(scope, receive, send)
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    TAKEN.append(len(body))
    await JSONResponse({"taken": len(body)})(scope, receive, send)


def _broken() -> Iterator[bytes]:
    yield b"begun"
    raise RuntimeError("half way")


def _anyone(_: Request) -> Caller | None:
    return Caller("")


@contextlib.contextmanager
def _serving(hosts: Hosts = HERE, proxies: tuple[str, ...] = ()) -> Iterator[str]:
    server = uvicorn_server(Guard(_app, "", _anyone, hosts), proxies)
    port = free_port()
    listening = socket.create_server(("127.0.0.1", port))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with _serving() as served:
        yield served


def test_a_body_in_pieces_is_counted(address: str) -> None:
    pieces = lambda count: (b"x" * 100_000 for _ in range(count))  # noqa: E731
    assert httpx.post(f"{address}/a", content=pieces(39)).json() == {"taken": 3_900_000}
    TAKEN.clear()
    assert httpx.post(f"{address}/a", content=pieces(60)).status_code == 413
    assert TAKEN == []


def test_only_a_proxy_is_believed_about_the_address(address: str) -> None:
    headers = {"x-forwarded-for": "203.0.113.9"}
    assert httpx.get(f"{address}/from", headers=headers).json() == {"client": "127.0.0.1"}
    with _serving(proxies=("127.0.0.1",)) as behind:
        assert httpx.get(f"{behind}/from", headers=headers).json() == {"client": "203.0.113.9"}
    with _serving(proxies=("192.0.2.7",)) as behind:
        assert httpx.get(f"{behind}/from", headers=headers).json() == {"client": "127.0.0.1"}


def test_a_request_that_never_comes_whole_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALLED_SECONDS", 0.3)
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.3)
    with _serving() as served:
        port = int(served.rsplit(":", 1)[1])
        head = b"POST /a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n"
        for sent in (
            b"",
            b"GET / HT",
            head,
            head + b"\r\nx",
            b"GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET",
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(sent)
                with contextlib.suppress(ConnectionResetError):
                    while connection.recv(10_000):  # to its end: the server has closed it
                        pass
        assert httpx.get(f"{served}/a").is_success


def test_who_takes_nothing_of_an_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALLED_SECONDS", 0.5)
    with _serving() as served, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10_000)
        connection.settimeout(20)
        connection.connect(("127.0.0.1", int(served.rsplit(":", 1)[1])))
        connection.sendall(b"GET /endless HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        taken, until = 0, time.monotonic() + 3
        while time.monotonic() < until:  # slowly: that is no reason to leave
            taken += len(connection.recv(100_000))
            time.sleep(0.02)
        assert taken > 100_000
        time.sleep(4)
        rest = 0
        with contextlib.suppress(ConnectionResetError):
            while rest < 100_000_000 and (part := connection.recv(1_000_000)):
                rest += len(part)
        assert rest < 100_000_000


def test_what_breaks_off_is_one_line(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{address}/broken")
    records = [r for r in caplog.records if r.name == "mehealth.ui"]
    assert [(r.getMessage(), r.exc_info) for r in records] == [
        ("GET /broken broke off: half way", None)
    ]


def test_a_fault_is_one_line_for_the_visitor_and_a_traceback_for_us(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    got = httpx.get(f"{address}/fault")
    assert (got.status_code, got.json()) == (500, {"error": UNEXPECTED})
    assert any(r.exc_info for r in caplog.records)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "localhost:9000"}, None),  # a tunnel
        ({"host": "127.0.0.1"}, None),
        ({"host": "[::1]:7860"}, None),
        ({"host": "192.0.2.7"}, None),  # in figures: no website can be one
        ({"host": "evil.example"}, 421),
        ({"host": "localhost.evil.example"}, 421),
        ({"host": ""}, 421),
        ({}, 421),
        ({"host": "[::1"}, 421),
        ({"host": "localhost:1", "origin": "http://localhost:1"}, None),
        ({"host": "localhost:1", "origin": "http://localhost:2"}, 403),
        ({"host": "localhost:1", "origin": "http://127.0.0.1:1"}, 403),
        ({"host": "localhost:1", "origin": "null"}, 403),
        ({"host": "localhost:1", "origin": "file://"}, 403),
        ({"host": "localhost:1", "origin": "http://["}, 403),
        ({"host": "docs.example.org", "origin": "https://docs.example.org"}, None),
        ({"host": "127.0.0.1:7860", "origin": "https://docs.example.org"}, None),  # a proxy's
        ({"host": "localhost", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"host": "localhost", "sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, 403),
        ({"host": "localhost", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, None),
        ({"host": "localhost", "sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, None),
    ],
)
def test_names_and_websites(headers: dict[str, str], status: int | None) -> None:
    refusal = Hosts.of("127.0.0.1", ["Docs.example.org "]).refusal(Headers(headers))
    assert (refusal and refusal[0]) == status


@pytest.mark.parametrize(
    ("names", "headers", "status"),
    [
        ([], {"host": "page.example"}, None),
        ([], {"host": "page.example", "origin": "https://evil.example"}, 403),
        (["page.example"], {"host": "page.example"}, None),
        (["page.example"], {"host": "evil.example"}, 421),
    ],
)
def test_a_page_behind_a_login_goes_by_any_name_unless_its_names_are_set(
    names: list[str], headers: dict[str, str], status: int | None
) -> None:
    refusal = Hosts.of("0.0.0.0", names).refusal(Headers(headers))
    assert (refusal and refusal[0]) == status
