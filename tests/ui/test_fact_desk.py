"""The fact desk: drafts over the real server, decisions that last, the view in a real browser."""

from __future__ import annotations

import csv
import io
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import docx
import httpx
import pytest
from fastapi import FastAPI
from gradio_client import Client
from playwright.sync_api import expect
from pydantic import ValidationError
from starlette.testclient import TestClient
from ui_helpers import Running, Visit

from mehealth_ui.limits import DRAFT_SENTENCES
from mehealth_ui.people.callers import ROLE, USER, Role
from mehealth_ui.people.decisions import DecisionStore
from mehealth_ui.service.endpoints import add_service
from mehealth_ui.service.fact_report import Report, report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser
    from starlette.types import Receive, Scope, Send

    from mehealth_rag.settings import Settings
    from mehealth_ui.desk import Desk

LIT = "The lighthouse on the North Pier was lit in 1871."
TALL = "The lighthouse on the North Pier is 45 metres tall."
YELLOW = "Bananas are yellow."
DRAFT = f"A 🍌 note\n\n{LIT} {TALL}\n\nIs it so?\n\n  {YELLOW}\n"
HASH = "0" * 64


@pytest.fixture(scope="module")
def client(served: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served, timeout=900) as opened:
        yield opened


def events(client: httpx.Client, **sent: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - of httpx
    with client.stream("POST", "/v1/check/draft", **sent) as streamed:
        assert streamed.status_code == 200, streamed.read()
        assert streamed.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in streamed.iter_lines() if line]
    assert all(line.startswith("data: ") for line in lines)
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def test_a_pasted_draft_streams_a_verdict_for_each_sentence_and_the_counts(
    client: httpx.Client,
) -> None:
    first, *checked, last = events(client, json={"text": DRAFT})
    assert first["draft"]["text"] == DRAFT
    assert first["decisions"] == []
    places = [one["place"] for one in checked]
    assert places == first["draft"]["places"]
    assert [DRAFT[p["start"] : p["end"]] for p in places] == [LIT, TALL, YELLOW]
    assert [p["paragraph"] for p in places] == [2, 2, 4]
    assert [one["verdict"] for one in checked] == ["supported", "contradicted", "not_found"]
    assert "42 metres" in checked[1]["evidence"][0]["quote"]
    counts = last["summary"]
    assert counts.pop("seconds") > 0
    assert counts == {
        "sentences": 3, "supported": 1, "contradicted": 1, "not_found": 1, "not_checked": 0,
    }  # fmt: skip


def test_documents_limit_the_check(client: httpx.Client) -> None:
    _, checked, _ = events(client, json={"text": LIT, "documents": ["tower"]})
    assert checked["verdict"] == "not_found"


def test_a_word_file_is_read_and_checked(client: httpx.Client) -> None:
    file = io.BytesIO()
    written = docx.Document()
    for sentence in (LIT, TALL):
        written.add_paragraph(sentence)
    written.save(file)
    sent = {"files": {"file": ("our/draft.docx", file.getvalue())}, "data": {"documents": "tower"}}
    first, *checked, _ = events(client, **sent)
    text = first["draft"]["text"]
    assert first["draft"]["name"] == "draft.docx"
    assert [text[c["place"]["start"] : c["place"]["end"]] for c in checked] == [LIT, TALL]
    assert {c["verdict"] for c in checked} == {"not_found"}  # only the tower's document was asked


