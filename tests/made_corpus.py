"""Assistants over made corpora: files, ingest and index are the real ones."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from mehealth_rag.assistant import Assistant
from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest

_MODELS = Path(tempfile.mkdtemp(prefix="mehealth-models-"))
atexit.register(shutil.rmtree, _MODELS, ignore_errors=True)


def new_index(folder: Path) -> Path:
    """An empty folder of an index. Its encoder, half a second's work, is written once for all."""
    index = folder / "index"
    index.mkdir()
    (index / "models").symlink_to(_MODELS)
    return index


@contextmanager
def assistant_over(folder: Path, files: Mapping[str, str]) -> Iterator[Assistant]:
    """An assistant over files (name to text) that are written into `folder`."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for name, text in files.items():
        (corpus / name).write_text(text, encoding="utf-8")
    with opened(corpus, folder) as assistant:
        yield assistant


@contextmanager
def opened(corpus: Path, folder: Path) -> Iterator[Assistant]:
    """An assistant over a corpus, whose index lies in `folder`."""
    flags = {"corpus": corpus, "index": new_index(folder)}
    settings = Settings.load(flags, environ={}, folder=folder)
    ingest(settings)
    assistant = Assistant.open(settings)
    with closing(assistant.index):
        yield assistant
