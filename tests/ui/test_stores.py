"""What is kept of people: one suite for files and for a real PostgreSQL, which also gets killed."""

from __future__ import annotations

import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest
from llm_helpers import free_port
from postgres_helpers import PASSWORD
from pydantic import SecretStr
from ui_helpers import TALL, Running, judged

from mehealth_rag.cli.batch import QuestionRow
from mehealth_rag.errors import IndexStateError, UsageError
from mehealth_rag.settings import Settings
from mehealth_ui.limits import Gate, Rate
from mehealth_ui.people import audit, decisions, feedback
from mehealth_ui.people.audit import REFUSED, SIGNED_IN, Audit
from mehealth_ui.people.backup import back_up, restore
from mehealth_ui.people.decisions import DecisionSent, DecisionStore
from mehealth_ui.people.feedback import FeedbackStore, Place, write_questions
from mehealth_ui.people.personal_data import PersonalData

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from postgres_helpers import Postgres

    from tests.ui.test_backup import Done

HASH = "ab" * 32
SENT = DecisionSent(draft=HASH, start=5, sentence="So.", verdict="supported", note="a")
DAY = 86_400


def over(url: str | None, folder: Path) -> Settings:
    values = {"corpus": folder / "corpus", "index": folder / "index", "ui_database": url}
    return Settings.load(values, environ={}, folder=folder)


def empty_database(request: pytest.FixtureRequest) -> str:
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.new(f"d{abs(hash(request.node.name))}")


