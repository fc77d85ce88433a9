"""`mehealth ingest`: its report, and everything that can be wrong with corpus, index and disk."""

from __future__ import annotations

import errno
import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cli_helpers import assert_shape, last_line, the_error, the_json

from tests.conftest import Library, Run, clean_environment, command
from tests.reading import hostile_pdfs as hostile

SUMMARY = {
    "schema": int, "documents": list, "pages": int, "passages": int, "problems": list,
    "truncated": int, "embedded": int, "changed": bool, "index": str, "seconds": dict,
}  # fmt: skip
DOCUMENT = {"id": str, "title": str, "pages": int, "passages": int, "status": str, "reason": str}


def table(text: str) -> dict[str, list[str]]:
    """The rows of a printed table by their first cell."""
    cells = [[cell.strip() for cell in line.split("│")] for line in text.splitlines()]
    return {row[1]: row[2:-1] for row in cells if len(row) > 2}


def test_a_row_a_document_and_a_line_of_sums(library: Library) -> None:
    assert table(library.built.stdout) == {
        "guide": ["1", "3", "added", ""],
        "fees": ["2", "2", "added", ""],
        "plan": ["2", "2", "added", ""],
    }
    assert library.built.stdout.splitlines()[-1].startswith("5 pages, 7 passages in ")
    assert "\x1b" not in library.built.stdout
    assert "Traceback" not in library.built.stderr


def test_nothing_changed_as_json(library: Library, mehealth: Run) -> None:
    summary = the_json(mehealth("ingest", "--json", *library.options))
    assert_shape(summary, SUMMARY)
    for row in summary["documents"]:
        assert_shape(row, DOCUMENT)
    assert [row["status"] for row in summary["documents"]] == ["unchanged"] * 3
    sums = [summary[key] for key in ("pages", "passages", "problems", "embedded", "changed")]
    assert sums == [5, 7, [], 0, False]


def test_colour_on_a_terminal(library: Library, home: Path) -> None:
    ours, theirs = pty.openpty()
    environment = clean_environment(home) | {"TERM": "xterm-256color"}
    arguments = [command(), "ingest", *library.options]
    with subprocess.Popen(
        arguments, stdout=theirs, stderr=subprocess.DEVNULL, env=environment
    ) as p:
        os.close(theirs)
        shown = b"".join(read_terminal(ours))
        assert p.wait(60) == 0
    assert b"\x1b[1m" in shown


def read_terminal(handle: int) -> Iterator[bytes]:
    try:
        while piece := os.read(handle, 4096):
            yield piece
    except OSError as error:  # how Linux says that the other side was closed
        if error.errno != errno.EIO:
            raise
    finally:
        os.close(handle)


