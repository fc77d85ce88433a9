"""The server as other programs see it: endpoints, routes, headers, login."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from ui_helpers import ROOT, Running, call_page

from mehealth_rag.errors import UsageError
from mehealth_rag.types import SourceState

if TYPE_CHECKING:
    from mehealth_rag.settings import Settings

pytestmark = pytest.mark.slow


def test_the_named_endpoints_answer_a_gradio_client(served: str) -> None:
    with closing(Client(served, verbose=False, analytics_enabled=False)) as caller:
        question = "How tall is the lighthouse on the North Pier?"
        answer = caller.predict(question, api_name="/ask")
        assert (answer["schema"], answer["status"]) == (1, "answered")
        assert answer["citations"][0]["page"] == 1
        follow_up = caller.predict("When was it lit?", [[question, "42 metres"]], api_name="/ask")
        assert "1871" in follow_up["answer"]
        hits = caller.predict("ferry", 1, ["harbour-guide"], api_name="/search")
        assert hits["id"] is None
        assert [h["document"] for h in hits["hits"]] == ["harbour-guide"]
        states = {s["id"]: s["state"] for s in caller.predict(api_name="/sources")}
        assert states["tower"] == SourceState.INDEXED
        assert states["focus-medtech"] == SourceState.NOT_FETCHED
        for name in ("/ask", "/search"):
            with pytest.raises(AppError, match="the question is empty"):
                caller.predict(" ", api_name=name)
    named = httpx.get(f"{served}/gradio_api/info").json()["named_endpoints"]
    assert set(named) == {"/ask", "/search", "/check", "/sources"}
    described = {p["parameter_name"] for p in named["/ask"]["parameters"]}
    assert described == {"question", "history", "documents", "engine"}


def test_pictures_are_served_by_id_and_number_only(served: str) -> None:
    address = served
    picture = httpx.get(f"{address}/page/prospectus/1.png?width=480")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    for bad in (
        "page/prospectus/1.png?width=481",
        "page/prospectus/0.png",
        "page/prospectus/13.png",
        "page/prospectus/x.png",
        "page/tower/1.png",
        "page/..%2F..%2Fetc%2Fpasswd/1.png",
        "page/focus-medtech/1.png",
        "document/focus-medtech",
        "document/..%2Fsources.toml",
        "document/sources.toml",
        "ui/../app.py",
        "ui/mehealth_ui/app.py",
    ):
        assert httpx.get(f"{address}/{bad}").status_code in {400, 404}, bad


def test_a_document_is_served_as_text_unless_it_is_a_pdf(served: str) -> None:
    text = httpx.get(f"{served}/document/tower")
    assert text.headers["content-type"].startswith("text/plain")
    assert text.headers["x-content-type-options"] == "nosniff"
    assert "<script>" in text.text
    pdf = httpx.get(f"{served}/document/prospectus")
    assert pdf.headers["content-type"] == "application/pdf"


def test_the_page_names_no_other_host(served: str) -> None:
    page = httpx.get(served)
    assert "default-src 'self'" in page.headers["content-security-policy"]
    head = page.text[: page.text.index("</head>")]
    assert "Harbour &amp; &lt;b&gt;Health&lt;/b&gt;" in head
    for other in ("googleapis", "og:image", "twitter:", "raw.githubusercontent"):
        assert other not in head


def test_a_public_address_without_a_login_is_refused(settings: Settings) -> None:
    from mehealth_ui.serving.server import serve

    with pytest.raises(UsageError, match="mehealth auth add"):
        serve(settings.model_copy(update={"ui_host": "0.0.0.0"}))


def test_a_taken_port_is_told(settings: Settings, served: str) -> None:
    from mehealth_ui.serving.server import serve

    port = int(served.rsplit(":", 1)[1])
    with pytest.raises(UsageError, match="choose another with --port"):
        serve(settings.model_copy(update={"ui_port": port}))


def test_importing_the_page_starts_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, mehealth_ui, mehealth_ui.page.handlers, mehealth_ui.serving.server;"
        "import mehealth_ui.page.routes, mehealth_ui.page.api;"
        "assert not {'gradio', 'torch', 'chromadb'} & set(sys.modules), 'heavy'"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


ROUTES = (
    "/",
    "/config",
    "/login",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/v1/sources",
    "/v1/ask",
    "/v1/documents",
    "/v1/chat/completions",
    "/document/tower",
    "/page/prospectus/1.png",
    "/ui/page.js",
    "/gradio_api/info",
    "/gradio_api/queue/join",
    "/gradio_api/component_server",
    "/gradio_api/mcp/",
    "/no/such/route",
)


@pytest.mark.parametrize("path", ROUTES)
def test_no_route_answers_another_website(served: str, path: str) -> None:
    with httpx.Client(base_url=served) as client:
        foreign = {"origin": "https://evil.example"}
        for method in ("GET", "POST", "OPTIONS"):
            got = client.request(method, path, headers=foreign)
            assert (got.status_code, "access-control-allow-origin" in got.headers) == (403, False)
        assert client.get(path, headers={"host": "evil.example:7860"}).status_code == 421
        assert client.post(path, headers={"origin": "null"}).status_code == 403


def test_a_foreign_page_stores_no_feedback(served: str, settings: Settings) -> None:
    from mehealth_ui.people.feedback import FeedbackStore

    before = len(FeedbackStore.beside(settings.index).rows())
    judged = {"turn": {"id": "x", "question": "?", "answer": {}}, "feedback": {"verdict": "right"}}
    foreign = {"content-type": "text/plain", "origin": "http://localhost:1"}
    with httpx.Client(base_url=served) as client:
        assert call_page(client, "judge", judged, **foreign).status_code == 403
        assert len(FeedbackStore.beside(settings.index).rows()) == before
        assert call_page(client, "judge", judged, origin=served).is_success  # the page's own


@pytest.mark.parametrize("name", ["upload", "process_recording", "run/ask", "vibe-edit/", "runs",
                                  "proxy=http://192.0.2.1/", "stream/x/close"])  # fmt: skip
def test_what_the_page_does_not_use_of_gradio_is_off(served: str, name: str) -> None:
    sent = httpx.post(f"{served}/gradio_api/{name}", files={"file": b"x" * 100})
    assert sent.status_code == 403


def test_a_stream_that_is_broken_off_leaves_no_traceback(running: Running) -> None:
    question = {"question": "How much does MedTech generate for the UK economy each year?"}
    before = len(running.log.read_text())
    for _ in range(3):
        with httpx.stream(
            "POST", f"{running.address}/v1/ask?stream=true", json=question, timeout=60
        ) as streamed:
            next(streamed.iter_raw(1))
    with httpx.stream("GET", f"{running.address}/gradio_api/heartbeat/x", timeout=60) as streamed:
        assert streamed.status_code == 200
    assert httpx.get(f"{running.address}/healthz", timeout=60).status_code == 200
    assert "Traceback" not in running.log.read_text()[before:]


def _hears_of_ctrl_c() -> None:
    """Tests that run in the background ignore Ctrl-C, and so would what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells when the imports have begun")
