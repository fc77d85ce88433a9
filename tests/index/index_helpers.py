"""A corpus of plain text files, one passage a line, and an encoder that needs no model."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from mehealth_rag.encoder.embedding import Encoder, EncoderInput, PassageVectors
from mehealth_rag.errors import IndexStateError, ReadingError
from mehealth_rag.index.build import build_index
from mehealth_rag.index.build_report import BuildPlan, IngestReport
from mehealth_rag.index.folder import IndexFolder
from mehealth_rag.index.opened import OpenIndex
from mehealth_rag.language.words import stems
from mehealth_rag.types import (
    Block,
    BlockKind,
    Document,
    Line,
    Link,
    Page,
    Passage,
    Sentence,
    Source,
    Span,
)

HASH_MODEL = "hash-000000000000"
WIDTH = 32


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def read(source: Source) -> Document:
    assert source.path is not None
    content = source.path.read_bytes()
    text = content.decode()
    if text.startswith("BROKEN"):
        raise ReadingError(f"{source.path.name} is broken")
    pages = tuple(_page(n, part) for n, part in enumerate(text.split("\f"), start=1))
    return Document(source, hashlib.sha256(content).hexdigest(), pages, {"author": "Test"})


def _page(number: int, text: str) -> Page:
    lines = _lines(text)
    return Page(
        number=number,
        label=str(number + 2),
        text=text,
        blocks=tuple(Block(BlockKind.PARAGRAPH, span) for span in lines),
        lines=tuple(Line(span, (1.0, 2.5, 3.0, 4.0)) for span in lines),
        links=(Link("https://example.org/"),),
        problem=None if lines else "no text",
    )


def _lines(text: str) -> list[Span]:
    return [Span(m.start(), m.end()) for m in re.finditer(r"[^\n]+", text)]


def split(document: Document) -> tuple[Passage, ...]:
    return tuple(
        _passage(document, page, span, number)
        for page in document.pages
        for number, span in enumerate(_lines(page.text))
    )


def _passage(document: Document, page: Page, span: Span, number: int) -> Passage:
    found = re.finditer(r"[^.]+\.?", span.of(page.text))
    sentences = [Span(span.start + m.start(), span.start + m.end()) for m in found]
    return Passage(
        id=f"{document.source.id}:{page.number}:{number}",
        document=document.source.id,
        title=document.source.title,
        page=page.number,
        page_label=page.label,
        headings=("Harbour",),
        span=span,
        text=span.of(page.text),
        sentences=tuple(Sentence(s, BlockKind.PARAGRAPH) for s in sentences),
    )


class HashEncoder:
    """Vectors out of the words' hashes: like texts get like vectors, with no model to load."""

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, text: str) -> np.ndarray:
        return hash_vector(text)

    def encode_passages(
        self, batch: Sequence[EncoderInput], progress: Callable[[int], None] | None = None
    ) -> list[PassageVectors]:
        self.encoded += [item.text for item in batch]
        if progress:
            progress(len(batch))
        return [
            PassageVectors(
                hash_vector(item.text),
                np.stack([hash_vector(s.of(item.text)) for s in item.sentences]),
                len(item.text) > 1000,
            )
            for item in batch
        ]


def refused(corpus: Corpus, message: str) -> None:
    """Assert that a damaged index is neither opened nor left as it is by a build."""
    for use in (corpus.open, corpus.build):
        with pytest.raises(IndexStateError, match=message):
            use()


def statuses(report: IngestReport) -> dict[str, str]:
    """What became of each source."""
    return {row.id: str(row.status) for row in report.documents}


def hash_vector(text: str) -> np.ndarray:
    total = np.full(WIDTH, 1e-3)
    for word in words(text):
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4])
        total += np.random.default_rng(seed).normal(size=WIDTH)
    return (total / np.linalg.norm(total)).astype(np.float32)


@dataclass
class Corpus:
    """Text files in a folder and an index beside them."""

    root: Path
    encoder: Encoder = field(default_factory=HashEncoder)
    model: str = HASH_MODEL
    loads: int = 0
    opened: list[OpenIndex] = field(default_factory=list)

    @property
    def folder(self) -> IndexFolder:
        return IndexFolder(self.root / "index")

    def write(self, **texts: str) -> None:
        (self.root / "corpus").mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (self.root / "corpus" / f"{name}.txt").write_text(text, encoding="utf-8")

    def remove(self, name: str) -> None:
        (self.root / "corpus" / f"{name}.txt").unlink()

    def plan(self, **changes: object) -> BuildPlan:
        sources = tuple(
            Source(path.stem, path.stem.title(), "document", "text", path=path)
            for path in sorted((self.root / "corpus").glob("*.txt"))
        )
        settings: dict[str, object] = {
            "sources": sources,
            "folder": self.folder,
            "read": read,
            "split": split,
            "encoder": self._load,
            "versions": (1, 1),
            "model": self.model,
        }
        return BuildPlan(**{**settings, **changes})  # type: ignore[arg-type]

    def _load(self) -> Encoder:
        self.loads += 1
        return self.encoder

    def build(self, **changes: object) -> IngestReport:
        return build_index(self.plan(**changes))

    def indexed(self, **texts: str) -> IngestReport:
        """Write files and build the index."""
        self.write(**texts)
        return self.build()

    def open(self, chroma_url: str | None = None) -> OpenIndex:
        index = OpenIndex.open(self.folder, self.model, chroma_url)
        self.opened.append(index)
        index.ready()
        return index

    def close(self) -> None:
        for index in self.opened:
            index.close()
        self.opened.clear()

    def answers(self, *questions: str) -> list[object]:
        """What both halves of the search find, with the passages: for comparing indexes."""
        index = self.open()
        found: list[object] = []
        for question in questions:
            dense = index.dense(hash_vector(question), 5)
            lexical = index.lexical(stems(question), 5)
            found.append((dense, lexical, index.passages([o for o, _ in dense])))
        return found
