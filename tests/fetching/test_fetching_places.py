"""The format of a source: whether it can be fetched, and where the corpus looks for its file."""

from __future__ import annotations

import pytest
from fetching_helpers import Corner
from fetching_web import PAGE, Answer, Site

from mehealth_rag.corpus import FORMATS, file_names, load_sources
from mehealth_rag.errors import CorpusError
from tests.reading.made_files import MADE


def test_a_file_at_the_place_of_fetched_ones_is_its_source_s(corner: Corner) -> None:
    corner.link("https://h.test/files/Map.pdf")
    assert load_sources(corner.folder)[0].path is None
    corner.put(b"x", "linked/map.html")  # another format's place
    assert load_sources(corner.folder)[0].path is None
    corner.put(b"x", "linked/map.pdf")
    assert load_sources(corner.folder)[0].path == corner.folder / "linked/map.pdf"


def test_a_source_with_a_file_of_its_own_has_no_other_place(corner: Corner) -> None:
    corner.link("https://h.test/map.pdf", file="own.pdf")
    corner.put(b"x", "linked/map.pdf")
    assert load_sources(corner.folder)[0].path is None
    corner.put(b"x", "own.pdf")
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


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("pptx", f"{OFFICE}.presentationml.presentation"),
        ("xlsx", "application/octet-stream"),
        ("odt", "application/vnd.oasis.opendocument.text"),
        ("epub", "application/epub+zip"),
        ("csv", "text/csv; charset=utf-8"),
        ("csv", "application/vnd.ms-excel"),
        ("rtf", "application/msword"),
        ("eml", "message/rfc822"),
        ("msg", "application/vnd.ms-outlook"),
        ("jpeg", "image/jpeg"),
    ],
)
def test_files_of_every_format_are_fetched(
    corner: Corner, site: Site, form: str, kind: str
) -> None:
    content = MADE[FORMATS[f".{form}"]]()
    corner.publish(site, Answer(content, kind=kind), format=form)
    row = corner.fetch_one()
    assert (row.remark, row.file) == ("", f"linked/map.{form}")


def test_a_login_page_in_its_place_is_an_error(corner: Corner, site: Site) -> None:
    corner.publish(site, Answer(PAGE, kind="text/html"), Answer(PAGE, kind=""), format="xlsx")
    for _ in range(2):
        assert corner.fetch_one().reason == "answers with a web page instead of an Excel workbook"