def test_an_index_folder_that_cannot_be(mehealth: Run, library: Library, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    for index in (tmp_path / "file", tmp_path / "file" / "below"):
        done = mehealth("ingest", "--corpus", str(library.corpus), "--index", str(index))
        assert the_error(done, 1) == (
            f"the index folder {index} cannot be written (Not a directory): "
            "free it or choose another one with --index"
        )
    assert (tmp_path / "file").read_text() == "kept"


def forget(corpus: Path, source: str) -> None:
    """Take a source off the manifest: an ingest then makes another index, embedding nothing."""
    manifest = (corpus / "sources.toml").read_text(encoding="utf-8")
    kept = [part for part in manifest.split("[[source]]") if f'id = "{source}"' not in part]
    (corpus / "sources.toml").write_text("[[source]]".join(kept), encoding="utf-8")


def generations(index: Path) -> list[str]:
    return sorted(path.name for path in (index / "generations").iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of a few megabytes: no file of it may stay open in this process."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if sys.platform != "linux" or mount is None:
        pytest.skip("only where Linux's mount is there")
    made = [mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(made, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_the_last_good_index(
    library: Library, process: Run, tmp_path: Path, small_disk: Path
) -> None:
    corpus = shutil.copytree(library.corpus, tmp_path / "corpus")
    index = shutil.copytree(library.index, small_disk / "index")
    options = ("--corpus", str(corpus), "--index", str(index))
    before = (index / "current").read_text()
    forget(corpus, "fees")
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(b"x" * (free - 20_000))

    line = last_line(process("ingest", *options), 1)
    assert line.startswith("the index")
    assert "cannot be written" in line
    assert line.endswith("with --index")
    (small_disk / "filler").unlink()

    assert (index / "current").read_text() == before
    found = the_json(process("search", "What does a yacht pay?", "--json", *options))
    assert found["hits"][0]["document"] == "fees"


def test_a_file_under_two_names(library: Library, mehealth: Run, tmp_path: Path) -> None:
    copy = library.copy(tmp_path)
    with (copy.corpus / "sources.toml").open("a") as manifest:
        manifest.write('\n[[source]]\nid = "prices"\ntitle = "Prices"\nfile = "prices.txt"\n')
    shutil.copy(copy.corpus / "fees.txt", copy.corpus / "prices.txt")
    done = mehealth("ingest", *copy.options)
    assert table(done.stdout)["prices"] == ["0", "0", "duplicate", "the same file as fees"]
    listed = the_json(mehealth("sources", "--json", *copy.options))
    (row,) = [row for row in listed if row["id"] == "prices"]
    assert (row["state"], row["reason"]) == ("indexed", "the same file as fees")
    question = ("ask", "What does a yacht pay?", "--json", *copy.options)
    done = mehealth(*question, "--document", "prices")
    assert the_json(done)["citations"][0]["document"] == "fees"
    assert "has changed" not in done.stderr


def older(index: Path) -> str:
    """Make an index what the first version wrote: layout 1 had no guides; its generation's name."""
    (name,) = generations(index)
    manifest = index / "generations" / name / "manifest.json"
    content = index / "generations" / name / "content.sqlite"
    with closing(sqlite3.connect(content)) as database, database:
        database.execute("drop table guides")
    found = json.loads(manifest.read_text()) | {"layout": 1, "fingerprint": "0" * 64}
    del found["files"]["content.sqlite"], found["truncated"]
    manifest.write_text(json.dumps(found))
    return name


def test_an_index_of_an_older_version_is_built_anew(
    library: Library, mehealth: Run, tmp_path: Path
) -> None:
    copy = library.copy(tmp_path)
    name = older(copy.index)
    told = mehealth("ask", "How tall is the lighthouse?", "--json", *copy.options)
    assert "42 metres" in the_json(told)["answer"]
    assert told.stderr.count("the index was made by an older version of this program") == 1
    assert name in generations(copy.index)  # it goes with the next build
    assert the_json(mehealth("ingest", "--json", *copy.options))["changed"] is False


def test_an_index_of_a_newer_version_stays(library: Library, mehealth: Run, tmp_path: Path) -> None:
    copy = library.copy(tmp_path)
    (name,) = generations(copy.index)
    path = copy.index / "generations" / name / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"layout": 99}))
    line = the_error(mehealth("ask", "Why?", *copy.options), 1)
    assert line.startswith("the index was built with the layout 99 and ")
    assert generations(copy.index) == [name]


def test_an_index_of_an_older_version_stays_where_its_documents_are_not(
    library: Library, mehealth: Run, tmp_path: Path
) -> None:
    copy = library.copy(tmp_path)
    name = older(copy.index)
    options = ("--corpus", str(tmp_path / "none"), "--index", str(copy.index))
    line = the_error(mehealth("ask", "Why?", *options), 1)
    assert line.startswith("the index was built with the layout 1 and ")
    assert line.endswith(": run: mehealth ingest --rebuild")
    assert generations(copy.index) == [name]
    assert the_json(mehealth("ingest", "--rebuild", "--json", *copy.options))["changed"] is True


def test_no_file_of_the_corpus_is_ignored_in_silence(mehealth: Run, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "note.txt").write_text("The shed key hangs behind the clock.")
    (corpus / "prices.csv").write_text("item,price\nrake,9.50\n")
    film = "[bold] :boat:.mp4"  # the terminal's marks are no marks in a name
    for name in ("sheet.xlsx", film, "LICENCE"):
        (corpus / name).write_text("A rake costs £8.")
    (corpus / "~$note.docx").write_text("lock")
    options = ("--corpus", "corpus", "--index", "index")
    done = mehealth("ingest", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = table(done.stdout)
    assert {name: row[2] for name, row in rows.items()} == {
        **dict.fromkeys(("note", "prices"), "added"),
        **dict.fromkeys(("sheet", film, "LICENCE"), "failed"),
    }
    assert rows[film][3].startswith(f"corpus/{film}: unknown format 'mp4'; save it as one of")
    assert "not an Excel workbook (it does not start like one)" in rows["sheet"][3]
    assert "has no ending that tells a format" in rows["LICENCE"][3]
    sources = {s["id"]: s for s in the_json(mehealth("sources", "--json", *options, cwd=tmp_path))}
    assert sources[film]["state"] == "failed"
    assert "unknown format 'mp4'" in sources[film]["reason"]
    answer = the_json(mehealth("ask", "--json", *options, "What does a rake cost?", cwd=tmp_path))
    assert "rake\t9.50" in [c["quote"] for c in answer["citations"]]


def test_what_the_manifest_does_not_name_has_a_row(mehealth: Run, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "note.txt").write_text("The shed key hangs behind the clock.")
    (corpus / "other.txt").write_text("A rake costs £8.")
    entry = '[[source]]\nid = "note"\ntitle = "A note"\nfile = "note.txt"\n'
    (corpus / "sources.toml").write_text(entry)
    options = ("--corpus", "corpus", "--index", "index")
    why = "not in the manifest; name it in sources.toml to have it read"
    for status in ("added", "unchanged"):
        report = the_json(mehealth("ingest", "--json", *options, cwd=tmp_path))
        rows = [(row["id"], row["status"], row["reason"]) for row in report["documents"]]
        assert rows == [("note", status, ""), ("other.txt", "left out", why)]
    found = the_json(mehealth("sources", "--json", *options, cwd=tmp_path))
    assert [(s["id"], s["state"], s["reason"]) for s in found] == [
        ("note", "indexed", ""),
        ("other.txt", "left out", why),
    ]


@pytest.fixture
def hostile_corpus(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The small corpus without its manifest, with bad files and good ones under odd names.

    The good ones hold words that are known already, so that nothing has to be embedded.
    """
    copy = library.copy(tmp_path_factory.mktemp("hostile"))
    folder = copy.corpus
    (folder / "sources.toml").unlink()
    (folder / "Häfen 🚢").mkdir()
    shutil.move(folder / "plan.pdf", folder / "Häfen 🚢" / "a 'plan'.pdf")
    bad = {
        "bomb.pdf": hostile.stream_bomb(600_000_000),
        "cut.pdf": hostile.many_pages(50)[:3000],
        "empty.docx": b"",
        "picture.html": b"\xff\xd8\xff\xe0 JFIF",
        "tree.pdf": hostile.pdf([b"<< /Type /Catalog /Pages 9 0 R >>"]),
    }
    for name, content in bad.items():
        (folder / name).write_bytes(content)
    return copy


def test_bad_files_are_rows_and_the_others_are_indexed(
    hostile_corpus: Library, mehealth: Run
) -> None:
    env = {"MEHEALTH_READING_MEGABYTES": "700"}
    done = mehealth("ingest", "--json", *hostile_corpus.options, env=env)
    assert "Traceback" not in done.stderr
    rows = {row["id"]: row for row in the_json(done)["documents"]}
    failed = {name for name, row in rows.items() if row["status"] == "failed"}
    assert failed == {"bomb", "cut", "empty", "picture", "tree"}
    assert all(f"{name}." in rows[name]["reason"] for name in failed)
    assert "700 MB" in rows["bomb"]["reason"]
    good = {name: row["passages"] for name, row in rows.items() if row["pages"]}
    assert good == {"fees": 2, "guide": 3, "a 'plan'": 2}
    listed = the_json(mehealth("sources", "--json", *hostile_corpus.options))
    reasons = {source["id"]: source["reason"] for source in listed}
    assert all(reasons[name] == rows[name]["reason"] for name in failed)
    answer = the_json(
        mehealth("ask", "What will the new fish market cost?", "--json", *hostile_corpus.options)
    )
    assert {c["document"] for c in answer["citations"]} == {"a 'plan'"}
    assert "£1.6 million" in answer["answer"]
