"""Typesets the prospectus: reads prospectus.md, writes prospectus.pdf.

Run it as `python corpus/typeset.py` (`--output DIR` to write elsewhere). The same source gives the
same bytes. Before anything is written, every page is compared with prospectus.txt: the same words,
the same links in the same order, or nothing is written and the exit code is 1.

The marks of prospectus.md, a small part of Markdown and a little more; blank lines around each:

    form feed                starts the next page
    #, ##, ###               page title, section, item ("name - tagline": the tagline is toned down)
    - words                  list item
    > words                  quotation; "> - words" is a list item in it
    -- Name, role            who says it
    [words][ref]             link; the page's "[ref]: address" lines give the order of its links
    [][ref]                  link without words, inside "boxes": a blank box
    **words**                strong
    backslash, end of line   line break
    ::: columns              opens a group: columns (of column), lead, panel, small, boxes,
                             footer
    :::                      closes it
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import count, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

import pypdf
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfdoc import XMP
from reportlab.pdfbase.pdfmetrics import Font, registerFont, stringWidth
from reportlab.pdfgen.canvas import Canvas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HERE: Final = Path(__file__).resolve().parent
TITLE: Final = "Midlands Engine Health prospectus"
AUTHOR: Final = "The Midlands Engine"
RIGHTS: Final = "Copyright © 2021 The Midlands Engine, All rights reserved."
FIRST_LABEL: Final = 3

# Two neighbours that the extracted text runs together, and what they are apart.
RUN_TOGETHER: Final = {"@MidsEnginemidlandsengine.org": "@MidsEngine midlandsengine.org"}


class TypesetError(Exception):
    """The source cannot be set: a mark that is not known, or a page that overflows."""


# The source, parsed


@dataclass(frozen=True)
class Piece:
    """A run of letters without a space, all of one look and one link."""

    text: str
    tone: str = ""
    ref: str = ""
    anchor: int = 0


Word = tuple[Piece, ...]


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, a list item or a speaker; its words, a tuple per forced line."""

    kind: str
    lines: tuple[tuple[Word, ...], ...]


@dataclass
class Group:
    """Blocks that belong together: columns, a quotation, a panel."""

    kind: str
    parts: list[Block | Group] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """One page: what stands on it, and its addresses in their order."""

    body: Group
    links: dict[str, str]


REFERENCE: Final = re.compile(r"^\[([\w-]+)\]: (\S+)\n?", re.MULTILINE)
SPAN: Final = re.compile(r"\[([^\]]*)\]\[([\w-]+)\]|\*\*(.+?)\*\*")
GROUPS: Final = {"columns", "column", "lead", "panel", "small", "boxes", "footer"}
ANCHORS: Final = count(1)


def spans(text: str, tone: str = "") -> Iterator[tuple[str, Piece]]:
    """Cut one line of marked-up text into stretches, each with the look that it has."""
    at = 0
    for found in SPAN.finditer(text):
        yield text[at : found.start()], Piece("", tone)
        label, ref, strong = found.groups()
        if strong is None:
            yield label, Piece("", tone, ref, next(ANCHORS))
        else:
            yield strong, Piece("", "strong")
        at = found.end()
    yield text[at:], Piece("", tone)


def words_of(stretches: Iterable[tuple[str, Piece]]) -> tuple[Word, ...]:
    """Join stretches to words: pieces with no space between them are one word."""
    words: list[Word] = []
    glued = False
    for text, look in stretches:
        if not text and not look.ref:
            continue
        pieces = [replace(look, text=part) for part in text.split()] or [look]
        for number, piece in enumerate(pieces):
            if number == 0 and glued and words and not text[:1].isspace():
                words[-1] = (*words[-1], piece)
            elif piece.text or piece.ref:
                words.append((piece,))
        glued = bool(text) and not text[-1].isspace()
    return tuple(words)


def block(kind: str, text: str) -> Block:
    """Make one block of its marked-up text."""
    lines = []
    for line in text.split("\\\n"):
        name, dash, tagline = line.partition(" - ") if kind == "h3" else (line, "", "")
        lines.append(words_of([*spans(name), *spans(dash, "soft")]))
        if tagline:
            lines.append(words_of(spans(tagline, "soft")))
    return Block(kind, tuple(lines))


