"""Which sources are fetched, where their files go, and what is recorded."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Mapping, Sequence

import docx
import pytest
from fetching_helpers import Corner
from fetching_web import PAGE, PDF, Act, Answer, Handler, Site
from filelock import FileLock

from mehealth_rag.corpus import load_sources
from mehealth_rag.errors import MehealthError, UsageError
from mehealth_rag.fetching.fetcher import user_agent
from mehealth_rag.fetching.outcomes import FetchStatus
from mehealth_rag.reading import read_document

OTHER = PDF.replace(b"%PDF-1.7", b"%PDF-1.6")
TAG = {"ETag": '"1"'}
TAGS = {"ETag": '"1"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}


def test_a_missing_source_is_fetched_and_recorded(corner: Corner, site: Site) -> None:
    site.on("/old", Answer(b"", 301, {"Location": "/papers/map.pdf"}))
    site.on("/papers/map.pdf", Answer(headers=TAGS))
    corner.link(site.url("/old"))
    row = corner.fetch_one()
    assert (row.id, row.status, row.remark) == ("map", FetchStatus.FETCHED, "")
    assert row.file == "linked/map.pdf"
    assert corner.read() == PDF
    (record,) = corner.state()
    assert record.pop("when").endswith("+00:00")
    assert record == {
        "id": "map",
        "url": site.url("/old"),
        "final_url": site.url("/papers/map.pdf"),
        "file": "linked/map.pdf",
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "bytes": len(PDF),
        "etag": TAGS["ETag"],
        "last_modified": TAGS["Last-Modified"],
    }
    assert corner.leftovers() == []


def test_fetched_files_are_documents_of_the_corpus(corner: Corner, site: Site) -> None:
    saved = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("The harbour is deep.")
    document.save(saved)
    site.on("/page/", Answer(PAGE, kind="text/html; charset=utf-8"))
    site.on("/guide.docx", Answer(saved.getvalue(), kind="application/octet-stream"))
    corner.write(
        {"id": "page", "url": site.url("/page/"), "format": "html"},
        {
            "id": "guide",
            "url": site.url("/guide.docx"),
            "format": "docx",
            "file": "deep/Guide.docx",
        },
    )
    assert [s.path for s in load_sources(corner.folder)] == [None, None]
    assert [(r.status, r.reason) for r in corner.fetch()] == [(FetchStatus.FETCHED, "")] * 2
    sources = load_sources(corner.folder)
    places = ["linked/page.html", "deep/Guide.docx"]
    assert [s.path for s in sources] == [corner.folder / place for place in places]
    texts = [read_document(source).pages[0].text for source in sources]
    assert texts == ["Hello", "The harbour is deep."]


def test_only_the_named_sources_are_fetched(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer())
    corner.write(*({"id": name, "url": site.url("/map.pdf")} for name in ("one", "two", "three")))
    assert [r.id for r in corner.fetch("three", "one")] == ["one", "three"]
    with pytest.raises(UsageError, match=r"there is no source 'tow' in .*; did you mean two\?"):
        corner.fetch("one", "tow")


CONDITIONS = {"If-None-Match": TAGS["ETag"], "If-Modified-Since": TAGS["Last-Modified"]}
AGAIN: dict[str, tuple[list[Act], str, int, Mapping[str, str], bytes]] = {
    "the server tells whether it has changed": (
        [Answer(headers=TAGS), Answer(b"", 304), Answer(OTHER)],
        "fetched, unchanged, fetched", 3, CONDITIONS, OTHER,
    ),
    "the same content under another tag": (
        [Answer(headers=TAG), Answer(headers={"ETag": '"2"'}), Answer(b"", 304)],
        "fetched, unchanged, unchanged", 3, {"If-None-Match": '"2"'}, PDF,
    ),
    "nothing to compare by": (
        [Answer(), Answer(OTHER)], "fetched, up to date, fetched by force", 2, {}, OTHER,
    ),
    "by force the whole file is requested": (
        [Answer(headers=TAG)], "fetched, unchanged by force", 2, {}, PDF,
    ),
}  # fmt: skip
"""By kind of file: the server's answers, the status of each run, the number of requests, the
conditions of the last one, and the content in the end."""


@pytest.mark.parametrize("name", AGAIN)
def test_a_fetched_file_is_fetched_again(corner: Corner, site: Site, name: str) -> None:
    acts, runs, requests, conditions, content = AGAIN[name]
    corner.publish(site, *acts)
    inodes = set()
    for run in runs.split(", "):
        assert corner.fetch_one(force="force" in run).status == run.removesuffix(" by force")
        inodes.add((corner.folder / "linked/map.pdf").stat().st_ino)
    assert content != PDF or len(inodes) == 1, "the same file is not written again"
    assert site.paths() == ["/map.pdf"] * requests
    headers = site.last("/map.pdf").headers
    assert {key: headers[key] for key in CONDITIONS if key in headers} == conditions
    assert corner.read() == content
    assert [record["bytes"] for record in corner.state()] == [len(content)]


def test_another_address_in_the_manifest_is_fetched(corner: Corner, site: Site) -> None:
    site.on("/new.pdf", Answer(OTHER))
    corner.publish(site)
    corner.fetch_one()
    corner.link(site.url("/new.pdf"))
    assert corner.fetch_one().status == FetchStatus.FETCHED
    assert corner.read() == OTHER


@pytest.mark.parametrize("file", ["linked/map.pdf", "map.pdf"])
def test_a_file_put_there_by_hand_stays(corner: Corner, site: Site, file: str) -> None:
    corner.publish(site, **({} if "linked" in file else {"file": file}))
    corner.put(b"ours", file)
    row = corner.fetch_one()
    assert row.status == FetchStatus.SKIPPED
    assert row.remark == f"{file} was put there by hand and stays as it is"
    assert site.asked == []
    row = corner.fetch_one(force=True)  # now it is compared, and still not touched
    assert row.status == FetchStatus.SKIPPED
    assert "differs from the server's and stays as it is" in row.reason
    assert corner.read(file) == b"ours"
    assert corner.leftovers() == []


def test_a_file_by_hand_equal_to_the_servers_is_recorded_by_force(
    corner: Corner, site: Site
) -> None:
    corner.publish(site, Answer(headers=TAG), Answer(b"", 304))
    corner.put(PDF)
    assert corner.fetch_one(force=True).status == FetchStatus.UNCHANGED
    assert corner.fetch_one().status == FetchStatus.UNCHANGED
    assert site.last("/map.pdf").headers["If-None-Match"] == '"1"'


def test_a_file_changed_since_it_was_fetched_stays(corner: Corner, site: Site) -> None:
    corner.publish(site, Answer(headers=TAG))
    corner.fetch_one()
    corner.put(b"%PDF annotated")
    row = corner.fetch_one()
    assert (row.status, row.advice) == (FetchStatus.SKIPPED, "remove it to fetch it anew")
    assert row.reason == "linked/map.pdf was changed since it was fetched and stays"
    assert site.paths() == ["/map.pdf"]
    row = corner.fetch_one(force=True)
    assert (row.status, row.advice) == (FetchStatus.SKIPPED, "remove it to have the server's")
    assert corner.read() == b"%PDF annotated"


def test_a_file_that_appears_during_the_download_stays(corner: Corner, site: Site) -> None:
    def answer(handler: Handler) -> None:
        corner.put(b"ours")
        Answer()(handler)

    corner.publish(site, answer)
    row = corner.fetch_one()
    assert (row.status, corner.read()) == (FetchStatus.SKIPPED, b"ours")
    assert "was put there meanwhile" in row.reason


def test_a_removed_file_is_fetched_again(corner: Corner, site: Site) -> None:
    corner.publish(site, Answer(headers=TAG))
    corner.fetch_one()
    (corner.folder / "linked/map.pdf").unlink()
    assert corner.fetch_one().status == FetchStatus.FETCHED
    assert "If-None-Match" not in site.last("/map.pdf").headers


def test_sources_that_cannot_be_fetched_stop_no_other(corner: Corner, site: Site) -> None:
    def faulty(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.1"] if host != "odd.test" else [str(1 // 0)]

    corner.resolve = faulty
    site.on("/map.pdf", Answer())
    corner.write(
        {"id": "unknown"},
        {"id": "odd", "url": site.url("/x"), "format": "pages"},
        {"id": "mail", "url": "mailto:ada@example.org"},
        {"id": "secret", "url": f"http://ada:pw@127.0.0.1:{site.port}/x"},
        {"id": "fault", "url": site.url("/map.pdf", "odd.test")},
        {"id": "map", "url": site.url("/map.pdf")},
    )
    rows = corner.fetch()
    assert [f"{row.id} {row.status}" for row in rows] == [
        "unknown skipped", "odd failed", "mail failed", "secret failed", "fault failed",
        "map fetched",
    ]  # fmt: skip
    unknown, odd, mail, secret, fault, _ = rows
    assert unknown.remark == "no address is known for it"
    assert "give the source one of these" in odd.advice
    assert "'mailto', not http or https" in mail.reason
    assert "user name or password" in secret.reason
    assert "pw" not in secret.remark
    assert fault.reason.startswith("ZeroDivisionError: ")
    assert site.paths() == ["/map.pdf"]


def test_the_file_name_that_a_server_suggests_is_ignored(corner: Corner, site: Site) -> None:
    evil = {"Content-Disposition": 'attachment; filename="../../../evil.pdf"'}
    corner.publish(site, Answer(headers=evil))
    assert corner.fetch_one().file == "linked/map.pdf"
    assert not list(corner.folder.parent.rglob("evil*"))


def test_requests_name_the_program_and_its_operator(corner: Corner, site: Site) -> None:
    corner.publish(site)
    corner.settings["fetch_contact"] = "library@example.org"
    corner.fetch_one()
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


def test_an_idle_connection_is_closed_before_another_port_of_the_host(
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


def test_only_one_process_fetches_into_a_folder(corner: Corner, site: Site) -> None:
    corner.link(site.url("/map.pdf"))
    with (
        FileLock(corner.folder / ".fetched.lock"),
        pytest.raises(MehealthError, match="another mehealth fetch is at work"),
    ):
        corner.fetch()
    assert site.asked == []


def test_a_folder_without_a_manifest_has_nothing_to_fetch(corner: Corner) -> None:
    corner.put(b"# Guide", "guide.md")
    assert [(r.id, r.status) for r in corner.fetch()] == [("guide", FetchStatus.SKIPPED)]
    assert [p.name for p in corner.folder.iterdir()] == ["guide.md"]


def test_a_disk_that_takes_nothing_is_one_row(corner: Corner, site: Site) -> None:
    corner.publish(site)
    corner.put(b"a file where a folder should be", "linked")
    row = corner.fetch_one()
    assert row.status == FetchStatus.FAILED
    assert "cannot be written" in row.reason
    assert corner.read("linked") == b"a file where a folder should be"
