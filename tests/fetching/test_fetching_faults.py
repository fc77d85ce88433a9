"""Servers that fail, lie, are too slow or send too much: each is one row that says so."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Sequence
from dataclasses import replace
from email.utils import formatdate

import pytest
from fetching_helpers import Corner, lookup
from fetching_web import PAGE, PDF, Act, Answer, Handler, Site, moved, slowly, stalling

from mehealth_rag.fetching.outcomes import FetchRow, FetchStatus

BOMB = gzip.compress(b"%PDF-1.7\n" + bytes(5_000_000))


def fetched(corner: Corner, site: Site, *acts: Act, form: str = "pdf") -> FetchRow:
    site.on("/map", *acts)
    corner.link(site.url("/map"), format=form)
    return corner.fetch_one()


def length(value: object) -> dict[str, str]:
    return {"Content-Length": str(value)}


def coded(name: str) -> dict[str, str]:
    return {"Content-Encoding": name}


def dripping_headers(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Filler: ")
    while not handler.server.site.closing.wait(0.05):
        handler.wfile.write(b"x")
        handler.wfile.flush()


def chunks_cut_short(handler: Handler) -> None:
    around = {"Content-Length": None, "Transfer-Encoding": "chunked"}
    Answer(b"%x\r\n%b" % (len(PDF), PDF[:5_000]), headers=around, cut=5_000)(handler)


def endless(handler: Handler) -> None:
    Answer(PDF, headers={"Content-Length": None})(handler)
    while not handler.server.site.closing.is_set():
        handler.wfile.write(bytes(10_000))


def no_http(handler: Handler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n" * 3)
    handler.drop()


BROKE_OFF, TOO_LARGE = "127.0.0.1 broke off (", "larger than 0.1 MB"
TOO_SLOW = "the server had not sent all of it after 0.8 s"
ASTRAY = "redirected, but the address"
CUT_SHORT = "the PDF was cut short (its end is missing)"
FAULTS = [
    (Answer(b"busy", 503), "127.0.0.1 answers 503", 3),
    *((Answer(b"no", status), f"127.0.0.1 refuses it ({status})", 1)
      for status in (400, 401, 403, 451)),
    *((Answer(b"", status), f"the address leads nowhere any more ({status})", 1)
      for status in (404, 410)),
    (Answer(b"", 503, {"Retry-After": "86400"}), "127.0.0.1 answers 503 and asks to wait 86400 s",
     1),
    (moved("/back"), "redirected in a circle", 2),
    (moved("/0"), "redirected more than 4 times", 5),
    (moved("ftp://127.0.0.1/map.pdf"), f"{ASTRAY} 'ftp://127.0.0.1/map.pdf' has the scheme", 1),
    (moved("file:///etc/passwd"), f"{ASTRAY} 'file:///etc/passwd' has the scheme 'file', not", 1),
    (moved("http://ada:pw@127.0.0.1/"), f"{ASTRAY} of 127.0.0.1 holds a user name or password", 1),
    (moved("http://[broken/"), f"{ASTRAY} 'http://[broken/' is no web address", 1),
    (moved(""), "redirected (302) without an address", 1),
    (slowly(), TOO_SLOW, 1),  # a server that is too slow is not asked again at once
    (dripping_headers, TOO_SLOW, 1),
    (stalling(), "127.0.0.1 fell silent", 3),
    (Answer(cut=5_000), BROKE_OFF, 3),
    (chunks_cut_short, BROKE_OFF, 3),
    *((Answer(headers=length(value), cut=len(PDF)), BROKE_OFF, 3)
      for value in (len(PDF) + 100, "-5", "many")),
    (no_http, BROKE_OFF, 3),
    (Answer(PDF[:-10], headers={"Content-Length": None}), CUT_SHORT, 3),
    (Answer(PDF, headers=length(100_001), cut=10), TOO_LARGE, 1),  # it is not begun
    (endless, TOO_LARGE, 1),
    (Answer(BOMB, headers=coded("gzip")), TOO_LARGE, 1),
    (Answer(headers=coded("gzip")), "what was sent cannot be unpacked", 1),
    (Answer(headers=coded("br")), "sent with the coding 'br', which was not asked for", 1),
    *((Answer(PAGE, kind=kind), "answers with a web page instead of a PDF", 1)
      for kind in ("text/html; charset=utf-8", "application/pdf", "")),
    (Answer(b"Log in!", kind="text/html"), "answers with a web page (text/html) instead of a PDF",
     1),
    (Answer(b"PK\x03\x04" + bytes(5_000)), "answers with a ZIP archive instead of a PDF", 1),
    (Answer(bytes(1_024) + PDF), "answers with something else instead of a PDF", 1),
    (Answer(b""), "answers with an empty file", 1),
]  # fmt: skip
"""What a server does, the reason in the row, and the number of requests."""


@pytest.mark.parametrize(("act", "reason", "asked"), FAULTS)
def test_a_fault_is_a_row_that_says_so(
    corner: Corner, site: Site, act: Act, reason: str, asked: int
) -> None:
    site.on("/back", moved("/map"))
    for number in range(20):
        site.on(f"/{number}", moved(f"/{number + 1}"))
    corner.limits = replace(corner.limits, total=0.8)
    row = fetched(corner, site, act)
    assert row.status == FetchStatus.FAILED
    assert row.reason.startswith(reason)
    assert row.advice
    assert "\n" not in row.remark
    assert len(site.paths()) == asked
    assert corner.leftovers() == []
    assert not (corner.folder / "linked" / "map.pdf").exists()


@pytest.mark.parametrize("kind", ["application/pdf", "text/html"])
def test_what_is_no_web_page(corner: Corner, site: Site, kind: str) -> None:
    row = fetched(corner, site, Answer(PDF, kind=kind), form="html")
    assert "instead of a web page" in row.reason


MARKED = b"\xef\xbb\xbf\n" + PDF
SOUND = [
    *([Answer(b"busy", status)] * 2 + [Answer()] for status in (500, 502, 503, 429)),
    [Answer(b"", 503, {"Retry-After": "soon"}), Answer()],
    *([stalling(after=after), Answer()] for after in (0, 3_000)),
    *([Answer(MARKED, kind=kind)] for kind in ("application/octet-stream", "image/png", "")),
    [Answer(headers={"Content-Length": None})],
    [Answer(gzip.compress(PDF), headers=coded("gzip"))],
    [Answer(zlib.compress(PDF), headers=coded("deflate"))],
    [Answer(PDF + b"more than was announced", headers=length(len(PDF)))],
]  # fmt: skip


@pytest.mark.parametrize("acts", SOUND)
def test_what_passes_or_is_set_otherwise_is_fetched_whole(
    corner: Corner, site: Site, acts: Sequence[Act]
) -> None:
    assert fetched(corner, site, *acts).status == FetchStatus.FETCHED
    assert corner.read().removeprefix(b"\xef\xbb\xbf\n") == PDF
    assert len(site.paths()) == len(acts)
    assert site.last("/map").headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_honoured(corner: Corner, site: Site, as_date: bool) -> None:
    corner.limits = replace(corner.limits, longest_retry_after=3.0)
    wait = formatdate(time.time() + 1.9, usegmt=True) if as_date else "1"  # dates have no fractions
    assert fetched(corner, site, Answer(b"", 429, {"Retry-After": wait}), Answer()).bytes
    first, second = (a.at for a in site.asked if a.path == "/map")
    assert 0.8 <= second - first < 3.0


def test_redirects_are_followed(corner: Corner, site: Site) -> None:
    for number, status in enumerate((301, 302, 303, 307)):
        site.on(f"/{number}", moved(f"/{number + 1}", status))
    site.on("/4", Answer())
    assert fetched(corner, site, moved("/1", 308)).final_url == site.url("/4")


def test_a_host_that_cannot_be_reached_or_is_unknown(corner: Corner, site: Site) -> None:
    site.close()
    corner.write(*({"id": name, "url": site.url("/map")} for name in "ab"))
    reasons = [row.reason for row in corner.fetch()]
    assert all(reason.startswith("no connection to 127.0.0.1 (") for reason in reasons)
    hosts: list[str] = []

    def counting(host: str, port: int) -> Sequence[str]:
        hosts.append(host)
        return lookup({})(host, port)

    corner.resolve = counting
    corner.write(
        *({"id": f"{h}{n}", "url": f"http://{h}.test/{n}"} for h in ("later", "lost") for n in "ab")
    )
    reasons = [row.reason for row in corner.fetch()]
    hosts_twice = ["later.test"] * 2 + ["lost.test"] * 2
    for host, reason in zip(hosts_twice, reasons, strict=True):
        assert reason.startswith(f"the host {host} is not known (")
    assert hosts == ["later.test", "lost.test"]  # each is looked up once
