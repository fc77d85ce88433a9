"""`mehealth fetch`: the real command against a real server on this machine."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import NUMBER, TEXT, assert_shape

from tests.conftest import Run
from tests.fetching.fetching_web import PAGE, Answer, Site

ROW = {
    "id": str, "status": str, "reason": str, "advice": str, "url": TEXT, "final_url": TEXT,
    "file": TEXT, "bytes": NUMBER, "sha256": TEXT,
}  # fmt: skip
PRIVATE = {"MEHEALTH_FETCH_ALLOW_PRIVATE": "true"}
NOTICE = "The ferry to Gull Island does not run in January."


@pytest.fixture
def address() -> Iterator[str]:
    """A server with a notice and a page."""
    site = Site()
    tag = {"ETag": '"1"'}
    site.on("/notice.txt", Answer(NOTICE.encode(), headers=tag, kind="text/plain"))
    site.on("/page.html", Answer(PAGE, headers=tag, kind="text/html"))
    yield site.url("")
    site.close()


@pytest.fixture
def folder(tmp_path: Path, address: str) -> Path:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "guide.md").write_text("# Guide\n\nThe harbour has two piers.\n")
    entries = (
        'id = "guide"\ntitle = "Guide"\nfile = "guide.md"',
        f'id = "notice"\ntitle = "Notice"\nformat = "txt"\nurl = "{address}/notice.txt"',
        f'id = "page"\ntitle = "Page"\nformat = "html"\nurl = "{address}/page.html"',
        f'id = "gone"\ntitle = "Gone"\nurl = "{address}/gone.pdf"',
    )
    (corpus / "sources.toml").write_text("".join(f"[[source]]\n{e}\n\n" for e in entries))
    return corpus


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.stdout.count("\n") == 1
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_a_row_for_every_source(mehealth: Run, folder: Path) -> None:
    done = mehealth("fetch", "--json", "--corpus", str(folder), env=PRIVATE)
    assert done.returncode == 1  # one of them failed
    for row in rows(done):
        assert_shape(row, ROW)
    assert [(r["id"], r["status"]) for r in rows(done)] == [
        ("guide", "skipped"),
        ("notice", "fetched"),
        ("page", "fetched"),
        ("gone", "failed"),
    ]
    again = mehealth("fetch", "notice", "page", "--json", "--corpus", str(folder), env=PRIVATE)
    assert (again.returncode, [r["status"] for r in rows(again)]) == (0, ["unchanged"] * 2)


def test_the_report_for_people(mehealth: Run, folder: Path) -> None:
    done = mehealth("fetch", "--corpus", str(folder), env=PRIVATE)
    assert done.returncode == 1
    assert re.search(r"notice +│ fetched +│ linked/notice.txt │ 49 ", done.stdout)
    assert re.search(r"gone +│ failed .* \(404\); look for the new one", done.stdout)
    assert done.stderr.endswith("to have what was fetched searched, run: mehealth ingest\n")


def test_what_was_fetched_is_a_document(mehealth: Run, folder: Path, tmp_path: Path) -> None:
    options = ("--corpus", str(folder), "--index", str(tmp_path / "index"))
    mehealth("fetch", "notice", *options, env=PRIVATE)
    listed = json.loads(mehealth("ingest", "--json", *options).stdout)["documents"]
    assert {d["id"]: d["status"] for d in listed} == {"guide": "added", "notice": "added"}
    states = json.loads(mehealth("sources", "--json", *options).stdout)
    assert {s["id"]: s["state"] for s in states} == {
        "guide": "indexed",
        "notice": "indexed",
        "page": "not fetched",
        "gone": "not fetched",
    }


def test_private_addresses_are_refused_by_default(mehealth: Run, folder: Path) -> None:
    done = mehealth("fetch", "notice", "--json", "--corpus", str(folder))
    assert done.returncode == 1
    assert "not of the open web (127.0.0.1)" in rows(done)[0]["reason"]
    assert "MEHEALTH_FETCH_ALLOW_PRIVATE" in rows(done)[0]["advice"]
