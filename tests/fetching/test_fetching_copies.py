"""Copies: an archive where links are dead, a mirror in the place of the web."""

from __future__ import annotations

import pytest
from fetching_helpers import Corner
from fetching_web import PAGE, PDF, Answer, Site, moved

from mehealth_rag.errors import UsageError
from mehealth_rag.fetching import Status


@pytest.fixture
def archived(corner: Corner, site: Site) -> Corner:
    corner.settings["fetch_archive"] = site.url("/archive/{url}")
    return corner


@pytest.mark.parametrize("status", [404, 410])
def test_a_dead_link_is_looked_for_in_the_archive(
    archived: Corner, site: Site, status: int
) -> None:
    url = site.url("/map.pdf")
    site.on("/map.pdf", Answer(b"", status))
    site.on(f"/archive/{url}", moved("/archive/2020/map.pdf"))
    site.on("/archive/2020/map.pdf", Answer(headers={"ETag": '"1"'}), Answer(b"", 304))
    archived.link(url)
    row = archived.one()
    assert (row.status, row.origin) == (Status.FETCHED, "archive")
    (record,) = archived.state()
    assert (record["url"], record["origin"]) == (url, "archive")
    assert record["asked"] == site.url(f"/archive/{url}")
    assert record["final_url"] == site.url("/archive/2020/map.pdf")
    assert archived.one().status == Status.UNCHANGED  # the original is asked first, then this copy
    assert site.paths().count("/map.pdf") == 2


@pytest.mark.parametrize("host", ["lost.test", "later.test"])
def test_so_is_one_whose_host_is_gone(archived: Corner, site: Site, host: str) -> None:
    site.on(f"/archive/http://{host}/map.pdf", Answer())
    archived.link(f"http://{host}/map.pdf")
    assert archived.one().origin == "archive"


def test_in_a_query_the_address_is_escaped(corner: Corner, site: Site) -> None:
    corner.settings["fetch_archive"] = site.url("/find?as=pdf&url={url}")
    site.on("/find?as=pdf&url=http%3A%2F%2Flost.test%2Fmap.pdf%3Fx%3D1", Answer())
    corner.link("http://lost.test/map.pdf?x=1")
    assert corner.one().status == Status.FETCHED


def test_other_faults_are_not_the_archive_s_matter(archived: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer(b"", 403))
    archived.link(site.url("/map.pdf"))
    assert archived.one().reason == "127.0.0.1 refuses it (403)"
    assert site.paths() == ["/map.pdf"]


def test_what_the_archive_has_not_either(archived: Corner, site: Site) -> None:
    archived.link(site.url("/map.pdf"))
    row = archived.one()
    assert row.reason == "the address leads nowhere any more (404)"
    assert len(site.paths()) == 2
    site.on(f"/archive/{site.url('/map.pdf')}", Answer(PAGE, kind="text/html"))
    assert archived.one().reason == (
        "the address leads nowhere any more (404); "
        "the archive: answers with a web page instead of a PDF"
    )


@pytest.mark.parametrize("template", ["https://archive.test/", "{url}{url}", "ftp://x/{url}"])
def test_a_template_that_is_none(corner: Corner, site: Site, template: str) -> None:
    corner.link(site.url("/map.pdf"))
    corner.settings["fetch_archive"] = template
    with pytest.raises(UsageError, match="the setting fetch_archive"):
        corner.fetch()


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/copy/www.harbour.test/papers/My%20map.pdf", 1),  # the tree of the original
        ("/copy/My%20map.pdf", 2),  # the file name alone
        ("/copy/map.pdf", 3),  # the source's id
    ],
)
def test_where_a_mirror_may_have_it(corner: Corner, site: Site, path: str, asked: int) -> None:
    site.on(path, Answer())
    corner.link("https://www.harbour.test/papers/My map.pdf")
    row = corner.one(mirror=site.url("/copy/"))
    assert (row.status, row.origin, row.final_url) == (Status.FETCHED, "mirror", site.url(path))
    assert corner.read() == PDF
    assert len(site.paths()) == asked
    assert corner.state()[0]["url"] == "https://www.harbour.test/papers/My map.pdf"


def test_a_page_without_a_file_name(corner: Corner, site: Site) -> None:
    site.on("/www.harbour.test/programme/", Answer(PAGE, kind="text/html"))
    corner.link("https://www.harbour.test/programme/", format="html")
    assert corner.one(mirror=site.url("")).file == "linked/map.html"


def test_the_web_is_not_asked_where_a_mirror_is_named(archived: Corner, site: Site) -> None:
    archived.link(site.url("/map.pdf"))
    site.on("/map.pdf", Answer())
    row = archived.one(mirror=site.url("/copy"))
    assert row.status == Status.FAILED
    assert {p.split("/")[1] for p in site.paths()} == {"copy"}


@pytest.mark.parametrize("mirror", ["", "copies", "ftp://x.test/", "http://a:b@x.test/"])
def test_a_mirror_that_is_none(corner: Corner, site: Site, mirror: str) -> None:
    corner.link(site.url("/map.pdf"))
    with pytest.raises(UsageError, match="--mirror: "):
        corner.fetch(mirror=mirror)


def test_a_copy_is_not_asked_whether_the_original_has_changed(corner: Corner, site: Site) -> None:
    site.on("/map.pdf", Answer(headers={"ETag": '"1"'}))
    site.on("/copy/map.pdf", Answer(headers={"ETag": '"other"'}))
    corner.link(site.url("/map.pdf"))
    corner.one()
    assert corner.one(mirror=site.url("/copy")).status == Status.UNCHANGED
    assert "If-None-Match" not in site.last("/copy/map.pdf").headers


def test_a_mirror_and_a_folder_exclude_each_other(corner: Corner, site: Site) -> None:
    corner.link(site.url("/map.pdf"))
    with pytest.raises(UsageError, match="both --mirror and --from"):
        corner.fetch(mirror=site.url(""), folder=corner.folder)
