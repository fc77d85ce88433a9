"""The drill: what people left is saved while others write, lost, and put back."""

from __future__ import annotations

import sqlite3
import subprocess
import tarfile
import tracemalloc
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from ui_helpers import PASSWORD, judged, printed, refused

from mehealth_ui.people.audit import Audit
from mehealth_ui.people.feedback import FeedbackStore, Place
from mehealth_ui.people.passwords import matches, read_people

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Done = subprocess.CompletedProcess[str]


class Site:
    """A corpus, an index folder and a password file, and the command over them."""

    def __init__(self, folder: Path, mehealth: Callable[..., Done]) -> None:
        self.people, self.index = folder / "people", folder / "index"
        self.added = folder / "corpus" / "added"
        self.archive = folder.parent / "saved.tar.gz"
        self.environment = {
            "MEHEALTH_UI_AUTH": str(self.people),
            "MEHEALTH_INDEX": str(self.index),
            "MEHEALTH_CORPUS": str(folder / "corpus"),
        }
        self.mehealth = mehealth

    def run(self, *arguments: str, stdin: str = "") -> Done:
        return self.mehealth(*arguments, stdin=stdin, env=self.environment)

    def live(self) -> None:
        """Leave what people leave: a login, a key, a verdict and an added document."""
        for line in (("auth", "add", "ada", "--role", "staff"), ("auth", "key", "add", "reports")):
            done = self.run(*line, stdin=PASSWORD)
            assert done.returncode == 0, done.stderr
        FeedbackStore.beside(self.index).save(judged(verdict="right"), Place("harbour", 1), "ada")
        (self.added / "notes").mkdir(parents=True)
        (self.added / "notes" / "tides.md").write_text("The tide turns at six.", encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, mehealth: Callable[..., Done]) -> Site:
    return Site(tmp_path / "site", mehealth)


def test_the_drill(site: Site, tmp_path: Path, mehealth: Callable[..., Done]) -> None:
    site.live()
    saved = printed(site.run("backup", str(site.archive), "--json"))["files"]
    assert saved == ["feedback.sqlite", "audit.sqlite", "people", "keys", "added/notes/tides.md"]
    assert site.archive.stat().st_mode & 0o077 == 0

    other = Site(tmp_path / "another-machine", mehealth)
    done = other.run("restore", str(site.archive))
    assert done.returncode == 0, done.stderr
    assert "run mehealth ingest" in done.stderr
    assert matches(PASSWORD, read_people(other.people)["ada"].password_hash)
    assert other.people.stat().st_mode & 0o077 == 0
    restored = FeedbackStore.beside(other.index).of("ada")
    assert restored == FeedbackStore.beside(site.index).of("ada") != []
    assert (other.added / "notes" / "tides.md").read_text() == "The tide turns at six."
    assert printed(other.run("ingest", "--json"))["changed"] is True


def test_what_a_serving_page_has_just_written_is_saved_too(
    site: Site, tmp_path: Path, mehealth: Callable[..., Done]
) -> None:
    site.live()
    other = Site(tmp_path / "another-machine", mehealth)
    with closing(sqlite3.connect(site.index / "audit.sqlite", isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from sqlite_master").fetchall()  # holds the log in place
        for _ in range(20):
            Audit.beside(site.index).record("ada", "signed in")
        assert (site.index / "audit.sqlite-wal").stat().st_size
        assert site.run("backup", str(site.archive)).returncode == 0
        assert other.run("restore", str(site.archive)).returncode == 0
        written = Audit.beside(site.index).of("ada")
    assert Audit.beside(other.index).of("ada") == written
    assert len(written) >= 20


def test_nothing_that_is_there_is_replaced_unasked(site: Site) -> None:
    site.live()
    assert site.run("backup", str(site.archive)).returncode == 0
    (site.added / "notes" / "tides.md").write_text("It turns at seven.", encoding="utf-8")
    assert "is already there: add --replace" in refused(site.run("restore", str(site.archive)))
    assert (site.added / "notes" / "tides.md").read_text() == "It turns at seven."
    assert site.run("restore", str(site.archive), "--replace").returncode == 0
    assert (site.added / "notes" / "tides.md").read_text() == "The tide turns at six."


def test_what_is_large_is_not_held_in_memory_and_links_stay_out(
    site: Site, tmp_path: Path, mehealth: Callable[..., Done]
) -> None:
    site.live()
    with (site.added / "large.txt").open("wb") as file:
        file.truncate(50_000_000)
    (site.added / "link.txt").symlink_to(site.people)
    other = Site(tmp_path / "another-machine", mehealth)
    tracemalloc.start()
    try:
        assert site.run("backup", str(site.archive)).returncode == 0
        done = other.run("restore", str(site.archive))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert done.returncode == 0, done.stderr
    assert peak < 20_000_000
    assert (other.added / "large.txt").stat().st_size == 50_000_000
    assert not (other.added / "link.txt").exists()


@pytest.mark.parametrize("name", ["added/../../outside.txt", "passwd", "/etc/passwd"])
def test_an_archive_of_something_else_is_refused(site: Site, tmp_path: Path, name: str) -> None:
    with tarfile.open(site.archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name))
    assert "is no backup of mehealth" in refused(site.run("restore", str(site.archive)))
    assert not site.index.exists()
    assert not (tmp_path / "outside.txt").exists()


def test_files_that_are_no_archives(site: Site, tmp_path: Path) -> None:
    site.archive.write_bytes(b"no archive")
    assert "cannot be restored" in refused(site.run("restore", str(site.archive)))
    assert "cannot be restored" in refused(site.run("restore", str(tmp_path / "none.tar.gz")))
    assert "there is nothing to back up" in refused(site.run("backup", str(site.archive)))
    site.live()
    missing = tmp_path / "no-folder" / "saved.tar.gz"
    assert "the backup cannot be written" in refused(site.run("backup", str(missing)))
