"""Pictures (PNG, JPEG, TIFF), read by Tesseract through a PDF with one picture per page."""

from __future__ import annotations

import io
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageOps, ImageSequence

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading import ReadingOptions
from mehealth_rag.reading.flow import Read
from mehealth_rag.reading.packages import damaged
from mehealth_rag.reading.pdf import read_pdf
from mehealth_rag.reading.wire import beat

_FORMATS = ("PNG", "JPEG", "TIFF")
_MOST_PIXELS, _MOST_PAGES = 100_000_000, 5_000
_DPI = 150.0
"""Resolution assumed if the file states none or one outside the bounds below."""
_LEAST_DPI, _HIGHEST_DPI = 100.0, 1200.0


def read_photo(path: Path, content: bytes, options: ReadingOptions) -> Read:
    """Read the pages of a picture by OCR. Raises ReadingError if it is damaged or too large."""
    with tempfile.TemporaryDirectory() as folder:
        pdf = Path(folder) / "picture.pdf"
        try:
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                pixels = math.prod(picture.size)
                if pixels > _MOST_PIXELS or getattr(picture, "n_frames", 1) > _MOST_PAGES:
                    limits = f"{_MOST_PIXELS // 1_000_000} million pixels or {_MOST_PAGES:,} pages"
                    raise ReadingError(f"{path}: a picture of over {limits}; save it smaller")
                _save(picture, pdf)
        except (OSError, ValueError, SyntaxError, TypeError, Image.DecompressionBombError) as error:
            raise damaged(path, "a picture", error) from error
        return read_pdf(pdf, options)[0], {}


def _save(picture: Image.Image, pdf: Path) -> None:
    """Write the pages of a picture to a PDF, holding one at a time in memory."""
    stated = float(picture.info.get("dpi", (0, 0))[0])
    dpi = stated if _LEAST_DPI <= stated <= _HIGHEST_DPI else _DPI
    for number, frame in enumerate(_frames(picture)):
        beat()
        frame.save(pdf, "PDF", resolution=dpi, append=number > 0, quality=95)


def _frames(picture: Image.Image) -> Iterator[Image.Image]:
    """Yield each page of a picture upright, in grey on white."""
    for frame in ImageSequence.Iterator(picture):
        upright = ImageOps.exif_transpose(frame).convert("RGBA")
        background = Image.new("RGBA", upright.size, "white")
        background.alpha_composite(upright)
        yield background.convert("L")