@pytest.mark.parametrize(
    ("start", "codes", "words"),
    [
        (("-m", "mehealth_ui"), {0, 1, 130}, {"", "mehealth: stopped\n"}),
        (("-c", "from mehealth_rag.cli import main; main()", "ui"), {0, 1, 130},
         {"", "mehealth: stopped\n"}),
    ],
)  # fmt: skip
def test_ctrl_c_during_the_imports_is_no_traceback(
    start: tuple[str, ...], codes: set[int], words: set[str], tmp_path: Path
) -> None:
    paths = os.pathsep.join((str(ROOT / "src"), str(ROOT / "ui")))
    with subprocess.Popen(
        [sys.executable, *start],
        env={**os.environ, "PYTHONPATH": paths, "MEHEALTH_INDEX": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=_hears_of_ctrl_c,  # noqa: PLW1509 - no other thread forks here
    ) as process:
        maps = Path(f"/proc/{process.pid}/maps")
        while "pydantic_core" not in maps.read_text():
            time.sleep(0.002)
        process.send_signal(signal.SIGINT)
        try:
            output, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode in codes
    assert output in words


def test_ctrl_c_right_after_the_start_ends_cleanly(settings: Settings, tmp_path: Path) -> None:
    with Running(settings, tmp_path / "log") as started:
        assert started.end(signal.SIGINT) == 0
        log = started.log.read_text()
    first, *others = (json.loads(line) for line in log.splitlines())
    assert first["event"].startswith("The page is at")
    assert [line["event"] for line in others] == ["request"]