@pytest.mark.parametrize(
    ("sent", "status", "told"),
    [
        ({"json": {}}, 422, "text: Field required"),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 422, "Invalid JSON"),
        ({"json": {"text": "  "}}, 400, "the draft is empty"),
        ({"json": {"text": "Is it so?"}}, 400, "no sentence that claims something"),
        ({"json": {"text": LIT, "documents": ["nowhere"]}}, 400, "no document 'nowhere'"),
        ({"json": {"text": "It is so. " * (DRAFT_SENTENCES + 1)}}, 400, "1,001 sentences"),
        ({"data": {"x": "y"}, "files": {"other": b"x"}}, 400, "send the draft as the part 'file'"),
        ({"files": {"file": ("a.docx", b"no zip")}}, 400, "a.docx: not a"),
        ({"files": {"file": ("a.exe", b"MZ\x00")}}, 400, "a.exe"),
    ],
)
def test_what_cannot_be_checked_is_one_line(
    client: httpx.Client, sent: dict[str, Any], status: int, told: str
) -> None:
    answer = client.post("/v1/check/draft", **sent)
    assert answer.status_code == status, answer.text
    (line,) = answer.json().values()
    assert told in line
    assert "\n" not in line
    assert "/tmp" not in line


def test_drafts_at_a_time_are_limited_and_a_stopped_one_makes_room(client: httpx.Client) -> None:
    windows = (f"The lighthouse has {n} small windows.\n\n" for n in range(20, 900))
    long = {"json": {"text": "".join(windows)}}
    with client.stream("POST", "/v1/check/draft", **long) as one:
        reading = [one.iter_lines()]  # an iterator that is dropped closes its stream
        next(reading[0])
        with client.stream("POST", "/v1/check/draft", **long) as other:
            reading.append(other.iter_lines())
            next(reading[1])
            refused = client.post("/v1/check/draft", json={"text": LIT})
            assert refused.status_code == 429
            assert "2 drafts of yours are being checked" in refused.json()["error"]
    until = time.monotonic() + 60  # the server hears of it when it sends the next event
    while client.post("/v1/check/draft", json={"text": LIT}).status_code != 200:
        assert time.monotonic() < until, "the slots of stopped drafts are not given back"
        time.sleep(0.2)


def decided(client: httpx.Client, **sent: object) -> dict[str, Any]:
    answer = client.post("/v1/check/decisions", json=sent)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.full
def test_decisions_survive_a_restart_and_come_with_the_same_draft(
    settings: Settings, tmp_path: Path
) -> None:
    text = f"Only here. {TALL}"
    with (
        Running(settings, tmp_path / "one.log") as server,
        httpx.Client(base_url=server.address, timeout=900) as client,
    ):
        first, _, two, _ = events(client, json={"text": text})
        sent = {"draft": first["draft"]["hash"], "start": two["place"]["start"], "sentence": TALL,
                "verdict": two["verdict"], "decision": "change", "note": "It is 42."}  # fmt: skip
        made = decided(client, **sent)
        assert made["who"] == ""
        assert made["when"] > 1e9
    with (
        Running(settings, tmp_path / "two.log") as server,
        httpx.Client(base_url=server.address, timeout=900) as client,
    ):
        first, *_ = events(client, json={"text": text})
        assert first["decisions"] == [made]
        assert client.get("/v1/check/decisions", params={"draft": HASH}).json() == []
        decided(client, **(sent | {"decision": "", "note": ""}))
        again = client.get("/v1/check/decisions", params={"draft": sent["draft"]}).json()
        assert again == []
        bad = client.post("/v1/check/decisions", json=sent | {"decision": "burn"})
        assert bad.status_code == 422


def test_deciding_needs_the_role_staff_where_people_sign_in(desk: Desk, tmp_path: Path) -> None:
    desk = replace(desk, facts=replace(desk.facts, decisions=DecisionStore.beside(tmp_path)))
    app = FastAPI()
    add_service(app, desk)
    sent = {"draft": HASH, "start": 0, "sentence": TALL, "verdict": "supported", "note": "So."}

    def decide_as(name: str, role: Role) -> httpx.Response:
        async def known(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, USER: name, ROLE: role}, receive, send)

        with TestClient(known) as opened:
            return opened.post("/v1/check/decisions", json=sent)

    refused = decide_as("ada", Role.READER)
    assert refused.status_code in {400, 403}
    assert refused.json() == {"error": "this needs the role staff"}
    assert desk.facts.decisions.of_draft(HASH) == []
    assert decide_as("bob", Role.STAFF).json()["who"] == "bob"
    assert decide_as("", Role.READER).json()["who"] == ""  # nobody signs in here