@pytest.fixture(params=["files", pytest.param("postgres", marks=pytest.mark.slow)])
def settings_of_store(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings whose stores are empty."""
    return over(empty_database(request) if request.param == "postgres" else None, tmp_path)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings that name an empty database."""
    return over(empty_database(request), tmp_path)


def test_verdicts(settings_of_store: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FeedbackStore.from_settings(settings_of_store)
    assert store.rows() == []
    store.save(judged(verdict="right", comment="with a \0 in it"), Place(), "ada")
    assert [(r["verdict"], r["pages"]) for r in store.rows()] == [("right", [2])]  # its own page
    store.save(judged(verdict="wrong", reason="page"), Place("harbour-guide", 3), "ada")
    with pytest.raises(UsageError, match="another visitor has judged"):
        store.save(judged(verdict="right"), Place(), "bob")
    (row,) = store.of("ada")
    assert (row["verdict"], row["document"], row["page"]) == ("wrong", "harbour-guide", 3)
    assert row["history"] == [["How tall is the lighthouse?", "42 metres [1]."]]
    assert [r["pages"] for r in store.rows()] == [[3]]
    large = judged(verdict="right")
    large.turn.answer["answer"] = "x" * feedback.FEEDBACK_BYTES
    with pytest.raises(UsageError, match="over 200,000 bytes"):
        store.save(large, Place(), "ada")
    monkeypatch.setattr(feedback, "FEEDBACK_STORE_BYTES", 1)
    with pytest.raises(UsageError, match=r"\((feedback\.sqlite|the table feedback) is full"):
        store.save(judged(verdict="right"), Place(), "ada")
    assert settings_of_store.index.exists() == (settings_of_store.ui_database is None)


def test_a_verdict_becomes_a_question_of_the_batch_format(tmp_path: Path) -> None:
    store = FeedbackStore.beside(tmp_path)
    wrong = judged(verdict="wrong", reason="page", comment="ünlit <b>")
    store.save(wrong, Place("harbour-guide", 3), "ada")
    assert write_questions(store, tmp_path / "out.jsonl") == 1
    line = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    row = QuestionRow.model_validate(line)
    assert (row.id, row.question) == ("feedback-t1", "When was it lit?")
    assert row.history == (("How tall is the lighthouse?", "42 metres [1]."),)
    assert (line["verdict"], line["document"], line["pages"]) == ("wrong", "harbour-guide", [3])
    assert line["comment"] == "ünlit <b>"


def test_decisions(settings_of_store: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DecisionStore.from_settings(settings_of_store)
    assert (store.of_draft(HASH), store.forget("ada")) == ([], 0)
    store.save(SENT, "ada")
    store.save(SENT.model_copy(update={"decision": "accept", "note": "\0"}), "bob")
    assert store.of("ada") == []
    store.save(SENT.model_copy(update={"start": 0}), "ada")
    assert [(d.start, d.who, d.note) for d in store.of_draft(HASH)] == [
        (0, "ada", "a"),
        (5, "bob", "\ufffd"),
    ]
    store.save(SENT.model_copy(update={"note": ""}), "bob")
    assert [d.start for d in store.of_draft(HASH)] == [0]
    assert (store.forget("bob"), store.forget_before(0), store.forget_before(1e12)) == (0, 0, 1)
    monkeypatch.setattr(decisions, "DECISIONS_STORE_BYTES", 1)
    with pytest.raises(UsageError, match=r"\((decisions\.sqlite|the table decisions) is full"):
        store.save(SENT, "ada")


def test_the_audit_log(settings_of_store: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "AUDIT_REFUSALS", 5)
    log = Audit.from_settings(settings_of_store)
    log.record("ada", SIGNED_IN)
    for number in range(8):
        log.refused("", f"guess {number}", "192.0.2.1")
    log.record("boss", "person removed", person="ada")
    assert [e["what"] for e in log.entries()] == [SIGNED_IN, *[REFUSED] * 5, "person removed"]
    assert [e["who"] for e in log.entries(2)] == ["", "boss"]
    assert len(log.of("ada")) == 2
    assert PersonalData.from_settings(settings_of_store).forget("ada") == {
        "feedback": 0, "decisions": 0, "audit": 2
    }  # fmt: skip


def test_refusals_of_one_address_have_a_rate(tmp_path: Path) -> None:
    standing = Gate(*(Rate(rate, clock=lambda: 0.0) for rate in (20, 800)))
    log = Audit(tmp_path / "audit.sqlite", _gate=standing)
    for number in range(30):
        log.refused("", f"guess {number}", "192.0.2.1")
    log.refused("", "guess", "192.0.2.2")
    *_, last_of_one, other = log.entries()
    assert (last_of_one["about"], other["about"]) == (
        "guess 19, from 192.0.2.1",
        "guess, from 192.0.2.2",
    )


def test_what_is_old_is_deleted(
    settings_of_store: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, closing = time.time(), threading.Event()
    closing.set()
    store, log = (kind.from_settings(settings_of_store) for kind in (FeedbackStore, Audit))
    for days, what in ((31, "long ago"), (29, "lately")):
        Audit(log.path, log.url, clock=lambda: now - days * DAY).record("ada", what)  # noqa: B023
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now - 31 * DAY)
        store.save(judged(verdict="right"), Place(), "ada")
    PersonalData.from_settings(settings_of_store).expire(30, closing)
    assert [e["what"] for e in log.entries()] == ["lately"]
    assert store.rows() == []


def test_a_folder_that_cannot_be_written_stops_nobody_but_the_verdict(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexStateError, match="check the folder"):
        FeedbackStore.beside(tmp_path / "file").save(judged(verdict="right"), Place())
    Audit.beside(tmp_path / "file").record("ada", SIGNED_IN)
    assert "the audit log cannot be kept" in caplog.text


@pytest.mark.slow
def test_many_begin_at_once_over_an_empty_database(database: Settings) -> None:
    begin = threading.Barrier(8)

    def save(start: int) -> None:
        begin.wait()
        DecisionStore.from_settings(database).save(SENT.model_copy(update={"start": start}), "ada")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(8)))
    assert len(DecisionStore.from_settings(database).of("ada")) == 8


@pytest.mark.slow
def test_a_backup_takes_files_into_a_database_and_back(database: Settings, tmp_path: Path) -> None:
    files, archive = over(None, tmp_path), tmp_path / "saved.tar.gz"
    FeedbackStore.from_settings(files).save(judged(verdict="right"), Place(), "ada")
    for who in ("ada", "bob"):
        Audit.from_settings(files).record(who, SIGNED_IN)
    assert back_up(files, archive) == ["feedback.sqlite", "audit.sqlite"]
    restore(database, archive, replace=False)
    there = PersonalData.from_settings(database)
    assert there.of("ada") == PersonalData.from_settings(files).of("ada")
    Audit.from_settings(database).record("ada", "and goes on")
    assert [e["who"] for e in Audit.from_settings(database).entries()] == ["ada", "bob", "ada"]
    with pytest.raises(UsageError, match="or its table is already there: add --replace"):
        restore(database, archive, replace=False)
    back_up(database, archive)
    restore(files, archive, replace=True)
    assert PersonalData.from_settings(files).of("ada") == there.of("ada")


@pytest.mark.parametrize(
    "url", ["mysql://ada:hidden@host/x", "postgresql://ada:hidden@host:port/x", "sqlite:///hidden"]
)
def test_what_is_no_address_is_told_without_it(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError, match="MEHEALTH_UI_DATABASE is no address") as error:
        FeedbackStore.from_settings(over(url, tmp_path))
    assert "hidden" not in f"{error.value}{over(url, tmp_path)!r}"


@pytest.mark.slow
def test_a_server_that_is_not_there(
    tmp_path: Path, mehealth: Callable[..., Done], caplog: pytest.LogCaptureFixture
) -> None:
    gone = over(f"postgresql://mehealth:{PASSWORD}@127.0.0.1:{free_port()}/mehealth", tmp_path)
    with pytest.raises(IndexStateError) as error:
        FeedbackStore.from_settings(gone).save(judged(verdict="right"), Place())
    assert str(error.value) == (
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
    environment = {"MEHEALTH_UI_DATABASE": gone.ui_database.get_secret_value()}
    done = mehealth("auth", "data", "ada", "--index", str(gone.index), env=environment)
    assert done.returncode != 0
    assert done.stderr.count("\n") == 1
    assert "Connection refused" in done.stderr


@pytest.mark.slow
def test_a_wrong_password_is_not_told(postgres: Postgres, tmp_path: Path) -> None:
    store = FeedbackStore.from_settings(over(postgres.url(password="wr0ng-word"), tmp_path))
    with pytest.raises(IndexStateError, match="password authentication failed") as error:
        store.save(judged(verdict="right"), Place())
    assert "wr0ng-word" not in str(error.value)


@pytest.mark.slow
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
        kept_decisions = client.get("/v1/check/decisions", params={"draft": HASH}).json()
        assert [d["start"] for d in kept_decisions] == [0, 1, 2, 3]
    log = running.log.read_text()
    assert PASSWORD not in log
    assert "Traceback" not in log


@pytest.mark.slow
@pytest.mark.full
def test_the_page_starts_and_answers_without_its_database(
    settings: Settings, tmp_path: Path
) -> None:
    url = f"postgresql://mehealth:{PASSWORD}@127.0.0.1:{free_port()}/mehealth"
    with Running(settings, tmp_path / "log", UI_DATABASE=url) as running:
        answer = httpx.post(f"{running.address}/v1/ask", json={"question": TALL}, timeout=60)
        assert "42 metres" in answer.json()["answer"]
    log = running.log.read_text()
    assert log.count("cannot be kept (Connection refused)") == 1
    assert PASSWORD not in log
    assert "Traceback" not in log
