"""Documents that are added, read again and removed at the real server, and read by real ingests."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
import httpx
import pytest
from playwright.sync_api import expect
from reportlab.pdfgen.canvas import Canvas
from ui_helpers import HARBOUR, ROOT, TALL, Running, Visit

from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest
from tests.fetching.fetching_web import Answer, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


pytestmark = [pytest.mark.slow, pytest.mark.full]

MILL = "The Larkfield mill grinds 60 tonnes of oats a week."
GRINDS = "How many tonnes of oats does the Larkfield mill grind a week?"


@pytest.fixture(scope="module")
def writable(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return made(tmp_path_factory.mktemp("writable"))


@pytest.fixture(scope="module")
def server(writable: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    log = tmp_path_factory.mktemp("log") / "log"
    allowed = {"READER": "small", "UI_DOCUMENTS": "true", "FETCH_ALLOW_PRIVATE": "true"}
    with Running(writable, log, **allowed) as running:
        yield running
    assert "Traceback" not in log.read_text()


@pytest.fixture
def client(server: Running) -> Iterator[httpx.Client]:
    alone = httpx.Limits(max_keepalive_connections=0)  # the server closes those that wait
    with httpx.Client(base_url=server.address, timeout=240, limits=alone) as opened:
        yield opened


def made(folder: Path) -> Settings:
    corpus = folder / "corpus"
    (corpus / "Old papers").mkdir(parents=True)
    (corpus / "harbour.txt").write_text(HARBOUR)
    (corpus / "Old papers" / "ferry.txt").write_text("The ferry of 1902 carried 41 people.\n")
    values = {"corpus": corpus, "index": folder / "index", "ui_questions_per_minute": 1000}
    settings = Settings.load({**values, "reader": "small"}, environ={}, folder=folder)
    ingest(settings)
    return settings


def pdf(*lines: str) -> bytes:
    made = io.BytesIO()
    canvas = Canvas(made, invariant=True)
    for line in lines:
        canvas.drawString(72, 700, line)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def word(*paragraphs: str) -> bytes:
    document, made = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(made)
    return made.getvalue()


def over(client: httpx.Client, sent: httpx.Response) -> dict[str, Any]:
    """The job that an order began, when it is over."""
    assert sent.status_code == 202, sent.text
    job: dict[str, Any] = sent.json()
    until = time.monotonic() + 500
    while job["state"] not in {"done", "failed"}:
        assert time.monotonic() < until, job
        time.sleep(0.2)
        job = client.get(f"/v1/documents/jobs/{job['id']}").json()
    return job


def upload(client: httpx.Client, name: str, content: bytes) -> httpx.Response:
    return client.post("/v1/documents", files={"file": (name, content)})


def ask(client: httpx.Client, question: str, **more: object) -> dict[str, Any]:
    found: dict[str, Any] = client.post("/v1/ask", json={"question": question, **more}).json()
    return found


def mehealth(settings: Settings, *arguments: str) -> str:
    places = ("--corpus", str(settings.corpus), "--index", str(settings.index))
    done = subprocess.run(
        [sys.executable, "-c", "from mehealth_rag.cli import main; main()", *arguments, *places],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        cwd=settings.corpus,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_a_running_server_answers_from_what_the_command_line_indexed_a_moment_ago(
    client: httpx.Client, writable: Settings
) -> None:
    before = ask(client, TALL)
    assert "42 metres" in before["answer"]
    (writable.corpus / "bakery.txt").write_text("The Larkfield bakery employs 17 people.\n")
    mehealth(writable, "ingest")
    answer = ask(client, "How many people does the Larkfield bakery employ?")
    assert "17" in answer["answer"]
    assert [c["document"] for c in answer["citations"]] == ["bakery"]
    assert answer["index"] != before["index"]
    ready = client.get("/readyz").json()
    assert (ready["index"], ready["news"]) == (answer["index"], "")


@pytest.mark.parametrize(
    ("name", "content", "question", "figure"),
    [
        ("Mill report.pdf", pdf(MILL, "The mill has 12 workers."), GRINDS, "60 tonnes"),
        ("quarry.docx", word("The Larkfield quarry is 85 metres deep."),
         "How deep is the Larkfield quarry?", "85 metres"),
        ("../../school.txt", b"The Larkfield school has 310 pupils.\n",
         "How many pupils does the Larkfield school have?", "310"),
    ],
)  # fmt: skip
def test_an_uploaded_file_is_a_document_with_its_figures_and_answers(
    client: httpx.Client, writable: Settings, name: str, content: bytes, question: str, figure: str
) -> None:
    job = over(client, upload(client, name, content))
    file = writable.corpus / "added" / Path(name).name
    assert file.read_bytes() == content
    assert job["state"] == "done", job
    document = job["document"]
    assert (document["id"], document["status"], document["reason"]) == (file.stem, "added", "")
    assert document["pages"] == (2 if name.endswith("pdf") else 1)
    assert document["passages"] >= 1
    answer = ask(client, question)
    assert figure in answer["answer"]
    assert {c["document"] for c in answer["citations"]} == {file.stem}
    (source,) = [s for s in client.get("/v1/sources").json() if s["id"] == file.stem]
    assert (source["collection"], source["state"]) == ("added", "indexed")
    assert source["added"].startswith("20")
    again = upload(client, "another name" + file.suffix, content)
    assert (again.status_code, again.json()["error"]) == (
        400,
        f"the same file is here already, as '{file.stem}'",
    )


def test_two_uploads_of_one_name_at_once_are_two_documents(
    client: httpx.Client, writable: Settings
) -> None:
    texts = [f"The Larkfield {what} opened in {year}.\n".encode() for what, year in
             (("pool", 1961), ("theatre", 1925))]  # fmt: skip
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(lambda text: upload(client, "note.txt", text), texts))
    jobs = [over(client, one) for one in sent]
    assert {job["document"]["id"] for job in jobs} == {"note", "note-2"}
    contents = {
        (writable.corpus / "added" / f"{name}.txt").read_bytes() for name in ("note", "note-2")
    }
    assert contents == set(texts)
    assert "1961" in ask(client, "When did the Larkfield pool open?")["answer"]
    assert "1925" in ask(client, "When did the Larkfield theatre open?")["answer"]


@pytest.mark.parametrize(
    ("name", "content", "status", "told"),
    [
        ("tool.exe", b"MZ", 400, "'tool.exe' is of no format that is read; there are: PDF"),
        ("page.pdf", b"<html><body>Sign in</body></html>", 400, "not a PDF (it is a web page)"),
        ("nothing.txt", b"", 400, "the file is empty"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(
    client: httpx.Client, writable: Settings, name: str, content: bytes, status: int, told: str
) -> None:
    before = sorted((writable.corpus).rglob("*"))
    sent = upload(client, name, content)
    assert sent.status_code == status
    (line,) = sent.json().values()
    assert told in line
    assert "\n" not in line
    assert str(writable.corpus) not in line
    after = [p for p in sorted(writable.corpus.rglob("*")) if p.name != "added"]
    assert after == [p for p in before if p.name != "added"]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"{", "the body is not JSON"),
        (b"[]", "the body"),
        (b'{"name": "x"}', "text: Field required"),
        (b'{"url": "ftp://example.org/x"}', "not http or https"),
        (b'{"url": "file:///etc/passwd"}', "not http or https"),
    ],
)
def test_an_order_that_is_none_is_refused(client: httpx.Client, sent: bytes, told: str) -> None:
    answer = client.post(
        "/v1/documents", content=sent, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert told in answer.json()["error"]


def test_text_is_added_read_again_and_removed(client: httpx.Client, writable: Settings) -> None:
    text = "The Larkfield fountain was built in 1888.\n"
    job = over(client, client.post("/v1/documents", json={"name": "fountain", "text": text}))
    assert job["document"]["id"] == "fountain"
    question = "When was the Larkfield fountain built?"
    assert "1888" in ask(client, question, documents=["added/"])["answer"]
    elsewhere = ask(client, question, documents=["Old papers/"])
    assert elsewhere["status"] == "not_found"
    file = writable.corpus / "added" / "fountain.txt"
    file.write_text(text.replace("1888", "1899"))
    job = over(client, client.post("/v1/documents/fountain/read"))
    assert job["document"]["status"] == "changed"
    assert "1899" in ask(client, question)["answer"]
    job = over(client, client.delete("/v1/documents/fountain"))
    assert job["document"]["status"] == "removed"
    assert not file.exists()
    assert "fountain" not in {c["document"] for c in ask(client, question)["citations"]}
    assert "fountain" not in {s["id"] for s in client.get("/v1/sources").json()}


def test_only_what_was_added_is_removed(client: httpx.Client, writable: Settings) -> None:
    sent = client.delete("/v1/documents/harbour")
    assert (sent.status_code, "was not added here" in sent.text) == (400, True)
    for name in ("nowhere", "..%2Fharbour.txt", "..%2F..%2Findex", "added"):
        assert client.delete(f"/v1/documents/{name}").status_code == 404, name
    assert client.get("/v1/documents/jobs/none").status_code == 404
    assert (writable.corpus / "harbour.txt").is_file()


def test_a_killed_ingest_costs_nothing_and_can_be_done_again(
    client: httpx.Client, server: Running, writable: Settings
) -> None:
    sent = upload(client, "tram.txt", b"The Larkfield tram has 9 stops.\n")
    os.kill(_ingest_of(server.pid), signal.SIGKILL)
    job = over(client, sent)
    assert job["state"] == "failed"
    assert "ended from outside (SIGKILL)" in job["error"]
    assert "42 metres" in ask(client, TALL)["answer"]
    assert (writable.corpus / "added" / "tram.txt").is_file()
    (source,) = [s for s in client.get("/v1/sources").json() if s["id"] == "tram"]
    assert (source["state"], source["reason"]) == ("failed", "present, but not in the index")
    job = over(client, client.post("/v1/documents/tram/read"))
    assert (job["state"], job["document"]["status"]) == ("done", "added")
    assert "9" in ask(client, "How many stops does the Larkfield tram have?")["answer"]


@pytest.mark.browser
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_what_the_end_of_a_server_interrupts_is_shown_with_what_to_do(
    browser: Browser, tmp_path: Path, end: signal.Signals
) -> None:
    settings, allowed = made(tmp_path), {"READER": "small", "UI_DOCUMENTS": "true"}
    with Running(settings, tmp_path / "first", **allowed) as server:
        with httpx.Client(base_url=server.address, timeout=240) as client:
            job = upload(client, "tram.txt", b"The Larkfield tram has 9 stops.\n").json()
        os.kill(_ingest_of(server.pid), signal.SIGSTOP)  # it will not have ended before its server
        server.end(end)
    with Running(settings, tmp_path / "second", **allowed) as server:
        with httpx.Client(base_url=server.address, timeout=240) as client:
            status = client.get(f"/v1/documents/jobs/{job['id']}").json()
        assert (status["state"], status["name"]) == ("failed", "tram.txt")
        assert status["error"].startswith("Interrupted")
        with Visit(browser, server.address) as visit:
            row = visit.page.locator(".jobs li", has_text="tram.txt")
            expect(row).to_contain_text("the file is kept: have it read again")
            visit.page.locator("[data-do=reread][data-document=tram]").click()
            again = visit.page.locator(".jobs li", has_text="Added: 1 page")
            expect(again).to_have_count(1, timeout=240_000)
            visit.reload()
            expect(visit.page.locator(".adding .drop")).to_be_visible()
            expect(visit.page.locator(".jobs li")).to_have_count(0)


def _ingest_of(server: int) -> int:
    """The process that reads documents for a server, as soon as there is one."""
    until = time.monotonic() + 200
    while time.monotonic() < until:
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text().rpartition(")")[2].split()[1])
                command = (path.parent / "cmdline").read_bytes()
            except OSError:
                continue
            if parent == server and b"mehealth_ui.documents.ingesting" in command:
                return int(path.parent.name)
        time.sleep(0.1)
    raise AssertionError("no ingest began")


def test_a_file_that_breaks_is_told_with_its_reason(
    client: httpx.Client, writable: Settings
) -> None:
    job = over(client, upload(client, "broken.pdf", b"%PDF-1.7\nnothing\n%%EOF\n"))
    assert (job["state"], job["document"]["status"]) == ("done", "failed")
    assert "broken.pdf" in job["document"]["reason"]
    assert str(writable.corpus) not in str(job)
    job = over(client, client.delete("/v1/documents/broken"))
    assert job["document"]["status"] == "removed"


def test_an_address_is_fetched_and_its_document_cites_it(client: httpx.Client) -> None:
    site = Site()
    try:
        site.on("/market", Answer(pdf("The Larkfield market has 64 stalls.")))
        job = over(client, client.post("/v1/documents", json={"url": site.url("/market")}))
        assert job["state"] == "done", job
        assert job["document"]["id"] == "market"
        answer = ask(client, "How many stalls does the Larkfield market have?")
        assert answer["citations"][0]["url"] == site.url("/market#page=1")
        site.on("/market", Answer(pdf("The Larkfield market has 77 stalls.")))
        job = over(client, client.post("/v1/documents/market/read"))
        assert job["document"]["status"] == "changed"
        assert "77" in ask(client, "How many stalls does the Larkfield market have?")["answer"]
    finally:
        site.close()


def test_without_the_setting_nobody_adds(tmp_path: Path) -> None:
    settings = made(tmp_path)
    with (
        Running(settings, tmp_path / "log", READER="small") as running,
        httpx.Client(base_url=running.address, timeout=240) as client,
    ):
        orders = [
            upload(client, "x.txt", b"x"),
            client.post("/v1/documents", json={"url": "https://example.org"}),
            client.delete("/v1/documents/harbour"),
            client.post("/v1/documents/harbour/read"),
            client.get("/v1/documents/jobs/x"),
        ]
        assert [one.status_code for one in orders] == [403] * 5
        assert orders[0].json() == {"error": "this needs the role staff"}
    assert not (settings.corpus / "added").exists()


def test_an_inside_address_is_refused(tmp_path: Path) -> None:
    with (
        Running(made(tmp_path), tmp_path / "log", READER="small", UI_DOCUMENTS="true") as running,
        httpx.Client(base_url=running.address, timeout=240) as client,
    ):
        inside = {"url": f"{running.address}/v1/sources"}
        job = over(client, client.post("/v1/documents", json=inside))
        assert job["state"] == "failed"
        assert "not of the open web" in job["error"]


@pytest.mark.browser
def test_a_person_adds_documents_on_the_page(
    browser: Browser, server: Running, tmp_path: Path
) -> None:
    with Visit(browser, server.address) as visit:
        page = visit.page
        files = [tmp_path / "Clock.pdf", tmp_path / "tool.exe"]
        files[0].write_bytes(pdf("The Larkfield clock has 4 faces.", "It was made in Larkfield."))
        files[1].write_bytes(b"MZ")
        visit.ask(TALL)
        page.set_input_files(".adding input[type=file]", files)
        refused = page.locator(".jobs li", has_text="tool.exe")
        expect(refused).to_contain_text("is of no format that is read")
        added = page.locator(".jobs li", has_text="Clock.pdf")
        expect(added).to_contain_text("Added: 2 pages", timeout=240_000)
        row = page.locator(".collection li", has_text="Clock")
        expect(row).to_contain_text("2 pages")
        expect(row).to_contain_text("added")
        visit.ask("How many faces does the Larkfield clock have?")
        turn = page.locator(".turn").nth(1)
        expect(turn.locator(".said")).to_contain_text("4")
        expect(turn.locator(".renewed")).to_contain_text("The documents have changed")
        whole = page.locator("input[name=collection][value='added/']")
        whole.uncheck()
        expect(row.locator("input[name=source]")).not_to_be_checked()
        expect(page.locator(".scope-note")).to_contain_text("Asking")
        whole.check()
        row.locator("[data-do=remove]").click()
        row.locator("[data-do=remove]").click()
        expect(row).to_have_count(0, timeout=240_000)
        page.evaluate(DROP, ["dropped.txt", "The Larkfield gate is 3 metres wide."])
        dropped = page.locator(".jobs li", has_text="dropped.txt")
        expect(dropped).to_contain_text("Added: 1 page", timeout=240_000)


DROP = """([name, text]) => {
  const held = new DataTransfer();
  held.items.add(new File([text], name));
  document.querySelector("#transcript")
    .dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true }));
}"""
