"""Servers that fail, lie, trickle and overflow: each is one row that says so."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Sequence
from dataclasses import replace
from email.utils import formatdate

import pytest
from fetching_helpers import Corner, lookup
from fetching_web import PAGE, PDF, Answer, Handler, Site, moved, slowly, stalling

from mehealth_rag.fetching.outcomes import FetchRow, FetchStatus

BOMB = gzip.compress(b"%PDF-1.7\n" + bytes(5_000_000))


def fetched(corner: Corner, site: Site, *acts: object, form: str = "pdf") -> FetchRow:
    site.on("/map", *acts)  # type: ignore[arg-type]
    corner.link(site.url("/map"), format=form)
    return corner.one()


def failing(corner: Corner, site: Site, *acts: object, form: str = "pdf") -> str:
    row = fetched(corner, site, *acts, form=form)
    assert row.status == FetchStatus.FAILED
    assert row.reason
    assert row.advice
    assert "\n" not in row.remark
    assert not (corner.folder / "linked" / f"map.{form}").exists()
    return row.reason


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_fault_that_passes_is_waited_out(corner: Corner, site: Site, status: int) -> None:
    row = fetched(corner, site, Answer(b"busy", status), Answer(b"busy", status), Answer())
    assert (row.status, len(site.paths())) == (FetchStatus.FETCHED, 3)


def test_a_fault_that_stays_is_told(corner: Corner, site: Site) -> None:
    assert failing(corner, site, Answer(b"busy", 503)) == "127.0.0.1 answers 503"
    assert len(site.paths()) == corner.limits.attempts


@pytest.mark.parametrize("status", [400, 401, 403, 451])
def test_a_refusal_is_not_asked_again(corner: Corner, site: Site, status: int) -> None:
    assert failing(corner, site, Answer(b"no", status)) == f"127.0.0.1 refuses it ({status})"
    assert len(site.paths()) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_dead_link(corner: Corner, site: Site, status: int) -> None:
    assert f"leads nowhere any more ({status})" in failing(corner, site, Answer(b"", status))
    assert len(site.paths()) == 1


@pytest.mark.parametrize("as_date", [False, True])
def test_retry_after_is_honoured(corner: Corner, site: Site, as_date: bool) -> None:
    corner.limits = replace(corner.limits, longest_retry_after=3.0)
    wait = formatdate(time.time() + 1.9, usegmt=True) if as_date else "1"  # dates have no fractions
    assert fetched(corner, site, Answer(b"", 429, {"Retry-After": wait}), Answer()).bytes
    first, second = (a.at for a in site.asked if a.path == "/map")
    assert 0.8 <= second - first < 3.0


def test_a_wait_that_is_too_long_is_told(corner: Corner, site: Site) -> None:
    reason = failing(corner, site, Answer(b"", 503, {"Retry-After": "86400"}))
    assert reason == "127.0.0.1 answers 503 and asks to wait 86400 s"
    assert len(site.paths()) == 1


def test_a_nonsensical_wait_is_ignored(corner: Corner, site: Site) -> None:
    row = fetched(corner, site, Answer(b"", 503, {"Retry-After": "soon"}), Answer())
    assert row.status == FetchStatus.FETCHED


def test_redirects_are_followed(corner: Corner, site: Site) -> None:
    for number, status in enumerate((301, 302, 303, 307)):
        site.on(f"/{number}", moved(f"/{number + 1}", status))
    site.on("/4", Answer())
    assert fetched(corner, site, moved("/1", 308)).final_url == site.url("/4")


def test_redirects_in_a_circle(corner: Corner, site: Site) -> None:
    site.on("/other", moved("/map"))
    assert failing(corner, site, moved("/other")) == "redirected in a circle"
    assert len(site.paths()) == 2


def test_too_many_redirects(corner: Corner, site: Site) -> None:
    for number in range(20):
        site.on(f"/{number}", moved(f"/{number + 1}"))
    assert failing(corner, site, moved("/0")) == "redirected more than 4 times"
    assert len(site.paths()) == 5


def test_nobody_listens(corner: Corner, site: Site) -> None:
    site.close()
    corner.write(*({"id": n, "url": site.url("/map")} for n in ("one", "two")))
    rows = corner.fetch()
    assert {r.status for r in rows} == {FetchStatus.FAILED}
    assert all(r.reason.startswith("no connection to 127.0.0.1 (") for r in rows)


def test_a_host_that_nobody_knows_is_looked_up_once(corner: Corner) -> None:
    asked: list[str] = []

    def counting(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return lookup({})(host, port)

    corner.resolve = counting
    for host in ("later.test", "lost.test"):
        asked.clear()
        corner.write(*({"id": n, "url": f"http://{host}/{n}"} for n in "abcdefgh"))
        rows = corner.fetch()
        assert {r.status for r in rows} == {FetchStatus.FAILED}
        assert all(r.reason.startswith(f"the host {host} is not known (") for r in rows)
        assert asked == [host]


def test_a_slow_drip_has_an_end(corner: Corner, site: Site) -> None:
    corner.limits = replace(corner.limits, total=0.6)
    assert failing(corner, site, slowly()) == "the server had not sent all of it after 0.6 s"
    assert len(site.paths()) == 1  # a server that is too slow is not asked again at once


def test_a_drip_of_headers_has_an_end_too(corner: Corner, site: Site) -> None:
    def drip(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Filler: ")
        while not handler.server.site.closing.wait(0.05):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    corner.limits = replace(corner.limits, total=0.6)
    assert failing(corner, site, drip) == "the server had not sent all of it after 0.6 s"


@pytest.mark.parametrize("after", [0, 3_000])
def test_a_silence_is_noticed_and_the_server_asked_again(
    corner: Corner, site: Site, after: int
) -> None:
    started = time.monotonic()
    assert fetched(corner, site, stalling(after=after), Answer()).status == FetchStatus.FETCHED
    assert 0.3 < time.monotonic() - started < 1.5
    assert len(site.paths()) == 2


def test_a_server_that_is_silent_for_good(corner: Corner, site: Site) -> None:
    corner.limits = replace(corner.limits, read=0.15)
    assert failing(corner, site, stalling()) == "127.0.0.1 fell silent"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_cut_short_is_noticed(corner: Corner, site: Site, chunked: bool) -> None:
    def cut(handler: Handler) -> None:
        around = {"Content-Length": None, "Transfer-Encoding": "chunked"} if chunked else {}
        body = b"%x\r\n%b" % (len(PDF), PDF[:5_000]) if chunked else PDF
        Answer(body, headers=around, cut=5_000)(handler)

    assert failing(corner, site, cut).startswith("127.0.0.1 broke off (")
    assert corner.leftovers() == []


def test_a_pdf_without_a_length_must_have_its_end(corner: Corner, site: Site) -> None:
    short = Answer(PDF[:-10], headers={"Content-Length": None})
    assert failing(corner, site, short) == "the PDF was cut short (its end is missing)"
    assert fetched(corner, site, Answer(headers={"Content-Length": None})).bytes == len(PDF)


@pytest.mark.parametrize("length", [len(PDF) + 100, "-5", "many"])
def test_a_wrong_length(corner: Corner, site: Site, length: object) -> None:
    wrong = Answer(headers={"Content-Length": str(length)}, cut=len(PDF))
    assert failing(corner, site, wrong).startswith("127.0.0.1 broke off (")


def test_more_than_was_announced_is_not_taken(corner: Corner, site: Site) -> None:
    more = Answer(headers={"Content-Length": str(len(PDF) - 6)})
    row = fetched(corner, site, more)
    assert row.bytes == len(PDF) - 6


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (Answer(PAGE, kind="text/html; charset=utf-8"), "a web page instead of a PDF"),
        (Answer(PAGE, kind="application/pdf"), "a web page instead of a PDF"),
        (Answer(PAGE, kind=""), "a web page instead of a PDF"),
        (Answer(b"Log in!", kind="text/html"), "a web page (text/html) instead of a PDF"),
        (Answer(b"PK\x03\x04" + bytes(5_000)), "a ZIP archive instead of a PDF"),
        (Answer(bytes(1_024) + PDF), "something else instead of a PDF"),
        (Answer(b""), "an empty file"),
    ],
)
def test_what_is_no_pdf(corner: Corner, site: Site, answer: Answer, what: str) -> None:
    assert failing(corner, site, answer) == f"answers with {what}"
    assert corner.leftovers() == []
    assert len(site.paths()) == 1


@pytest.mark.parametrize("kind", ["application/octet-stream", "image/png", ""])
def test_what_servers_call_a_pdf(corner: Corner, site: Site, kind: str) -> None:
    body = b"\xef\xbb\xbf\n" + PDF
    assert fetched(corner, site, Answer(body, kind=kind)).bytes == len(body)


def test_what_is_no_web_page(corner: Corner, site: Site) -> None:
    assert "instead of a web page" in failing(corner, site, Answer(), form="html")
    assert "instead of a web page" in failing(
        corner, site, Answer(PDF, kind="text/html"), form="html"
    )


def test_a_file_that_is_announced_as_too_large_is_not_begun(corner: Corner, site: Site) -> None:
    big = Answer(PDF, headers={"Content-Length": "100001"}, cut=10)
    assert failing(corner, site, big) == "larger than 0.1 MB"
    assert len(site.paths()) == 1
    assert corner.leftovers() == []


def test_a_file_that_turns_out_too_large_is_stopped(corner: Corner, site: Site) -> None:
    sent = 0

    def endless(handler: Handler) -> None:
        nonlocal sent
        Answer(PDF, headers={"Content-Length": None})(handler)
        while not handler.server.site.closing.is_set():
            sent += handler.wfile.write(bytes(10_000))

    assert failing(corner, site, endless) == "larger than 0.1 MB"
    assert sent < 50_000_000
    assert corner.leftovers() == []


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_file_that_is_packed_without_being_asked(corner: Corner, site: Site, coding: str) -> None:
    packed = zlib.compress(PDF) if coding == "deflate" else gzip.compress(PDF)
    around = {"Content-Encoding": coding}
    assert fetched(corner, site, Answer(packed, headers=around)).bytes == len(PDF)
    assert corner.read() == PDF
    assert site.last("/map").headers["Accept-Encoding"] == "identity"


def test_a_bomb_does_not_go_off(corner: Corner, site: Site) -> None:
    assert len(BOMB) < corner.limits.size
    bomb = Answer(BOMB, headers={"Content-Encoding": "gzip"})
    assert failing(corner, site, bomb) == "larger than 0.1 MB"
    assert corner.leftovers() == []


@pytest.mark.parametrize(
    ("body", "coding", "why"),
    [
        (PDF, "gzip", "what was sent cannot be unpacked"),
        (PDF, "br", "sent with the coding 'br', which was not asked for"),
    ],
)
def test_packings_that_do_not_work(
    corner: Corner, site: Site, body: bytes, coding: str, why: str
) -> None:
    assert failing(corner, site, Answer(body, headers={"Content-Encoding": coding})) == why
    assert corner.leftovers() == []


def test_what_is_no_http(corner: Corner, site: Site) -> None:
    def babble(handler: Handler) -> None:
        handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n" * 3)
        handler.drop()

    assert failing(corner, site, babble).startswith("127.0.0.1 broke off (")


def test_a_failing_server_takes_nothing_that_is_here(corner: Corner, site: Site) -> None:
    site.on("/map", Answer(headers={"ETag": '"1"'}), Answer(b"", 404))
    corner.link(site.url("/map"))
    corner.one()
    row = corner.one()
    assert row.status == FetchStatus.FAILED
    assert row.reason.endswith("linked/map.pdf stays as fetched before")
    assert corner.read() == PDF
