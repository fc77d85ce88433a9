"""What happens around an index: damage, places that cannot be written, two builds at once."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from index_helpers import Corpus, hash_vector, refused

from mehealth_rag.errors import IndexStateError
from mehealth_rag.growing import Progress
from mehealth_rag.index import dense
from mehealth_rag.index.build import build_index
from mehealth_rag.index.dense import open_client, without_password
from mehealth_rag.index.folder import MANIFEST
from mehealth_rag.language.words import stems

TEXT = "The pier is long.\nFerries run."


@pytest.mark.parametrize(
    "pointer", ["", "nowhere", "../..", "../generations/{}", "012345678901-7", "\x00\xff"]
)
def test_a_damaged_pointer_says_what_mends_it(corpus: Corpus, pointer: str) -> None:
    generation = corpus.indexed(guide=TEXT).index
    corpus.folder.pointer.write_text(pointer.format(generation), encoding="latin-1")
    refused(corpus, "mehealth ingest --rebuild")
    report = corpus.build(rebuild=True)
    assert report.embedded == 0
    assert corpus.open().passage_count == 2


@pytest.mark.parametrize(
    "file",
    [
        "manifest.json",
        "content.sqlite",
        "lexical/params.index.json",
        "lexical/data.csc.index.npy",
        "sentences.npy",
        "sentence_offsets.npy",
        "chroma/chroma.sqlite3",
        "chroma/*/data_level0.bin",
    ],
)
@pytest.mark.parametrize("kept", [None, 0, 0.5])
def test_a_damaged_file_says_what_mends_it(corpus: Corpus, file: str, kept: float | None) -> None:
    """It is gone, is empty, or has lost its second half."""
    corpus.write(**{f"d{n}": f"Berth {n} is free." for n in range(30)})
    (path,) = (corpus.folder.generations / corpus.build().index).glob(file)
    before = corpus.answers("berth 7")
    corpus.close()
    data = path.read_bytes()
    path.unlink()
    if kept is not None:
        path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(IndexStateError, match=r"run: mehealth ingest --rebuild"):
        corpus.open().page("d1", 1)
    assert corpus.build(rebuild=True).embedded == 0
    assert corpus.answers("berth 7") == before


def test_a_damaged_page_is_an_error_of_one_line(corpus: Corpus) -> None:
    generation = corpus.folder.generations / corpus.indexed(guide=TEXT).index
    with sqlite3.connect(generation / "content.sqlite") as database:
        database.execute("update pages set data = x'00'")
        database.execute("update passages set data = '{}'")
    database.close()
    for look in (lambda i: i.page("guide", 1), lambda i: i.passage(0)):
        with pytest.raises(IndexStateError, match="rebuild") as caught:
            look(corpus.open())
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["current", "cache.sqlite", "lock", "id"])
def test_a_folder_where_a_file_belongs_is_an_error_of_one_line(corpus: Corpus, name: str) -> None:
    corpus.indexed(guide=TEXT)
    path = corpus.folder.root / name
    path.unlink(missing_ok=True)
    path.mkdir()
    for rebuild in (False, True):
        with pytest.raises(IndexStateError, match=r"is damaged|cannot be written") as caught:
            corpus.build(rebuild=rebuild)
        assert "\n" not in str(caught.value)
    path.rmdir()
    corpus.build(rebuild=True)
    assert corpus.open().passage_count == 2


@pytest.mark.parametrize(
    "key", ["fingerprint", "model", "chroma_url", "collection", "files", "truncated", "previous"]
)
@pytest.mark.parametrize("harm", ["gone", "other"])
def test_a_manifest_with_a_key_missing_or_wrong_is_damaged(
    corpus: Corpus, key: str, harm: str
) -> None:
    path = corpus.folder.generations / corpus.indexed(guide=TEXT).index / MANIFEST
    manifest = json.loads(path.read_text())
    del manifest[key]
    path.write_text(json.dumps(manifest | ({key: [[7]]} if harm == "other" else {})))
    refused(corpus, f"'{key}.* run: mehealth ingest --rebuild")
    corpus.build(rebuild=True)
    assert corpus.open().passage_count == 2


@pytest.mark.parametrize("same_time", [True, False])
def test_nothing_had_changed_is_not_said_of_a_damaged_index(
    corpus: Corpus, same_time: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mehealth_rag.index.folder._SMALL", 0)
    path = corpus.folder.generations / corpus.indexed(guide=TEXT).index / "sentences.npy"
    assert not corpus.build().changed
    stat, data = path.stat(), bytearray(path.read_bytes())
    data[-3] ^= 0xFF
    path.write_bytes(data)
    if same_time:
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(IndexStateError, match=r"damaged .*: run: mehealth ingest --rebuild"):
        corpus.build()
    corpus.build(rebuild=True)
    assert not corpus.build().changed


def test_a_temporary_folder_that_cannot_be_written_is_not_the_index_s_fault(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = corpus.folder.generations / corpus.indexed(guide=TEXT).index
    monkeypatch.setattr(dense.os, "access", lambda *_: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(IndexStateError, match="set TMPDIR") as caught:
        open_client(generation, None)
    assert "rebuild" not in str(caught.value)


class PanicException(BaseException):
    """As Chroma's bindings raise it."""


