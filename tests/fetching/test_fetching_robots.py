"""robots.txt is obeyed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fetching_helpers import Corner
from fetching_web import Act, Answer, Site, moved, slowly

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
    corner.publish(site, moved("/private/map.pdf"))
    assert "forbids it" in corner.fetch_one().reason
    assert site.paths() == ["/map.pdf"]


ENDLESS = b"User-agent: *\n" + b"# filler\n" * 100_000 + b"Disallow: /\n"
RULES = [
    # A site without a usable one allows everything; an endless one is read up to a bound.
    *((answer, "") for answer in (
        Answer(b"gone", 404), Answer(b"no", 403), moved("/robots.txt"), moved("/elsewhere"),
        moved("http://10.0.0.1/robots.txt"), Answer(ENDLESS, kind="text/plain"),
    )),
    # One that cannot be given now allows nothing.
    *((Answer(b"busy", status), f"the robots.txt of 127.0.0.1 answers {status}")
      for status in (429, 500, 503)),
    (slowly(), "the server had not sent all of it after 0.5 s"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "why"), RULES)
def test_what_a_site_without_a_sound_one_allows(
    corner: Corner, site: Site, act: Act, why: str
) -> None:
    corner.limits = replace(corner.limits, total=0.5)
    site.on("/robots.txt", act)
    corner.publish(site)
    row = corner.fetch_one()
    assert (row.status, row.reason) == (FetchStatus.FAILED if why else FetchStatus.FETCHED, why)
    assert ("/map.pdf" in site.paths()) is not bool(why)


def test_a_site_that_can_give_it_later_is_asked_again(corner: Corner, site: Site) -> None:
    site.on("/robots.txt", Answer(b"busy", 500), Answer(b"", kind="text/plain"))
    corner.publish(site)
    assert corner.fetch_one().status == FetchStatus.FETCHED


def test_crawl_delay_is_kept_within_bounds(corner: Corner, site: Site) -> None:
    robots(site, "User-agent: *\nCrawl-delay: 3600\n")
    site.on("/map.pdf", Answer())
    corner.write(*({"id": name, "url": site.url("/map.pdf")} for name in ("one", "two")))
    corner.limits = replace(corner.limits, longest_pause=0.2)
    corner.fetch()
    times = [a.at for a in site.asked if a.path == "/map.pdf"]
    assert 0.2 <= times[1] - times[0] < 1.0
