"""The format of a source: whether it can be fetched, and where the corpus looks for its file."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from fetching_helpers import Corner
from fetching_web import PAGE, Answer, Site

from mehealth_rag.corpus import file_names, load_sources
from mehealth_rag.errors import CorpusError


def put(corner: Corner, name: str) -> None:
    (corner.folder / name).parent.mkdir(parents=True, exist_ok=True)
    (corner.folder / name).write_bytes(b"x")


def test_a_file_at_the_place_of_fetched_ones_is_its_source_s(corner: Corner) -> None:
    corner.link("https://h.test/files/Map.pdf")
    assert load_sources(corner.folder)[0].path is None
    put(corner, "linked/map.html")  # another format's place
    assert load_sources(corner.folder)[0].path is None
    put(corner, "linked/map.pdf")
    assert load_sources(corner.folder)[0].path == corner.folder / "linked/map.pdf"


def test_a_source_with_a_file_of_its_own_has_no_other_place(corner: Corner) -> None:
    corner.link("https://h.test/map.pdf", file="own.pdf")
    put(corner, "linked/map.pdf")
    assert load_sources(corner.folder)[0].path is None
    put(corner, "own.pdf")
    assert load_sources(corner.folder)[0].path == corner.folder / "own.pdf"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h.test/a.pdf", "linked/map.pdf"),
        ("https://h.test/a.PDF?download=1#page=2", "linked/map.pdf"),
        ("https://h.test/get?file=a.b/c", "linked/map.html"),
        ("https://h.test/programme/", "linked/map.html"),
        ("https://h.test", "linked/map.html"),
        ("https://[broken", "linked/map.html"),
        ("https://h.test/notes.markdown", "linked/map.md"),
    ],
)
def test_the_format_is_that_of_the_address_s_path(corner: Corner, url: str, name: str) -> None:
    (corner.folder / "sources.toml").write_text(
        f'[[source]]\nid = "map"\ntitle = "Map"\nurl = "{url}"\n'
    )
    assert file_names(corner.folder) == {"map": name}
    assert load_sources(corner.folder)[0].format == name.rpartition(".")[2]


def test_places_outside_the_corpus_are_refused(corner: Corner) -> None:
    corner.link("https://h.test/map", format="../../../../x")
    with pytest.raises(CorpusError, match="lies outside the corpus folder"):
        load_sources(corner.folder)
    corner.link("https://h.test/map.pdf")
    (corner.folder / "linked").symlink_to(corner.folder.parent)
    with pytest.raises(CorpusError, match="lies outside the corpus folder"):
        file_names(corner.folder)


def test_without_a_manifest_there_are_no_places(corner: Corner) -> None:
    assert file_names(corner.folder) == {}


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
