"""Reads PDFs with pdfium: the text of each page with its position and style.

Text is fetched once per page, boxes and fonts per line or word but never per character, because
each query is a call into the library.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import repeat
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading import PLAIN, ReadingOptions
from mehealth_rag.reading.blocks import draft_pages, measure
from mehealth_rag.reading.contents import led_apart
from mehealth_rag.reading.examining import examine
from mehealth_rag.reading.fields import STAND_IN, is_stand_in, with_bullets, with_fields
from mehealth_rag.reading.flow import Read
from mehealth_rag.reading.furniture import mark_furniture
from mehealth_rag.reading.hidden import take_out_hidden
from mehealth_rag.reading.layout import arrange
from mehealth_rag.reading.pdf_file import has_end, metadata, open_pdf, page_links
from mehealth_rag.reading.queries import Questions, Style
from mehealth_rag.reading.raised import with_raised, without_doubles, without_spread
from mehealth_rag.reading.runs import Draft, Frame, RawPage, Run, line_box, union
from mehealth_rag.reading.suspects import Walker
from mehealth_rag.reading.tidy import (
    BROKEN,
    Vocabulary,
    clean,
    compose,
    ends_broken,
    with_ligatures,
)
from mehealth_rag.reading.wire import uncollected
from mehealth_rag.types import Box, Fault, Line, Page

_MOST_PAGES = 50_000
"""Maximum pages of a file; the longest real ones have some ten thousand."""
_CELL_GAP = 1.0
"""Gap in ems above which parts of a line are separate cells or columns; spaces are 0.25 to 0.6."""
_LOOSE_LINE = 0.62
"""Ems per character above which a line may hide wide gaps; running text has 0.4 to 0.55."""
_LINE = re.compile(f"[^\r\n{BROKEN}]*[{BROKEN}]?")


def read_pdf(path: Path, options: ReadingOptions = PLAIN) -> Read:
    """Read the pages of a PDF and its metadata.

    Boxes are in points on the displayed page (cropped and rotated), with the origin at its bottom
    left; `Page.size` is the size of the displayed page. Raises ReadingError.
    """
    with uncollected():
        raws, entries = _read_pages(path, options)
        arranged = [led_apart(arrange(raw)) for raw in raws]
        style = measure(region for regions in arranged for region in regions)
        marked = mark_furniture(raws, arranged, style.body)
        drafts = draft_pages(marked, style)
        texts = [line.text for page in marked for region in page for line in region]
        # Without broken words the vocabulary is never used.
        vocabulary = Vocabulary.of(texts if any(map(ends_broken, texts)) else ())
        return tuple(map(_page, raws, drafts, repeat(vocabulary))), entries


def _page(raw: RawPage, drafts: Sequence[Draft], vocabulary: Vocabulary) -> Page:
    text, blocks, lines = compose(drafts, vocabulary)
    if raw.turn:
        frame = Frame((0.0, 0.0, *raw.placed_on), 360 - raw.turn)
        lines = tuple(Line(line.span, line.box and frame.box(line.box)) for line in lines)
    return Page(
        raw.number, raw.label, text, blocks, lines, raw.links, raw.size, raw.problem, raw.fault
    )


def _read_pages(path: Path, options: ReadingOptions) -> tuple[list[RawPage], dict[str, str]]:
    """Read the raw pages of a PDF, with runs, labels and links, and its metadata."""
    with closing(open_pdf(path, options.passwords)) as document:
        count = len(document)
        if count > _MOST_PAGES:
            limit = f"at most {_MOST_PAGES:,} are read"
            raise ReadingError(f"{path}: claims to have {count:,} pages; {limit}")
        document.init_forms()
        questions, walker = Questions(), Walker(path)
        pages = [_read_page(document, at, questions, walker, options) for at in range(count)]
        if is_stand_in(document):
            fault = Fault.UNREADABLE
            pages = [replace(page, runs=(), problem=STAND_IN, fault=fault) for page in pages]
        entries = metadata(document)
    if not pages:
        raise ReadingError(f"{path}: the PDF has no pages; get the file again")
    if not all(page.runs for page in pages) and not has_end(path):
        raise ReadingError(f"{path}: the PDF is cut short (its end is missing); get the file again")
    return pages, entries


def _read_page(
    document: pdfium.PdfDocument,
    index: int,
    questions: Questions,
    walker: Walker,
    options: ReadingOptions,
) -> RawPage:
    label = document.get_page_label(index).strip() or str(index + 1)
    try:
        page = document[index]
        frame = Frame(tuple(page.get_bbox()), page.get_rotation())
        size = page.get_size()
        runs, turn, unmapped = _text(page, frame, questions)
    except pdfium.PdfiumError:
        damaged = "the page is damaged and could not be read"
        return RawPage(index + 1, (0.0, 0.0), (), damaged, Fault.UNREADABLE, label)
    with closing(page):
        hidden = take_out_hidden(page, frame, walker, questions.starts) if runs else ""
        if hidden:
            runs, turn, unmapped = _text(page, frame, questions)
        turned = frame.turned(turn)
        runs = with_bullets(runs, list(map(turned.box, walker.dots)))
        runs = with_fields(page, runs, turned)
        links = page_links(page, frame)
        read = RawPage(index + 1, size, runs, label=label, links=links, turn=turn)
        return examine(page, read, options, hidden, unmapped=unmapped)


def _text(
    page: pdfium.PdfPage, frame: Frame, questions: Questions
) -> tuple[tuple[Run, ...], int, bool]:
    """Return the runs of a page, its turn in degrees, and whether its fonts lack Unicode maps."""
    with closing(page.get_textpage()) as textpage:
        questions.turn_to(textpage.raw, frame)
        runs = tuple(_runs(textpage, questions))
        letters: Counter[int] = Counter()
        for run in runs:
            letters[run.turn] += len(run.text)
        turn = max(letters, key=letters.__getitem__, default=0)
        if turn:  # most of the text is sideways, as in a wide table: read the page turned
            questions.turn_to(textpage.raw, frame.turned(turn))
            runs = tuple(_runs(textpage, questions))
        return runs, turn, questions.are_unmapped(textpage.count_chars())


def _runs(textpage: pdfium.PdfTextPage, questions: Questions) -> Iterator[Run]:
    """Yield the runs of a page in pdfium's line order."""
    text = with_ligatures(textpage.get_text_range())
    in_step = len(text) == textpage.count_chars()
    order, parted = 0, False
    for match in _LINE.finditer(text):
        line, first = match[0], match.start()
        if not line or line.isspace():
            parted |= bool(line)
            continue
        if not in_step:
            first = max(raw.FPDFText_GetCharIndexFromTextIndex(textpage.raw, first), 0)
        for run in _line_runs(questions, line, first, order):
            yield run._replace(parted=True) if parted or line[0].isspace() else run
        order += 1
        parted = line[-1].isspace()


