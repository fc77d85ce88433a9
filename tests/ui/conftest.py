"""A small real corpus, its index, and the real page on a free port of the loopback."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mehealth_rag.offline import go_offline

go_offline()

from postgres_helpers import Postgres  # noqa: E402
from ui_helpers import ARGUMENTS, HARBOUR, MANIFEST, ROOT, TOWER, Running, Visit, chromium  # noqa: E402 - the environment comes first

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from mehealth_rag.assistant import Assistant
    from mehealth_rag.settings import Settings
    from mehealth_ui.desk import Desk


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    from mehealth_rag.settings import Settings
    from mehealth_rag.wiring import ingest

    corpus = tmp_path_factory.mktemp("corpus")
    shutil.copy(ROOT / "corpus" / "prospectus.pdf", corpus)
    (corpus / "harbour.txt").write_text(HARBOUR, encoding="utf-8")
    (corpus / "tower.txt").write_text(TOWER, encoding="utf-8")
    (corpus / "sources.toml").write_text(MANIFEST, encoding="utf-8")
    made = Settings.load(
        {
            "corpus": corpus,
            "index": tmp_path_factory.mktemp("index"),
            "ui_questions_per_minute": 1000,
        },
        environ={},
        folder=corpus,
    )
    ingest(made)
    return made


@pytest.fixture(scope="session")
def assistant(settings: Settings) -> Assistant:
    from mehealth_rag.assistant import Assistant

    return Assistant.open(settings)


@pytest.fixture
def desk(settings: Settings, assistant: Assistant, tmp_path: Path) -> Iterator[Desk]:
    from dataclasses import replace

    from mehealth_ui.desk import Desk
    from mehealth_ui.people.audit import Audit
    from mehealth_ui.people.feedback import FeedbackStore

    here = {"feedback": FeedbackStore.beside(tmp_path), "audit": Audit.beside(tmp_path)}
    made = replace(Desk.of(settings, assistant), **here)
    yield made
    made.close()


@pytest.fixture(scope="session")
def running(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(settings, tmp_path_factory.mktemp("log") / "server.log") as started:
        yield started


@pytest.fixture(scope="session")
def served(running: Running) -> str:
    return running.address


@pytest.fixture(scope="module")  # Playwright keeps an event loop running in this thread meanwhile
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER is set and there is no Chromium")
        pytest.skip("there is no Chromium on this machine; install the package chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser, served: str) -> Iterator[Visit]:
    with Visit(browser, served) as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    started = Postgres()
    yield started
    started.close()
