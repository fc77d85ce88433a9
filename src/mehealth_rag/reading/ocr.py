"""OCR of rendered pages with Tesseract, if it is installed."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import TYPE_CHECKING

from mehealth_rag.reading.runs import DESCENT, Run, in_groups, line_box
from mehealth_rag.reading.tidy import clean
from mehealth_rag.types import Box

if TYPE_CHECKING:
    import pypdfium2 as pdfium

_TIMEOUT = 50.0
"""Maximum seconds per page; most take one or two."""
_PROGRAM = "tesseract"
_DPI = 300
_PIXELS = 20_000_000
"""Maximum pixels of a rendered page; larger pages are rendered below 300 dpi."""
_SURE = 40
"""Minimum mean confidence (of 100) of a line's words; below it they are specks."""
_CELL_GAP = 1.0
"""Maximum gap in ems between words of one cell or column."""
_X_HEIGHT, _CAPITAL = 0.5, 0.72
_TALL, _DEEP = re.compile(r"[A-Zbdfhklt0-9£$€%()/]"), re.compile(r"[gjpqy,;()Q$]")
_WORD_LEVEL = "5"


class OcrError(Exception):
    """Tesseract could not read a page; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word with its box in points on the displayed page, confidence (0 to 100) and line.

    `line` holds Tesseract's block, paragraph and line numbers.
    """

    text: str
    box: Box
    confidence: float
    line: tuple[str, str, str]


@cache
def installed() -> str:
    """Return version and languages of the installed Tesseract in one line; empty if none."""
    if shutil.which(_PROGRAM) is None:
        return ""
    try:
        version = _run(["--version"]).decode("utf-8", "replace").split()[1]
        languages = _run(["--list-langs"]).decode("utf-8", "replace").splitlines()[1:]
    except (OcrError, IndexError):
        return ""
    return " ".join([version, *sorted(name.strip() for name in languages)])


def lacking(languages: str) -> tuple[str, ...]:
    """Return which of `languages` ("eng+deu") the installed Tesseract lacks."""
    known = set(installed().split()[1:])
    return tuple(name for name in languages.split("+") if name not in known)


def read_picture(page: pdfium.PdfPage, languages: str) -> tuple[Run, ...]:
    """Read the words of a rendered page: one run per line or cell, in Tesseract's order.

    Boxes are in points on the displayed page. Raises OcrError.
    """
    width, height = page.get_size()
    scale = min(_DPI / 72, (_PIXELS / max(width * height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    picture = io.BytesIO()
    bitmap.to_pil().save(picture, "PPM")
    pixel_height = bitmap.height
    bitmap.close()
    dpi = str(max(70, round(72 * scale)))
    tsv = _run(["stdin", "stdout", "-l", languages, "--dpi", dpi, "tsv"], picture.getvalue())
    words = _words(tsv.decode("utf-8", "replace"), scale, pixel_height)
    return tuple(_runs(words))


def _run(arguments: Sequence[str], stdin: bytes = b"") -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - the page is data, the languages are our settings
            [_PROGRAM, *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=_TIMEOUT,
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise OcrError(f"Tesseract took over {_TIMEOUT:g} s") from error
    except OSError as error:
        raise OcrError(f"Tesseract does not run ({error.strerror})") from error
    if done.returncode != 0:
        errors = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise OcrError(f"Tesseract failed ({errors[-1][:80] if errors else done.returncode})")
    return done.stdout


def _words(tsv: str, scale: float, pixel_height: int) -> list[_Word]:
    words = []
    for row in csv.DictReader(tsv.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = clean(row.get("text") or "")
        if row.get("level") != _WORD_LEVEL or not text:
            continue
        left, top, width, height = (int(row[key]) for key in ("left", "top", "width", "height"))
        box = (
            left / scale,
            (pixel_height - top - height) / scale,
            (left + width) / scale,
            (pixel_height - top) / scale,
        )
        line = row["block_num"], row["par_num"], row["line_num"]
        words.append(_Word(text, box, float(row["conf"]), line))
    return words


def _runs(words: Sequence[_Word]) -> Iterable[Run]:
    lines = in_groups(words, lambda line, word: line[0].line == word.line)
    legible = [line for line in lines if sum(w.confidence for w in line) >= _SURE * len(line)]
    if not legible:
        return
    sizes = [_size(line) for line in legible]
    usual = median(sizes)
    for order, (line, size) in enumerate(zip(legible, sizes, strict=True)):
        snapped = usual if abs(size - usual) < 0.2 * usual else size
        yield from _line_runs(line, snapped, order)


def _size(line: Sequence[_Word]) -> float:
    """Estimate the font size from a line's height and whether it has ascenders and descenders."""
    text = "".join(word.text for word in line)
    ems = (_CAPITAL if _TALL.search(text) else _X_HEIGHT) + DESCENT * bool(_DEEP.search(text))
    return (max(w.box[3] for w in line) - min(w.box[1] for w in line)) / ems


def _line_runs(line: Sequence[_Word], size: float, order: int) -> Iterable[Run]:
    gap = _CELL_GAP * size
    for cell in in_groups(line, lambda cell, word: word.box[0] - cell[-1].box[2] <= gap):
        text = " ".join(word.text for word in cell)
        baseline = min(word.box[1] for word in cell) + DESCENT * size * bool(_DEEP.search(text))
        box = line_box(cell[0].box[0], cell[-1].box[2], baseline, size)
        yield Run(text, box, baseline, size, order)
