"""Every format that can be read can be fetched, told by the manifest or by the server."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from fetching_helpers import Corner
from fetching_web import PAGE, PDF, Answer, Site

from mehealth_rag.corpus import load_sources
from mehealth_rag.fetching import Status

OFFICE = "application/vnd.openxmlformats-officedocument"


def packed(*names: str) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return content.getvalue()


BOOK = packed("xl/workbook.xml")
SLIDES = packed("ppt/presentation.xml")


def untold(corner: Corner, url: str) -> None:
    """A manifest that tells no format."""
    (corner.folder / "sources.toml").write_text(
        f'[[source]]\nid = "map"\ntitle = "Map"\nurl = "{url}"\n', encoding="utf-8"
    )


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


@pytest.mark.parametrize(
    ("path", "answer", "file"),
    [
        ("/get?id=3", Answer(PDF), "map.pdf"),
        ("/show.aspx", Answer(PAGE, kind="text/html; charset=utf-8"), "map.html"),
        ("/v1.2", Answer(BOOK, kind=f"{OFFICE}.spreadsheetml.sheet"), "map.xlsx"),
        ("/note", Answer(b"Hello", kind="text/plain"), "map.txt"),
        (
            "/get.php",
            Answer(
                SLIDES,
                kind="application/octet-stream",
                headers={"Content-Disposition": "attachment; filename*=UTF-8''Our%20Talk.PPTX"},
            ),
            "map.pptx",
        ),
        (
            "/get",
            Answer(
                b"a,b\n1,2\n",
                kind="text/plain",
                headers={"Content-Disposition": 'attachment; filename="fees.csv"'},
            ),
            "map.csv",
        ),
    ],
)
def test_the_server_tells_where_the_manifest_does_not(
    corner: Corner, site: Site, path: str, answer: Answer, file: str
) -> None:
    site.on(path, answer)
    untold(corner, site.url(path))
    row = corner.one()
    assert (row.status, row.file) == (Status.FETCHED, f"linked/{file}")
    (source,) = load_sources(corner.folder)
    assert source.path == corner.folder / "linked" / file
    assert source.format == file.rpartition(".")[2]
    assert corner.leftovers() == []
    assert corner.one().status in {Status.UP_TO_DATE, Status.UNCHANGED}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            Answer(packed("x"), kind="application/zip"),
            "answers with something that cannot be read (a ZIP archive)",
        ),
        (Answer(b"?", kind=""), "does not say of what format the file is"),
        (
            Answer(b"{}", kind="application/json"),
            "answers with something that cannot be read (application/json)",
        ),
    ],
)
def test_what_no_one_tells_is_said(corner: Corner, site: Site, answer: Answer, reason: str) -> None:
    site.on("/get", answer)
    untold(corner, site.url("/get"))
    assert corner.one().reason == reason
    assert corner.leftovers() == []
