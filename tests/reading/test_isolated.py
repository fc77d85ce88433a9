"""Reading in separate processes: the same documents, and no file that crashes the program."""

from __future__ import annotations

import io
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading import MOST_BYTES, PLAIN, read_document, wire
from mehealth_rag.reading.isolated import Limits, Readers
from mehealth_rag.types import Fault, Source
from tests.reading import hostile_pdfs as hostile
from tests.reading.reading_helpers import source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mehealth_rag.types import Page

LIMITS = Limits(seconds=30.0, megabytes=700, processes=2)
TEXT = "The lighthouse is 42 metres tall."

linux = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc and pipes")


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with Readers(PLAIN, LIMITS) as readers:
        yield readers


def _file(folder: Path, content: bytes, name: str = "made.pdf") -> Source:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return source(path)


def _texts(folder: Path, count: int) -> list[Source]:
    made = [(f"{n:02}.txt", f"Pier {n} is {n} metres long.\n" * (n + 1)) for n in range(count)]
    return [_file(folder, text.encode(), name) for name, text in made]


def _still_reads(readers: Readers, folder: Path) -> None:
    good = _file(folder, hostile.page_of(hostile.stream(hostile.LINE)), "good.pdf")
    assert readers.read(good).pages[0].text == TEXT


@pytest.mark.parametrize("order", [range(13), (3, 4, 9, 0, 11)])
def test_documents_are_the_same_as_when_read_in_this_process(
    tmp_path: Path, order: Sequence[int]
) -> None:
    sources = [*_texts(tmp_path, 12), _file(tmp_path, hostile.many_pages(3))]
    with Readers(PLAIN, LIMITS) as readers:
        readers.expect(sources)
        for at in order:
            assert readers.read(sources[at]) == read_document(sources[at])


def test_an_error_of_a_file_is_the_readers_own_line(readers: Readers, tmp_path: Path) -> None:
    empty = _file(tmp_path, b"", "empty.pdf")
    with pytest.raises(ReadingError) as direct:
        read_document(empty)
    with pytest.raises(ReadingError, match=re.escape(str(direct.value))):
        readers.read(empty)


@pytest.mark.parametrize(
    "name", ["Häfen 🚢 & Boote/a'b\"c.txt", "-rf.txt", "$(date).txt", "a\nb.txt"]
)
def test_odd_names_are_read(readers: Readers, tmp_path: Path, name: str) -> None:
    assert readers.read(_file(tmp_path, TEXT.encode(), name)).pages[0].text == TEXT


def test_a_bomb_is_ended_and_the_next_file_is_read(readers: Readers, tmp_path: Path) -> None:
    bomb = _file(tmp_path, hostile.stream_bomb(600_000_000), "bomb.pdf")
    assert bomb.path is not None
    assert bomb.path.stat().st_size < 1_000_000
    with pytest.raises(ReadingError, match=r"bomb\.pdf: .*(700 MB|memory).*; get the file"):
        readers.read(bomb)
    _still_reads(readers, tmp_path)


CLAIMS = hostile.claims()
BROKEN_AROUND_A_GOOD_PAGE = {
    "nested": hostile.nesting_bomb(100_000),
    "forms": hostile.looping_forms(),
    "tables": hostile.looping_tables(),
    "table": hostile.page_of(hostile.stream(hostile.LINE)).replace(b"xref\n", b"xref\n9"),
    "stream": CLAIMS["stream"],
    "claimed": CLAIMS["table"],
}
WITHOUT_A_GOOD_PAGE = {
    "tree": hostile.looping_pages(),
    "picture": CLAIMS["picture"],
    "pages": CLAIMS["pages"],
    "cut": hostile.many_pages(50)[:3000],
    "noise": b"%PDF-1.7\n" + random.Random(1).randbytes(5_000),
}


@pytest.mark.parametrize("name", BROKEN_AROUND_A_GOOD_PAGE)
def test_broken_structure_around_a_good_page_costs_nothing(
    readers: Readers, tmp_path: Path, name: str
) -> None:
    (page,) = readers.read(_file(tmp_path, BROKEN_AROUND_A_GOOD_PAGE[name])).pages
    assert page.text == TEXT


@pytest.mark.parametrize("name", WITHOUT_A_GOOD_PAGE)
def test_files_without_a_good_page_end_soon(readers: Readers, tmp_path: Path, name: str) -> None:
    broken = _file(tmp_path, WITHOUT_A_GOOD_PAGE[name])
    line = str(broken.path)
    pages: tuple[Page, ...] = ()
    try:
        pages = readers.read(broken).pages
    except ReadingError as error:
        line = str(error)
    assert line.startswith(str(broken.path))
    assert "\n" not in line
    assert all(page.text == "" and page.fault is not None for page in pages)
    _still_reads(readers, tmp_path)


