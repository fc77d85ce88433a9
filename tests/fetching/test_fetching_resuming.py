"""Broken off and gone on with: across runs, after a change on the server, after Ctrl-C and kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from fetching_helpers import Corner
from fetching_web import PDF, Act, Answer, Handler, Site, ranged, slowly, stalling

from mehealth_rag.fetching import Status

LATER = PDF.replace(b"%PDF-1.7", b"%PDF-1.8") + b"more\n%%EOF\n"
DATED = {"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}


def broken_off(corner: Corner, site: Site, cut: int = 4_000) -> None:
    """A first run that gets so many bytes."""
    site.on("/map.pdf", ranged(cut=cut))
    corner.link(site.url("/map.pdf"))
    patient, corner.limits = corner.limits, replace(corner.limits, attempts=1)
    assert corner.one().status == Status.FAILED
    corner.limits = patient
    assert corner.leftovers() == ["map.pdf.part", "map.pdf.part.json"]
    assert (corner.folder / "linked/map.pdf.part").stat().st_size == cut
    assert not (corner.folder / "linked/map.pdf").exists()


def whole(corner: Corner, content: bytes = PDF) -> bool:
    return corner.read() == content and corner.leftovers() == []


def test_the_next_run_goes_on(corner: Corner, site: Site) -> None:
    broken_off(corner, site)
    site.on("/map.pdf", ranged())
    assert corner.one().status == Status.FETCHED
    asked = site.last("/map.pdf").headers
    assert (asked["Range"], asked["If-Range"]) == ("bytes=4000-", '"one"')
    assert whole(corner)


def test_a_file_that_changed_in_between_is_fetched_anew(corner: Corner, site: Site) -> None:
    broken_off(corner, site)
    site.on("/map.pdf", ranged(LATER, '"two"'))
    assert corner.one().status == Status.FETCHED
    assert whole(corner, LATER)


def test_a_server_that_does_not_know_ranges(corner: Corner, site: Site) -> None:
    broken_off(corner, site)
    site.on("/map.pdf", Answer())
    assert corner.one().status == Status.FETCHED
    assert whole(corner)


SWAPPED = PDF.replace(b"%PDF-1.7", b"%PDF-1.8")
"""Another file of the same size."""


def partial(start: int, total: int, etag: str, claimed: int | None = None) -> Act:
    """The rest of another file, as if it began where it is `claimed` to."""
    begin = start if claimed is None else claimed
    around = {"ETag": etag, "Content-Range": f"bytes {begin}-{len(SWAPPED) - 1}/{total}"}
    return Answer(SWAPPED[start:], 206, around)


@pytest.mark.parametrize(
    "lie",
    [
        partial(4_000, len(PDF), '"two"'),  # ignores If-Range, and gives another file's rest
        partial(4_000, len(PDF), '"one"', claimed=3_000),
        partial(3_000, len(PDF), '"one"'),
        partial(4_000, len(PDF) + 7, '"one"'),
        Answer(SWAPPED[4_000:], 206, {"ETag": '"one"', "Content-Range": "bytes rubbish"}),
        Answer(SWAPPED[4_000:], 206, {"ETag": '"one"'}),
        Answer(b"", 416, {"Content-Range": "bytes */10"}),
    ],
)
def test_a_rest_that_does_not_fit_is_not_taken(corner: Corner, site: Site, lie: Act) -> None:
    broken_off(corner, site)
    site.on("/map.pdf", lie, ranged(LATER, '"two"'))
    assert corner.one().status == Status.FETCHED
    assert whole(corner, LATER)
    assert "Range" not in site.last("/map.pdf").headers


def test_a_partial_answer_that_nobody_asked_for(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", partial(0, len(PDF), '"one"'))
    corner.link(site.url("/map.pdf"))
    assert corner.one().reason == "127.0.0.1 refuses it (206)"


def test_a_date_serves_too_and_a_weak_tag_does_not(corner: Corner, site: Site) -> None:
    corner.limits = replace(corner.limits, attempts=1)
    corner.link(site.url("/map.pdf"))
    for headers, kept in (({"ETag": 'W/"1"'}, False), (DATED | {"ETag": 'W/"1"'}, True)):
        site.on("/map.pdf", Answer(headers=headers, cut=4_000))
        corner.one()
        assert bool(corner.leftovers()) is kept
    corner.one()
    assert site.last("/map.pdf").headers["If-Range"] == DATED["Last-Modified"]


def test_another_address_does_not_go_on_with_it(corner: Corner, site: Site) -> None:
    broken_off(corner, site)
    site.on("/other.pdf", ranged(SWAPPED))
    corner.link(site.url("/other.pdf"))
    assert corner.one().status == Status.FETCHED
    assert whole(corner, SWAPPED)


def test_what_took_too_long_is_gone_on_with_by_the_next_run(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", slowly(first=5_000, headers={"ETag": '"one"'}), ranged())
    corner.link(site.url("/map.pdf"))
    corner.limits = replace(corner.limits, total=0.5)
    row = corner.one()
    assert row.status == Status.FAILED
    assert "it goes on" in row.advice
    assert corner.one().status == Status.FETCHED
    assert int(site.last("/map.pdf").headers["Range"][6:-1]) >= 5_000
    assert whole(corner)


def test_an_update_that_breaks_off_leaves_the_old_file(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", ranged(), ranged(LATER, '"two"', cut=4_000))
    corner.link(site.url("/map.pdf"))
    corner.one()
    corner.limits = replace(corner.limits, attempts=1)
    assert corner.one().status == Status.FAILED
    assert corner.read() == PDF
    site.on("/map.pdf", ranged(LATER, '"two"'))
    assert corner.one().status == Status.FETCHED
    assert whole(corner, LATER)


def test_a_crash_between_the_record_and_the_file(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer(headers={"ETag": '"1"'}))
    corner.link(site.url("/map.pdf"))
    corner.one()
    (corner.folder / "linked/map.pdf").rename(corner.folder / "linked/map.pdf.part")
    assert corner.one().status == Status.FETCHED
    assert whole(corner)


# A process that was started in the background would not hear of SIGINT.
COMMAND = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from mehealth_rag.cli import main
main()
"""


