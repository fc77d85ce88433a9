"""Real PDFs for the readers, made in the test."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from mehealth_rag.types import Page
from tests.reading.drawing import Draw, MakePdf, ReadPage, all_of
from tests.reading.reading_helpers import check_invariants, read


@pytest.fixture
def make_pdf(tmp_path: Path) -> MakePdf:
    def make(*pages: Draw, name: str = "made.pdf") -> Path:
        path = tmp_path / name
        canvas = Canvas(str(path), pagesize=A4)
        for draw in pages:
            draw(canvas)
            canvas.showPage()
        canvas.save()
        return path

    return make


@pytest.fixture
def read_page(make_pdf: MakePdf) -> ReadPage:
    def read_made(*draws: Draw) -> Page:
        (page,) = read(make_pdf(all_of(*draws))).pages
        check_invariants(page)
        return page

    return read_made
