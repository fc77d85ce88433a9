"""Pictures of pages to words: Tesseract, where it is installed, run on a page as it is drawn."""

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


TIMEOUT = 50.0
"""Seconds that one page may take; most take one or two."""
PROGRAM = "tesseract"
_DPI = 300
_PIXELS = 20_000_000
"""A page that would have more at 300 dpi is drawn smaller."""
_SURE = 40
"""Mean confidence (of 100) of a line's words below which they are specks, not words."""
_CELL_GAP = 1.0
"""Ems between words from which on they stand in different cells or columns."""
_X_HEIGHT, _CAPITAL = 0.5, 0.72
_TALL, _DEEP = re.compile(r"[A-Zbdfhklt0-9£$€%()/]"), re.compile(r"[gjpqy,;()Q$]")
_WORD_LEVEL = "5"


class OcrError(Exception):
    """Tesseract could not read a page; the text says why in a few words."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A word with its box in points on the page as displayed, and the line that it stands in."""

    text: str
    box: Box
    sure: float
    line: tuple[str, str, str]


@cache
def installed() -> str:
    """Version and languages of the installed Tesseract, as one line; empty where there is none."""
    if shutil.which(PROGRAM) is None:
        return ""
    try:
        version = _run(["--version"]).decode("utf-8", "replace").split()[1]
        languages = _run(["--list-langs"]).decode("utf-8", "replace").splitlines()[1:]
    except (OcrError, IndexError):
        return ""
    return " ".join([version, *sorted(name.strip() for name in languages)])


def lacking(languages: str) -> tuple[str, ...]:
    """Those of `languages` ("eng+deu") that the installed Tesseract does not know."""
    known = set(installed().split()[1:])
    return tuple(name for name in languages.split("+") if name not in known)


def read_picture(page: pdfium.PdfPage, languages: str) -> tuple[Run, ...]:
    """The words of a page as it is drawn, a run for each line or cell, in Tesseract's order.

    Boxes are in points on the displayed page. Raises OcrError.
    """
    width, height = page.get_size()
    scale = min(_DPI / 72, (_PIXELS / max(width * height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
    picture = io.BytesIO()
    bitmap.to_pil().save(picture, "PPM")
    down = bitmap.height
    bitmap.close()
    dpi = str(max(70, round(72 * scale)))
    told = _run(["stdin", "stdout", "-l", languages, "--dpi", dpi, "tsv"], picture.getvalue())
    words = _words(told.decode("utf-8", "replace"), scale, down)
    return tuple(_runs(words))


def _run(arguments: Sequence[str], given: bytes = b"") -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - the page is data, the languages are our settings
            [PROGRAM, *arguments],
            input=given,
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise OcrError(f"Tesseract took over {TIMEOUT:g} s") from error
    except OSError as error:
        raise OcrError(f"Tesseract does not run ({error.strerror})") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise OcrError(f"Tesseract failed ({said[-1][:80] if said else done.returncode})")
    return done.stdout


def _words(tsv: str, scale: float, down: int) -> list[_Word]:
    words = []
    for row in csv.DictReader(tsv.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = clean(row.get("text") or "")
        if row.get("level") != _WORD_LEVEL or not text:
            continue
        left, top, wide, high = (int(row[key]) for key in ("left", "top", "width", "height"))
        box = left / scale, (down - top - high) / scale, (left + wide) / scale, (down - top) / scale
        line = row["block_num"], row["par_num"], row["line_num"]
        words.append(_Word(text, box, float(row["conf"]), line))
    return words


def _runs(words: Sequence[_Word]) -> Iterable[Run]:
    lines = in_groups(words, lambda line, word: line[0].line == word.line)
    sure = [line for line in lines if sum(w.sure for w in line) >= _SURE * len(line)]
    if not sure:
        return
    sizes = [_size(line) for line in sure]
    usual = median(sizes)
    for order, (line, size) in enumerate(zip(sure, sizes, strict=True)):
        snapped = usual if abs(size - usual) < 0.2 * usual else size
        yield from _line_runs(line, snapped, order)


def _size(line: Sequence[_Word]) -> float:
    """The font's size that a line's height tells, by which letters stand in it."""
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
