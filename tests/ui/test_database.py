"""What is kept of people in a real PostgreSQL: the same as in files, killed, and brought back."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest
from llm_helpers import free_port
from postgres_helpers import PASSWORD
from pydantic import SecretStr
from test_feedback import judged
from ui_helpers import Running

from mehealth_rag.errors import IndexStateError, UsageError
from mehealth_rag.settings import Settings
from mehealth_ui.people import audit as audit_module
from mehealth_ui.people import decisions as decisions_module
from mehealth_ui.people import feedback as feedback_module
from mehealth_ui.people.audit import REFUSED, SIGNED_IN, Audit
from mehealth_ui.people.backup import back_up, restore
from mehealth_ui.people.decisions import DecisionSent, DecisionStore
from mehealth_ui.people.feedback import FeedbackStore, Place
from mehealth_ui.people.personal_data import PersonalData

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from postgres_helpers import Postgres

    from tests.ui.test_backup import Done

pytestmark = pytest.mark.slow
HASH = "ab" * 32
SENT = DecisionSent(draft=HASH, start=5, sentence="So.", verdict="supported", note="a")
TALL = "How tall is the lighthouse on the North Pier?"


@pytest.fixture
def kept_there(postgres: Postgres, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """Settings that name an empty database."""
    return over(postgres.new(f"d{abs(hash(request.node.name))}"), tmp_path)


def over(url: str | None, folder: Path) -> Settings:
    given = {"corpus": folder / "corpus", "index": folder / "index", "ui_database": url}
    return Settings.load(given, environ={}, folder=folder)


def test_verdicts(kept_there: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FeedbackStore.from_settings(kept_there)
    assert store.rows() == []
    store.save(judged(verdict="right", comment="with a \0 in it"), Place(), "ada")
    store.save(judged(verdict="wrong", reason="page"), Place("harbour-guide", 3), "ada")
    with pytest.raises(UsageError, match="another visitor has judged"):
        store.save(judged(verdict="right"), Place(), "bob")
    (row,) = store.of("ada")
    assert (row["verdict"], row["document"], row["page"]) == ("wrong", "harbour-guide", 3)
    assert row["history"] == [["How tall is the lighthouse?", "42 metres [1]."]]
    assert [r["pages"] for r in store.rows()] == [[3]]
    monkeypatch.setattr(feedback_module, "FEEDBACK_STORE_BYTES", 1)
    with pytest.raises(UsageError, match="the table feedback is full"):
        store.save(judged(verdict="right"), Place(), "ada")
    assert not kept_there.index.exists()  # nothing is beside the index


def test_decisions(kept_there: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DecisionStore.from_settings(kept_there)
    store.save(SENT, "ada")
    store.save(SENT.model_copy(update={"decision": "accept", "note": "\0"}), "bob")
    store.save(SENT.model_copy(update={"start": 0}), "ada")
    assert [(d.start, d.who, d.note) for d in store.of_draft(HASH)] == [
        (0, "ada", "a"),
        (5, "bob", "\ufffd"),
    ]
    store.save(SENT.model_copy(update={"note": ""}), "bob")
    assert [d.start for d in store.of_draft(HASH)] == [0]
    assert (store.forget("bob"), store.forget_before(0), store.forget_before(1e12)) == (0, 0, 1)
    monkeypatch.setattr(decisions_module, "DECISIONS_STORE_BYTES", 1)
    with pytest.raises(UsageError, match="the table decisions is full"):
        store.save(SENT, "ada")


def test_the_audit_log(kept_there: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_module, "AUDIT_REFUSALS", 5)
    log = Audit.from_settings(kept_there)
    log.record("ada", SIGNED_IN)
    for number in range(8):
        log.refused("", f"guess {number}", "192.0.2.1")
    log.record("boss", "person removed", person="ada")
    assert [e["what"] for e in log.entries()] == [SIGNED_IN, *[REFUSED] * 5, "person removed"]
    assert [e["who"] for e in log.entries(2)] == ["", "boss"]
    assert len(log.of("ada")) == 2
    assert PersonalData.from_settings(kept_there).forget("ada") == {
        "feedback": 0, "decisions": 0, "audit": 2
    }  # fmt: skip


def test_many_begin_at_once_over_an_empty_database(kept_there: Settings) -> None:
    begin = threading.Barrier(8)

    def save(start: int) -> None:
        begin.wait()
        DecisionStore.from_settings(kept_there).save(
            SENT.model_copy(update={"start": start}), "ada"
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(8)))
    assert len(DecisionStore.from_settings(kept_there).of("ada")) == 8


def test_what_is_in_files_goes_into_a_database_and_back(
    kept_there: Settings, tmp_path: Path
) -> None:
    """A backup is the way from one to the other."""
    files, archive = over(None, tmp_path), tmp_path / "saved.tar.gz"
    FeedbackStore.from_settings(files).save(judged(verdict="right"), Place(), "ada")
    for who in ("ada", "bob"):
        Audit.from_settings(files).record(who, SIGNED_IN)
    assert back_up(files, archive) == ["feedback.sqlite", "audit.sqlite"]
    restore(kept_there, archive, replace=False)
    there = PersonalData.from_settings(kept_there)
    assert there.of("ada") == PersonalData.from_settings(files).of("ada")
    Audit.from_settings(kept_there).record("ada", "and goes on")
    assert [e["who"] for e in Audit.from_settings(kept_there).entries()] == ["ada", "bob", "ada"]
    with pytest.raises(UsageError, match="or its table is already there: add --replace"):
        restore(kept_there, archive, replace=False)
    back_up(kept_there, archive)
    restore(files, archive, replace=True)
    assert PersonalData.from_settings(files).of("ada") == there.of("ada")


@pytest.mark.parametrize(
    "url", ["mysql://ada:hidden@host/x", "postgresql://ada:hidden@host:port/x", "sqlite:///hidden"]
)
def test_what_is_no_address_is_told_without_it(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="MEHEALTH_UI_DATABASE is no address") as told:
        FeedbackStore.from_settings(over(url, tmp_path))
    assert "hidden" not in str(told.value)
    assert "hidden" not in repr(over(url, tmp_path))


def test_a_server_that_is_not_there(
    tmp_path: Path, mehealth: Callable[..., Done], caplog: pytest.LogCaptureFixture
) -> None:
    gone = over(f"postgresql://mehealth:{PASSWORD}@127.0.0.1:{free_port()}/mehealth", tmp_path)
    with pytest.raises(IndexStateError) as told:
        FeedbackStore.from_settings(gone).save(judged(verdict="right"), Place())
    assert str(told.value) == (
        "the database: feedback cannot be kept (Connection refused); "
        "check the server and MEHEALTH_UI_DATABASE"
    )
    closing = threading.Event()
    closing.set()
    with caplog.at_level(logging.WARNING):
        PersonalData.from_settings(gone).expire(30, closing)
    (line,) = caplog.messages
    assert line.startswith("old feedback, decisions, audit was not deleted: the database: ")
    assert gone.ui_database is not None
    named = {"MEHEALTH_UI_DATABASE": gone.ui_database.get_secret_value()}
    done = mehealth("auth", "data", "ada", "--index", str(gone.index), env=named)
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "Connection refused" in done.stderr


def test_a_wrong_password_is_not_told(postgres: Postgres, tmp_path: Path) -> None:
    store = FeedbackStore.from_settings(over(postgres.url(password="wr0ng-word"), tmp_path))
    with pytest.raises(IndexStateError, match="password authentication failed") as told:
        store.save(judged(verdict="right"), Place())
    assert "wr0ng-word" not in str(told.value)


@pytest.mark.full
def test_killed_and_brought_back(settings: Settings, postgres: Postgres, tmp_path: Path) -> None:
    """The page answers meanwhile, and what was kept is still there."""
    url = postgres.new("killed")
    store = DecisionStore(tmp_path, SecretStr(url))
    with (
        Running(settings, tmp_path / "log", UI_DATABASE=url) as running,
        httpx.Client(base_url=running.address, timeout=60) as client,
    ):

        def decide(start: int) -> httpx.Response:
            sent = SENT.model_copy(update={"start": start}).model_dump()
            return client.post("/v1/check/decisions", json=sent)

        assert [decide(start).status_code for start in range(3)] == [200] * 3
        postgres.kill()
        try:
            refused = decide(3)
            assert refused.status_code == 503
            assert refused.json()["error"].startswith("the database: decisions cannot be kept (")
            assert "42 metres" in client.post("/v1/ask", json={"question": TALL}).json()["answer"]
            assert client.get("/readyz").status_code == 200
        finally:
            postgres.start()
        assert [d.start for d in store.of_draft(HASH)] == [0, 1, 2]
        assert decide(3).status_code == 200
        assert [
            d["start"] for d in client.get("/v1/check/decisions", params={"draft": HASH}).json()
        ] == [0, 1, 2, 3]
    log = running.log.read_text()
    assert PASSWORD not in log
    assert "Traceback" not in log


@pytest.mark.full
def test_the_page_starts_and_answers_without_its_database(
    settings: Settings, tmp_path: Path
) -> None:
    url = f"postgresql://mehealth:{PASSWORD}@127.0.0.1:{free_port()}/mehealth"
    with Running(settings, tmp_path / "log", UI_DATABASE=url) as running:
        asked = httpx.post(f"{running.address}/v1/ask", json={"question": TALL}, timeout=60)
        assert "42 metres" in asked.json()["answer"]
    log = running.log.read_text()
    assert log.count("cannot be kept (Connection refused)") == 1
    assert PASSWORD not in log
    assert "Traceback" not in log
