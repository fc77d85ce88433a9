"""What the tests of the page share: a corpus, a server in a thread, a person's browser."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from llm_helpers import free_port

from mehealth_ui.messages import Judged

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

    from mehealth_rag.settings import Settings
    from mehealth_ui.desk import Desk
    from mehealth_ui.documents.editions import Edition

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"
TALL = "How tall is the lighthouse on the North Pier?"
MEDTECH = "How much does MedTech generate for the UK economy each year?"
UNKNOWN = "What is the share price of the Larkfield Bakery?"
BERTH = "How deep is the berth at Kessing?"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
INJECTION = (
    "The Meridian tower is 88 metres tall <script>window.pwned=1</script>. It has a mast "
    '<img src=x onerror="window.pwned=2"><svg onload="window.pwned=3"></svg>'
    " [and more](javascript:window.pwned=4)."
)
OPENED = "The tower was opened in 1931 by the mayor of Larkfield."
TOWER = f"Facts of the tower\n\n{INJECTION}\n\n{OPENED}\n"
HARBOUR = (
    "A guide to the harbour\n\n"
    "The lighthouse on the North Pier is 42 metres tall and was lit in 1871.\n"
    "\fThe ferry to Osprey Island leaves every forty minutes from the East Quay.\n"
    "\fBerths for rent\n\n"
    "Berth\tOwner\tDepth\tShed\n"
    "Marrow\tBrandreth\t15 m\t120 sq m\n"
    "Kessing\tHalloran\t9 m\t65 sq m\n"
)
MANIFEST = """
[corpus]
title = "Harbour & <b>Health</b>"

[[source]]
id = "prospectus"
title = "Midlands Engine Health prospectus"
kind = "prospectus"
format = "pdf"
file = "prospectus.pdf"

[[source]]
id = "harbour-guide"
title = "A guide to the harbour"
kind = "guide"
format = "text"
file = "harbour.txt"
url = "https://example.org/harbour.txt"

[[source]]
id = "tower"
title = "The tower <script>window.pwned=5</script>"
kind = "guide"
format = "text"
file = "tower.txt"

[[source]]
id = "focus-medtech"
title = "Midlands Engine Health focus: MedTech"
kind = "focus"
format = "pdf"
url = "https://example.org/focus.pdf"
linked_from = [{ document = "prospectus", pages = [4] }]
"""


def judged(**feedback: str) -> Judged:
    """A verdict on an answer."""
    citation = {"number": 1, "document": "harbour-guide", "title": "A guide", "page": 2,
                "page_label": "iv", "quote": "lit in 1871"}  # fmt: skip
    answer = {
        "question": "When was it lit?",
        "standalone_question": "When was the lighthouse lit?",
        "status": "answered",
        "answer": "In 1871 [1].",
        "citations": [citation],
        "index": "abc",
    }
    turn = {"id": "t1", "question": "When was it lit?", "answer": answer}
    history = [("How tall is the lighthouse?", "42 metres [1].")]
    return Judged.model_validate({"turn": turn, "history": history, "feedback": feedback})


def printed(done: subprocess.CompletedProcess[str]) -> Any:  # noqa: ANN401 - JSON
    """What a command that went well printed as JSON."""
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a command that was refused."""
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    return done.stderr


def call_page(client: httpx.Client, name: str, data: object, **headers: str) -> httpx.Response:
    """Call a server function of the page, as its script does."""
    parts = client.get("/config").json()["components"]
    wire = next(p["id"] for p in parts if p["props"].get("elem_id") == "wire")
    call = {"data": data, "fn_name": name, "component_id": wire, "session_hash": "s"}
    return client.post("/gradio_api/component_server", json=call, headers=headers)


def serving(desk: Desk, edition: Edition) -> Desk:
    """A desk that serves this edition whatever becomes of the index."""
    from mehealth_ui.documents.editions import Editions

    class Fixed(Editions):
        @property
        def current(self) -> Edition:
            return edition

    fixed = copy.copy(desk.editions)
    fixed.__class__ = Fixed
    return replace(desk, editions=fixed)


class Running:
    """The real server in a process of its own, on a free port of the loopback."""

    def __init__(self, settings: Settings, log: Path, *start: str, **environment: str) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.log = log
        places = {
            "CORPUS": str(settings.corpus),
            "INDEX": str(settings.index),
            "UI_PORT": str(port),
        }
        rate = {"UI_QUESTIONS_PER_MINUTE": str(settings.ui_questions_per_minute)}
        named = {f"MEHEALTH_{k}": v for k, v in (places | rate | environment).items()}
        paths = os.pathsep.join(map(str, (ROOT, ROOT / "src", ROOT / "ui")))
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, *(start or ("-m", "mehealth_ui"))],
                cwd=settings.corpus,
                env={**os.environ, "PYTHONPATH": paths, **named},
                stdout=output,
                stderr=output,
            )

    def __enter__(self) -> Running:
        until = time.monotonic() + 300
        while True:
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, f"the server did not start: {self.log.read_text()}"
            try:
                if httpx.get(f"{self.address}/ui/favicon.svg", timeout=5).status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.1)

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    def send(self, sent: signal.Signals) -> None:
        self._process.send_signal(sent)

    def wait(self) -> int:
        """Wait for its end; the exit code."""
        return self._process.wait(90)

    def end(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and wait for the end; the exit code."""
        self.send(sent)
        return self.wait()

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def chromium() -> str | None:
    """The browser of this machine, None where there is none."""
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


class Visit:
    """One person's browser at the page: everything but the page's own host is blocked."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        width: int = 1440,
        height: int = 900,
        **more: Any,  # noqa: ANN401 - Playwright's options of a context
    ) -> None:
        self.address = address
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, accept_downloads=True, **more
        )
        self.context.route("**/*", self._only_here)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _only_here(self, route: Route) -> None:
        url: str = route.request.url
        if url.startswith((self.address, "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(url)
            route.abort()

    def open(self) -> Visit:
        self.page.goto(self.address)
        self.page.wait_for_selector("body.ready")
        return self

    def __enter__(self) -> Visit:
        return self.open()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.context.close()
        if kind is None:
            assert self.outside == [], "the page asked another host"
            assert self.errors == []

    def reload(self) -> None:
        self.page.reload()
        self.page.wait_for_selector("body.ready")

    def send(self, question: str) -> None:
        self.page.fill("#question textarea", question)
        self.page.press("#question textarea", "Enter")

    def ask(self, question: str) -> None:
        """Send a question, and wait for its answer."""
        before = self.page.locator(".turn .tools").count()
        self.send(question)
        self.page.wait_for_function(
            "n => document.querySelectorAll('.turn .tools').length > n", arg=before
        )