@pytest.mark.slow
def test_five_thousand_pages(readers: Readers, tmp_path: Path) -> None:
    pages = readers.read(_file(tmp_path, hostile.many_pages(5_000))).pages
    assert len(pages) == 5_000
    assert all(page.text == TEXT for page in pages)


def test_too_large_a_file_is_not_even_opened(readers: Readers, tmp_path: Path) -> None:
    path = tmp_path / "large.pdf"
    with path.open("wb") as stream:
        stream.truncate(MOST_BYTES + 1)  # a hole: it takes no room
    with pytest.raises(ReadingError, match=r"large\.pdf: over 500 MB; divide it"):
        readers.read(source(path))


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    """A file that a reader waits for, since nothing writes to it."""
    path = tmp_path / "endless.pdf"
    os.mkfifo(path)
    return path


@linux
def test_a_reader_that_hangs_is_ended(tmp_path: Path, pipe: Path) -> None:
    with Readers(PLAIN, Limits(seconds=1.5, megabytes=700)) as readers:
        readers.expect([source(pipe), *_texts(tmp_path, 5)])
        began = time.monotonic()
        with pytest.raises(ReadingError, match=r"endless\.pdf: reading it took too long"):
            readers.read(source(pipe))
        assert time.monotonic() - began < 10
        for text in _texts(tmp_path, 5):
            assert readers.read(text).pages[0].fault is None


@linux
def test_a_reader_that_is_killed_costs_its_file_only(tmp_path: Path, pipe: Path) -> None:
    others = _children(os.getpid())
    with Readers(PLAIN, LIMITS) as readers:
        readers.expect([source(pipe)])
        while not (children := _children(os.getpid()) - others):
            time.sleep(0.05)
        os.kill(children.pop(), signal.SIGKILL)
        with pytest.raises(ReadingError, match=r"it broke the process that read it \(SIGKILL\)"):
            readers.read(source(pipe))
        _still_reads(readers, tmp_path)


@linux
def test_no_process_outlives_a_program_that_is_killed(pipe: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from mehealth_rag.types import Source;"
        "from mehealth_rag.reading.isolated import *;"
        "from mehealth_rag.reading import PLAIN;"
        "Readers(PLAIN, Limits()).read(Source('a', 'a', 'a', 'pdf', path=Path(sys.argv[1])))"
    )
    started = subprocess.Popen([sys.executable, "-c", program, str(pipe)])
    while not (children := _children(started.pid)):
        assert started.poll() is None
        time.sleep(0.05)
    time.sleep(1.0)  # until the child looks after its parent
    started.kill()
    started.wait()
    child = children.pop()
    until = time.monotonic() + 20
    while _lives(child) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _lives(child)


@linux
def test_closing_ends_what_is_being_read(tmp_path: Path) -> None:
    before = _children(os.getpid()), set(threading.enumerate())
    readers = Readers(PLAIN, LIMITS)
    readers.expect(_texts(tmp_path, 8))
    began = time.monotonic()
    readers.close()
    assert time.monotonic() - began < 10
    assert (_children(os.getpid()), set(threading.enumerate())) == before


def test_an_answer_can_hold_nothing_but_pages(tmp_path: Path) -> None:
    asked = source(tmp_path / "a.txt")
    for answer in (["", [["touch"]], {}], ["", [1, 2], {}], [1, 2], "pages", None):
        with pytest.raises(wire.BrokenWireError):
            wire.unpack(answer, asked)


@pytest.mark.parametrize("sent", [b"", b"no answer\n", b"[1]\n", b'["other", 1]\n', b"[" * 100_000])
def test_what_is_no_answer_is_refused(sent: bytes) -> None:
    with pytest.raises(wire.BrokenWireError):
        wire.read(io.BytesIO(sent))


def test_a_page_survives_the_wire(tmp_path: Path) -> None:
    document = read_document(_file(tmp_path, b"# Fees\n\n- 300 https://a.test/ \f\f", "a.md"))
    assert document.pages[1].fault is Fault.BLANK
    stream = io.BytesIO()
    wire.write(stream, wire.Kind.DOCUMENT, wire.pack(document))
    stream.seek(0)
    kind, packed = wire.read(stream)
    assert kind is wire.Kind.DOCUMENT
    assert wire.unpack(packed, document.source) == document


def _children(pid: int) -> set[int]:
    """Return the reading processes that a process has started."""
    children = set()
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if entry.name.isdigit() and int(fields[1]) == pid and b"reading.child" in command:
            children.add(int(entry.name))
    return children


def _lives(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