def parse_chunk(chunk: str) -> list[Block | Group]:
    """Read the lines between two blank lines."""
    if chunk.startswith(">"):
        inner = re.sub(r"^> ?", "", chunk, flags=re.MULTILINE)
        return [Group("quote", [part for c in chunks(inner) for part in parse_chunk(c)])]
    if heading := re.match(r"(#{1,3}) ", chunk):
        return [block(f"h{len(heading[1])}", chunk[heading.end() :])]
    if chunk.startswith("-- "):
        name, comma, role = chunk[3:].partition(",")
        return [block("speaker", f"**{name}{comma}**{role}")]
    if chunk.startswith("- "):
        return [block("bullet", item[2:]) for item in re.split(r"\n(?=- )", chunk)]
    return [block("text", chunk)]


def chunks(text: str) -> list[str]:
    """Divide text at its blank lines."""
    return [chunk.strip("\n") for chunk in re.split(r"\n[ \t]*\n", text) if chunk.strip()]


def parse_page(text: str) -> Page:
    """Read one page of the source."""
    links = dict(REFERENCE.findall(text))
    stack = [Group("page")]
    for chunk in chunks(REFERENCE.sub("", text)):
        if not chunk.startswith(":::"):
            stack[-1].parts += parse_chunk(chunk)
            continue
        name = chunk[3:].strip()
        if name in {"", "column"} and stack[-1].kind == "column":
            stack.pop()
        if name in GROUPS:
            stack[-1].parts.append(group := Group(name))
            stack.append(group)
        elif name or len(stack) == 1:
            raise TypesetError(f"prospectus.md: '{chunk}' opens or closes no group")
        else:
            stack.pop()
    if len(stack) > 1:
        raise TypesetError(f"prospectus.md: '::: {stack[-1].kind}' is not closed")
    return Page(stack[0], links)


def parse(source: str) -> list[Page]:
    """Read the whole source."""
    return [parse_page(page.strip("\n") + "\n") for page in source.split("\f")]


# The look

WIDTH, HEIGHT = A4
LEFT: Final = 62.0
TOP: Final = HEIGHT - 64.0
BOTTOM: Final = 52.0
FOOT: Final = 40.0
MEASURE: Final = WIDTH - 2 * LEFT
TEXT_MEASURE: Final = 428.0
GUTTER: Final = 26.0

INK: Final = "#1F2A33"
SOFT: Final = "#56636E"
ACCENT: Final = "#0B6070"
TINT: Final = "#EDF4F5"
EDGE: Final = "#C3D6DA"

REGULAR: Final = "Helvetica"
BOLD: Final = "Helvetica-Bold"
BULLET: Final = "Bullet"

# ReportLab writes a bullet in the usual encoding as byte 127, which readers take for "delete".
registerFont(Font(BULLET, BOLD, "MacRomanEncoding"))


@dataclass(frozen=True)
class Style:
    """How a block is set; `before` and `after` are the space around it."""

    size: float
    leading: float
    font: str = REGULAR
    colour: str = INK
    before: float = 0.0
    after: float = 0.0
    hang: float = 0.0


STYLES: Final = {
    "h1": Style(22, 27, BOLD, ACCENT, after=14),
    "h2": Style(14.5, 18.5, BOLD, ACCENT, before=22, after=7),
    "h3": Style(10.5, 14, BOLD, INK, before=14, after=5),
    "text": Style(10.5, 15.5, before=8, after=8),
    "bullet": Style(10.5, 15, before=5, after=5, hang=13),
    "speaker": Style(9.5, 13, colour=SOFT, before=4, after=9),
}
IN_COLUMN: Final = {
    "h2": replace(STYLES["h2"], size=13, leading=16.5, before=18),
    "text": Style(9.5, 14, before=6.5, after=6.5),
    "bullet": Style(9.5, 14, before=3.5, after=3.5, hang=11),
}
IN_SMALL: Final = {
    "h3": Style(8.5, 12, BOLD, SOFT, before=10, after=3),
    "text": Style(8.5, 12.5, colour=SOFT, before=5, after=5),
}
IN_LEAD: Final = {"text": Style(13, 20, before=10, after=10)}
CONTEXTS: Final = {"column": IN_COLUMN, "small": IN_SMALL, "footer": IN_SMALL, "lead": IN_LEAD}
AROUND: Final = {"columns": 20.0, "panel": 24.0, "small": 18.0, "quote": 6.0}


