"""Two replicas of the service behind a real nginx: they share the index and the database only."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from gradio_client import Client
from llm_helpers import free_port
from ui_helpers import PASSWORD, ROOT, TALL, Running

from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest
from mehealth_ui.limits import LEARN_SECONDS
from mehealth_ui.people.audit import Audit
from mehealth_ui.people.callers import Role
from mehealth_ui.people.passwords import add_person

if TYPE_CHECKING:
    from postgres_helpers import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.full]
FIRST = "The lighthouse on the North Pier is 42 metres tall. It was lit in 1871 by Mary Anning.\n"
LATER = "The ferry to Gull Island leaves every forty minutes from the East Quay.\n"
DECIDED = {
    "draft": "ab" * 32,
    "start": 0,
    "sentence": "It is tall.",
    "verdict": "supported",
    "decision": "accept",
}


class Nginx:
    """nginx with deploy/nginx.conf, before these replicas; an answer says which of them gave it."""

    def __init__(self, folder: Path, replicas: list[Running]) -> None:
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if program is None:
            pytest.skip("nginx is not installed on this machine; install it to run this")
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        servers = "".join(f"server {r.address.removeprefix('http://')};\n" for r in replicas)
        ours = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        ours = replaced("server page:7860;", servers, ours)
        ours = replaced("listen 8080;", f"listen 127.0.0.1:{port};", ours)
        told = "server_tokens off; add_header X-Replica $upstream_addr always;"
        (folder / "ours.conf").write_text(replaced("server_tokens off;", told, ours))
        kept = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        places = "".join(f"{name}_temp_path {folder}/{name};\n" for name in kept)
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/errors;\n"
            f"events {{}}\nhttp {{ {places} include {folder}/ours.conf; }}\n"
        )
        self._process = subprocess.Popen(
            [program, "-p", str(folder), "-c", str(folder / "nginx.conf")],
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Nginx:
        until = time.monotonic() + 30
        while True:
            assert self._process.poll() is None
            assert time.monotonic() < until
            try:
                httpx.get(f"{self.address}/healthz", timeout=30).raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.1)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)


def replaced(old: str, new: str, text: str) -> str:
    assert text.count(old) == 1, f"deploy/nginx.conf has no '{old}' any more"
    return text.replace(old, new)


@dataclass(frozen=True)
class Site:
    """The whole of it. `one` and `two` are clients whom nginx sends to different replicas."""

    settings: Settings
    replicas: dict[str, Running]
    address: str
    one: httpx.Client
    two: httpx.Client

    def both(self) -> tuple[httpx.Client, httpx.Client]:
        return self.one, self.two


@pytest.fixture(scope="module")
def site(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "harbour.txt").write_text(FIRST)
    values = {"corpus": corpus, "index": folder / "index", "ui_questions_per_minute": 1000}
    values["ui_database"] = postgres.new("replicas")
    settings = Settings.load(values, environ={}, folder=folder)
    ingest(settings)
    add_person(folder / "people", "ada", PASSWORD, Role.STAFF)
    with (
        replica(folder, "a", settings) as first,
        replica(folder, "b", settings) as second,
        Nginx(folder, [first, second]) as nginx,
    ):
        replicas = {r.address.removeprefix("http://"): r for r in (first, second)}
        clients = by_replica(nginx.address)
        assert clients.keys() == replicas.keys()
        yield Site(settings, replicas, nginx.address, *clients.values())
        for client in clients.values():
            client.close()


def replica(folder: Path, name: str, settings: Settings) -> Running:
    """A process with a password file of its own, as another machine would have it."""
    people = folder / f"people-{name}"
    shutil.copy(folder / "people", people)
    assert settings.ui_database is not None
    return Running(
        settings,
        folder / f"log-{name}",
        UI_AUTH=str(people),
        UI_HOSTS="ask.example.org",
        UI_DATABASE=settings.ui_database.get_secret_value(),
    )


def by_replica(address: str) -> dict[str, httpx.Client]:
    """A client for each replica: nginx goes by the address that one asks from."""
    clients: dict[str, httpx.Client] = {}
    for number in range(2, 60):
        transport = httpx.HTTPTransport(local_address=f"127.0.0.{number}")
        client = httpx.Client(transport=transport, base_url=address, timeout=120)
        replicas = {client.get("/healthz").headers["x-replica"] for _ in range(3)}
        assert len(replicas) == 1  # the page's questions and answers have to meet
        if clients.setdefault(replicas.pop(), client) is not client:
            client.close()
        if len(clients) == 2:
            break
    return clients


def sign_in(site: Site) -> None:
    """Sign in at one replica, and take the cookie to the other."""
    done = site.one.post("/login", data={"username": "ada", "password": PASSWORD})
    assert done.status_code == 200
    site.two.cookies.clear()
    site.two.cookies.update(site.one.cookies)


def until(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.2)
    return true()


def ask(client: httpx.Client, question: str, *history: tuple[str, str]) -> dict[str, Any]:
    sent = client.post("/v1/ask", json={"question": question, "history": history})
    assert sent.status_code == 200, sent.text
    answer: dict[str, Any] = sent.json()
    return answer


def test_a_session_counts_at_both_and_ends_at_both(site: Site) -> None:
    assert [c.get("/v1/me").status_code for c in site.both()] == [401, 401]
    sign_in(site)
    assert [c.get("/v1/me").json()["name"] for c in site.both()] == ["ada", "ada"]
    assert site.one.post("/logout").status_code == 303
    assert site.one.get("/v1/me").status_code == 401
    assert until(lambda: site.two.get("/v1/me").status_code == 401, LEARN_SECONDS + 10)


def test_a_conversation_goes_on_at_the_other(site: Site) -> None:
    sign_in(site)
    first = ask(site.one, TALL)
    assert "42 metres" in first["answer"]
    second = ask(site.two, "And when was it lit?", (TALL, first["answer"]))
    assert "1871" in second["answer"]
    assert second == ask(site.one, "And when was it lit?", (TALL, first["answer"])) | {
        "timings_ms": second["timings_ms"]
    }


def test_a_decision_is_seen_by_the_other(site: Site) -> None:
    sign_in(site)
    assert site.one.post("/v1/check/decisions", json=DECIDED).status_code == 200
    decisions = site.two.get("/v1/check/decisions", params={"draft": DECIDED["draft"]}).json()
    assert [(d["start"], d["decision"], d["who"]) for d in decisions] == [(0, "accept", "ada")]
    log = Audit.from_settings(site.settings).entries()
    assert {e["about"] for e in log if e["what"] == "signed in"} <= {
        f"from 127.0.0.{n}" for n in range(1, 60)
    }  # nginx is believed about who asks


def test_an_ingest_is_seen_by_both(site: Site) -> None:
    sign_in(site)
    (site.settings.corpus / "ferry.txt").write_text(LATER)
    ingest(site.settings)
    for client in site.both():
        assert "forty minutes" in ask(client, "How often does the ferry leave?")["answer"]
        assert {s["id"] for s in client.get("/v1/sources").json()} == {"harbour", "ferry"}
    assert len({c.get("/readyz").json()["index"] for c in site.both()}) == 1


def test_the_pages_own_protocol_goes_through(site: Site) -> None:
    """A question and its answer are two requests; they have to meet at one replica."""
    client = Client(site.address, auth=("ada", PASSWORD), verbose=False)
    for _ in range(4):
        assert "42 metres" in client.predict(TALL, api_name="/ask")["answer"]


def test_one_is_killed_and_the_other_answers(site: Site) -> None:
    """The last test: one replica is gone afterwards."""
    sign_in(site)
    before = ask(site.one, TALL)
    gone = site.one.get("/healthz").headers["x-replica"]
    site.replicas[gone].end(signal.SIGKILL)
    assert until(lambda: site.one.get("/v1/me").status_code == 200, 30)
    after = ask(site.one, TALL)
    assert after | {"timings_ms": 0} == before | {"timings_ms": 0}
    assert site.one.get("/healthz").headers["x-replica"].split(", ")[-1] != gone
    decisions = site.one.get("/v1/check/decisions", params={"draft": DECIDED["draft"]}).json()
    assert [d["decision"] for d in decisions] == ["accept"]
    client = Client(site.address, auth=("ada", PASSWORD), verbose=False)
    assert "42 metres" in client.predict(TALL, api_name="/ask")["answer"]
