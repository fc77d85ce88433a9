from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from index_helpers import Corpus

from mehealth_rag.embedding import PassageEncoder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def passage_encoder() -> PassageEncoder:
    return PassageEncoder.load()


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    made = Corpus(tmp_path)
    yield made
    made.close()
