"""The state file if it is damaged or of a newer version, and progress."""

from __future__ import annotations

import pytest
from fetching_helpers import Corner
from fetching_web import PDF, Answer, Site

from mehealth_rag.errors import MehealthError
from mehealth_rag.fetching.outcomes import FetchStatus
from mehealth_rag.growing import Progress


@pytest.fixture
def filled(corner: Corner, site: Site) -> Corner:
    corner.publish(site, Answer(headers={"ETag": '"1"'}))
    corner.fetch_one()
    return corner


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", '{"schema": 1}', '{"schema": "x", "sources": []}',
        '{"schema": 1, "sources": 3}', '{"schema": 1, "sources": [{"id": "map"}]}', "[" * 100_000,
        "\udcff",
    ],
)  # fmt: skip
def test_a_damaged_state_is_an_error(filled: Corner, text: str) -> None:
    path = filled.folder / ".fetched.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(MehealthError, match="is damaged; remove it") as caught:
        filled.fetch()
    assert str(path) in str(caught.value)
    path.unlink()
    assert filled.fetch_one().status == FetchStatus.SKIPPED  # whose is the file?
    # As it says: force compares with the server, and takes what is the same into the state.
    assert filled.fetch_one(force=True).status == FetchStatus.UNCHANGED
    assert filled.read() == PDF
    assert [r["id"] for r in filled.state()] == ["map"]


def test_a_state_of_a_newer_version_is_not_touched(filled: Corner) -> None:
    path = filled.folder / ".fetched.json"
    text = '{"schema": 2, "sources": {}}'
    path.write_text(text)
    with pytest.raises(MehealthError, match="written by a newer version"):
        filled.fetch()
    assert path.read_text() == text


def test_progress_is_reported(corner: Corner, site: Site) -> None:
    class Recorder(Progress):
        calls: list[object] = []  # noqa: RUF012 - of this test only

        def stage(self, name: str, total: int) -> None:
            self.calls.append((name, total))

        def advance(self, n: int = 1) -> None:
            self.calls.append(n)

    corner.publish(site)
    corner.fetch(progress=Recorder())
    assert Recorder.calls == [("fetch", 1), 1]
