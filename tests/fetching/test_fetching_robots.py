"""robots.txt: what it says, and that it is heeded."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from fetching_helpers import Corner
from fetching_web import Answer, Site, moved, slowly

from mehealth_rag.fetching import Status
from mehealth_rag.fetching.robots import parse_robots

ROBOTS = """\
\ufeff# a comment
User-agent: other
Disallow: /

User-Agent: *
Disallow: /private/   # trailing
Allow: /private/open
Disallow: /*.zip$
Disallow: /*/draft*/end
Disallow: /tmp$
Disallow:
Crawl-delay: 7
Sitemap: https://example.org/sitemap.xml

User-agent: first
User-agent: Mehealth-RAG/2.0
Disallow: /ours/
nonsense
"""


@pytest.mark.parametrize(
    ("path", "token", "allowed"),
    [
        ("/", "x", True),
        ("/robots.txt", "other", True),
        ("/anything", "other", False),
        ("/anything", "OTHER", False),
        ("/private/page", "x", False),
        ("/private/open/page", "x", True),
        ("/privat", "x", True),
        ("/files/a.zip", "x", False),
        ("/files/a.zip?x=1", "x", True),
        ("/a/draft-2/end/more", "x", False),
        ("/a/draft-2/en", "x", True),
        ("/tmp", "x", False),
        ("/tmp/", "x", True),
        ("/%70rivate/page", "x", False),
        ("/ours/page", "mehealth-rag", False),
        ("/ours/page", "first", False),
        ("/private/page", "mehealth-rag", True),  # its own group counts, not that of all
    ],
)
def test_rules(path: str, token: str, allowed: bool) -> None:
    assert parse_robots(ROBOTS, token).allows(path) is allowed


def test_crawl_delay() -> None:
    assert parse_robots(ROBOTS, "x").delay == 7
    assert parse_robots(ROBOTS, "first").delay is None
    for odd in ("soon", "-1", "nan", "inf"):
        assert parse_robots(f"User-agent: *\nCrawl-delay: {odd}", "x").delay is None


@pytest.mark.parametrize("text", ["", "Disallow: /", "User-agent: *\nDisallow:", "<html>no</html>"])
def test_without_rules_everything_is_allowed(text: str) -> None:
    assert parse_robots(text, "x").allows("/any")


def test_groups_of_one_agent_are_taken_together_and_allow_wins() -> None:
    text = "User-agent: x\nDisallow: /a\n\nUser-agent: x\nDisallow: /b\nAllow: /b\n"
    robots = parse_robots(text, "x")
    assert (robots.allows("/a"), robots.allows("/b")) == (False, True)


def test_a_hostile_pattern_costs_nothing() -> None:
    robots = parse_robots("User-agent: *\nDisallow: /" + "*a" * 200 + "$", "x")
    started = time.monotonic()
    assert robots.allows("/" + "a" * 3_000 + "b")
    assert time.monotonic() - started < 0.5


def robots(site: Site, text: str) -> None:
    site.on("/robots.txt", Answer(text.encode(), kind="text/plain"))


def test_what_robots_txt_forbids_is_not_asked_for(corner: Corner, site: Site) -> None:
    robots(site, "User-agent: mehealth-rag\nDisallow: /*.pdf$\n")
    site.on("/map.pdf", Answer())
    site.on("/map", Answer())
    corner.write({"id": "one", "url": site.url("/map.pdf")}, {"id": "two", "url": site.url("/map")})
    forbidden, allowed = corner.fetch()
    assert (forbidden.status, allowed.status) == (Status.FAILED, Status.FETCHED)
    assert forbidden.reason == "the robots.txt of 127.0.0.1 forbids it"
    assert "--from" in forbidden.advice
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
    assert corner.one().status == Status.FETCHED


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_site_that_cannot_give_it_now_allows_nothing(
    corner: Corner, site: Site, status: int
) -> None:
    site.on("/robots.txt", Answer(b"busy", status))
    site.on("/map.pdf", Answer())
    corner.link(site.url("/map.pdf"))
    row = corner.one()
    assert (row.status, row.reason) == (
        Status.FAILED,
        f"the robots.txt of 127.0.0.1 answers {status}",
    )
    assert site.paths() == []
    site.on("/robots.txt", Answer(b"busy", 500), Answer(b"", kind="text/plain"))
    assert corner.one().status == Status.FETCHED


def test_a_site_that_drips_it_allows_nothing(corner: Corner, site: Site) -> None:
    corner.limits = replace(corner.limits, total=0.3)
    site.on("/robots.txt", slowly())
    site.on("/map.pdf", Answer())
    corner.link(site.url("/map.pdf"))
    assert corner.one().status == Status.FAILED
    assert site.paths() == []


def test_an_endless_robots_txt_is_read_up_to_a_bound(corner: Corner, site: Site) -> None:
    text = "User-agent: *\n" + "# filler\n" * 100_000 + "Disallow: /\n"
    robots(site, text)
    site.on("/map.pdf", Answer())
    corner.link(site.url("/map.pdf"))
    assert corner.one().status == Status.FETCHED


def test_crawl_delay_is_kept_within_bounds(corner: Corner, site: Site) -> None:
    robots(site, "User-agent: *\nCrawl-delay: 3600\n")
    site.on("/map.pdf", Answer())
    corner.write(*({"id": name, "url": site.url("/map.pdf")} for name in ("one", "two")))
    corner.limits = replace(corner.limits, longest_pause=0.2)
    corner.fetch()
    times = [a.at for a in site.asked if a.path == "/map.pdf"]
    assert 0.2 <= times[1] - times[0] < 1.0
