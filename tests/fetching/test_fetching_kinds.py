"""Every format that can be read can be fetched, told by the manifest or by the server."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from fetching_helpers import Corner
from fetching_web import PAGE, PDF, Answer, Site

from mehealth_rag.corpus import load_sources
from mehealth_rag.fetching import Status
from mehealth_rag.fetching.kinds import KINDS
from mehealth_rag.fetching.parts import Note, Part
from mehealth_rag.fetching.state import Origin, Record
from mehealth_rag.reading import FORMATS

OFFICE = "application/vnd.openxmlformats-officedocument"


def packed(name: str) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, "<x/>")
    return content.getvalue()


BOOK = packed("xl/workbook.xml")
SLIDES = packed("ppt/presentation.xml")


def untold(corner: Corner, url: str) -> None:
    """A manifest that tells no format."""
    (corner.folder / "sources.toml").write_text(
        f'[[source]]\nid = "map"\ntitle = "Map"\nurl = "{url}"\n', encoding="utf-8"
    )


def test_all_formats_that_are_read() -> None:
    assert set(KINDS) == set(FORMATS)


@pytest.mark.parametrize(
    ("form", "kind", "body"),
    [
        ("pptx", f"{OFFICE}.presentationml.presentation", SLIDES),
        ("xlsx", "application/octet-stream", BOOK),
        ("odt", "application/vnd.oasis.opendocument.text", packed("content.xml")),
        ("epub", "application/epub+zip", packed("META-INF/container.xml")),
        ("csv", "text/csv; charset=utf-8", b"a,b\n1,2\n"),
        ("csv", "application/vnd.ms-excel", b"a,b\n1,2\n"),
        ("rtf", "application/msword", b"{\\rtf1 Hello}"),
        ("eml", "message/rfc822", b"Subject: hi\n\nHello\n"),
        ("msg", "application/vnd.ms-outlook", b"\xd0\xcf\x11\xe0" + bytes(600)),
        ("jpeg", "image/jpeg", b"\xff\xd8\xff" + bytes(600)),
    ],
)
def test_the_format_of_the_manifest(
    corner: Corner, site: Site, form: str, kind: str, body: bytes
) -> None:
    site.on("/x", Answer(body, kind=kind))
    corner.link(site.url("/x"), format=form)
    row = corner.one()
    assert (row.status, row.file) == (Status.FETCHED, f"linked/map.{form}")


def test_a_login_page_in_its_place_is_an_error(corner: Corner, site: Site) -> None:
    site.on("/x.xlsx", Answer(PAGE, kind="text/html"), Answer(PAGE, kind=""))
    corner.link(site.url("/x.xlsx"), format="xlsx")
    assert corner.one().reason == "answers with a web page (text/html) instead of an Excel workbook"
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
        (Answer(BOOK, kind="application/zip"), "does not say of what format the file is"),
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


def test_a_file_that_was_put_in_place_before_a_crash_is_recorded(
    corner: Corner, site: Site
) -> None:
    untold(corner, site.url("/get"))
    part = Part(corner.folder / "linked" / "map.html")
    with part.begun(Note("")) as sink:
        sink.write(BOOK)
    url = site.url("/get")
    file = "linked/map.xlsx"
    record = Record("map", url, url, url, Origin.WEB, file, sink.sha256, sink.size)
    part._write(Note(url, record=record))
    part.path.replace(corner.folder / file)  # the crash came before the record
    assert corner.one().status == Status.UP_TO_DATE
    assert corner.state()[0]["file"] == file
    assert corner.leftovers() == []
