"""Every format that can be read can be fetched, as the manifest tells it."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from fetching_helpers import Corner
from fetching_web import PAGE, Answer, Site

OFFICE = "application/vnd.openxmlformats-officedocument"


def packed(*names: str) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return content.getvalue()


BOOK = packed("xl/workbook.xml")
SLIDES = packed("ppt/presentation.xml")


@pytest.mark.parametrize(
    ("form", "kind", "body"),
    [
        ("pptx", f"{OFFICE}.presentationml.presentation", SLIDES),
        ("xlsx", "application/octet-stream", BOOK),
        (
            "odt",
            "application/vnd.oasis.opendocument.text",
            packed("content.xml", "mimetypeapplication/vnd.oasis.opendocument.text"),
        ),
        ("epub", "application/epub+zip", packed("META-INF/container.xml")),
        ("csv", "text/csv; charset=utf-8", b"a,b\n1,2\n"),
        ("csv", "application/vnd.ms-excel", b"a,b\n1,2\n"),
        ("rtf", "application/msword", b"{\\rtf1 Hello}"),
        ("eml", "message/rfc822", b"Subject: hi\n\nHello\n"),
        (
            "msg",
            "application/vnd.ms-outlook",
            b"\xd0\xcf\x11\xe0" + "__properties_version1.0\0".encode("utf-16-le"),
        ),
        ("jpeg", "image/jpeg", b"\xff\xd8\xff" + bytes(600)),
    ],
)
def test_the_format_of_the_manifest(
    corner: Corner, site: Site, form: str, kind: str, body: bytes
) -> None:
    site.on("/x", Answer(body, kind=kind))
    corner.link(site.url("/x"), format=form)
    row = corner.one()
    assert (row.remark, row.file) == ("", f"linked/map.{form}")


def test_a_login_page_in_its_place_is_an_error(corner: Corner, site: Site) -> None:
    site.on("/x.xlsx", Answer(PAGE, kind="text/html"), Answer(PAGE, kind=""))
    corner.link(site.url("/x.xlsx"), format="xlsx")
    assert corner.one().reason == "answers with a web page instead of an Excel workbook"
    assert corner.one().reason == "answers with a web page instead of an Excel workbook"