@pytest.mark.parametrize(
    ("raised", "expected"),
    [(PanicException, IndexStateError), (KeyboardInterrupt, KeyboardInterrupt)],
)
def test_a_panic_in_the_store_is_an_error_of_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    raised: type[BaseException],
    expected: type[BaseException],
) -> None:
    def opened(*_: object) -> None:
        raise raised("index out of bounds")

    monkeypatch.setattr("chromadb.PersistentClient", opened)
    with pytest.raises(expected):
        open_client(tmp_path, None)


@pytest.mark.parametrize("place", ["http://me:secret@127.0.0.1:9", "me:secret@host", "ftp://a:b@c"])
def test_a_password_in_the_address_of_chroma_is_not_printed(corpus: Corpus, place: str) -> None:
    assert "secret" not in without_password(place)
    corpus.indexed(guide=TEXT)
    for use in (lambda: corpus.open(place), lambda: corpus.build(chroma_url=place, rebuild=True)):
        with pytest.raises(Exception, match=r"…@|Chroma") as caught:
            use()
        assert "secret" not in str(caught.value)
        assert ":b@" not in str(caught.value)


@pytest.mark.parametrize("limit", [2_000, 60_000, 200_000])
def test_a_full_disk_leaves_the_old_index(corpus: Corpus, limit: int) -> None:
    """A limit on the size of files stands in for the disk: the system refuses alike."""
    corpus.indexed(guide=TEXT)
    before = corpus.answers("pier")
    corpus.close()
    corpus.write(**{f"d{n}": f"Berth {n} is free. " * 20 for n in range(400)})
    result = run_build(
        corpus.root, f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, -1))"
    )
    assert result.returncode == 1
    assert "IndexStateError" in result.stderr.splitlines()[-1], result.stderr
    assert "cannot be written" in result.stderr.splitlines()[-1]
    assert corpus.answers("pier") == before
    assert corpus.build().changed


def test_a_second_build_waits_for_the_first(corpus: Corpus) -> None:
    corpus.write(guide=TEXT)
    corpus.folder.prepare()
    holder = hold_lock(corpus.root, seconds=1.5)
    told: list[str] = []

    class Listener(Progress):
        def message(self, text: str) -> None:
            told.append(text)

    start = time.monotonic()
    build_index(corpus.plan(), Listener())
    assert time.monotonic() - start > 1
    assert told[0] == f"another ingest is running (pid {holder.pid}), waiting"
    assert holder.wait() == 0


