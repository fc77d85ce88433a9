"""A server with a login: people, keys, roles and the log, as programs and a browser see it."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from gradio_client import Client
from openai import AuthenticationError, OpenAI
from playwright.sync_api import expect
from ui_helpers import PASSWORD, TALL, Running, Visit, call_page

from mehealth_ui.people.audit import Audit
from mehealth_ui.people.callers import Role
from mehealth_ui.people.feedback import FeedbackStore
from mehealth_ui.people.keys import add_key, keys_beside, remove_key
from mehealth_ui.people.passwords import add_person, remove_person, set_role

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from mehealth_rag.settings import Settings

pytestmark = pytest.mark.slow
A_MINUTE = 6
PATIENCE_MS = 60_000
Caused = Callable[[], list[tuple[str, str, str]]]


STAFF_ONLY = """
import sys
from starlette.responses import JSONResponse
from starlette.routing import Route
from mehealth_rag.cli import main
from mehealth_ui.page import routes
from mehealth_ui.people.callers import Role, require

own = routes.routes
def staff_only(request):
    require(request.scope, Role.STAFF)
    return JSONResponse({"done": True})
routes.routes = lambda desk: [*own(desk), Route("/v1/staff", staff_only)]
sys.argv[1:] = ["serve"]
main()
"""
"""The server with one route more, which needs a role."""


@dataclass(frozen=True)
class Service:
    """The real server, and what it keeps."""

    address: str
    people: Path
    audit: Audit

    def key(self, name: str, role: Role = Role.READER) -> dict[str, str]:
        """The header with a new key."""
        return {"authorization": f"Bearer {add_key(keys_beside(self.people), name, role)}"}

    def get(self, path: str, headers: dict[str, str]) -> httpx.Response:
        return httpx.get(f"{self.address}{path}", headers=headers, timeout=60)

    @contextlib.contextmanager
    def person(self) -> Iterator[httpx.Client]:
        """Ada, who has signed in."""
        with httpx.Client(base_url=self.address, timeout=60) as client:
            form = {"username": "ada", "password": PASSWORD}
            assert client.post("/login", data=form).status_code == 200
            yield client


@pytest.fixture(scope="module")
def service(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("people")
    people = folder / "people"
    add_person(people, "ada", PASSWORD)
    environment = {"UI_AUTH": str(people), "UI_QUESTIONS_PER_MINUTE": str(A_MINUTE)}
    with Running(settings, folder / "log", "-c", STAFF_ONLY, **environment) as running:
        yield Service(running.address, people, Audit.beside(settings.index))


@pytest.fixture
def caused(service: Service) -> Caused:
    """The entries of the audit log that a test has caused so far."""
    before = len(service.audit.entries())
    return lambda: [(e["who"], e["what"], e["about"]) for e in service.audit.entries()[before:]]


def test_a_key_opens_what_programs_use_and_no_more(service: Service, caused: Caused) -> None:
    key = service.key("report")
    assert service.get("/v1/me", key).json() == {"name": "report", "role": "reader"}
    for path in ("/v1/sources", "/v1/models", "/metrics", "/openapi.json"):
        assert service.get(path, key).status_code == 200, path
    for path in ("/document/tower", "/gradio_api/info", "/page/prospectus/1.png"):
        assert service.get(path, key).status_code == 401, path
    described = service.get("/openapi.json", key).json()
    assert described["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    assert described["paths"]["/v1/ask"]["post"]["security"] == [{"HTTPBearer": []}]
    assert caused() == []  # what goes well is not written


@pytest.mark.parametrize("given", ["Bearer wrong", "Bearer mh_é", "BEARER mh_" + "A" * 43])
def test_a_wrong_key_is_refused_and_noted(service: Service, caused: Caused, given: str) -> None:
    with service.person() as person:  # nor does it help to be signed in
        sent = person.get("/v1/sources", headers={"authorization": given.encode()})
    assert sent.status_code == 401
    assert "this key is not known" in sent.json()["error"]
    assert caused()[1:] == [("", "refused", "an unknown key at GET /v1/sources, from 127.0.0.1")]


@pytest.mark.parametrize(
    "path",
    ["page/prospectus/1.png", "document/tower", "gradio_api/info", "gradio_api/mcp/sse", "metrics",
     "v1/sources", "openapi.json", "gradio_api/heartbeat/x", "gradio_api/component_server"],
)  # fmt: skip
def test_only_who_signs_in_is_let_in(service: Service, path: str) -> None:
    assert service.get(f"/{path}", {}).status_code == 401
    assert service.get("/healthz", {}).status_code == 200


def test_a_new_password_ends_the_sessions_of_the_old(service: Service) -> None:
    add_person(service.people, "bob", PASSWORD)
    with httpx.Client(base_url=service.address, timeout=60) as person:
        opened = ("/page/prospectus/1.png", "/v1/sources", "/openapi.json", "/gradio_api/info")
        for password in (PASSWORD, "another password"):
            add_person(service.people, "bob", password)  # whoever knew the old one is out
            assert {person.get(path).status_code for path in opened} == {401}
            joined = {"data": [], "fn_index": 0, "session_hash": "s"}
            assert person.post("/gradio_api/queue/join", json=joined).status_code == 401
            assert person.post("/login", data={"username": "bob", "password": password}).is_success
            assert {person.get(path).status_code for path in opened} == {200}
        with closing(Client(service.address, verbose=False, auth=("bob", password))) as caller:
            assert caller.predict(api_name="/sources")
        remove_person(service.people, "bob")
        assert person.get("/v1/sources").status_code == 401


def test_no_key_and_a_proxys_password_are_no_key(service: Service, caused: Caused) -> None:
    for headers in ({}, {"authorization": "Basic YWRhOmFkYQ=="}):
        sent = service.get("/v1/sources", headers)
        assert (sent.status_code, "sign in first" in sent.text) == (401, True)
    assert caused() == []


def test_roles_count_at_once(service: Service, caused: Caused) -> None:
    reader, staff = service.key("reads"), service.key("writes", Role.STAFF)
    sent = service.get("/v1/staff", reader)
    assert (sent.status_code, sent.json()) == (403, {"error": "this needs the role staff"})
    assert service.get("/v1/staff", staff).status_code == 200
    remove_key(keys_beside(service.people), "writes")
    assert service.get("/v1/staff", staff).status_code == 401
    with service.person() as ada:
        assert ada.get("/v1/staff").status_code == 403
        set_role(service.people, "ada", Role.STAFF)
        assert ada.get("/v1/staff").status_code == 200
        assert ada.get("/v1/me").json() == {"name": "ada", "role": "staff"}
        set_role(service.people, "ada", Role.READER)
        assert ada.get("/v1/staff").status_code == 403
    expected = [
        ("reads", "the role reader at GET /v1/staff, from 127.0.0.1"),
        ("", "an unknown key at GET /v1/staff, from 127.0.0.1"),
        ("ada", "the role reader at GET /v1/staff, from 127.0.0.1"),
        ("ada", "the role reader at GET /v1/staff, from 127.0.0.1"),
    ]
    until = time.monotonic() + 10  # an entry is written when the answer is out already
    while len(refused(caused())) < len(expected) and time.monotonic() < until:
        time.sleep(0.05)
    assert sorted(refused(caused())) == sorted(expected)


def refused(entries: list[tuple[str, str, str]]) -> list[tuple[str, str]]:
    return [(who, about) for who, what, about in entries if what == "refused"]


def test_a_damaged_file_of_keys_lets_no_key_in(service: Service) -> None:
    file, key = keys_beside(service.people), service.key("damaged")
    lines = file.read_text()
    file.write_text(lines + "nonsense\n")
    assert service.get("/v1/sources", key).status_code == 401
    file.write_text(lines)
    assert service.get("/v1/sources", key).status_code == 200


def test_openais_client_works_with_a_key(service: Service) -> None:
    key = service.key("openai")["authorization"].removeprefix("Bearer ")
    client = OpenAI(base_url=f"{service.address}/v1", api_key=key, max_retries=0)
    asked: Any = [{"role": "user", "content": TALL}]
    done = client.chat.completions.create(model="mehealth", messages=asked)
    assert "42 metres" in (done.choices[0].message.content or "")
    wrong = OpenAI(base_url=f"{service.address}/v1", api_key="none", max_retries=0)
    with pytest.raises(AuthenticationError, match="this key is not known"):
        wrong.chat.completions.create(model="mehealth", messages=asked)


def test_each_key_has_a_rate_of_its_own(service: Service) -> None:
    busy, other = service.key("busy"), service.key("quiet")

    def search(key: dict[str, str]) -> int:
        sent = {"query": "ferry", "top_k": 1}
        address = f"{service.address}/v1/search"
        return httpx.post(address, json=sent, headers=key, timeout=60).status_code

    statuses = [search(busy) for _ in range(A_MINUTE)]
    assert statuses == [200] * A_MINUTE
    assert 429 in (search(busy) for _ in range(5 * A_MINUTE))
    assert search(other) == 200


def test_signing_out_ends_this_browsers_session_only(service: Service, caused: Caused) -> None:
    with service.person() as here, service.person() as elsewhere:
        stolen = dict(here.cookies)
        done = here.post("/logout")
        assert (done.status_code, done.headers["location"]) == (303, "./")
        assert not any(name.startswith("access-token") for name in here.cookies)
        for name, value in stolen.items():  # the session is over on the server, too
            here.cookies.set(name, value)
        assert here.get("/v1/me").status_code == 401
        assert elsewhere.get("/v1/me").status_code == 200
    assert caused() == [
        ("ada", "signed in", "from 127.0.0.1"),
        ("ada", "signed in", "from 127.0.0.1"),
        ("ada", "signed out", "from 127.0.0.1"),
    ]


def test_a_refused_sign_in_is_noted_without_what_was_typed(
    service: Service, caused: Caused
) -> None:
    for name in ("ada", "my-secret-in-the-wrong-field"):
        form = {"username": name, "password": "wrong"}
        assert httpx.post(f"{service.address}/login", data=form).status_code == 400
    assert caused() == [
        ("ada", "refused", "sign-in, from 127.0.0.1"),
        ("", "refused", "sign-in, from 127.0.0.1"),
    ]


def test_a_verdict_holds_who_gave_it(service: Service, settings: Settings) -> None:
    store = FeedbackStore.beside(settings.index)
    store.forget("ada")  # other files' tests share the index
    with service.person() as ada:
        turn = {"id": "of ada", "question": TALL, "answer": {}}
        judged = {"turn": turn, "feedback": {"verdict": "right"}, "key": "a browser's"}
        sent = call_page(ada, "judge", judged)
        assert sent.json() == {"feedback": sent.json()["feedback"]}
    assert [row["id"] for row in store.of("ada")] == ["of ada"]
    assert store.forget("ada") == 1


@pytest.mark.browser
def test_the_page_says_who_is_signed_in_and_lets_them_out(
    browser: Browser, service: Service
) -> None:
    add_person(service.people, "grace.hopper@example.org", PASSWORD)
    visit = Visit(browser, service.address)
    page = visit.page
    page.set_default_timeout(PATIENCE_MS)  # the page is opened anew three times

    def sign_in() -> None:
        page.goto(service.address)
        page.locator("input").nth(0).fill("grace.hopper@example.org")
        page.locator("input[type=password]").fill(PASSWORD)
        page.get_by_role("button", name=re.compile("log ?in", re.IGNORECASE)).click()
        page.wait_for_selector("body.ready")

    sign_in()
    signed = page.locator("#top .signed-in")
    expect(signed.locator(".name")).to_have_text("grace.hopper@example.org")
    button = page.get_by_role("button", name="Sign out grace.hopper@example.org")
    expect(button).to_be_visible(timeout=PATIENCE_MS)
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 24
    button.click()
    expect(page.locator("input[type=password]")).to_be_visible(timeout=PATIENCE_MS)
    assert "grace" not in page.content()
    sign_in()
    remove_person(service.people, "grace.hopper@example.org")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(signed).to_contain_text("Your session has ended.", timeout=PATIENCE_MS)
    signed.get_by_role("link", name="Sign in again").click()
    expect(page.locator("input[type=password]")).to_be_visible(timeout=PATIENCE_MS)
    assert visit.outside == []
    visit.context.close()
