from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fetching_helpers import Corner
from fetching_web import Site


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture
def corner(tmp_path: Path) -> Corner:
    folder = tmp_path / "corpus"
    folder.mkdir()
    return Corner(folder)
