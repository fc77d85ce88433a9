"""The state file: damaged, foreign, from the future."""

from __future__ import annotations

import pytest
from fetching_helpers import Corner
from fetching_web import PDF, Answer, Site

from mehealth_rag.errors import MehealthError
from mehealth_rag.fetching.outcomes import FetchStatus
from mehealth_rag.growing import Progress


class Listener(Progress):
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.stages: list[tuple[str, int]] = []
        self.steps = 0

    def stage(self, name: str, total: int) -> None:
        self.stages.append((name, total))

    def advance(self, n: int = 1) -> None:
        self.steps += n

    def message(self, text: str) -> None:
        self.lines.append(text)


@pytest.fixture
def filled(corner: Corner, site: Site) -> Corner:
    site.on("/map.pdf", Answer(headers={"ETag": '"1"'}))
    corner.link(site.url("/map.pdf"))
    corner.one()
    return corner


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"schema": 1}',
        '{"schema": "x", "sources": []}',
        '{"schema": 1, "sources": 3}',
        '{"schema": 1, "sources": [{"id": "map"}]}',
        "[" * 100_000,
        "\udcff",
    ],
)
def test_a_damaged_state_is_said(filled: Corner, text: str) -> None:
    path = filled.folder / ".fetched.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(MehealthError, match="is damaged; remove it") as caught:
        filled.fetch()
    assert str(path) in str(caught.value)
    path.unlink()
    assert filled.one().status == FetchStatus.SKIPPED  # whose is the file?
    # As it says: force compares with the server, and takes what is the same into the state.
    assert filled.one(force=True).status == FetchStatus.UNCHANGED
    assert filled.read() == PDF
    assert [r["id"] for r in filled.state()] == ["map"]


def test_a_state_of_a_newer_version_is_not_touched(filled: Corner) -> None:
    path = filled.folder / ".fetched.json"
    text = '{"schema": 2, "sources": {}}'
    path.write_text(text)
    with pytest.raises(MehealthError, match="written by a newer version"):
        filled.fetch()
    assert path.read_text() == text


def test_progress_is_told(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer())
    corner.link(site.url("/map.pdf"))
    told = Listener()
    corner.fetch(progress=told)
    assert (told.stages, told.steps) == ([("fetch", 1)], 1)