def _line_runs(page: Questions, line: str, first: int, order: int) -> Iterator[Run]:
    """Yield the runs of a line, cut at wide gaps; `first` is the index of its first character."""
    count = page.rect_count(first, len(line))
    if count <= 0:
        return
    if count > 1:
        page.note_words(line, first)
        line = without_spread(page, without_doubles(page, line, first), first)
    lead = len(line) - len(line.lstrip())
    style = page.style(first + lead)
    widest = _LOOSE_LINE * style.size * len(line)
    if count == 1 or not style.upright:
        box = union(map(page.rect, range(count)))
        if not style.upright or box[2] - box[0] <= widest:
            yield _run(page, line, first, (style, box), order)
            return
    if count > 1:
        line = with_raised(page, line, first)
    if 1 < count < line.count(" "):  # otherwise querying each word is just as fast
        seamless = _seamless(page, count, style.size)
        right = page.char(first + len(line.rstrip()) - 1)[2]
        if seamless is not None and right - seamless[0] <= widest:
            box = (seamless[0], seamless[1], right, seamless[3])
            yield _run(page, line[lead:], first + lead, (style, box), order)
            return
    yield from _cells(page, line, first, order)


def _cells(page: Questions, line: str, first: int, order: int) -> Iterator[Run]:
    look: tuple[Style, Box] | None = None
    start = 0
    for at, word in page.words(line, first):
        if look is not None:
            style, box = look
            if _goes_on(box, word, style.size):
                look = style, (box[0], box[1], word[2], box[3])
                continue
            yield _run(page, line[start:at], first + start, look, order)
        start, look = at, (page.style(first + at), word)
    if look is not None:
        yield _run(page, line[start:], first + start, look, order)


def _seamless(page: Questions, count: int, size: float) -> Box | None:
    """Return the box around `count` text objects, or None if a wide gap separates two."""
    box = page.rect(0)
    for index in range(1, count):
        following = page.rect(index)
        if not _goes_on(box, following, size):
            return None
        box = (box[0], min(box[1], following[1]), following[2], max(box[3], following[3]))
    return box


def _goes_on(box: Box, following: Box, size: float) -> bool:
    """Return whether two boxes of a line follow on without a wide gap or a step back."""
    return -3 * size <= following[0] - box[2] <= _CELL_GAP * size


def _run(page: Questions, text: str, first: int, look: tuple[Style, Box], order: int) -> Run:
    style, box = look
    end = page.style(first + len(text.rstrip()) - 1)
    size, baseline = style.size, style.baseline
    note = style.upright and end.size > 1.15 * size  # it starts with a footnote mark
    if note:
        size, baseline = end.size, end.baseline
    if style.upright:
        height = box[3] - box[1]
        if size <= 0 or height > 1.6 * size:
            size = max(height / 0.9, 1.0)  # the font states a wrong size
        box = line_box(box[0], box[2], baseline, size)
    return Run(
        clean(text), box, baseline, size, order, style.bold, end.bold,
        style.upright, note, style.slant, style.turn,
    )  # fmt: skip
