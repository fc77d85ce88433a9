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
from mehealth_rag.reading.pdf_file import (
    has_end,
    metadata,
    open_pdf,
    page_label,
    page_links,
)
from mehealth_rag.reading.questions import NO_STYLE, Questions, Style
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


def read_pdf(
    path: Path, options: ReadingOptions = PLAIN
) -> tuple[tuple[Page, ...], Mapping[str, str]]:
    """All pages of a PDF in order, and its metadata.

    Boxes are in points on the page as it is displayed (crop box taken off, rotation applied), with
    the origin at its bottom left; `Page.size` is the displayed page's. Raises ReadingError.
    """
    with uncollected():
        raws, metadata = read_pages(path, options)
        return _pages(raws), metadata


def _pages(raws: Sequence[RawPage]) -> tuple[Page, ...]:
    arranged = [led_apart(arrange(raw)) for raw in raws]
    style = measure(region for regions in arranged for region in regions)
    marked = mark_furniture(raws, arranged, style.body)
    drafts = draft_pages(marked, style)
    texts = [line.text for page in marked for region in page for line in region]
    vocabulary = Vocabulary.of(texts if any(map(ends_broken, texts)) else ())  # else not asked
    return tuple(_page(raw, blocks, vocabulary) for raw, blocks in zip(raws, drafts, strict=True))


def _page(raw: RawPage, drafts: Sequence[Draft], vocabulary: Vocabulary) -> Page:
    text, blocks, lines = compose(drafts, vocabulary)
    return Page(
        number=raw.number,
        label=raw.label,
        text=text,
        blocks=blocks,
        lines=tuple(Line(line.span, raw.displayed(line.box)) for line in lines)
        if raw.turn
        else lines,
        links=raw.links,
        size=raw.size,
        problem=raw.problem,
        fault=raw.fault,
    )


_MOST_PAGES = 50_000
"""Pages of one file; the longest real ones have some ten thousand."""
_DAMAGED = "the page is damaged and could not be read"

_CELL_GAP = 1.0
"""A gap this many ems wide inside a line separates cells or columns; spaces are 0.25 to 0.6."""
_LOOSE_LINE = 0.62
"""Ems per character above which a line may hide wide gaps; running text has 0.4 to 0.55."""
_LINE = re.compile(f"[^\r\n{BROKEN}]*[{BROKEN}]?")


def read_pages(path: Path, options: ReadingOptions) -> tuple[list[RawPage], dict[str, str]]:
    """All pages of a PDF in order, each with its runs, label and links; and its metadata.

    A page with something wrong has a `problem`; without text or beyond repair it has no runs.
    Raises ReadingError where the file as a whole cannot be read.
    """
    document = open_pdf(path, options.passwords)
    try:
        if len(document) > _MOST_PAGES:
            raise ReadingError(
                f"{path}: claims to have {len(document):,} pages; at most {_MOST_PAGES:,} are read"
            )
        document.init_forms()
        questions = Questions()
        walker = Walker(layers=may_have_layers(path))
        pages = [
            _read_page(document, i, (questions, walker), options) for i in range(len(document))
        ]
        if is_stand_in(document):
            pages = [
                replace(page, runs=(), problem=STAND_IN, fault=Fault.UNREADABLE) for page in pages
            ]
        said = metadata(document)
    finally:
        document.close()
    if not pages:
        raise ReadingError(f"{path}: the PDF has no pages; get the file again")
    if not all(page.runs for page in pages) and not has_end(path):
        raise ReadingError(f"{path}: the PDF is cut short (its end is missing); get the file again")
    return pages, said


def _read_page(
    document: pdfium.PdfDocument,
    index: int,
    askers: tuple[Questions, Walker],
    options: ReadingOptions,
) -> RawPage:
    label = page_label(document, index)
    questions, walker = askers
    try:
        page = document[index]
        frame = Frame(tuple(page.get_bbox()), page.get_rotation())
        size = page.get_size()
        runs, turn, unmapped = _text(page, frame, questions)
    except pdfium.PdfiumError:
        return RawPage(index + 1, (0.0, 0.0), (), _DAMAGED, Fault.UNREADABLE, label)
    try:
        hidden = take_out_hidden(page, frame, walker, questions.met) if runs else ""
        if hidden:
            runs, turn, unmapped = _text(page, frame, questions)
        runs = with_fields(page, runs, frame.turned(turn))
        links = page_links(page, frame)
        placed_on = (size[1], size[0]) if turn else size
        found = examine(page, runs, placed_on, options, hidden, unmapped=unmapped)
    finally:
        page.close()
    if found.fault is Fault.OCR:
        turn = 0  # the words are those of the page as it is displayed
    return RawPage(index + 1, size, found.runs, found.problem, found.fault, label, links, turn)


