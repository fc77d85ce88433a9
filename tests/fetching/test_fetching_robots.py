"""robots.txt: what it says, and that it is heeded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fetching_helpers import Corner
from fetching_web import Answer, Site, moved, slowly

from mehealth_rag.fetching.outcomes import FetchStatus


def robots(site: Site, text: str) -> None:
    site.on("/robots.txt", Answer(text.encode(), kind="text/plain"))


def test_what_robots_txt_forbids_is_not_asked_for(corner: Corner, site: Site) -> None:
    robots(site, "\ufeffUser-agent: *\n\nUser-agent: Mehealth-RAG\nDisallow: /*.pdf$\n")
    site.on("/map.pdf", Answer())
    site.on("/map", Answer())
    corner.write({"id": "one", "url": site.url("/map.pdf")}, {"id": "two", "url": site.url("/map")})
    forbidden, allowed = corner.fetch()
    assert (forbidden.status, allowed.status) == (FetchStatus.FAILED, FetchStatus.FETCHED)
    assert forbidden.reason == "the robots.txt of 127.0.0.1 forbids it"
    assert "put it into the corpus yourself" in forbidden.advice
    assert [a.path for a in site.asked] == ["/robots.txt", "/map"]  # and it is read only once


def test_a_redirect_is_no_way_around_it(corner: Corner, site: Site) -> None:
    robots(site, "User-agent: *\nDisallow: /private/\n")
    site.on("/map.pdf", moved("/private/map.pdf"))
    corner.link(site.url("/map.pdf"))
    assert "forbids it" in corner.one().reason
    assert site.paths() == ["/map.pdf"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"gone", 404),
        Answer(b"no", 403),
        moved("/robots.txt"),
        moved("http://10.0.0.1/robots.txt"),
        moved("/elsewhere"),
    ],
)
def test_a_site_without_a_usable_one_allows_everything(
    corner: Corner, site: Site, answer: Answer
) -> None:
    site.on("/robots.txt", answer)
    site.on("/map.pdf", Answer())
    corner.link(site.url("/map.pdf"))
    assert corner.one().status == FetchStatus.FETCHED


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_site_that_cannot_give_it_now_allows_nothing(
    corner: Corner, site: Site, status: int
) -> None:
    site.on("/robots.txt", Answer(b"busy", status))
    site.on("/map.pdf", Answer())
    corner.link(site.url("/map.pdf"))
    row = corner.one()
    assert (row.status, row.reason) == (
        FetchStatus.FAILED,
        f"the robots.txt of 127.0.0.1 answers {status}",
    )
    assert site.paths() == []
    site.on("/robots.txt", Answer(b"busy", 500), Answer(b"", kind="text/plain"))
    assert corner.one().status == FetchStatus.FETCHED


def test_a_site_that_drips_it_allows_nothing(corner: Corner, site: Site) -> None:
    corner.limits = replace(corner.limits, total=0.3)
    site.on("/robots.txt", slowly())
    site.on("/map.pdf", Answer())
    corner.link(site.url("/map.pdf"))
    assert corner.one().status == FetchStatus.FAILED
    assert site.paths() == []


def test_an_endless_robots_txt_is_read_up_to_a_bound(corner: Corner, site: Site) -> None:
    text = "User-agent: *\n" + "# filler\n" * 100_000 + "Disallow: /\n"
    robots(site, text)
    site.on("/map.pdf", Answer())
    corner.link(site.url("/map.pdf"))
    assert corner.one().status == FetchStatus.FETCHED


def test_crawl_delay_is_kept_within_bounds(corner: Corner, site: Site) -> None:
    robots(site, "User-agent: *\nCrawl-delay: 3600\n")
    site.on("/map.pdf", Answer())
    corner.write(*({"id": name, "url": site.url("/map.pdf")} for name in ("one", "two")))
    corner.limits = replace(corner.limits, longest_pause=0.2)
    corner.fetch()
    times = [a.at for a in site.asked if a.path == "/map.pdf"]
    assert 0.2 <= times[1] - times[0] < 1.0
