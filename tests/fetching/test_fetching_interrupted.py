"""Interruptions: a crash, Ctrl-C and a kill leave only whole files, and the next run goes on."""

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
from fetching_web import PDF, Answer, Site, stalling

from mehealth_rag.fetching.outcomes import FetchStatus

LATER = PDF.replace(b"%PDF-1.7", b"%PDF-1.8") + b"more\n%%EOF\n"


def whole(corner: Corner, content: bytes = PDF) -> bool:
    return corner.read() == content and corner.leftovers() == []


def test_an_update_that_breaks_off_leaves_the_old_file(corner: Corner, site: Site) -> None:
    tag = {"ETag": '"1"'}
    corner.publish(site, Answer(headers=tag), Answer(LATER, headers=tag, cut=4_000), Answer(LATER))
    corner.fetch_one()
    corner.limits = replace(corner.limits, attempts=1)
    row = corner.fetch_one()
    assert row.status == FetchStatus.FAILED
    assert row.reason.endswith("linked/map.pdf stays as fetched before")
    assert whole(corner)
    assert corner.fetch_one().status == FetchStatus.FETCHED
    assert whole(corner, LATER)


def test_a_crash_between_the_record_and_the_file(corner: Corner, site: Site) -> None:
    corner.publish(site, Answer(headers={"ETag": '"1"'}))
    corner.fetch_one()
    (corner.folder / "linked/map.pdf").rename(corner.folder / "linked/map.pdf.part")
    assert corner.fetch_one().status == FetchStatus.FETCHED
    assert whole(corner)


# A process started in the background ignores SIGINT.
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
def test_a_fetch_that_is_stopped_midway_can_be_run_again(
    corner: Corner, site: Site, how: signal.Signals
) -> None:
    big = PDF + bytes(80_000) + b"%%EOF"
    sent = 50_000

    site.on("/small.pdf", Answer(headers={"ETag": '"s"'}), Answer(b"", 304))
    site.on("/map.pdf", stalling(big, sent), Answer(big))
    corner.write(
        {"id": "small", "url": site.url("/small.pdf")}, {"id": "map", "url": site.url("/map.pdf")}
    )
    with running(corner) as process:
        # What is in a buffer is lost with the process: some of what was sent, never all of it.
        until(corner.folder / "linked/map.pdf.part", sent // 2)
        process.send_signal(how)
        output, errors = process.communicate(timeout=10)
    assert output == ""
    if how == signal.SIGINT:
        assert (process.returncode, errors.splitlines()[-1]) == (1, "mehealth: stopped")
    assert [r["id"] for r in corner.state()] == ["small"]
    assert corner.leftovers() == ["map.pdf.part"] * (how == signal.SIGKILL)
    rows = corner.fetch()
    assert [r.status for r in rows] == [FetchStatus.UNCHANGED, FetchStatus.FETCHED]
    assert whole(corner, big)
