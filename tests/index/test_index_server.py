"""The same index with its vectors on a Chroma server."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from index_helpers import Corpus, hash_vector

from mehealth_rag.errors import IndexStateError, UsageError
from mehealth_rag.index.dense import close_client, open_client

TEXT = "The pier is long.\nFerries run."


@pytest.fixture(scope="module")
def chroma_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("server")
    command = [str(Path(sys.executable).parent / "chroma"), "run"]
    options = ["--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(
        [*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
    )
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the Chroma server did not start")


def collections(corpus: Corpus, url: str) -> set[str]:
    client = open_client(corpus.root, url)
    try:
        return {c.name for c in client.list_collections()}
    finally:
        close_client(client)


def test_a_server_answers_as_the_embedded_one_does(corpus: Corpus, chroma_url: str) -> None:
    corpus.indexed(guide=TEXT, map="A map of the pier.")

    def answers(url: str | None = None) -> list[object]:
        index = corpus.open(url)
        return [index.dense(hash_vector("pier"), 3, only) for only in (None, ["guide"])]

    alone = answers()
    assert corpus.build(chroma_url=chroma_url).embedded == 0
    assert answers(chroma_url) == alone
    assert not corpus.build(chroma_url=chroma_url).changed
    with pytest.raises(IndexStateError, match="Chroma address"):
        corpus.open()


def test_a_server_keeps_two_generations_and_what_is_not_ours(
    corpus: Corpus, chroma_url: str
) -> None:
    client = open_client(corpus.root, chroma_url)
    before = collections(corpus, chroma_url)
    client.create_collection("somebody-else", embedding_function=None)
    names = []
    for n in range(3):
        corpus.write(guide=f"{TEXT} Edition {n}.")
        corpus.build(chroma_url=chroma_url)
        names.append(corpus.open(chroma_url).manifest["collection"])
    assert collections(corpus, chroma_url) - before == {"somebody-else", *names[1:]}
    client.delete_collection(names[2])
    close_client(client)
    with pytest.raises(IndexStateError, match="mehealth ingest --rebuild"):
        corpus.open(chroma_url)
    corpus.build(chroma_url=chroma_url, rebuild=True)
    assert corpus.open(chroma_url).dense(hash_vector("pier"), 1)


def test_what_an_interrupted_build_left_on_the_server_is_no_hindrance(
    corpus: Corpus, chroma_url: str
) -> None:
    corpus.write(guide=TEXT)
    report = corpus.build(chroma_url=chroma_url)
    corpus.folder.pointer.unlink()
    shutil.rmtree(corpus.folder.generations / report.index)
    assert corpus.build(chroma_url=chroma_url).index != report.index
    assert corpus.open(chroma_url).passage_count == 2


def test_no_server(corpus: Corpus) -> None:
    corpus.write(guide=TEXT)
    with pytest.raises(IndexStateError, match=r"no Chroma server answers at http://127\.0\.0\.1:9"):
        corpus.build(chroma_url="http://127.0.0.1:9")
    with pytest.raises(UsageError, match="address"):
        corpus.build(chroma_url="chroma")