def reported(form: str, when: float = 0.0) -> str:
    decision = {"draft": HASH, "start": 0, "sentence": "=1+1 *so*", "verdict": "contradicted",
                "decision": "reject", "note": "no,\n\"no\"",
                "who": "ada", "when": when}  # fmt: skip
    cited = {"number": 1, "document": "d", "title": "A guide", "page": 1, "page_label": "iv",
             "quote": "is\nnot"}  # fmt: skip
    first = {"claim": "=1+1 *so*", "verdict": "contradicted", "explanation": "Page iv says no.",
             "evidence": [cited], "decision": decision}  # fmt: skip
    second = {"claim": "Long.", "error": "too long"}
    sent = {"format": form, "draft": HASH, "name": "our plan.docx", "sentences": [first, second]}
    made = report(Report.model_validate(sent))
    assert made.name.startswith("our-plan-checked.")
    return made.text


def test_a_report_is_markdown_csv_and_json() -> None:
    markdown = reported("markdown")
    assert "2 sentences: 1 contradicted, 1 not checked." in markdown
    assert "> \\=1+1 \\*so\\*" in markdown
    assert "- “is not” (A guide, page iv)" in markdown
    assert "**Rejected** by ada, 1970-01-01 00:00 UTC" in markdown
    rows = list(csv.DictReader(io.StringIO(reported("csv"))))
    assert [row["verdict"] for row in rows] == ["contradicted", "not_checked"]
    assert rows[0]["sentence"] == "'=1+1 *so*"  # a spreadsheet must not compute it
    assert (rows[0]["decision"], rows[0]["note"]) == ("reject", 'no,\n"no"')
    assert rows[1]["explanation"] == "too long"
    whole = json.loads(reported("json"))
    assert whole["sentences"][0]["decision"]["note"] == 'no,\n"no"'


@pytest.mark.parametrize("when", [-1.0, 1e118, float("nan")])
def test_a_report_has_no_moment_that_is_no_date(when: float) -> None:
    with pytest.raises(ValidationError, match="when"):
        reported("markdown", when)


def test_the_named_endpoint_checks_a_text(served: str) -> None:
    outcome = Client(served, verbose=False).predict(f"{LIT} {TALL}", None, api_name="/check")
    assert [one["verdict"] for one in outcome["sentences"]] == ["supported", "contradicted"]
    assert outcome["summary"]["sentences"] == 2


