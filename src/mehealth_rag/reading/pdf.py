"""The text of a PDF with its place and style: pages to runs, by pdfium.

Text is taken once a page; boxes and fonts are asked for a line or a word, never for every
character, because each question is a call into the library.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from mehealth_rag.errors import ReadingError
from mehealth_rag.reading.blocks import draft_pages, measure
from mehealth_rag.reading.contents import led_apart
from mehealth_rag.reading.examining import examine
from mehealth_rag.reading.fields import STAND_IN, is_stand_in, with_fields
from mehealth_rag.reading.furniture import mark_furniture
from mehealth_rag.reading.hidden import take_out_hidden
from mehealth_rag.reading.layout import arrange
from mehealth_rag.reading.options import PLAIN, ReadingOptions
from mehealth_rag.reading.pdf_file import has_end, metadata, open_pdf, page_label, page_links
from mehealth_rag.reading.questions import Questions, Style
from mehealth_rag.reading.raised import with_raised, without_doubles
from mehealth_rag.reading.runs import Draft, Frame, RawPage, Run, line_box, union
from mehealth_rag.reading.suspects import Walker, may_have_layers
from mehealth_rag.reading.tidy import (
    BROKEN,
    Vocabulary,
    clean,
    compose,
    ends_broken,
    with_ligatures,
)
from mehealth_rag.reading.upkeep import uncollected
from mehealth_rag.types import Box, Fault, Line, Page

_MOST_PAGES = 50_000
"""Pages of one file; the longest real ones have some ten thousand."""
_CELL_GAP = 1.0
"""A gap this many ems wide inside a line separates cells or columns; spaces are 0.25 to 0.6."""
_LOOSE_LINE = 0.62
"""Ems per character above which a line may hide wide gaps; running text has 0.4 to 0.55."""
_LINE = re.compile(f"[^\r\n{BROKEN}]*[{BROKEN}]?")


def read_pdf(
    path: Path, options: ReadingOptions = PLAIN
) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """All pages of a PDF in order, and its metadata.

    Boxes are in points on the page as it is displayed (crop box taken off, rotation applied), with
    the origin at its bottom left; `Page.size` is the displayed page's. Raises ReadingError.
    """
    with uncollected():
        raws, told = read_pages(path, options)
        arranged = [led_apart(arrange(raw)) for raw in raws]
        style = measure(region for regions in arranged for region in regions)
        marked = mark_furniture(raws, arranged, style.body)
        drafts = draft_pages(marked, style)
        texts = [line.text for page in marked for region in page for line in region]
        vocabulary = Vocabulary.of(texts if any(map(ends_broken, texts)) else ())  # else not asked
        return tuple(map(_page, raws, drafts, [vocabulary] * len(raws))), told


def _page(raw: RawPage, drafts: Sequence[Draft], vocabulary: Vocabulary) -> Page:
    text, blocks, lines = compose(drafts, vocabulary)
    if raw.turn:
        lines = tuple(Line(line.span, raw.displayed(line.box)) for line in lines)
    return Page(
        raw.number, raw.label, text, blocks, lines, raw.links, raw.size, raw.problem, raw.fault
    )


def read_pages(path: Path, options: ReadingOptions) -> tuple[list[RawPage], dict[str, str]]:
    """All pages of a PDF in order, each with its runs, label and links; and its metadata.

    A page with something wrong has a `problem`; without text or beyond repair it has no runs.
    Raises ReadingError where the file as a whole cannot be read.
    """
    document = open_pdf(path, options.passwords)
    try:
        count = len(document)
        if count > _MOST_PAGES:
            raise ReadingError(
                f"{path}: claims to have {count:,} pages; at most {_MOST_PAGES:,} are read"
            )
        document.init_forms()
        questions, walker = Questions(), Walker(layers=may_have_layers(path))
        pages = [_read_page(document, at, questions, walker, options) for at in range(count)]
        if is_stand_in(document):
            pages = [
                replace(page, runs=(), problem=STAND_IN, fault=Fault.UNREADABLE) for page in pages
            ]
        told = metadata(document)
    finally:
        document.close()
    if not pages:
        raise ReadingError(f"{path}: the PDF has no pages; get the file again")
    if not all(page.runs for page in pages) and not has_end(path):
        raise ReadingError(f"{path}: the PDF is cut short (its end is missing); get the file again")
    return pages, told


def _read_page(
    document: pdfium.PdfDocument,
    index: int,
    questions: Questions,
    walker: Walker,
    options: ReadingOptions,
) -> RawPage:
    label = page_label(document, index)
    try:
        page = document[index]
        frame = Frame(tuple(page.get_bbox()), page.get_rotation())
        size = page.get_size()
        runs, turn, unmapped = _text(page, frame, questions)
    except pdfium.PdfiumError:
        damaged = "the page is damaged and could not be read"
        return RawPage(index + 1, (0.0, 0.0), (), damaged, Fault.UNREADABLE, label)
    try:
        hidden = take_out_hidden(page, frame, walker, questions.met) if runs else ""
        if hidden:
            runs, turn, unmapped = _text(page, frame, questions)
        runs = with_fields(page, runs, frame.turned(turn))
        links = page_links(page, frame)
        read = RawPage(index + 1, size, runs, label=label, links=links, turn=turn)
        return examine(page, read, options, hidden, unmapped=unmapped)
    finally:
        page.close()


def _text(
    page: pdfium.PdfPage, frame: Frame, questions: Questions
) -> tuple[tuple[Run, ...], int, bool]:
    """The runs of a page, how far it was turned for them, and whether its fonts tell no letters."""
    textpage = page.get_textpage()
    try:
        questions.turn_to(textpage.raw, frame)
        runs = tuple(_runs(textpage, questions))
        letters: Counter[int] = Counter()
        for run in runs:
            letters[run.turn] += len(run.text)
        turn = max(letters, key=letters.__getitem__, default=0)
        if turn:  # most of the page is on its side, as a wide table is: it is read as it is meant
            questions.turn_to(textpage.raw, frame.turned(turn))
            runs = tuple(_runs(textpage, questions))
        return runs, turn, questions.are_unmapped(textpage.count_chars())
    finally:
        textpage.close()


def _runs(textpage: pdfium.PdfTextPage, questions: Questions) -> Iterator[Run]:
    """Give the runs of a page, line by line as pdfium found them."""
    text, index_of = _characters(textpage)
    order = 0
    parted = False
    for match in _LINE.finditer(text):
        line = match[0]
        if not line or line.isspace():
            parted |= bool(line)
            continue
        first = index_of(match.start())
        line = without_doubles(questions, line, first)
        for run in _line_runs(questions, line, first, order):
            yield run._replace(parted=True) if parted or line[0].isspace() else run
        order += 1
        parted = line[-1].isspace()


def _characters(textpage: pdfium.PdfTextPage) -> tuple[str, Callable[[int], int]]:
    """A page's text, and the way from an offset in it to pdfium's own index of a character."""
    text = with_ligatures(textpage.get_text_range())
    if len(text) == textpage.count_chars():
        return text, int
    handle = textpage.raw
    return text, lambda offset: max(raw.FPDFText_GetCharIndexFromTextIndex(handle, offset), 0)


def _line_runs(page: Questions, line: str, first: int, order: int) -> Iterator[Run]:
    """Give the runs of a line whose first character is `first`: it is cut where a wide gap is."""
    count = page.rect_count(first, len(line))
    if count <= 0:
        return
    if count > 1:
        page.meet(line, first)
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
    if 1 < count < line.count(" "):  # else asking for the words is as quick
        whole = _seamless(page, count, style.size)
        right = page.char(first + len(line.rstrip()) - 1)[2]
        if whole is not None and right - whole[0] <= widest:
            box = (whole[0], whole[1], right, whole[3])
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
    """Give the box of the text objects that were counted; None where a wide gap parts two."""
    box = page.rect(0)
    for index in range(1, count):
        following = page.rect(index)
        if not _goes_on(box, following, size):
            return None
        box = (box[0], min(box[1], following[1]), following[2], max(box[3], following[3]))
    return box


def _goes_on(box: Box, following: Box, size: float) -> bool:
    """Whether there is neither a wide gap between two boxes of a line nor a step back."""
    return -3 * size <= following[0] - box[2] <= _CELL_GAP * size


def _run(page: Questions, text: str, first: int, look: tuple[Style, Box], order: int) -> Run:
    style, box = look
    end = page.style(first + len(text.rstrip()) - 1)
    size, baseline = style.size, style.baseline
    note = style.upright and end.size > 1.15 * size  # a raised figure stands first
    if note:
        size, baseline = end.size, end.baseline
    if style.upright:
        height = box[3] - box[1]
        if size <= 0 or height > 1.6 * size:
            size = max(height / 0.9, 1.0)  # a font that lies about its size
        box = line_box(box[0], box[2], baseline, size)
    return Run(
        clean(text), box, baseline, size, order, style.bold, end.bold,
        style.upright, note, style.slant, style.turn,
    )  # fmt: skip
