"""Corpus folders of all kinds: with a manifest, without one, wrong, empty, missing."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mehealth_rag.corpus import MANIFEST, left_out, load_sources, present
from mehealth_rag.errors import CorpusError, NoIndexError
from mehealth_rag.types import LinkedFrom

GUIDE = '[[source]]\nid = "guide"\ntitle = "A guide"\n'
WHOLE = """
[corpus]
title = "The harbour"

[[source]]
id = "guide"
title = "A guide to the harbour"
kind = "guide"
file = "guide.md"
url = "https://example.org/guide.pdf"
note = "the second edition"

[[source]]
id = "map"
title = "Map of the harbour"
format = "pdf"
url = "https://example.org/map"
linked_from = [{ document = "guide", pages = [2, 4] }]

[[source]]
id = "fees"
title = "Fees"
file = "fees.txt"
"""


def write(folder: Path, manifest: str | None = None, **files: str) -> Path:
    """Write files, in whose names one underscore stands for a dot and two for a slash."""
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path = path.with_name(path.name.replace("_", "."))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if manifest is not None:
        (folder / MANIFEST).write_text(manifest, encoding="utf-8")
    return folder


def test_a_manifest_is_read_whole(tmp_path: Path) -> None:
    folder = write(tmp_path, WHOLE, guide_md="# Guide")
    guide, map_, fees = load_sources(folder)
    assert (guide.id, guide.title, guide.kind) == ("guide", "A guide to the harbour", "guide")
    assert (guide.format, guide.path) == ("md", folder / "guide.md")
    assert (guide.url, guide.note) == ("https://example.org/guide.pdf", "the second edition")
    assert (map_.kind, map_.format, map_.path) == ("document", "pdf", None)
    assert map_.linked_from == (LinkedFrom("guide", (2, 4)),)
    assert (fees.format, fees.path) == ("txt", None)  # named, but not there yet
    assert present(load_sources(folder)) == (guide,)


def refused(folder: Path) -> dict[str, str]:
    return {other.source.id: other.reason for other in left_out(folder)}


def test_the_manifest_alone_decides_what_belongs(tmp_path: Path) -> None:
    names = ("guide_md", "guide", "other_md", "deep__guide", ".hidden", "linked__map_pdf")
    folder = write(tmp_path, **dict.fromkeys(names, "x"))
    assert refused(folder) == {}  # without a manifest, every file is a source
    entries = GUIDE + 'file = "guide.md"\n' + GUIDE.replace("guide", "map") + 'format = "pdf"\n'
    write(folder, entries)
    assert [source.id for source in load_sources(folder)] == ["guide", "map"]
    assert list(refused(folder)) == ["deep/guide", "./guide", "other.md"]  # no id of a source


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("[[source", "not valid TOML"),
        ('[[source]]\nid = "guide"\n', "[[source]] number 1: 'title': field required"),
        (GUIDE + GUIDE.replace("title", "titel"), "[[source]] number 2: 'title': field required"),
        (GUIDE + 'adress = "x"\n', "[[source]] number 1: unknown key 'adress'"),
        (GUIDE.replace('"guide"', '"my guide"'), "[[source]] number 1: 'id': string should match"),
        (GUIDE + "linked_from = [{ pages = [1] }]\n", "'linked_from.0.document': field required"),
        ("sources = 3\n", "[sources]: unknown key 'sources'"),
        (GUIDE * 2, "the id 'guide' stands twice"),
    ],
)
def test_a_wrong_manifest_is_one_line_that_says_where(
    tmp_path: Path, manifest: str, message: str
) -> None:
    with pytest.raises(CorpusError) as caught:
        load_sources(write(tmp_path, manifest))
    line = str(caught.value)
    assert line.startswith(f"{tmp_path / MANIFEST}: ")
    assert message in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "name", ["../secret.txt", "/etc/hostname", "deep/../../secret.txt", "linked.txt"]
)
def test_a_file_outside_the_corpus_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "linked.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(CorpusError, match="lies outside the corpus folder"):
        load_sources(write(folder, GUIDE + f'file = "{name}"\n'))


def test_without_a_manifest_every_file_is_a_source(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        harbour_pdf="a",
        fees_TXT="b",
        deep__notes_markdown="c",
        film_mp4="d",
        data_csv="e",
        README="g",
    )
    write(tmp_path / ".hidden", secret_txt="f")
    for name in ("~$fees.docx", ".~lock.fees.odt#", "Thumbs.db"):
        (folder / name).write_text("lock")
    (folder / "gone.pdf").symlink_to(folder / "nowhere.pdf")
    sources = load_sources(folder)
    assert [(s.id, s.format) for s in sources] == [
        ("README", ""),
        ("data", "csv"),
        ("notes", "md"),
        ("fees", "txt"),
        ("film.mp4", "mp4"),
        ("gone", "pdf"),
        ("harbour", "pdf"),
    ]
    assert present(sources) == sources


@pytest.mark.parametrize(
    ("files", "ids"),
    [
        ("guide.md guide.txt old/guide.md fees.md", "guide.md guide.txt old/guide.md fees"),
        ("fees.zip fees.md", "fees fees.zip"),  # what is not read takes no name from what is
        ("a.txt a.md a.txt.md a.md.txt a.zip a.zip.txt", None),
    ],
)
def test_no_two_files_have_one_id(tmp_path: Path, files: str, ids: str | None) -> None:
    for name in files.split():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    own = [source.id for source in load_sources(tmp_path)]
    assert len(set(own)) == len(own) == len(files.split())
    assert ids is None or set(own) == set(ids.split())


@pytest.mark.parametrize("manifest", [None, "", '[corpus]\ntitle = "x"\n'])
def test_no_corpus_or_an_empty_one(tmp_path: Path, manifest: str | None) -> None:
    with pytest.raises(NoIndexError, match=r"holds no document \(\.csv, .*\); add one"):
        load_sources(write(tmp_path, manifest, notes_zip="not read"))
    for name in ("nowhere", "notes.zip"):
        with pytest.raises(NoIndexError, match=rf"there is no corpus folder .*{name}; name one"):
            load_sources(tmp_path / name)


def test_links_that_lead_out_or_to_folders_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "corpus", guide_md="x")
    write(tmp_path, secret_txt="root:x:0:0", deep__key_txt="k")
    (folder / "passwd.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up.txt").symlink_to("../secret.txt")
    (folder / "deep").symlink_to(tmp_path / "deep")
    (folder / "again.md").symlink_to("guide.md")
    (folder / "circle.txt").symlink_to("circle.txt")
    (folder / "inner").mkdir()
    (folder / "same").symlink_to("inner")
    assert [s.id for s in load_sources(folder)] == ["again", "guide"]
    reasons = refused(folder)
    assert "a link to a folder" in reasons.pop("same")
    assert list(reasons) == ["circle.txt", "deep", "passwd.txt", "up.txt"]
    assert all("leads out" in reason for reason in reasons.values())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names themselves")
def test_a_name_that_is_no_utf8_is_left_out_and_stops_nothing(tmp_path: Path) -> None:
    folder = write(tmp_path, guide_md="x")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("y")
    assert [s.id for s in load_sources(folder)] == ["guide"]
    assert refused(folder) == {"caf%E9.txt": "its name is not UTF-8; rename it"}


def test_control_characters_do_not_reach_names(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "red\x1b[31m\u202efdp.txt").write_text("y")
    (source,) = load_sources(folder)
    assert source.id == source.title == "red%1B[31m%E2%80%AEfdp"
    assert source.path is not None
    assert source.path.is_file()


def test_a_folder_that_cannot_be_entered_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path, guide_md="x", shut__fees_md="y")
    enter = os.scandir

    def scandir(path: Path) -> Iterator[os.DirEntry[str]]:  # whoever tests may enter everything
        if path.name == "shut":
            raise PermissionError(errno.EACCES, "Permission denied")
        return enter(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert [s.id for s in load_sources(folder)] == ["guide"]
    assert refused(folder) == {"shut": "the folder cannot be entered (Permission denied)"}


@pytest.mark.parametrize("name", ["d", "a-long-name"])
def test_a_tree_may_be_deep(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deeper than Python's recursion limit, and with the long name over the limit on paths."""
    folder = write(tmp_path, guide_md="x")
    monkeypatch.chdir(folder)
    for _ in range(1200):
        Path(name).mkdir()
        os.chdir(name)
    Path("fees.md").write_text("y")
    deepest = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    try:
        ids = [s.id for s in load_sources(folder)]
        assert "guide" in ids
        assert ("fees" in ids) != any("too long" in why for why in refused(folder).values())
    finally:  # nothing else that clears up goes as deep
        os.chdir(deepest)
        os.close(deepest)
        Path("fees.md").unlink()
        for _ in range(1200):
            os.chdir("..")
            Path(name).rmdir()


