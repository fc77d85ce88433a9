"""What becomes of an index when its corpus changes, and when its files are harmed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from index_helpers import Corpus, HashEncoder, hash_vector, read, refused, statuses

from mehealth_rag.errors import IndexStateError
from mehealth_rag.index.folder import MANIFEST, read_manifest, seal
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.words import stems
from mehealth_rag.types import Document, Source

GUIDE = "The lighthouse is 42 metres tall.\nThe pier is long."
MAP = "A map of the harbour."
OTHER = GUIDE.replace("42", "45")


def found(index: OpenIndex, question: str) -> set[tuple[str, str]]:
    """Document and text of all that either half of the search finds, however far down."""
    dense = index.dense(hash_vector(question), 100)
    lexical = index.lexical(stems(question), 100)
    passages = index.passages([ordinal for ordinal, _ in [*dense, *lexical]])
    return {(p.document, p.text) for p in passages}


def contents(index: OpenIndex) -> set[tuple[str, str]]:
    return {(p.document, p.text) for p in index.passages(range(index.passage_count))}


def test_after_each_change_the_old_content_is_gone(corpus: Corpus) -> None:
    corpus.indexed(guide=GUIDE, map=MAP)
    lines = {("guide", line) for line in GUIDE.split("\n")}
    assert found(corpus.open(), "lighthouse pier map") == lines | {("map", MAP)}

    assert corpus.indexed(fees="A yacht pays 300 pounds.").embedded == 1
    assert ("fees", "A yacht pays 300 pounds.") in found(corpus.open(), "yacht")

    report = corpus.indexed(fees="A yacht pays 350 pounds.")
    assert (statuses(report)["fees"], report.embedded) == ("changed", 1)
    assert {text for document, text in found(corpus.open(), "300 yacht") if document == "fees"} == {
        "A yacht pays 350 pounds."
    }
    assert corpus.open().lexical(["300"], 9) == []

    (corpus.root / "corpus" / "fees.txt").rename(corpus.root / "corpus" / "charges.txt")
    report = corpus.build()
    assert report.embedded == 0
    assert (statuses(report)["charges"], statuses(report)["fees"]) == ("added", "removed")
    assert {d for d, text in found(corpus.open(), "yacht") if "yacht" in text} == {"charges"}

    corpus.remove("guide")
    report = corpus.build()
    assert (statuses(report)["guide"], report.embedded) == ("removed", 0)
    index = corpus.open()
    assert {d for d, _ in found(index, "lighthouse pier")} <= {"map", "charges"}
    assert contents(index) == {("charges", "A yacht pays 350 pounds."), ("map", MAP)}
    assert index.lexical(["lighthouse"], 9) == []
    with pytest.raises(KeyError):
        index.page("guide", 1)


def test_the_same_file_twice_is_one_document_with_two_names(corpus: Corpus) -> None:
    report = corpus.indexed(guide=GUIDE, manual=GUIDE, map=MAP)
    rows = {row.id: row for row in report.documents}
    assert statuses(report) == {"guide": "added", "manual": "duplicate", "map": "added"}
    assert rows["manual"].reason == "the same file as guide"
    assert (rows["manual"].pages, rows["manual"].passages, report.passages) == (0, 0, 3)
    assert report.problems == ()

    index = corpus.open()
    assert [d.source.id for d in index.documents()] == ["guide", "map"]
    assert index.other_names == {"manual": "guide"}
    assert {d for d, _ in found(index, "lighthouse")} == {"guide", "map"}
    for names in (["manual"], ["guide", "manual"]):  # either name leads to it, once
        assert {o for o, _ in index.dense(hash_vector("pier"), 9, names)} == {0, 1}
        assert list(index.document_ordinals(names)) == [0, 1]
    assert len(index.documents()) == 2

    again = corpus.build()
    assert not again.changed
    assert statuses(again) == {"guide": "unchanged", "manual": "duplicate", "map": "unchanged"}
    assert {row.id: row.reason for row in again.documents}["manual"] == "the same file as guide"


def test_when_one_of_two_names_goes_the_other_keeps_the_document(corpus: Corpus) -> None:
    corpus.indexed(guide=GUIDE, manual=GUIDE)
    corpus.encoder = HashEncoder()
    corpus.remove("guide")
    report = corpus.build()
    assert statuses(report) == {"manual": "added", "guide": "removed"}
    assert report.embedded == 0
    assert {d for d, _ in contents(corpus.open())} == {"manual"}

    corpus.write(manual=GUIDE, guide=GUIDE.replace("42", "45"))
    assert statuses(corpus.build()) == {"guide": "added", "manual": "unchanged"}
    assert len(contents(corpus.open())) == 4


def test_a_broken_file_under_two_names_fails_twice(corpus: Corpus) -> None:
    corpus.write(guide=GUIDE, one="BROKEN", two="BROKEN")
    for _ in range(2):
        rows = {row.id: row for row in corpus.build().documents}
        assert [str(rows[name].status) for name in ("one", "two")] == ["failed", "failed"]
        assert rows["two"].reason == "the same file as one, which cannot be read"


def test_two_missing_files_are_not_the_same_file(corpus: Corpus) -> None:
    corpus.write(guide=GUIDE, one="BROKEN", two="BROKEN as well")
    plan = corpus.plan()
    (corpus.root / "corpus" / "one.txt").unlink()
    (corpus.root / "corpus" / "two.txt").unlink()
    assert statuses(corpus.build(sources=plan.sources)) == {
        "guide": "added",
        "one": "failed",
        "two": "failed",
    }


@pytest.mark.parametrize("passages", [1, 3, 257, 300])
def test_asking_writes_nothing_into_an_index(corpus: Corpus, passages: int) -> None:
    corpus.write(**{f"d{n}": f"Berth {n} is free." for n in range(passages)})
    generation = corpus.folder.generations / corpus.build().index
    before = seal(generation)
    for _ in range(2):
        corpus.answers("berth 7", "ferry")
        corpus.close()
    assert seal(generation) == before
    files = {p.relative_to(generation).as_posix() for p in generation.rglob("*") if p.is_file()}
    assert set(before) == files - {MANIFEST} == set(read_manifest(generation)["files"])


@pytest.mark.parametrize("same_time", [True, False])
def test_each_file_of_an_index_is_known_by_its_content(corpus: Corpus, same_time: bool) -> None:
    """An error of a disk leaves size and time as they were; small files are read all the same."""
    corpus.write(**{f"d{n}": f"Berth {n} is free." for n in range(30)})
    generation = corpus.folder.generations / corpus.build().index
    for name in read_manifest(generation)["files"]:
        path = generation / name
        stat, data = path.stat(), path.read_bytes()
        for place in (0, len(data) // 2, len(data) - 1):
            smeared = bytearray(data)
            smeared[place] ^= 0x01
            path.write_bytes(smeared)
            if same_time:
                os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
            refused(corpus, f"{path.name} is damaged .* --rebuild")
        path.write_bytes(data)
    corpus.open()
    assert not corpus.build().changed


def test_a_copy_with_other_times_is_whole(corpus: Corpus) -> None:
    corpus.indexed(guide=GUIDE)
    before = corpus.answers("pier")
    corpus.close()
    index = corpus.root / "index"
    shutil.copytree(index, corpus.root / "copy", copy_function=shutil.copyfile)
    shutil.rmtree(index)
    (corpus.root / "copy").rename(index)
    assert corpus.answers("pier") == before


@pytest.fixture
def read_only(corpus: Corpus) -> Iterator[Path]:
    """A corpus whose index lies on a file system that can only be read."""
    corpus.indexed(guide=GUIDE, map=MAP)
    folder = corpus.folder.root
    built = folder.rename(corpus.root / "built")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
    if sys.platform != "linux" or shutil.which("mount") is None:
        pytest.skip("only where Linux's mount is there")
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a file system is not allowed here")
    try:
        shutil.copytree(built, folder, dirs_exist_ok=True)  # a copy: nothing holds its files open
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield folder
    finally:
        corpus.close()
        # Lazily: what is mapped of its files is let go of with the objects that hold it.
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_an_index_that_can_only_be_read_serves(corpus: Corpus, read_only: Path) -> None:
    with pytest.raises(OSError, match="Read-only"):
        (read_only / "probe").write_text("x")
    index = corpus.open()
    assert index.passage(index.dense(hash_vector("the pier is long"), 1)[0][0]).text.startswith(
        "The pier"
    )
    assert {d for d, _ in found(index, "map")} == {"guide", "map"}
    corpus.write(map="Another map.")
    with pytest.raises(IndexStateError, match=r"cannot be written \(Read-only file system\)"):
        corpus.build()
    assert ("map", MAP) in found(index, "map")


def test_a_file_swapped_between_hashing_and_reading_is_not_quoted(corpus: Corpus) -> None:
    corpus.write(guide=GUIDE, map="Paths meet here.")

    def swapped(source: Source) -> Document:
        corpus.write(guide=OTHER)
        return read(source)

    report = corpus.build(read=swapped)
    assert [(d.id, str(d.status)) for d in report.documents] == [
        ("guide", "failed"),
        ("map", "added"),
    ]
    assert "changed while it was read" in report.documents[0].reason
    assert "\n" not in report.documents[0].reason
    corpus.build()
    assert corpus.open().page("guide", 1).text == OTHER


def test_another_text_of_the_same_size_and_time_is_another_file(corpus: Corpus) -> None:
    corpus.indexed(guide=GUIDE)
    path = corpus.root / "corpus" / "guide.txt"
    stat = path.stat()
    corpus.write(guide=OTHER)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    assert corpus.build().changed
    assert corpus.open().page("guide", 1).text == OTHER
