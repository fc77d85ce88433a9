"""TLS: certificate and SNI are for the host name, though the connection is to an address."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fetching_helpers import Corner
from fetching_web import PDF, Answer, Site, moved, stalling

from mehealth_rag.fetching.outcomes import FetchStatus
from mehealth_rag.fetching.web import Network

x509 = pytest.importorskip("cryptography.x509")
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402

NAME = "harbour.test"


@dataclass(frozen=True, slots=True)
class Secured:
    site: Site
    trusting: ssl.SSLContext
    names: list[str | None]
    """The names that clients requested by SNI."""


def certificate(folder: Path) -> Path:
    """Write a self-signed certificate for one name, with its key, to one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    names = [x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - day, now + day)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = folder / "certificate.pem"
    path.write_bytes(
        builder.sign(key, hashes.SHA256()).public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    )
    return path


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Secured]:
    path = certificate(tmp_path)
    names: list[str | None] = []
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path)
    serving.sni_callback = lambda _socket, name, _context: names.append(name)
    trusting = ssl.create_default_context(cafile=str(path))
    site = Site(context=serving)
    yield Secured(site, trusting, names)
    site.close()


@pytest.fixture
def corner(corner: Corner, secured: Secured) -> Corner:
    corner.network = Network(ssl_context=lambda: secured.trusting)
    corner.names |= {NAME: ["127.0.0.1"], "wrong.test": ["127.0.0.1"]}
    return corner


def test_the_name_is_what_is_proved(corner: Corner, secured: Secured) -> None:
    secured.site.on("/map.pdf", Answer())
    corner.link(secured.site.url("/map.pdf", NAME))
    assert corner.fetch_one().status == FetchStatus.FETCHED
    assert corner.read() == PDF
    assert set(secured.names) == {NAME}
    assert {a.host for a in secured.site.asked} == {f"{NAME}:{secured.site.port}"}


def test_a_certificate_for_another_name(corner: Corner, secured: Secured) -> None:
    secured.site.on("/map.pdf", Answer())
    corner.link(secured.site.url("/map.pdf", "wrong.test"))
    row = corner.fetch_one()
    assert row.status == FetchStatus.FAILED
    assert row.reason.startswith("the certificate of wrong.test is not valid (Hostname mismatch")
    assert secured.site.asked == []
    assert len(secured.names) == 2  # robots.txt and the file; trying again would not help


def test_a_certificate_that_nobody_vouches_for(corner: Corner, secured: Secured) -> None:
    corner.network = Network()
    corner.link(secured.site.url("/map.pdf", NAME))
    assert "is not valid (self" in corner.fetch_one().reason
    assert secured.site.asked == []


def test_no_redirect_from_https_to_http(corner: Corner, secured: Secured, site: Site) -> None:
    site.on("/map.pdf", Answer())
    secured.site.on("/map.pdf", moved(site.url("/map.pdf")))
    corner.link(secured.site.url("/map.pdf", NAME))
    assert corner.fetch_one().reason == "redirected from https to http (127.0.0.1)"
    assert site.connections == 0


def test_from_http_to_https_is_fine(corner: Corner, secured: Secured, site: Site) -> None:
    secured.site.on("/map.pdf", Answer())
    corner.publish(site, moved(secured.site.url("/map.pdf", NAME)))
    assert corner.fetch_one().status == FetchStatus.FETCHED


def test_a_silence_is_noticed_over_tls_too(corner: Corner, secured: Secured) -> None:
    secured.site.on("/map.pdf", stalling(after=5_000), Answer())
    corner.link(secured.site.url("/map.pdf", NAME))
    assert corner.fetch_one().status == FetchStatus.FETCHED
    assert len(secured.site.paths()) == 2
