"""Candidates of made texts, without an index: what rules about sentences are tested with."""

from __future__ import annotations

from pathlib import Path

from mehealth_rag.answering.evidence import Candidate
from mehealth_rag.passages import split
from mehealth_rag.reading.text import read_text
from mehealth_rag.types import Document, Source


def candidate_with(words: str, text: str, title: str = "yearbook") -> Candidate:
    """The sentence of `text`, whose pages form feeds divide, in which `words` stand."""
    pages = read_text(Path("made.txt"), text.encode())
    document = Document(Source(title, title, "report", "text"), "0" * 64, pages)
    for passage in split(document):
        for place in range(len(passage.sentences)):
            candidate = Candidate(passage, place, 1, 0.0, 0.0, 0.0)
            if words in candidate.text:
                return candidate
    raise AssertionError(f"no sentence with {words!r}")