# The layout: blocks to marks on the page


@dataclass(frozen=True)
class Run:
    """Letters of one font and colour."""

    text: str
    font: str
    colour: str


@dataclass(frozen=True)
class Line:
    """A line of text, its baseline starting at x, y; a list item's bullet hangs before it."""

    x: float
    y: float
    size: float
    runs: tuple[Run, ...]
    hang: float = 0.0


@dataclass(frozen=True)
class Box:
    """A rectangle from its lower left corner, filled or outlined."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    edge: str = ""
    radius: float = 0.0


@dataclass(frozen=True)
class Stroke:
    """A straight stroke."""

    points: tuple[float, float, float, float]
    width: float
    colour: str


@dataclass(frozen=True)
class Link:
    """The place of a link: left, bottom, right, top."""

    ref: str
    place: tuple[float, float, float, float]


Mark = Line | Box | Stroke | Link


@dataclass(frozen=True)
class Area:
    """Where blocks are set: a left edge, a width, and the group that decides their style."""

    x: float
    width: float
    context: str = "page"

    def style(self, kind: str) -> Style:
        """Look up a block's style here."""
        return CONTEXTS.get(self.context, {}).get(kind, STYLES[kind])


def font_of(piece: Piece, style: Style) -> str:
    """Choose the font of a piece of a word."""
    return BOLD if piece.tone == "strong" else style.font


def width_of(word: Word, style: Style) -> float:
    """Measure a word."""
    return sum(float(stringWidth(p.text, font_of(p, style), style.size)) for p in word)


def keeps_together(word: Word, following: Word) -> bool:
    """Tell whether no line may end between two words: in a link or a sum, before a dash."""
    in_link = word[-1].anchor == following[0].anchor != 0
    return in_link or word[0].text.startswith("£") or following[0].text in {"-", "–"}


def break_lines(words: Sequence[Word], style: Style, measure: float) -> list[tuple[Word, ...]]:
    """Divide words into lines so that their ends are as even as can be.

    No word is hyphenated, and a link stays on one line: it is one place on the page then.
    """
    space = float(stringWidth(" ", style.font, style.size))
    widths = [width_of(word, style) for word in words]
    even = style.font == BOLD
    cost, start_of = [0.0], [0]
    for end in range(1, len(words) + 1):
        options = []
        length = -space
        for start in range(end - 1, -1, -1):
            length += widths[start] + space
            if length > measure and start < end - 1:
                break
            loose = end == len(words) and not even and length > measure / 5
            slack = 0.0 if loose else (measure - length) ** 2
            torn = start > 0 and keeps_together(words[start - 1], words[start])
            options.append((cost[start] + slack + (1e9 if torn else 0.0), start))
        best = min(options)
        cost.append(best[0])
        start_of.append(best[1])
    lines: list[tuple[Word, ...]] = []
    end = len(words)
    while end:
        lines.insert(0, tuple(words[start_of[end] : end]))
        end = start_of[end]
    return lines


