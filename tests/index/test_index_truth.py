"""What an index says of files and of itself is true, or it says in one line what is wrong."""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING

import pytest
from index_helpers import Corpus, read

from mehealth_rag.errors import IndexStateError
from mehealth_rag.index import dense
from mehealth_rag.index.dense import open_client, without_password
from mehealth_rag.index.folder import MANIFEST
from mehealth_rag.types import Document, Source

if TYPE_CHECKING:
    from pathlib import Path

ONE, OTHER = "The pier is long.", "The pier is gone."


def test_a_file_swapped_between_hashing_and_reading_is_not_quoted(corpus: Corpus) -> None:
    corpus.write(guide=ONE, map="Paths meet here.")

    def swapped(source: Source) -> Document:
        corpus.write(guide=OTHER)
        return read(source)

    report = corpus.build(read=swapped)
    assert [(d.id, str(d.status)) for d in report.documents] == [
        ("guide", "failed"),
        ("map", "added"),
    ]
    assert "changed while it was read" in report.documents[0].reason
    assert "\n" not in report.documents[0].reason
    corpus.build()
    assert corpus.open().page("guide", 1).text == OTHER


def test_another_text_of_the_same_size_and_time_is_another_file(corpus: Corpus) -> None:
    corpus.write(guide=ONE)
    corpus.build()
    path = corpus.root / "corpus" / "guide.txt"
    stat = path.stat()
    corpus.write(guide=OTHER)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    assert corpus.build().changed
    assert corpus.open().page("guide", 1).text == OTHER


@pytest.mark.parametrize("name", ["current", "cache.sqlite", "lock", "id"])
def test_a_folder_where_a_file_belongs_is_an_error_of_one_line(corpus: Corpus, name: str) -> None:
    corpus.write(guide=ONE)
    corpus.build()
    path = corpus.folder.root / name
    path.unlink(missing_ok=True)
    path.mkdir()
    for rebuild in (False, True):
        with pytest.raises(IndexStateError, match=r"is damaged|cannot be written") as caught:
            corpus.build(rebuild=rebuild)
        assert "\n" not in str(caught.value)
    path.rmdir()
    corpus.build(rebuild=True)
    assert corpus.open().passage_count == 1


@pytest.mark.parametrize(
    "key", ["fingerprint", "model", "chroma_url", "collection", "files", "truncated", "previous"]
)
@pytest.mark.parametrize("harm", ["gone", "other"])
def test_a_manifest_with_a_key_missing_or_wrong_is_damaged(
    corpus: Corpus, key: str, harm: str
) -> None:
    corpus.write(guide=ONE)
    path = corpus.folder.generations / corpus.build().index / MANIFEST
    manifest = json.loads(path.read_text())
    del manifest[key]
    path.write_text(json.dumps(manifest | ({key: [[7]]} if harm == "other" else {})))
    for use in (corpus.open, corpus.build):
        with pytest.raises(IndexStateError, match=f"'{key}.* run: mehealth ingest --rebuild"):
            use()
    corpus.build(rebuild=True)
    assert corpus.open().passage_count == 1


@pytest.mark.parametrize("same_time", [True, False])
def test_nothing_had_changed_is_not_said_of_a_damaged_index(
    corpus: Corpus, same_time: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mehealth_rag.index.folder._SMALL", 0)
    corpus.write(guide=ONE)
    path = corpus.folder.generations / corpus.build().index / "sentences.npy"
    assert not corpus.build().changed
    stat, data = path.stat(), bytearray(path.read_bytes())
    data[-3] ^= 0xFF
    path.write_bytes(data)
    if same_time:
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(IndexStateError, match=r"damaged .*: run: mehealth ingest --rebuild"):
        corpus.build()
    corpus.build(rebuild=True)
    assert not corpus.build().changed


def test_a_temporary_folder_that_cannot_be_written_is_not_the_index_s_fault(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.write(guide=ONE)
    generation = corpus.folder.generations / corpus.build().index
    monkeypatch.setattr(dense.os, "access", lambda *_: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(IndexStateError, match="set TMPDIR") as caught:
        open_client(generation, None)
    assert "rebuild" not in str(caught.value)


def test_a_panic_in_the_store_is_an_error_of_one_line() -> None:
    class PanicException(BaseException):
        """As Chroma's bindings raise it."""

    with pytest.raises(IndexStateError, match="rebuild"), dense._reported("the store"):
        raise PanicException("index out of bounds")
    with pytest.raises(KeyboardInterrupt), dense._reported("the store"):
        raise KeyboardInterrupt


@pytest.mark.parametrize("place", ["http://me:secret@127.0.0.1:9", "me:secret@host", "ftp://a:b@c"])
def test_a_password_in_the_address_of_chroma_is_not_printed(corpus: Corpus, place: str) -> None:
    assert "secret" not in without_password(place)
    corpus.write(guide=ONE)
    corpus.build()
    for use in (lambda: corpus.open(place), lambda: corpus.build(chroma_url=place, rebuild=True)):
        with pytest.raises(Exception, match=r"…@|Chroma") as caught:
            use()
        assert "secret" not in str(caught.value)
        assert ":b@" not in str(caught.value)