def _text(
    page: pdfium.PdfPage, frame: Frame, questions: Questions
) -> tuple[tuple[Run, ...], int, bool]:
    """The runs of a page, how far it was turned for them, and whether its fonts tell no letters."""
    textpage = page.get_textpage()
    try:
        questions.turn_to(textpage.raw, frame)
        runs = tuple(_runs(textpage, questions))
        turn = _turn(runs)
        if turn:  # most of the page is on its side, as a wide table is: it is read as it is meant
            questions.turn_to(textpage.raw, frame.turned(turn))
            runs = tuple(_runs(textpage, questions))
        return runs, turn, questions.are_unmapped(textpage.count_chars())
    finally:
        textpage.close()


def _turn(runs: Sequence[Run]) -> int:
    """How far a page has to be turned for most of its text to stand upright."""
    if all(run.upright for run in runs):
        return 0
    letters: Counter[int] = Counter()
    for run in runs:
        letters[0 if run.upright else run.turn] += len(run.text)
    return letters.most_common(1)[0][0]


def _runs(textpage: pdfium.PdfTextPage, questions: Questions) -> Iterator[Run]:
    """Give the runs of a page, line by line as pdfium found them."""
    text, starts = _characters(textpage)
    order = 0
    parted = False
    for match in _LINE.finditer(text):
        line = match[0]
        if not line or line.isspace():
            parted |= bool(line)
            continue
        first = match.start()
        if starts is not None:
            first = starts(first)
        line = without_doubles(questions, line, first)
        for run in _line_runs(questions, line, first, order):
            yield run._replace(parted=True) if parted or line[0].isspace() else run
        order += 1
        parted = line[-1].isspace()


def _characters(textpage: pdfium.PdfTextPage) -> tuple[str, Callable[[int], int] | None]:
    """Take a page's text, and where its offsets are not pdfium's own the way to those."""
    text: str = textpage.get_text_range()
    text = with_ligatures(text)
    if len(text) == textpage.count_chars():
        return text, None
    handle = textpage.raw

    def char_index(offset: int) -> int:
        index: int = raw.FPDFText_GetCharIndexFromTextIndex(handle, offset)
        return max(index, 0)

    return text, char_index


def _line_runs(page: Questions, line: str, first: int, order: int) -> Iterator[Run]:
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
        if box[2] - box[0] <= widest or not style.upright:
            yield _run(line, box, (style, style.bold), order)
            return
    if count > 1 and style.upright:
        line = with_raised(page, line, first)
    if 1 < count < line.count(" ") and style.upright:  # else asking for the words is as quick
        whole = _seamless(page, count, style.size)
        right = page.char(first + len(line.rstrip()) - 1)[2]
        if whole is not None and right - whole[0] <= widest:
            box = (whole[0], whole[1], right, whole[3])
            yield _styled(page, (line[lead:], first + lead), (style, box), order)
            return
    yield from _cells(page, line, first, order)


def _seamless(page: Questions, count: int, size: float) -> Box | None:
    """Give the box of the text objects that were counted; None where a wide gap parts two."""
    box = page.rect(0)
    for index in range(1, count):
        following = page.rect(index)
        if not _goes_on(box, following, size):
            return None
        box = (box[0], min(box[1], following[1]), following[2], max(box[3], following[3]))
    return box


def _cells(page: Questions, line: str, first: int, order: int) -> Iterator[Run]:
    """Cut a line of several text objects where a wide gap is."""
    start = end = 0
    box: Box | None = None
    style = NO_STYLE
    for word_start, word_end, word in page.words(line, first):
        if box is not None and _goes_on(box, word, style.size):
            box = (box[0], box[1], word[2], box[3])
        else:
            if box is not None:
                yield _styled(page, (line[start:end], first + start), (style, box), order)
            box, start = word, word_start
            style = page.style(first + start)
        end = word_end
    if box is not None:
        yield _styled(page, (line[start:], first + start), (style, box), order)


def _goes_on(box: Box, word: Box, size: float) -> bool:
    """Whether a word follows the run of `box` without a wide gap or a step back."""
    return -3 * size <= word[0] - box[2] <= _CELL_GAP * size


def _styled(page: Questions, piece: tuple[str, int], look: tuple[Style, Box], order: int) -> Run:
    text, first = piece
    start, box = look
    last = first + len(text.rstrip()) - 1
    if last == first:
        return _run(text, box, (start, start.bold), order)
    end = page.style(last)
    if end.size > 1.15 * start.size:  # a raised figure stands first
        start = Style(end.size, end.baseline, start.bold, start.upright, start.slant)
        return _run(text, box, (start, end.bold), order)._replace(note=True)
    return _run(text, box, (start, end.bold), order)


def _run(text: str, box: Box, look: tuple[Style, bool], order: int) -> Run:
    style, bold_end = look
    size, baseline = style.size, style.baseline
    if style.upright:
        height = box[3] - box[1]
        if size <= 0 or height > 1.6 * size:
            size = max(height / 0.9, 1.0)  # a font that lies about its size
        box = line_box(box[0], box[2], baseline, size)
    return Run(
        text=clean(text),
        box=box,
        baseline=baseline,
        size=size,
        order=order,
        bold=style.bold,
        bold_end=bold_end,
        upright=style.upright,
        slant=style.slant,
        turn=style.turn,
    )