class Layout:
    """Sets one page: each `place_` method sets its part below y and returns the y below it."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []

    def stack(self, parts: Sequence[Block | Group], area: Area, y: float) -> float:
        """Set parts one below the other."""
        previous: Block | Group | None = None
        for part in parts:
            if previous is not None:
                y -= max(space_around(previous, area)[1], space_around(part, area)[0])
            y = self.place(part, area, y)
            previous = part
        return y

    def place(self, part: Block | Group, area: Area, y: float) -> float:
        """Set one part."""
        if isinstance(part, Block):
            return self.place_block(part, area, y)
        special = {
            "columns": self.place_columns,
            "panel": self.place_panel,
            "quote": self.place_quote,
            "boxes": self.place_boxes,
            "footer": self.place_footer,
        }
        if setter := special.get(part.kind):
            return setter(part, area, y)
        return self.stack(part.parts, replace(area, context=part.kind), y)

    def place_footer(self, group: Group, area: Area, y: float) -> float:
        """Set a group at the foot of the page."""
        self.stack(group.parts, replace(area, context="footer"), FOOT)
        return y

    def place_columns(self, group: Group, area: Area, y: float) -> float:
        """Set columns side by side, each whole before the next."""
        number = len(group.parts)
        width = (area.width - GUTTER * (number - 1)) / number
        ends = []
        for at, column in enumerate(group.parts):
            place = Area(area.x + at * (width + GUTTER), width, "column")
            ends.append(self.stack(column.parts if isinstance(column, Group) else [], place, y))
        return min(ends)

    def place_panel(self, group: Group, area: Area, y: float) -> float:
        """Set a group on a tinted ground."""
        pad = 20.0
        inner = Area(area.x + pad, area.width - 2 * pad, "panel")
        end = self.stack(group.parts, inner, y - pad) - pad
        self.marks.append(Box(area.x, end, area.width, y - end, fill=TINT, radius=5))
        return end

    def place_quote(self, group: Group, area: Area, y: float) -> float:
        """Set a quotation apart by a bar at its side."""
        inner = replace(area, x=area.x + 12, width=area.width - 12)
        end = self.stack(group.parts, inner, y)
        self.marks.append(Box(area.x, end, 2, y - end, fill=ACCENT))
        return end

    def place_boxes(self, group: Group, area: Area, y: float) -> float:
        """Set blank boxes with links, two in a row; a box's links divide its height."""
        width, height = (area.width - GUTTER) / 2, 92.0
        for at, part in enumerate(group.parts):
            words = part.lines[0] if isinstance(part, Block) else ()
            x = area.x + at % 2 * (width + GUTTER)
            low = y - (at // 2) * (height + GUTTER) - height
            self.marks.append(Box(x, low, width, height, TINT, EDGE, radius=5))
            self.marks += arrow(x + width - 24, low + height - 24, 10)
            share = height / max(len(words), 1)
            for row, (piece,) in enumerate(words):
                top = low + height - row * share
                self.marks.append(Link(piece.ref, (x, top - share, x + width, top)))
        rows = (len(group.parts) + 1) // 2
        return y - rows * height - (rows - 1) * GUTTER

    def place_block(self, part: Block, area: Area, y: float) -> float:
        """Set a block's lines."""
        style = area.style(part.kind)
        # A page's running text keeps to a measure that is good to read; columns are narrower yet.
        wide = area.context != "page" or part.kind == "h1"
        measure = (area.width if wide else min(area.width, TEXT_MEASURE)) - style.hang
        lines = [line for words in part.lines for line in break_lines(words, style, measure)]
        bullet = part.kind == "bullet"
        for number, line in enumerate(lines):
            base = y - (style.leading - style.size) / 2 - 0.79 * style.size
            at = area.x if bullet and number == 0 else area.x + style.hang
            self.place_line(line, style, (at, area.x + style.hang, base))
            y -= style.leading
        return y

    def place_line(
        self, line: tuple[Word, ...], style: Style, at: tuple[float, float, float]
    ) -> None:
        """Set one line: its runs, and the underline and place of each link in it."""
        outer, x, y = at
        runs = [Run("• ", BULLET, ACCENT)] if outer < x else []
        space = float(stringWidth(" ", style.font, style.size))
        spots: list[tuple[int, str, float, float]] = []
        right = x
        for number, word in enumerate(line):
            if number:
                right += space
                runs[-1] = replace(runs[-1], text=runs[-1].text + " ")
            for piece in word:
                left, right = right, right + width_of((piece,), style)
                colour = ACCENT if piece.ref else SOFT if piece.tone == "soft" else style.colour
                runs.append(Run(piece.text, font_of(piece, style), colour))
                if piece.ref:
                    spots.append((piece.anchor, piece.ref, left, right))
        self.marks.append(Line(outer, y, style.size, merged(runs), x - outer))
        for (_, ref), found in groupby(spots, key=lambda spot: spot[:2]):
            edges = [edge for spot in found for edge in spot[2:]]
            self.place_link(ref, (edges[0], edges[-1]), y, style)

    def place_link(self, ref: str, edges: tuple[float, float], y: float, style: Style) -> None:
        """Underline a link and note its place."""
        left, right = edges
        low = y - 0.18 * style.size
        self.marks.append(Stroke((left, low, right, low), 0.05 * style.size, ACCENT))
        self.marks.append(Link(ref, (left, y - 0.25 * style.size, right, y + 0.8 * style.size)))


def space_around(part: Block | Group, area: Area) -> tuple[float, float]:
    """Tell the space that a part wants before and after it."""
    if isinstance(part, Block):
        style = area.style(part.kind)
        return style.before, style.after
    space = AROUND.get(part.kind, 0.0)
    first = part.parts[0] if part.parts else None
    if part.kind == "columns" and isinstance(first, Group) and first.parts:
        return space_around(first.parts[0], replace(area, context="column"))[0] + 4, space
    return space, space


def merged(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Join neighbours of one look."""
    looks = groupby(runs, key=lambda run: (run.font, run.colour))
    return tuple(Run("".join(run.text for run in same), *look) for look, same in looks)


def arrow(x: float, y: float, size: float) -> list[Mark]:
    """Draw an arrow that points up and right, the sign of a link that leads away."""
    end_x, end_y = x + size, y + size
    strokes = [
        (x, y, end_x, end_y),
        (end_x - 0.7 * size, end_y, end_x, end_y),
        (end_x, end_y - 0.7 * size, end_x, end_y),
    ]
    return [Stroke(points, 1.4, ACCENT) for points in strokes]


def lay_out(page: Page, number: int) -> list[Mark]:
    """Set one page."""
    layout = Layout()
    layout.marks.append(Box(LEFT, TOP + 14, 40, 4, fill=ACCENT))
    end = layout.stack(page.body.parts, Area(LEFT, MEASURE), TOP)
    if end < BOTTOM:
        raise TypesetError(f"prospectus.md: page {number} is {BOTTOM - end:.0f} points too long")
    return layout.marks


# The painting: marks to PDF


def paint_box(canvas: Canvas, box: Box) -> None:
    """Paint a rectangle."""
    if box.fill:
        canvas.setFillColor(HexColor(box.fill))
    if box.edge:
        canvas.setStrokeColor(HexColor(box.edge))
        canvas.setLineWidth(0.8)
    fill, stroke = int(bool(box.fill)), int(bool(box.edge))
    shape = (box.x, box.y, box.width, box.height)
    if box.radius:
        canvas.roundRect(*shape, box.radius, stroke=stroke, fill=fill)
    else:
        canvas.rect(*shape, stroke=stroke, fill=fill)


def paint_line(canvas: Canvas, line: Line) -> None:
    """Paint a line of text."""
    text = canvas.beginText(line.x, line.y)
    for number, run in enumerate(line.runs):
        text.setFont(run.font, line.size)
        text.setFillColor(HexColor(run.colour))
        text.textOut(run.text)
        if number == 0 and line.hang:
            text.setTextOrigin(line.x + line.hang, line.y)
    canvas.drawText(text)


def paint(canvas: Canvas, marks: Sequence[Mark], links: dict[str, str]) -> None:
    """Paint a page: grounds, then text in reading order, then links in the order of addresses."""
    for mark in marks:
        if isinstance(mark, Box):
            paint_box(canvas, mark)
    for mark in marks:
        if isinstance(mark, Line):
            paint_line(canvas, mark)
        elif isinstance(mark, Stroke):
            canvas.setStrokeColor(HexColor(mark.colour))
            canvas.setLineWidth(mark.width)
            canvas.line(*mark.points)
    order = list(links)
    spots = [mark for mark in marks if isinstance(mark, Link)]
    for spot in sorted(spots, key=lambda spot: order.index(spot.ref)):
        canvas.linkURL(links[spot.ref], spot.place)
    canvas.showPage()


def outline(canvas: Canvas, page: Page, number: int) -> None:
    """Add a page's title and sections to the document's outline."""

    def headings(parts: Iterable[Block | Group]) -> Iterator[Block]:
        for part in parts:
            if isinstance(part, Group):
                yield from headings(part.parts)
            elif part.kind in {"h1", "h2"}:
                yield part

    for at, heading in enumerate(headings(page.body.parts)):
        key = f"page-{number}-{at}"
        title = " ".join("".join(piece.text for piece in word) for word in heading.lines[0])
        canvas.bookmarkPage(key)
        canvas.addOutlineEntry(title, key, level=int(heading.kind == "h2"))


def metadata(_document: object) -> bytes:
    """Write the XMP packet: title, author and rights, where programs look for them."""
    packet = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(TITLE)}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{escape(AUTHOR)}</rdf:li></rdf:Seq></dc:creator>
<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">{escape(RIGHTS)}</rdf:li></rdf:Alt></dc:rights>
<xmpRights:Marked>True</xmpRights:Marked>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
    return packet.encode()


def typeset(source: str) -> bytes:
    """Typeset the source; the same source gives the same bytes."""
    out = io.BytesIO()
    # Streams stay uncompressed: what zlib makes of them differs from one build of it to the next.
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=0, lang="en-GB")
    canvas.setTitle(TITLE)
    canvas.setAuthor(AUTHOR)
    canvas.setSubject(RIGHTS)
    canvas.setCreator("corpus/typeset.py")
    canvas.setCatalogEntry("Metadata", XMP(creator=metadata))
    canvas.addPageLabel(0, style="ARABIC", start=FIRST_LABEL)
    for number, page in enumerate(parse(source), start=1):
        outline(canvas, page, number)
        paint(canvas, lay_out(page, number), page.links)
    canvas.save()
    return out.getvalue()


# The check: the PDF against the extracted text


def text_pages(text: str) -> list[tuple[Counter[str], list[str]]]:
    """Read prospectus.txt: the words and the addresses of each page."""
    pages = []
    for page in re.split(r"^ (?=\S)", text, flags=re.MULTILINE)[1:]:
        links = re.findall(r"^https?://\S+$", page, flags=re.MULTILINE)
        rest = re.sub(r"^https?://\S+$", "", page, flags=re.MULTILINE)
        rest = re.sub(r"(?<=\w)-\s*\n", "-", rest)
        for together, apart in RUN_TOGETHER.items():
            rest = rest.replace(together, apart)
        pages.append((Counter(rest.split()), links))
    return pages


def pdf_pages(pdf: bytes) -> list[tuple[Counter[str], list[str]]]:
    """Read the PDF: the words and the addresses of each page."""
    pages = []
    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        notes = [note.get_object() for note in page.get("/Annots", [])]
        links = [str(note["/A"]["/URI"]) for note in notes if note.get("/Subtype") == "/Link"]
        pages.append((Counter(page.extract_text().split()), links))
    return pages


def differences(pdf: bytes, text: str) -> list[str]:
    """Compare the PDF with the text, page by page; nothing to tell means that they agree."""
    want, have = text_pages(text), pdf_pages(pdf)
    if len(want) != len(have):
        return [f"{len(have)} pages, not {len(want)}"]
    found = []
    for number, ((words, links), (set_words, set_links)) in enumerate(
        zip(want, have, strict=True), start=1
    ):
        if words != set_words:
            missing, added = sorted(words - set_words), sorted(set_words - words)
            found.append(f"page {number}: missing words {missing}, added words {added}")
        if links != set_links:
            found.append(f"page {number}: links are {set_links}, not {links}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Typeset, check, write."""
    parser = argparse.ArgumentParser(description="Typeset prospectus.md as prospectus.pdf.")
    parser.add_argument("--output", type=Path, default=HERE, help="folder to write to")
    folder: Path = parser.parse_args(arguments).output
    try:
        pdf = typeset((HERE / "prospectus.md").read_text(encoding="utf-8"))
    except TypesetError as error:
        print(error, file=sys.stderr)
        return 1
    found = differences(pdf, (HERE / "prospectus.txt").read_text(encoding="utf-8"))
    for difference in found:
        print(f"prospectus.md: {difference}", file=sys.stderr)
    if found:
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "prospectus.pdf").write_bytes(pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