def test_the_schema_describes_the_events(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    route = schema["paths"]["/v1/check/draft"]["post"]
    assert set(route["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
    events = route["responses"]["200"]["content"]["text/event-stream"]["schema"]
    data = events["properties"]["data"]
    assert data["contentSchema"] == {"$ref": "#/components/schemas/DraftEvent"}
    assert "SentenceChecked" in str(schema["components"]["schemas"]["DraftEvent"])
    assert "application/json" in route["responses"]["429"]["content"]


# ---- in a browser ----


def check(visit: Visit, text: str) -> None:
    page = visit.page
    page.click("[data-view=facts]")
    page.fill(".fact-form textarea", text)
    page.click(".fact-form button[type=submit]")
    page.wait_for_selector(".fact-run[data-state=done]")


@pytest.mark.browser
@pytest.mark.slow
def test_a_pasted_draft_is_marked_proved_decided_on_and_exported(visit: Visit) -> None:
    page = visit.page
    check(visit, f"Another note.\n\n{DRAFT}<script>window.pwned=1</script> is here.")
    marked = page.locator(".sentence")
    expect(marked).to_have_count(5)
    outcomes = page.locator(".sentence .outcome")
    expect(outcomes.nth(1)).to_have_text("✓ Supported")
    expect(outcomes.nth(2)).to_have_text("✗ Contradicted")
    expect(outcomes.nth(3)).to_have_text("? Not found")
    expect(page.locator(".fact-count")).to_have_text("5 of 5 sentences")
    expect(page.locator(".fact-text")).to_contain_text("<script>window.pwned=1</script>")
    assert page.evaluate("window.pwned") is None
    marked.nth(1).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".finding .explanation")).to_contain_text("42 metres, not 45 metres")
    expect(page.locator("#pane mark.active")).to_contain_text("42 metres tall")
    page.click("[data-decision=change]")
    expect(outcomes.nth(2)).to_have_text("✗ Contradicted · to change")
    page.fill(".finding textarea", "It is 42, says the guide.")
    page.press(".finding textarea", "Tab")
    expect(page.locator(".kept")).to_contain_text("Kept")
    page.wait_for_timeout(300)
    with page.expect_download() as waiting:
        page.click("[data-format=csv]")
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text("utf-8"))))
    assert rows[2]["decision"] == "change"
    assert rows[2]["note"] == "It is 42, says the guide."
    page.reload()  # the same draft shows its decisions again
    page.wait_for_selector("body.ready.facts")
    page.click(".fact-form button[type=submit]")
    page.wait_for_selector(".fact-run[data-state=done]")
    expect(outcomes.nth(2)).to_have_text("✗ Contradicted · to change")
    marked.nth(2).click()
    expect(page.locator(".finding textarea")).to_have_value("It is 42, says the guide.")
    page.click("[data-decision=change]")
    expect(page.locator("[data-decision=change]")).to_have_attribute("aria-pressed", "false")
    page.click("[data-view=ask]")
    expect(page.locator("#question textarea")).to_be_visible()
    expect(page.locator(".finding")).to_be_hidden()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.full
def test_a_draft_is_stopped_and_what_cannot_be_read_is_told(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    page.click("[data-view=facts]")
    broken = tmp_path / "plan.docx"
    broken.write_bytes(b"no zip")
    page.set_input_files(".fact-form input[type=file]", broken)
    expect(page.locator(".fact-failed")).to_contain_text("Plan.docx: not a")
    page.fill(".fact-form textarea", f"{LIT}\n\n" * 200)
    page.click(".fact-form button[type=submit]")
    expect(page.locator(".sentence.supported").first).to_be_visible()
    page.click("[data-fact=stop]")
    expect(page.locator(".fact-news")).to_contain_text("of 200 sentences")
    page.locator(".sentence.supported").first.click()
    expect(page.locator("#pane mark.active")).to_contain_text("lit in 1871")
    page.click("[data-fact=again]")
    expect(page.locator(".fact-form textarea")).to_be_focused()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.full
def test_the_fact_desk_fits_a_phone(browser: Browser, served: str) -> None:
    with Visit(browser, served, 390, 844) as visit:
        page = visit.page
        check(visit, DRAFT)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width == 390
        page.locator(".sentence.contradicted").click()
        expect(page.locator(".finding .verdict")).to_be_focused()
        assert page.evaluate("document.querySelector('#proof').scrollWidth") <= 390
        box = page.locator("[data-decision=accept]").bounding_box()
        assert box is not None
        assert box["height"] >= 44
        page.click(".finding .close")
        expect(page.locator(".sentence.contradicted")).to_be_focused()
        expect(page.locator(".finding")).to_be_hidden()
        page.keyboard.press("Enter")
        expect(page.locator(".finding .verdict")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(".sentence.contradicted")).to_be_focused()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.full
def test_a_statement_in_the_chat_gets_its_verdict(visit: Visit) -> None:
    visit.ask(TALL)
    words = visit.page.locator(".turn .card.answered .said")
    expect(words).to_contain_text("Contradicted: The documents say 42 metres, not 45 metres")
    expect(visit.page.locator("#pane mark.active")).to_contain_text("42 metres tall")
