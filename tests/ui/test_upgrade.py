"""What older versions left in the index folder: opened, built anew where need be, nothing lost."""

from __future__ import annotations

import json
import logging
import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ui_helpers import judged

from mehealth_rag.index.folder import IndexFolder
from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest, why_build
from mehealth_ui.people.audit import SIGNED_IN, Audit
from mehealth_ui.people.backup import restore
from mehealth_ui.people.decisions import DecisionSent, DecisionStore
from mehealth_ui.people.feedback import FeedbackStore, Place
from mehealth_ui.people.personal_data import PersonalData
from mehealth_ui.serving.server import open_assistant

if TYPE_CHECKING:
    from postgres_helpers import Postgres

pytestmark = pytest.mark.slow
HASH = "ab" * 32
OLD = {
    "feedback.sqlite": """
        create table if not exists feedback (
            id text primary key, at real not null, visitor text not null, index_id text not null,
            question text not null, history text not null, documents text not null,
            verdict text not null, reason text not null, comment text not null,
            document text not null, page integer, answer text not null);
        insert into feedback values ('t0', 1.5, 'ada', 'abc', 'When was it lit?',
            '[["How tall is it?", "42 metres [1]."]]', '["harbour"]', 'wrong', 'page', 'ünlit',
            'harbour', 3, '{"answer": "In 1871 [1].", "status": "answered"}');
        insert into feedback values ('t2', 2.5, '', 'abc', 'Why?', '[]', '[]', 'right', '', '', '',
            null, '{"citations": [{"document": "harbour", "page": 2}]}');
    """,
    "decisions.sqlite": f"""
        create table if not exists decisions (
            draft text not null, start integer not null, sentence text not null,
            verdict text not null, decision text not null, note text not null,
            visitor text not null, at real not null, primary key (draft, start));
        insert into decisions values
            ('{HASH}', 5, 'So.', 'supported', 'accept', 'a note', 'ada', 3.5);
    """,
    "audit.sqlite": """
        create table if not exists audit (
            id integer primary key autoincrement, at real not null, who text not null,
            what text not null, about text not null, person text not null);
        create index if not exists audit_at on audit (at);
        insert into audit (at, who, what, about, person) values
            (4.5, 'ada', 'signed in', 'from 192.0.2.7', ''),
            (5.5, 'root (command line)', 'person added', '', 'ada');
    """,
}
"""The files as version 0.1.0 wrote them, with its own SQL."""


def older(index: Path) -> None:
    index.mkdir(exist_ok=True)
    for name, sql in OLD.items():
        with closing(sqlite3.connect(index / name)) as database:
            database.execute("pragma journal_mode = wal")
            database.executescript(sql)


def of_ada(data: PersonalData) -> dict[str, list[object]]:
    """What is expected of the rows, in short."""
    rows = data.of("ada")
    return {
        "feedback": [(r["id"], r["at"], r["comment"], r["page"]) for r in rows["feedback"]],
        "decisions": [(r["start"], r["note"], r["when"]) for r in rows["decisions"]],
        "audit": [(r["at"], r["what"], r["person"]) for r in rows["audit"]],
    }


EXPECTED = {
    "feedback": [("t0", 1.5, "ünlit", 3)],
    "decisions": [(5, "a note", 3.5)],
    "audit": [(4.5, "signed in", ""), (5.5, "person added", "ada")],
}


def test_older_files_are_read_and_written_on(tmp_path: Path) -> None:
    older(tmp_path)
    settings = Settings.load({"index": tmp_path}, environ={}, folder=tmp_path)
    assert of_ada(PersonalData.from_settings(settings)) == EXPECTED
    store = FeedbackStore.beside(tmp_path)
    assert [(r["id"], r["pages"]) for r in store.rows()] == [
        ("feedback-t0", [3]),
        ("feedback-t2", [2]),
    ]
    store.save(judged(verdict="right"), Place(), "bob")
    assert [r["id"] for r in store.of("bob")] == ["t1"]
    again = {"draft": HASH, "start": 5, "sentence": "So.", "verdict": "supported", "note": "new"}
    DecisionStore.beside(tmp_path).save(DecisionSent.model_validate(again), "bob")
    Audit.beside(tmp_path).record("bob", SIGNED_IN)
    assert [d.note for d in DecisionStore.beside(tmp_path).of_draft(HASH)] == ["new"]
    assert [e["who"] for e in Audit.beside(tmp_path).entries()][-1] == "bob"


def test_an_older_backup_goes_into_a_database(postgres: Postgres, tmp_path: Path) -> None:
    older(tmp_path / "old")
    with tarfile.open(tmp_path / "saved.tar.gz", "w:gz") as tar:
        for name in OLD:
            tar.add(tmp_path / "old" / name, name)
    values = {"index": tmp_path / "new", "ui_database": postgres.new("upgraded")}
    settings = Settings.load(values, environ={}, folder=tmp_path)
    restore(settings, tmp_path / "saved.tar.gz", replace=False)
    assert of_ada(PersonalData.from_settings(settings)) == EXPECTED


def test_an_older_index_is_built_anew_with_one_line_and_the_rest_stays(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    (corpus / "added").mkdir(parents=True)
    (corpus / "harbour.txt").write_text("The lighthouse on the North Pier is 42 metres tall.\n")
    (corpus / "added" / "ferry.txt").write_text("The ferry leaves every forty minutes.\n")
    values = {"corpus": corpus, "index": index, "log_format": "json"}
    settings = Settings.load(values, environ={}, folder=tmp_path)
    ingest(settings)
    older(index)
    before = IndexFolder(index).current()
    assert before is not None
    manifest = before / "manifest.json"
    of_old = {"layout": 1, "fingerprint": "0" * 64}  # the layout is part of the fingerprint
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | of_old))
    with caplog.at_level(logging.INFO):
        assistant = open_assistant(settings)
    lines = [m for m in caplog.messages if "older version" in m]
    assert lines == ["The index was made by an older version of this program; building it anew."]
    assert "42 metres" in assistant.ask("How tall is the lighthouse?").answer
    assert {s.source.id for s in assistant.sources()} == {"harbour", "ferry"}
    assistant.index.close()
    assert why_build(settings) == ""
    assert before.is_dir()
    assert of_ada(PersonalData.from_settings(settings)) == EXPECTED
    shutil.rmtree(corpus)
    assert why_build(settings) == ""  # nothing to build from: what is there goes on
