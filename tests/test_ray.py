"""Documents read, split and embedded by Ray's workers: the index is the same as without Ray."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core.schema import BaseNode, TextNode, TransformComponent

from mehealth_rag import ray_workers, wiring
from mehealth_rag.errors import UsageError
from mehealth_rag.index.build_report import IngestReport
from mehealth_rag.index.dense import close_client, open_client
from mehealth_rag.index.folder import IndexFolder, read_manifest
from mehealth_rag.ray_workers import RayWorkers
from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest
from tests.conftest import MANIFEST, clean_environment, write_corpus

BROKEN = '\n[[source]]\nid = "broken"\ntitle = "Broken"\nfile = "broken.pdf"\n'
SHEETS = 20
"""Files enough for both workers to get some."""
QUIET = """
import sys
from pathlib import Path

def watch(event, _):
    if event in {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"}:
        print(event)

sys.addaudithook(watch)
from mehealth_rag import Settings, ingest

ingest(Settings.load({"corpus": Path(sys.argv[1]), "index": Path(sys.argv[2])}))
print([name for name in ("ray", "llama_index", "mehealth_rag.ray_workers") if name in sys.modules])
"""
needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None,
    reason="Ray is not installed: .venv/bin/pip install -c constraints.txt -e '.[ray]'",
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_corpus(tmp_path_factory.mktemp("ray") / "corpus")
    listed = MANIFEST + BROKEN
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    for number in range(SHEETS):
        text = "\n\n".join(
            f"## Berth {number}-{n}\n\nBerth {n} is {n + 5} metres deep." for n in range(9)
        )
        (folder / f"sheet-{number}.md").write_text(text, encoding="utf-8")
        listed += f'\n[[source]]\nid = "sheet-{number}"\ntitle = "Sheet {number}"\n'
        listed += f'file = "sheet-{number}.md"\n'
    (folder / "sources.toml").write_text(listed, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def alone(corpus: Path) -> tuple[Settings, IngestReport]:
    """The index that one process builds."""
    settings = placed(corpus, "alone")
    return settings, ingest(settings)


def placed(corpus: Path, name: str, **more: str) -> Settings:
    given = {"corpus": corpus, "index": corpus.parent / name} | more
    return Settings.load(given, environ={}, folder=corpus)


def content(settings: Settings) -> dict[str, Any]:
    """What an index holds: its files by hash, but for Chroma's, which has other ids each time.

    Of Chroma the vectors, as they are.
    """
    generation = IndexFolder(settings.index).current()
    assert generation is not None
    manifest = read_manifest(generation)
    files = {
        str(path.relative_to(generation)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in generation.rglob("*")
        if path.is_file() and path.name != "manifest.json" and "chroma" not in path.parts
    }
    client = open_client(generation, None)
    try:
        held = client.get_collection(manifest["collection"]).get(include=["embeddings"])
    finally:
        close_client(client)
    pairs = zip(held["ids"], held["embeddings"], strict=True)
    vectors = {name: np.asarray(vector).tobytes() for name, vector in pairs}
    return files | {"fingerprint": manifest["fingerprint"], "vectors": vectors}


def told(report: IngestReport) -> tuple[object, ...]:
    return report.documents, report.problems, report.embedded, report.truncated


class Workers(RayWorkers):
    """Transforms in this process what Ray's workers would, and in another order."""

    portions: list[int] = []  # noqa: RUF012

    def _run(
        self, kind: type[TransformComponent], how: dict[str, Any], nodes: list[TextNode], batch: int
    ) -> dict[str, BaseNode]:
        assert batch > 0
        self.portions.append(len(nodes))
        sent = [type(node).from_json(node.to_json()) for node in reversed(nodes)]
        return {n.node_id: type(n).from_json(n.to_json()) for n in kind(**how)(sent)}


def test_an_index_by_workers_is_the_one_of_one_process(
    corpus: Path, alone: tuple[Settings, IngestReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "_installed", lambda _: True)
    monkeypatch.setattr(ray_workers, "RayWorkers", Workers)
    monkeypatch.setattr(ray_workers, "PORTION", 3)
    monkeypatch.setattr(ray_workers, "_FILES", 3)
    settings = placed(corpus, "portions", ray="local")
    report = ingest(settings)
    assert told(report) == told(alone[1])
    assert content(settings) == content(alone[0])
    files = 4 + SHEETS
    assert Workers.portions[: files // 3] == [3] * (files // 3)
    assert sum(Workers.portions) == files + report.embedded


def test_a_setting_without_the_package_says_what_to_install(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "distributions", lambda **_: iter(()))
    with pytest.raises(UsageError, match=r"MEHEALTH_RAY needs Ray; run: pip install .*\[ray\]"):
        ingest(placed(corpus, "missing", ray="auto"))


def test_without_the_setting_nothing_is_imported_and_no_socket_used(
    corpus: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", QUIET, str(corpus), str(tmp_path / "index")],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert done.stdout == "[]\n"


@needs_ray
@pytest.mark.full
@pytest.mark.slow
def test_two_workers_of_a_real_ray_make_the_same_index(
    corpus: Path, alone: tuple[Settings, IngestReport], tmp_path: Path
) -> None:
    settings = placed(corpus, "real")
    places = "--corpus", str(corpus), "--index", str(settings.index)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from mehealth_rag.cli import main; main()",
            "ingest",
            *places,
            "--json",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env=clean_environment(tmp_path) | {"MEHEALTH_RAY": "local"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["embedded"] == alone[1].embedded
    assert content(settings) == content(alone[0])
    assert "by 2 workers of Ray" in done.stderr  # embedding is short: one may do all of it
    assert not (tmp_path / ".ray").exists()
