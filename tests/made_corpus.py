"""Assistants over made corpora: files, ingest and index are the real ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from mehealth_rag.assistant import Assistant
from mehealth_rag.settings import Settings
from mehealth_rag.wiring import ingest


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
    flags = {"corpus": corpus, "index": folder / "index"}
    settings = Settings.load(flags, environ={}, folder=folder)
    ingest(settings)
    assistant = Assistant.open(settings)
    with closing(assistant.index):
        yield assistant
