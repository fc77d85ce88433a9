"""What is fetched and what is left as it is, where it goes, and what is recorded of it."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Sequence
from pathlib import Path

import docx
import pytest
from fetching_helpers import Corner
from fetching_web import PAGE, PDF, Answer, Handler, Site
from filelock import FileLock

from mehealth_rag.corpus import load_sources
from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.fetching.fetcher import user_agent
from mehealth_rag.fetching.outcomes import FetchStatus
from mehealth_rag.reading import read_document

OTHER = PDF.replace(b"%PDF-1.7", b"%PDF-1.6")


def test_a_missing_source_is_fetched_and_recorded(corner: Corner, site: Site) -> None:
    site.on("/old", Answer(b"", 301, {"Location": "/papers/map.pdf"}))
    site.on("/papers/map.pdf", Answer(headers={"ETag": '"1"', "Last-Modified": "yesterday"}))
    corner.link(site.url("/old"))
    row = corner.one()
    assert (row.id, row.status, row.remark, row.file) == (
        "map",
        FetchStatus.FETCHED,
        "",
        "linked/map.pdf",
    )
    assert corner.read() == PDF
    (record,) = corner.state()
    assert record["when"].endswith("+00:00")
    assert {k: v for k, v in record.items() if k != "when"} == {
        "id": "map",
        "url": site.url("/old"),
        "final_url": site.url("/papers/map.pdf"),
        "file": "linked/map.pdf",
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "bytes": len(PDF),
        "etag": '"1"',
        "last_modified": "yesterday",
    }
    assert corner.leftovers() == []


def test_what_is_fetched_is_a_document_of_the_corpus(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer())
    site.on("/page/", Answer(PAGE, kind="text/html; charset=utf-8"))
    corner.write(
        {"id": "map", "url": site.url("/map.pdf")},
        {"id": "page", "url": site.url("/page/"), "format": "html"},
        {"id": "named", "url": site.url("/map.pdf"), "file": "deep/Name.pdf"},
    )
    assert [s.path for s in load_sources(corner.folder)] == [None, None, None]
    assert {r.status for r in corner.fetch()} == {FetchStatus.FETCHED}
    assert [s.path for s in load_sources(corner.folder)] == [
        corner.folder / "linked" / "map.pdf",
        corner.folder / "linked" / "page.html",
        corner.folder / "deep" / "Name.pdf",
    ]


def test_web_pages_and_word_documents_are_fetched_and_can_be_read(
    corner: Corner, site: Site
) -> None:
    saved = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("The harbour is deep.")
    document.save(saved)
    site.on("/page/", Answer(PAGE, kind="text/html; charset=utf-8"))
    site.on("/guide.docx", Answer(saved.getvalue(), kind="application/octet-stream"))
    corner.write(
        {"id": "page", "url": site.url("/page/"), "format": "html"},
        {"id": "guide", "url": site.url("/guide.docx"), "format": "docx"},
    )
    rows = corner.fetch()
    assert [(r.status, r.reason) for r in rows] == [(FetchStatus.FETCHED, "")] * 2
    texts = [read_document(s).pages[0].text for s in load_sources(corner.folder)]
    assert texts == ["Hello", "The harbour is deep."]


def test_only_what_is_asked_for(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer())
    corner.write(*({"id": name, "url": site.url("/map.pdf")} for name in ("one", "two", "three")))
    assert [r.id for r in corner.fetch("three", "one")] == ["one", "three"]
    with pytest.raises(UsageError, match=r"there is no source 'tow' in .*; did you mean two\?"):
        corner.fetch("one", "tow")


def test_the_server_is_asked_whether_it_has_changed(corner: Corner, site: Site) -> None:
    tagged = {"ETag": '"1"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
    site.on("/map.pdf", Answer(headers=tagged), Answer(b"", 304), Answer(OTHER))
    corner.link(site.url("/map.pdf"))
    assert corner.one().status == FetchStatus.FETCHED
    assert corner.one().status == FetchStatus.UNCHANGED
    asked = site.last("/map.pdf").headers
    assert (asked["If-None-Match"], asked["If-Modified-Since"]) == tuple(tagged.values())
    assert corner.one().status == FetchStatus.FETCHED
    assert corner.read() == OTHER
    assert [r["bytes"] for r in corner.state()] == [len(OTHER)]


def test_the_same_content_again_is_unchanged_and_not_written(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer(headers={"ETag": '"1"'}), Answer(headers={"ETag": '"2"'}))
    corner.link(site.url("/map.pdf"))
    corner.one()
    before = (corner.folder / "linked/map.pdf").stat()
    assert corner.one().status == FetchStatus.UNCHANGED
    assert (corner.folder / "linked/map.pdf").stat().st_ino == before.st_ino
    assert corner.state()[0]["etag"] == '"2"'


def test_what_cannot_be_compared_is_asked_for_only_by_force(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer(), Answer(OTHER))
    corner.link(site.url("/map.pdf"))
    corner.one()
    assert corner.one().status == FetchStatus.UP_TO_DATE
    assert site.paths() == ["/map.pdf"]
    assert corner.one(force=True).status == FetchStatus.FETCHED
    assert corner.read() == OTHER


def test_force_asks_for_all_of_it(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer(headers={"ETag": '"1"'}))
    corner.link(site.url("/map.pdf"))
    corner.one()
    assert corner.one(force=True).status == FetchStatus.UNCHANGED
    assert "If-None-Match" not in site.last("/map.pdf").headers


def test_another_address_in_the_manifest_is_fetched(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer())
    site.on("/new.pdf", Answer(OTHER))
    corner.link(site.url("/map.pdf"))
    corner.one()
    corner.link(site.url("/new.pdf"))
    assert corner.one().status == FetchStatus.FETCHED
    assert corner.read() == OTHER


@pytest.mark.parametrize("file", [None, "map.pdf"])
def test_what_the_team_put_there_stays(corner: Corner, site: Site, file: str | None) -> None:
    site.on("/map.pdf", Answer())
    corner.link(site.url("/map.pdf"), **({"file": file} if file else {}))
    place = corner.folder / (file or "linked/map.pdf")
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"ours")
    row = corner.one()
    assert (row.status, row.remark) == (
        FetchStatus.SKIPPED,
        f"{file or 'linked/map.pdf'} was put there by hand and stays as it is",
    )
    assert site.asked == []
    row = corner.one(force=True)  # now it is compared, and still not touched
    assert row.status == FetchStatus.SKIPPED
    assert "differs from the server's and stays as it is" in row.reason
    assert place.read_bytes() == b"ours"
    assert corner.leftovers() == []


def test_a_file_by_hand_that_is_the_server_s_own_is_taken_over_by_force(
    corner: Corner, site: Site
) -> None:
    site.on("/map.pdf", Answer(headers={"ETag": '"1"'}), Answer(b"", 304))
    corner.link(site.url("/map.pdf"))
    (corner.folder / "linked").mkdir()
    (corner.folder / "linked/map.pdf").write_bytes(PDF)
    assert corner.one(force=True).status == FetchStatus.UNCHANGED
    assert corner.one().status == FetchStatus.UNCHANGED
    assert site.last("/map.pdf").headers["If-None-Match"] == '"1"'


def test_what_was_changed_here_since_stays(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer(headers={"ETag": '"1"'}))
    corner.link(site.url("/map.pdf"))
    corner.one()
    (corner.folder / "linked/map.pdf").write_bytes(b"%PDF annotated")
    row = corner.one()
    assert (row.status, row.advice) == (FetchStatus.SKIPPED, "remove it to fetch it anew")
    assert row.reason == "linked/map.pdf was changed since it was fetched and stays"
    assert site.paths() == ["/map.pdf"]
    row = corner.one(force=True)
    assert (row.status, row.advice) == (FetchStatus.SKIPPED, "remove it to have the server's")
    assert corner.read() == b"%PDF annotated"


def test_a_file_that_appears_meanwhile_stays(corner: Corner, site: Site) -> None:
    place = corner.folder / "linked" / "map.pdf"

    def meanwhile(handler: Handler) -> None:
        place.parent.mkdir()
        place.write_bytes(b"ours")
        Answer()(handler)

    site.on("/map.pdf", meanwhile)
    corner.link(site.url("/map.pdf"))
    row = corner.one()
    assert (row.status, place.read_bytes()) == (FetchStatus.SKIPPED, b"ours")
    assert "was put there meanwhile" in row.reason


def test_a_removed_file_is_fetched_again(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer(headers={"ETag": '"1"'}))
    corner.link(site.url("/map.pdf"))
    corner.one()
    (corner.folder / "linked/map.pdf").unlink()
    assert corner.one().status == FetchStatus.FETCHED
    assert "If-None-Match" not in site.last("/map.pdf").headers


def test_sources_that_cannot_be_fetched_stop_no_other(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer())
    corner.write(
        {"id": "unknown"},
        {"id": "odd", "url": site.url("/x"), "format": "pages"},
        {"id": "mail", "url": "mailto:ada@example.org"},
        {"id": "secret", "url": f"http://ada:pw@127.0.0.1:{site.port}/x"},
        {"id": "map", "url": site.url("/map.pdf")},
    )
    rows = corner.fetch()
    assert [(r.id, r.status) for r in rows] == [
        ("unknown", FetchStatus.SKIPPED),
        ("odd", FetchStatus.FAILED),
        ("mail", FetchStatus.FAILED),
        ("secret", FetchStatus.FAILED),
        ("map", FetchStatus.FETCHED),
    ]
    assert rows[0].remark == "no address is known for it"
    assert "give the source one of these" in rows[1].advice
    assert "'mailto', not http or https" in rows[2].reason
    assert "user name or password" in rows[3].reason
    assert "pw" not in rows[3].remark
    assert site.paths() == ["/map.pdf"]


def test_a_fault_of_our_own_stops_no_other(corner: Corner, site: Site) -> None:
    def faulty(host: str, port: int) -> Sequence[str]:
        if host == "odd.test":
            raise ZeroDivisionError("an odd fault")
        return ["127.0.0.1"]

    corner.resolve = faulty
    site.on("/map.pdf", Answer())
    corner.write(
        {"id": "odd", "url": site.url("/map.pdf", "odd.test")},
        {"id": "map", "url": site.url("/map.pdf")},
    )
    odd, other = corner.fetch()
    assert (odd.status, odd.reason) == (FetchStatus.FAILED, "ZeroDivisionError: an odd fault")
    assert other.status == FetchStatus.FETCHED


def test_what_a_server_calls_the_file_does_not_matter(corner: Corner, site: Site) -> None:
    evil = {"Content-Disposition": 'attachment; filename="../../../evil.pdf"'}
    site.on("/map.pdf", Answer(headers=evil))
    corner.link(site.url("/map.pdf"))
    assert corner.one().file == "linked/map.pdf"
    assert not list(corner.folder.parent.rglob("evil*"))


def test_we_say_who_we_are(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer())
    corner.link(site.url("/map.pdf"))
    corner.settings["fetch_contact"] = "library@example.org"
    corner.one()
    agents = {a.headers["User-Agent"] for a in site.asked}
    assert agents == {user_agent("library@example.org")}
    assert agents.pop().startswith("mehealth-rag/")
    assert len(site.asked) == 2  # robots.txt too


def test_one_request_at_a_time_on_connections_that_are_kept(corner: Corner, site: Site) -> None:
    for name in ("one.test", "two.test"):
        corner.names[name] = ["127.0.0.1"]
        site.on(f"/{name}", Answer())
    corner.write(
        *({"id": f"{h}-{n}", "url": site.url(f"/{h}", h)} for h in corner.names for n in "ab")
    )
    assert {r.status for r in corner.fetch()} == {FetchStatus.FETCHED}
    assert (site.busiest, site.connections) == (1, 2)


def test_an_idle_connection_is_given_up_for_another_port_of_the_host(
    corner: Corner, site: Site
) -> None:
    other = Site()
    left_open: list[int] = []

    def waiting(handler: Handler) -> None:
        for _ in range(100):
            if site.open == 0:
                break
            time.sleep(0.01)
        left_open.append(site.open)
        Answer()(handler)

    try:
        site.on("/one.pdf", Answer())
        other.on("/two.pdf", waiting)
        corner.write(
            {"id": "one", "url": site.url("/one.pdf")}, {"id": "two", "url": other.url("/two.pdf")}
        )
        assert {r.status for r in corner.fetch()} == {FetchStatus.FETCHED}
    finally:
        other.close()
    assert left_open == [0]


def test_two_fetches_do_not_get_into_each_other_s_way(corner: Corner, site: Site) -> None:
    corner.link(site.url("/map.pdf"))
    with (
        FileLock(corner.folder / ".fetched.lock"),
        pytest.raises(MehealthError, match="another mehealth fetch is at work"),
    ):
        corner.fetch()
    assert site.asked == []


def test_a_folder_without_a_manifest_has_nothing_to_fetch(corner: Corner) -> None:
    (corner.folder / "guide.md").write_text("# Guide")
    assert [(r.id, r.status) for r in corner.fetch()] == [("guide", FetchStatus.SKIPPED)]
    assert [p.name for p in corner.folder.iterdir()] == ["guide.md"]


def test_a_disk_that_takes_nothing_is_one_row(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer())
    corner.link(site.url("/map.pdf"))
    (corner.folder / "linked").write_text("a file where a folder should be")
    row = corner.one()
    assert row.status == FetchStatus.FAILED
    assert "cannot be written" in row.reason
    assert Path(corner.folder / "linked").is_file()
