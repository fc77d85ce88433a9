"""What the tests of the readers share: reading a made file, and what holds for every page."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from mehealth_rag.reading import read_document
from mehealth_rag.types import Block, BlockKind, Document, Page, Source

if TYPE_CHECKING:
    from pathlib import Path

needs_tesseract = pytest.mark.skipif(
    shutil.which("tesseract") is None, reason="Tesseract is not installed"
)


def source(path: Path) -> Source:
    return Source(path.stem, path.stem, "report", path.suffix.lstrip("."), path=path)


def read(path: Path) -> Document:
    return read_document(source(path))


def words_of(block: Block, page: Page) -> str:
    return block.span.of(page.text)


def of_kind(page: Page, kind: BlockKind) -> list[str]:
    return [words_of(block, page) for block in page.blocks if block.kind is kind]


def check_invariants(page: Page) -> None:
    """Spans in order and apart, blocks over all text, every line inside one block."""
    at = 0
    for block in page.blocks:
        between = page.text[at : block.span.start]
        assert between == ("\n" if at else "")
        assert block.span.start < block.span.end
        assert words_of(block, page) == words_of(block, page).strip()
        at = block.span.end
    assert at == len(page.text)
    at = 0
    homes = list(page.blocks)
    for line in page.lines:
        assert at <= line.span.start < line.span.end
        at = line.span.end
        while homes and homes[0].span.end < line.span.end:
            homes.pop(0)
        assert homes
        assert homes[0].span.start <= line.span.start
    assert "  " not in page.text
    covered = {i for line in page.lines for i in range(line.span.start, line.span.end)}
    assert all(i in covered or char.isspace() for i, char in enumerate(page.text))
