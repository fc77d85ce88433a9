"""The service as whoever runs it sees it: its log, its end, documents with a slash in their ids."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from llm_helpers import Handler, free_port, serving
from reportlab.pdfgen.canvas import Canvas
from ui_helpers import TALL, Running

from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest
from tests.conftest import clean_environment, command

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.full]

TRUE = "The lighthouse on the North Pier is 42 metres tall [1]. "


@pytest.fixture(scope="module")
def harbours(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two files of one name, whose ids therefore hold their folders."""
    corpus = tmp_path_factory.mktemp("corpus")
    for folder, metres in (("north", 42), ("south", 30)):
        (corpus / folder).mkdir()
        canvas = Canvas(str(corpus / folder / "plan.pdf"), invariant=True)
        pier = folder.capitalize()
        canvas.drawString(72, 700, f"The lighthouse on the {pier} Pier is {metres} metres tall.")
        canvas.drawString(72, 680, "It was lit in 1871.")
        canvas.save()
    places = {"corpus": corpus, "index": tmp_path_factory.mktemp("index")}
    made = Settings.load(places, environ={}, folder=corpus)
    ingest(made)
    return made


def lines_of(running: Running) -> list[dict[str, Any]]:
    return [json.loads(line) for line in running.log.read_text().splitlines()]


def test_what_is_asked_of_a_running_service(harbours: Settings, tmp_path: Path) -> None:
    with Running(harbours, tmp_path / "log") as running:
        with httpx.Client(base_url=running.address, timeout=60) as client:
            for document in ("north/plan.pdf", "north%2Fplan.pdf"):
                whole = client.get(f"/document/{document}")
                assert whole.headers["content-type"] == "application/pdf"
                picture = client.get(f"/page/{document}/1.png")
                assert picture.headers["content-type"] == "image/png"
            assert client.get("/document/north/none.pdf").status_code == 404
            for name in ("call/nope", "call/v2/nope", "call/v2"):
                unknown = client.post(f"/gradio_api/{name}", json={"data": []})
                assert unknown.status_code == 404
                assert unknown.json()["error"].endswith("there are: ask, search, check, sources")
            known = client.post("/gradio_api/call/sources", json={"data": []})
            assert known.json().keys() == {"event_id"}
            answer = client.post("/v1/ask?q=in-the-query", json={"question": TALL})
            assert "42 metres" in answer.json()["answer"]
        listening = httpx.stream("GET", f"{running.address}/gradio_api/heartbeat/x", timeout=60)
        with listening as stream:
            assert stream.status_code == 200
            begun = time.monotonic()
            assert running.end() == 0  # whoever only listens is not waited for
            assert time.monotonic() - begun < 30
        log = lines_of(running)
    assert TALL not in json.dumps(log)
    assert "in-the-query" not in json.dumps(log)
    line = next(x for x in log if x.get("request_id") == answer.headers["x-request-id"])
    assert (line["path"], line["status"], line["who"]) == ("/v1/ask", 200, "127.0.0.1")


def test_an_answer_is_finished_after_sigterm(harbours: Settings, tmp_path: Path) -> None:
    def writes_slowly(handler: Handler, _: dict[str, Any]) -> None:
        handler.begin()
        for words in (TRUE, "It was ", "lit in ", "1871 ", "[1]."):
            handler.event(words)
            time.sleep(1)
        handler.event(None, "stop")
        handler.raw(b"data: [DONE]\n\n")

    question = {"question": TALL, "engine": "generative"}
    with serving(writes_slowly) as model:
        named = {"LLM_BASE_URL": model.url, "LLM_MODEL": "tester"}
        with Running(harbours, tmp_path / "log", **named) as running:
            address = f"{running.address}/v1/ask?stream=true"
            with httpx.stream("POST", address, json=question, timeout=60) as stream:
                lines = (line for line in stream.iter_lines() if line)
                first = json.loads(next(lines).removeprefix("data: "))
                running.send(signal.SIGTERM)
                refused = False
                for line in lines:
                    last = json.loads(line.removeprefix("data: "))
                    refused = refused or not _answers(running.address)
            assert running.wait() == 0
            log = lines_of(running)
    assert "1871" not in first["answer"]
    assert "1871" in last["answer"]
    assert refused
    assert [x["status"] for x in log if x.get("path") == "/v1/ask"] == [200]
    assert not [x for x in log if x["level"] in {"warning", "error"}]


def _answers(address: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"{address}/healthz", timeout=60).is_success
    return False


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_the_end_before_the_page_listens(
    harbours: Settings, home: Path, tmp_path: Path, sent: signal.Signals
) -> None:
    options = ("--corpus", str(harbours.corpus), "--index", str(tmp_path / "index"))
    with subprocess.Popen(
        [command(), "serve", "--port", str(free_port()), *options],
        env=clean_environment(home),
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        begun = process.stderr.readline()  # it builds the index, which takes seconds
        process.send_signal(sent)
        rest = process.stderr.read()
        assert process.wait(60) == 0
    assert "There is no index of this corpus yet" in json.loads(begun)["event"]
    assert "The page is at" not in rest
    assert "Traceback" not in rest
