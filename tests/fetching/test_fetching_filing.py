"""`--from`: files downloaded by hand find their sources, or stay where they are."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from fetching_helpers import Corner
from fetching_web import PAGE, PDF, Answer, Site
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.errors import UsageError
from mehealth_rag.fetching import Row, Status

LEICESTER = "Case study: Leicester"
CENTRE = "Clinical trials case study: Patient Recruitment Centre, Leicester"


def typeset(*lines: str, links: tuple[str, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    for number, line in enumerate(lines):
        canvas.drawString(40, 500 - 20 * number, line)
    for link in links:
        canvas.linkURL(link, (40, 300, 100, 320))
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@pytest.fixture
def desk(corner: Corner, tmp_path: Path) -> Path:
    corner.write(
        {"id": "map", "url": "https://h.test/files/Harbour-Map.pdf", "title": "The harbour's map"},
        {"id": "leicester", "url": "https://h.test/a.pdf", "title": LEICESTER},
        {"id": "centre", "url": "https://h.test/b/a.pdf", "title": CENTRE},
        {"id": "page", "url": "https://h.test/programme/", "title": "A page", "format": "html"},
        {"id": "fees", "title": "Fees", "file": "fees.pdf"},
    )
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


def taken(corner: Corner, desk: Path) -> dict[str | None, Row]:
    """The rows by source; nothing of the folder may have changed."""
    before = {p: p.read_bytes() for p in desk.rglob("*") if p.is_file()}
    rows = corner.fetch(folder=desk)
    assert {p: p.read_bytes() for p in desk.rglob("*") if p.is_file()} == before
    assert corner.leftovers() == []
    return {r.id: r for r in rows}


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("Harbour-Map.pdf", "map"),
        ("harbour-map (2).PDF", "map"),
        ("map.pdf", "map"),
        ("deep/er/fees.pdf", "fees"),  # also where no address is known
    ],
)
def test_by_name(corner: Corner, desk: Path, name: str, source: str) -> None:
    (desk / name).parent.mkdir(parents=True, exist_ok=True)
    (desk / name).write_bytes(PDF)
    rows = taken(corner, desk)
    row = rows.pop(source)
    assert (row.status, row.origin) == (Status.FETCHED, "folder")
    assert row.reason == f"as {Path(name).name}"
    assert corner.read(row.file or "") == PDF
    assert {r.status for r in rows.values()} == {Status.SKIPPED}
    (record,) = corner.state()
    assert (record["id"], record["origin"], record["sha256"]) == (
        source,
        "folder",
        hashlib.sha256(PDF).hexdigest(),
    )


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.pdf", PDF, "may belong to several sources (centre, leicester)"),
        ("x.pdf", PDF, "belongs to no source"),
        ("x.pdf", b"", "belongs to no source"),
        ("map.pdf", PAGE.replace(b"A page", b"Log in"), "belongs to no source"),
        ("map.html", PAGE.replace(b"A page", b"Log in"), "belongs to no source"),
        ("x.pdf", bytes(150_000_000 // 1_000), "larger than 0.1 MB"),
    ],
)
def test_what_is_not_certain_is_left_alone(
    corner: Corner, desk: Path, name: str, content: bytes, why: str
) -> None:
    (desk / name).write_bytes(content)
    row = taken(corner, desk)[None]
    assert (row.status, row.file) == (Status.LEFT_ALONE, str(desk / name))
    assert why in row.reason
    assert not (corner.folder / "linked").exists()


def test_two_files_for_one_source(corner: Corner, desk: Path) -> None:
    (desk / "map.pdf").write_bytes(PDF)
    (desk / "Harbour-Map.pdf").write_bytes(PDF + b"\n")
    rows = taken(corner, desk)
    assert (rows["map"].status, rows[None].status) == (Status.SKIPPED, Status.LEFT_ALONE)
    assert rows[None].reason == "one of 2 different files that may be map's"
    (desk / "map.pdf").write_bytes(PDF + b"\n")  # the same twice is no riddle
    assert taken(corner, desk)["map"].status == Status.FETCHED


def test_by_content_that_is_known(corner: Corner, desk: Path, site: Site) -> None:
    site.on("/x", Answer())
    corner.link(site.url("/x"))
    corner.one()
    (corner.folder / "linked/map.pdf").unlink()
    (desk / "whatever.bin").write_bytes(PDF)
    assert taken(corner, desk)["map"].reason == "as whatever.bin"


def test_what_is_here_already_stays(corner: Corner, desk: Path) -> None:
    (corner.folder / "linked").mkdir()
    (corner.folder / "linked/map.pdf").write_bytes(b"ours")
    (desk / "map.pdf").write_bytes(PDF)
    assert taken(corner, desk)["map"].status == Status.SKIPPED
    assert corner.read() == b"ours"
    assert {r.status for r in corner.fetch(folder=desk, force=True) if r.id == "map"} == {
        Status.SKIPPED
    }
    assert corner.read() == b"ours"


def test_what_was_handed_over_is_not_fetched_again(corner: Corner, desk: Path) -> None:
    (desk / "map.pdf").write_bytes(PDF)
    taken(corner, desk)
    assert taken(corner, desk)["map"].status == Status.UP_TO_DATE
    assert [r.status for r in corner.fetch("map")] == [Status.UP_TO_DATE]
    (desk / "map.pdf").write_bytes(PDF + b"\n")
    rows = {r.id: r for r in corner.fetch(folder=desk, force=True)}
    assert rows["map"].status == Status.FETCHED
    assert corner.read() == PDF + b"\n"


def test_only_for_the_sources_that_are_named(corner: Corner, desk: Path) -> None:
    (desk / "map.pdf").write_bytes(PDF)
    assert [r.status for r in corner.fetch("fees", folder=desk)] == [
        Status.SKIPPED,
        Status.LEFT_ALONE,
    ]


def test_a_folder_that_is_none(corner: Corner, desk: Path) -> None:
    with pytest.raises(UsageError, match=r"--from .*: there is no such folder"):
        corner.fetch(folder=desk / "nowhere")


def test_links_that_are_no_source_yet(corner: Corner, site: Site) -> None:
    links = (
        "https://h.test/new.pdf",
        site.url("/page/"),
        "https://h.test/new.pdf#page=2",
        "mailto:ada@h.test",
        "https://h.test/other",
    )
    site.on("/map.pdf", Answer(typeset("A map", links=links)))
    page = b"""<!doctype html><base href="/deep/"><a href="a.pdf#x">A</a> <a name="x">B</a>
      <a HREF='../b.pdf?x=1&amp;y=2'>B</a> <a href="javascript:x()">C</a> <a href="https://[">D</a>
      <a href="/map.pdf">known</a> <link href="style.css"> <a href="a.pdf">again</a>"""
    site.on("/page/", Answer(page, kind="text/html"))
    corner.write(
        {"id": "map", "url": site.url("/map.pdf")},
        {"id": "page", "url": site.url("/page/"), "format": "html"},
    )
    by_id = {r.id: r for r in corner.fetch()}
    assert by_id["map"].links == ("https://h.test/new.pdf", "https://h.test/other")
    assert by_id["page"].links == (site.url("/deep/a.pdf"), site.url("/b.pdf?x=1&y=2"))
    assert sorted(site.paths()) == ["/map.pdf", "/page/"]  # none of them is followed