def test_a_second_build_does_not_wait_for_ever(corpus: Corpus) -> None:
    corpus.write(guide=TEXT)
    corpus.folder.prepare()
    holder = hold_lock(corpus.root, seconds=60)
    try:
        with pytest.raises(IndexStateError, match=f"pid {holder.pid}"):
            corpus.build(lock_timeout=0.5)
    finally:
        holder.kill()
        holder.wait()
    assert corpus.build().changed  # a lock dies with who held it


def test_two_builds_at_once_both_end_well(corpus: Corpus) -> None:
    corpus.write(guide=TEXT)
    with ThreadPoolExecutor(2) as pool:
        reports = [pool.submit(corpus.build) for _ in range(2)]
    assert sorted(report.result().changed for report in reports) == [False, True]


def test_eight_threads_get_what_one_gets(corpus: Corpus) -> None:
    corpus.write(
        **{f"d{n}": f"Page {n} of ferry {n % 7}. Berth {n % 11} is free." for n in range(300)}
    )
    corpus.build()
    index = corpus.open()
    questions = [f"ferry {n % 7} berth {n % 11} page {n}" for n in range(40)]

    def ask(question: str) -> object:
        dense = index.dense(hash_vector(question), 10)
        narrow = index.dense(hash_vector(question), 3, ["d1", "d2", "d3"])
        lexical = index.lexical(stems(question), 10)
        passages = index.passages([o for o, _ in dense + lexical])
        vectors = [index.sentence_vectors(o).tobytes() for o, _ in dense]
        return dense, narrow, lexical, passages, vectors, index.page("d5", 1)

    alone = [ask(q) for q in questions]
    with ThreadPoolExecutor(8) as pool:
        together = [pool.submit(lambda: [ask(q) for q in questions]) for _ in range(8)]
    assert all(answers.result() == alone for answers in together)


@pytest.mark.slow
def test_a_killed_build_leaves_the_old_index(corpus: Corpus) -> None:
    corpus.indexed(guide=TEXT)
    before = corpus.answers("pier", "ferries run")
    corpus.close()
    corpus.write(**{f"d{n}": f"Berth {n} is free. Ferry {n % 9} lies there." for n in range(3000)})
    for moment in ("read 1500", "embed 512", "words 256"):
        killed_at(corpus.root, moment)
        assert corpus.answers("pier", "ferries run") == before
        corpus.close()
    report = corpus.build()
    assert report.passages == 3002
    assert report.embedded < 3000  # what was embedded before the kill was kept
    assert corpus.open().passage_count == 3002
    assert len(list(corpus.folder.generations.iterdir())) == 2


BUILD = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from index_helpers import Corpus, hash_vector, refused
from mehealth_rag.index.build import build_index
{setup}

class Loud:
    def stage(self, name, total):
        self.name, self.done = name, 0

    def advance(self, n=1):
        self.done += n
        print(self.name, self.done, flush=True)

    def message(self, text):
        pass

build_index(Corpus(Path({root!r})).plan(), Loud())
"""


def program(root: Path, setup: str = "") -> list[str]:
    tests = str(Path(__file__).parent)
    return [sys.executable, "-c", BUILD.format(tests=tests, root=str(root), setup=setup)]


def run_build(root: Path, setup: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(program(root, setup), capture_output=True, text=True, check=False)


def killed_at(root: Path, moment: str) -> None:
    """Kill a build at a random instant right after it says that it has come to `moment`."""
    process = subprocess.Popen(program(root), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as output:
        assert any(line.strip() == moment for line in output), f"it never came to {moment}"
        time.sleep(random.uniform(0, 0.05))
        assert process.poll() is None, "it ended before it could be killed"
        process.kill()
    process.wait()


def hold_lock(root: Path, seconds: float) -> subprocess.Popen[bytes]:
    code = f"""
        import time
        from pathlib import Path
        from mehealth_rag.index.folder import IndexFolder
        with IndexFolder(Path({str(root / "index")!r})).lock(1, print):
            print("held", flush=True)
            time.sleep({seconds})
        """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    with process.stdout as output:
        assert output.readline() == b"held\n"
    return process
