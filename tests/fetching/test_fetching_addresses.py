"""Only machines of the open web may be reached, however their addresses are written."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from functools import partial

import pytest
from fetching_helpers import Corner
from fetching_web import PDF, Answer, Site, moved

from mehealth_rag.fetching.addresses import is_public, web_address
from mehealth_rag.fetching.outcomes import FetchFailure, FetchStatus
from mehealth_rag.fetching.web import Network

NOT_OPEN = """
    127.0.0.1 127.255.255.254 0.0.0.0 10.1.2.3 172.31.0.1 192.168.1.1 169.254.169.254 100.64.0.1
    100.100.100.200 168.63.129.16 192.0.0.192 192.0.2.1 198.18.0.1 224.0.0.251 239.255.255.250
    240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
    ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 2002:7f00:1:: 2002:c0a8:101::1
    2001:0:7f00:1:: 2001:db8::1 3fff::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 ff0e::1
"""


OPEN = "8.8.8.8 93.184.216.34 2606:4700::1111 64:ff9b::808:808 ::ffff:8.8.8.8"


@pytest.mark.parametrize("address", [*NOT_OPEN.split(), *OPEN.split()])
def test_which_addresses_are_of_the_open_web(address: str) -> None:
    assert is_public(ipaddress.ip_address(address)) is (address in OPEN.split())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ftp://example.org/map.pdf", "'ftp', not http or https"),
        ("file:///etc/passwd", "'file', not http or https"),
        ("javascript:alert(1)", "not http or https"),
        ("//example.org/map.pdf", "not http or https"),
        ("map.pdf", "not http or https"),
        ("", "not http or https"),
        ("http://", "no web address"),
        ("http://ada:secret@example.org/", "user name or password"),
        ("http://good.example\\@127.0.0.1/", ""),
        ("http://example.org:99999/", "no web address"),
        ("http://example.org:0/", "no web address"),
        ("http://exa mple.org/", "no web address"),
        ("http://example.org/\r\nHost: evil", "no web address"),
        ("http://[::1/", "no web address"),
        ("http://example.org/" + "a" * 5_000, "no web address"),
    ],
)
def test_what_is_no_address_to_ask(text: str, why: str) -> None:
    with pytest.raises(FetchFailure) as caught:
        web_address(text)
    assert why in str(caught.value)
    assert len(str(caught.value)) < 400
    assert "secret" not in str(caught.value)


def test_addresses_are_made_whole() -> None:
    assert str(web_address(" https://example.org/a b#part ")) == "https://example.org/a%20b"
    assert web_address("https://bücher.example/ä").raw_host == b"xn--bcher-kva.example"
    base = web_address("https://example.org/deep/page")
    assert str(web_address("../map.pdf?x=1", base)) == "https://example.org/map.pdf?x=1"


HERE = """
    127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 0 localhost [::ffff:127.0.0.1] [::1]
    ①②⑦.0.0.1
"""


@pytest.mark.parametrize("host", HERE.split())
def test_this_machine_is_not_asked_however_it_is_written(
    corner: Corner, site: Site, host: str
) -> None:
    corner.network = Network(allowed=partial(is_public))  # the real check
    corner.link(f"http://{host}:{site.port}/map.pdf")
    row = corner.fetch_one()
    assert row.status == FetchStatus.FAILED
    assert any(why in row.reason for why in ("not of the open web", "not known", "no web"))
    assert site.connections == 0


def test_a_name_that_leads_to_a_private_address(corner: Corner, site: Site) -> None:
    corner.names |= {"inside.test": ["10.0.0.7"], "both.test": ["127.0.0.2", "127.0.0.1"]}
    site.on("/map.pdf", Answer())
    corner.link(site.url("/map.pdf", "inside.test"))
    row = corner.fetch_one()
    assert row.reason == "inside.test leads to an address that is not of the open web (10.0.0.7)"
    assert "MEHEALTH_FETCH_ALLOW_PRIVATE" in row.advice
    corner.link(site.url("/map.pdf", "both.test"))  # only the allowed one of them is connected to
    assert corner.fetch_one().status == FetchStatus.FETCHED


@pytest.fixture
def inner() -> Iterator[Site]:
    """A server that must never be reached."""
    site = Site("127.0.0.2")
    site.on("/map.pdf", Answer())
    yield site
    site.close()


def test_a_redirect_to_a_private_address(corner: Corner, site: Site, inner: Site) -> None:
    corner.publish(site, moved(inner.url("/map.pdf")))
    row = corner.fetch_one()
    assert row.status == FetchStatus.FAILED
    assert "127.0.0.2 leads to an address that is not of the open web" in row.reason
    assert inner.connections == 0


def test_a_name_that_changes_its_mind_after_the_check(
    corner: Corner, site: Site, inner: Site
) -> None:
    """DNS rebinding: each connection goes to an address that was checked."""
    answers = iter(["127.0.0.1", "127.0.0.2"])

    def turning(host: str, port: int) -> Sequence[str]:
        return [next(answers)]

    site.on("/map.pdf", Answer())
    corner.link(f"http://turning.test:{site.port}/map.pdf")
    corner.resolve = turning
    row = corner.fetch_one()
    assert (row.status, corner.read()) == (FetchStatus.FETCHED, PDF)
    assert (site.connections, next(answers)) == (1, "127.0.0.2")
    assert inner.connections == 0
    assert {a.host for a in site.asked} == {f"turning.test:{site.port}"}


def test_proxies_of_the_environment_are_not_used(
    corner: Corner, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    corner.publish(site)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert corner.fetch_one().status == FetchStatus.FETCHED