def added(folder: Path) -> dict[str, str]:
    """Return the collection of each source, by id."""
    return {source.id: source.collection for source in load_sources(folder)}


def test_added_files_are_documents_beside_those_of_a_manifest(tmp_path: Path) -> None:
    names = {"sources_toml": GUIDE + 'file = "guide.md"\n', "guide_md": "x", "stray_md": "y"}
    folder = write(tmp_path, **names, added__note_md="z", added__guide_txt="a", added__x_exe="b")
    record = {"schema": 1, "sources": [{"file": "note.md", "url": "https://example.org/note"}]}
    ids = ["guide", "added/guide.txt", "note", "added/x.exe"]
    for content, url in ((json.dumps(record), "https://example.org/note"), ("[", None)):
        (folder / "added" / ".fetched.json").write_text(content)
        sources = load_sources(folder)
        assert [source.id for source in sources] == ids
        assert sources[2].url == url
    assert added(folder) == dict(zip(ids, ("", "added", "added", "added"), strict=True))
    assert refused(folder).keys() == {"stray.md"}


def test_an_added_file_takes_no_id_and_is_one_document(tmp_path: Path) -> None:
    folder = write(tmp_path, guide_md="x", old__fees_md="y", added__guide_md="z", added__map_md="a")
    assert added(folder) == {"guide": "", "fees": "old", "added/guide.md": "added", "map": "added"}
    write(folder, GUIDE + 'file = "added/guide.md"\n')
    assert added(folder) == {"guide": "added", "map": "added"}


def test_a_link_in_place_of_the_folder_for_added_files_is_not_followed(tmp_path: Path) -> None:
    folder = write(tmp_path, GUIDE + 'file = "guide.md"\n', guide_md="x")
    write(tmp_path / "elsewhere", secret_md="x")
    (folder / "added").symlink_to(tmp_path / "elsewhere")
    assert added(folder) == {"guide": ""}
    assert "a link to a folder" in refused(folder)["added"]
