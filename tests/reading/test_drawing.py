"""Pictures of pages, drawn in processes of their own: no page takes the program along."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.isolated import Drawers, Limits
from mehealth_rag.reading.pdf_file import render_page
from mehealth_rag.reading.wire import Picture
from mehealth_rag.types import Source
from tests.reading import hostile_pdfs as hostile
from tests.reading.reading_helpers import source

GOOD = hostile.page_of(hostile.stream(hostile.LINE))


@pytest.fixture(scope="module")
def drawers() -> Iterator[Drawers]:
    made = Drawers(limits=Limits(seconds=60.0, megabytes=700, processes=1))
    yield made
    made.close()


def _file(folder: Path, content: bytes, name: str = "made.pdf") -> Source:
    (folder / name).write_bytes(content)
    return source(folder / name)


def test_a_picture_is_that_of_this_process(drawers: Drawers, tmp_path: Path) -> None:
    made = _file(tmp_path, GOOD)
    assert made.path is not None
    assert drawers.draw(made, Picture(1, 480)) == render_page(made.path, 1, 480)
    with pytest.raises(ReadingError, match=r"made\.pdf: no page 2"):
        drawers.draw(made, Picture(2, 480))


@pytest.mark.slow
def test_a_page_that_is_never_drawn_is_given_up(tmp_path: Path) -> None:
    slow = _file(tmp_path, hostile.endless_shading(), "slow.pdf")
    assert slow.path is not None
    assert slow.path.stat().st_size < 100_000
    drawers = Drawers(limits=Limits(seconds=8.0, megabytes=700, processes=1))
    began = time.monotonic()
    with pytest.raises(ReadingError, match=r"slow\.pdf: drawing page 1 took over 8 s"):
        drawers.draw(slow, Picture(1, 1600))
    assert time.monotonic() - began < 20
    drawn = drawers.draw(_file(tmp_path, GOOD), Picture(1, 480))
    assert drawn.startswith(b"\x89PNG")
    drawers.close()


def test_a_page_like_a_thread_is_refused_and_a_long_one_drawn_smaller(
    drawers: Drawers, tmp_path: Path
) -> None:
    thread = _file(tmp_path, GOOD.replace(b"[0 0 595 842]", b"[0 0 60 200000]"), "thread.pdf")
    with pytest.raises(ReadingError, match="page 1 is too long and narrow for a picture"):
        drawers.draw(thread, Picture(1, 960))
    long = _file(tmp_path, GOOD.replace(b"[0 0 595 842]", b"[0 0 595 14400]"), "long.pdf")
    wide, high = Image.open(io.BytesIO(drawers.draw(long, Picture(1, 1600)))).size
    assert wide * high <= 16_100_000
    assert wide > 500
    assert high / wide == pytest.approx(14400 / 595, rel=0.01)
