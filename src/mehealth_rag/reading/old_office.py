"""Old Office files (DOC, PPT, XLS): written anew in today's formats, and read as those.

office_oxide writes them. It keeps headings, lists, tables with their merged cells, raised letters,
notes, running heads and the looks of numbers, and leaves hidden words out.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from office_oxide import Document, OfficeOxideError

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.sniffing import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mehealth_rag.types import Page


def read_doc(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the pages of an old Word document."""
    from mehealth_rag.reading.word import read_docx

    return read_docx(path, _anew(path, content, "doc"))


def read_ppt(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the pages of an old PowerPoint presentation."""
    from mehealth_rag.reading.slides import read_slides

    return read_slides(path, _anew(path, content, "ppt"), numbered=True)


def read_xls(path: Path, content: bytes) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """Read the pages of an old Excel workbook."""
    from mehealth_rag.reading.workbook import read_workbook

    return read_workbook(path, _anew(path, content, "xls"))


def _anew(path: Path, content: bytes, form: Literal["doc", "ppt", "xls"]) -> bytes:
    """The file in the format that took the place of its own.

    Raises ReadingError where it is damaged or locked.
    """
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / f"anew.{form}x"
        try:
            with Document.from_bytes(content, form) as document:
                document.save_as(written)
        except OfficeOxideError as error:
            reason = " ".join(str(error).split())[:120]
            mend = f"open it in an Office program and save it as .{form}x"
            raise ReadingError(
                f"{path}: {NAMES[form]} that cannot be read ({reason}); {mend}"
            ) from error
        return written.read_bytes()
