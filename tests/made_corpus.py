"""An assistant over a few made texts: files, ingest and index are the real ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
    flags = {"corpus": corpus, "index": folder / "index"}
    settings = Settings.load(flags, environ={}, folder=folder)
    ingest(settings)
    assistant = Assistant.open(settings)
    try:
        yield assistant
    finally:
        assistant.index.close()
