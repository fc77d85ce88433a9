"""The index is replaced while the page serves: each answer is of one edition, old or new."""

from __future__ import annotations

import gc
import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mehealth_rag.assistant import Assistant
from mehealth_rag.errors import UsageError
from mehealth_rag.index.folder import IndexFolder
from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest
from mehealth_ui.desk import Desk
from mehealth_ui.page import handlers
from mehealth_ui.page.routes import routes
from mehealth_ui.page.sources import sources_markup

if TYPE_CHECKING:
    from collections.abc import Iterator

TALL = "How tall is the Larkfield beacon?"


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    write(corpus, 42)
    (corpus / "other.txt").write_text("The Larkfield pond has 9 ducks.\n")
    (corpus / "old papers").mkdir()
    (corpus / "old papers" / "ferry.txt").write_text("The ferry of 1902 carried 41 people.\n")
    values = {"corpus": corpus, "index": tmp_path / "index", "reader": "small"}
    settings = Settings.load(values, environ={}, folder=tmp_path)
    ingest(settings)
    return settings


@pytest.fixture
def served(own: Settings) -> Iterator[Desk]:
    desk = Desk.of(own, Assistant.open(own))
    yield desk
    desk.close()


def write(corpus: Path, metres: int) -> None:
    text = f"A short guide\n\nThe Larkfield beacon is {metres} metres tall.\n"
    (corpus / "beacon.txt").write_text(text)


def ask(desk: Desk, **more: object) -> dict[str, Any]:
    payload = {"id": "t", "question": TALL, **more}
    return [v for v in handlers.ask(desk, payload, "v", "a") if v is not None][-1]


def test_an_answer_on_its_way_is_finished_by_the_index_that_began_it(
    own: Settings, served: Desk
) -> None:
    begun = handlers.ask(served, {"id": "t", "question": TALL}, "v", "a")
    old = served.edition
    answers = old.assistant.stream(TALL)
    first = next(answers)
    write(own.corpus, 57)
    ingest(own)
    new = ask(served, index=first.index)
    assert "57" in new["record"]["answer"]["answer"]
    assert new["record"]["answer"]["index"] == served.edition.version != first.index
    *_, whole = answers
    assert (whole.index, "42" in whole.answer) == (first.index, True)
    assert "57" in [v for v in begun if v][-1]["record"]["answer"]["answer"]  # it had not begun


def test_a_conversation_is_told_once_that_the_documents_changed(
    own: Settings, served: Desk
) -> None:
    first = ask(served)
    assert "renewed" not in first["html"]
    write(own.corpus, 57)
    ingest(own)
    second = ask(served, index=first["record"]["answer"]["index"])
    assert "The documents have changed" in second["html"]
    third = ask(served, index=second["record"]["answer"]["index"])
    assert "renewed" not in third["html"]
    turns = [one["record"] for one in (first, second, third)]
    rendered = handlers.show_turns({"turns": turns})
    assert ["renewed" in one["html"] for one in rendered] == [False, True, False]


def test_old_answers_are_not_shown_on_new_files(own: Settings, served: Desk) -> None:
    cited = ask(served)["record"]["answer"]["citations"][0]
    version = served.edition.version
    mark = {"number": 1, "page": 1, "quote": cited["quote"], "active": True}
    look = {"document": "beacon", "page": 1, "marks": [mark]}
    assert "<mark" in handlers.look(served, look)
    client = TestClient(Starlette(routes=routes(served)))
    write(own.corpus, 57)
    assert "has changed since" in client.get("/document/beacon").text  # not indexed yet
    ingest(own)
    pane = handlers.look(served, look)
    assert "<mark" not in pane
    assert "The document has changed since this answer" in pane
    assert client.get(f"/document/beacon?v={version}").status_code == 409
    assert "57" in client.get("/document/beacon").text
    assert client.get(f"/document/other?v={version}").status_code == 200  # the same file still
    assert client.get("/document/other?v=unknown").status_code == 409


def test_an_index_that_cannot_be_opened_leaves_the_old_one_serving(
    own: Settings, served: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "mehealth.ui")
    before = served.edition.version
    write(own.corpus, 57)
    ingest(own)
    generation = IndexFolder(own.index).current()
    assert generation is not None
    content = generation / "content.sqlite"
    whole = content.read_bytes()
    content.write_bytes(whole[:5000])
    assert "42" in ask(served)["record"]["answer"]["answer"]
    assert "42" in ask(served)["record"]["answer"]["answer"]
    (record,) = caplog.records
    assert "is damaged" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert served.edition.version == before
    assert "does not serve" in ask(served)["news"]
    content.write_bytes(whole)
    ingest(own, rebuild=True)
    assert "57" in ask(served)["record"]["answer"]["answer"]
    assert served.news == ""


def test_an_index_that_nobody_asks_any_more_is_closed(own: Settings, served: Desk) -> None:
    old = served.edition
    database = old.assistant.index._database
    write(own.corpus, 57)
    ingest(own)
    assert served.edition is not old
    gc.collect()
    assert served.edition.generation
    assert "42" in old.assistant.ask(TALL).answer  # a request still holds it
    del old
    gc.collect()
    assert served.edition.generation
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        database.execute("select 1")


def test_a_folder_is_a_collection_that_can_be_asked(served: Desk) -> None:
    assistant = served.edition.assistant
    assert assistant.chosen(["old papers/"]) == ("ferry",)
    assert assistant.chosen(["ferry", "other", "old papers/"]) == ("ferry", "other")
    assert assistant.ask(TALL, documents=["old papers/"]).status == "not_found"
    assert [g.document for g in assistant.guides(["old papers/"])] == ["ferry"]
    with pytest.raises(UsageError, match=r"no collection 'papers/' in the index; there are: .*old"):
        assistant.chosen(["papers/"])
    markup = sources_markup(tuple(served.edition.catalogue.values()))
    *_, papers = markup.split("<section")
    assert 'name="collection" value="old papers/"' in papers
    assert 'value="ferry"' in papers
    assert 'value="other"' not in papers
    assert "data-do=" not in markup
