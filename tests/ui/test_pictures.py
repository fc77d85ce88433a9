"""Pictures and files of documents: in bounds, and of the edition that was indexed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from ui_helpers import serving

from mehealth_rag.errors import ReadingError
from mehealth_rag.index.accounting import SourceStatus
from mehealth_rag.reading.isolated import Drawers, Limits
from mehealth_rag.types import Source, SourceState
from mehealth_ui.desk import Desk
from mehealth_ui.documents.originals import Originals
from mehealth_ui.documents.pictures import Pictures, grey_page
from mehealth_ui.page.routes import routes
from tests.reading import hostile_pdfs as hostile

GOOD = hostile.many_pages(3)
THREAD = GOOD.replace(b"[0 0 595 842]", b"[0 0 60 200000]")
WIDTH = 480


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    made = {"good": GOOD, "thread": THREAD, "slow": hostile.endless_shading()}
    for name, content in made.items():
        (tmp_path / f"{name}.pdf").write_bytes(content)
    return made


@pytest.fixture
def pictures(tmp_path: Path, files: dict[str, bytes]) -> Iterator[Pictures]:
    catalogue = {
        name: SourceStatus(
            Source(name, name, "report", "pdf", path=tmp_path / f"{name}.pdf"),
            SourceState.INDEXED,
            pages=3,
        )
        for name in files
    }
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    drawers = Drawers(limits=Limits(seconds=12.0, megabytes=700, processes=2))
    made = Pictures(Originals(catalogue, hashes), drawers)
    yield made
    made.close()


@pytest.fixture
def client(desk: Desk, pictures: Pictures) -> TestClient:
    edition = replace(desk.edition, originals=pictures.originals, pictures=pictures)
    served = serving(desk, edition)
    return TestClient(Starlette(routes=routes(served)))


@pytest.mark.slow
def test_others_are_drawn_while_one_never_ends_and_it_is_not_tried_again(
    pictures: Pictures,
) -> None:
    slow = pictures.picture("slow", 1, WIDTH)
    assert pictures.picture("slow", 1, WIDTH) is slow  # whoever asks too waits for the same
    assert pictures.picture("good", 1, WIDTH).result().startswith(b"\x89PNG")
    assert not slow.done()
    with pytest.raises(ReadingError, match="drawing page 1 took over 12 s"):
        slow.result()
    with pytest.raises(ReadingError, match="took over"):
        pictures.picture("slow", 1, 960)


def test_pictures_are_kept_while_there_is_room(pictures: Pictures) -> None:
    def drawn(page: int, width: int = WIDTH) -> bytes:
        return pictures.picture("good", page, width).result()

    first = drawn(1)
    assert drawn(1) is first
    pictures.room = 1
    drawn(2)
    assert drawn(1) is not first


def test_more_than_may_wait_are_told_so(pictures: Pictures) -> None:
    pictures.waiting = 1
    first = pictures.picture("good", 1, WIDTH)
    with pytest.raises(ReadingError, match="too many pictures"):
        pictures.picture("good", 2, WIDTH)
    first.result()
    second, until = b"", time.monotonic() + 10
    while not second and time.monotonic() < until:  # the first one counts a moment longer
        with suppress(ReadingError):
            second = pictures.picture("good", 2, WIDTH).result()
    assert second


def test_a_picture_that_cannot_be_had_is_a_grey_page_with_its_reason(
    client: TestClient, tmp_path: Path
) -> None:
    got = client.get(f"/page/thread/1.png?width={WIDTH}")
    assert (got.status_code, got.headers["content-type"]) == (503, "image/svg+xml")
    assert "too long and narrow" in got.text
    assert str(tmp_path) not in got.text
    assert got.headers["cache-control"] == "no-store"
    assert "&lt;b&gt;" in grey_page("<b>")


def test_a_new_file_is_never_shown_to_answers_of_the_old(
    client: TestClient, tmp_path: Path
) -> None:
    assert client.get("/document/good").content == GOOD
    assert client.get(f"/page/good/1.png?width={WIDTH}").status_code == 200
    path = tmp_path / "good.pdf"
    path.write_bytes(GOOD.replace(b"lighthouse", b"LIGHTHOUSE"))  # of the same size
    for address in ("/document/good", "/page/good/1.png?width=480", "/page/good/2.png?width=480"):
        got = client.get(address)
        assert got.status_code in {409, 503}, address
        assert "has changed" in got.text, address
    path.write_bytes(GOOD)
    assert client.get("/document/good").content == GOOD
    path.unlink()
    assert client.get("/document/good").status_code == 409