def running(corner: Corner) -> subprocess.Popen[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MEHEALTH_")}
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, "fetch", "--corpus", str(corner.folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        cwd=corner.folder.parent,
        env=clean | {"MEHEALTH_FETCH_ALLOW_PRIVATE": "true"},
    )


def until(path: Path, size: int) -> None:
    for _ in range(400):
        if path.exists() and path.stat().st_size >= size:
            return
        time.sleep(0.02)
    raise AssertionError(f"{path} did not come")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_fetch_that_is_stopped_midway_can_be_gone_on_with(
    corner: Corner, site: Site, how: signal.Signals
) -> None:
    big = PDF + bytes(80_000) + b"%%EOF"
    sent = 50_000

    def first(handler: Handler) -> None:
        stalling(big, sent, {"ETag": '"one"'})(handler)

    site.on("/small.pdf", Answer(headers={"ETag": '"s"'}), Answer(b"", 304))
    site.on("/map.pdf", first, ranged(big))
    corner.write(
        {"id": "small", "url": site.url("/small.pdf")}, {"id": "map", "url": site.url("/map.pdf")}
    )
    with running(corner) as process:
        # What is in a buffer is lost with the process: some of what was sent, never all of it.
        until(corner.folder / "linked/map.pdf.part", sent // 2)
        process.send_signal(how)
        said, complaint = process.communicate(timeout=10)
    assert said == ""
    if how == signal.SIGINT:
        assert (process.returncode, complaint.splitlines()[-1]) == (1, "mehealth: stopped")
    assert [r["id"] for r in corner.state()] == ["small"]
    assert corner.leftovers() == ["map.pdf.part", "map.pdf.part.json"]
    rows = corner.fetch()
    assert [r.status for r in rows] == [Status.UNCHANGED, Status.FETCHED]
    assert int(site.last("/map.pdf").headers["Range"][6:-1]) >= sent // 2
    assert whole(corner, big)
