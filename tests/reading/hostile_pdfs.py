"""PDFs that are made to break readers, written byte by byte."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

LINE = b"BT /F1 12 Tf 72 700 Td (The lighthouse is 42 metres tall.) Tj ET"
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_RESOURCES = b"/Resources << /Font << /F1 4 0 R >> /XObject << /X 6 0 R >> >>"


def pdf(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, the first being the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    root = b"trailer << /Size %d /Root 1 0 R %b >>" % (len(objects) + 1, trailer)
    return bytes(out + root + b"\nstartxref\n%d\n%%%%EOF\n" % start)


def stream(data: bytes, entries: bytes = b"", length: int | None = None) -> bytes:
    size = len(data) if length is None else length
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (size, entries, data)


def page_of(content: bytes, more: Sequence[bytes] = (), page: bytes = b"") -> bytes:
    """One page with a content stream; `more` are the objects from number 6 on."""
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R %b %b >>"
            % (_RESOURCES, page),
            _FONT,
            content,
            *more,
        ]
    )


def many_pages(count: int) -> bytes:
    """A file of so many pages that share one line of text."""
    kids = b" ".join(b"%d 0 R" % (n + 5) for n in range(count))
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 3 0 R >> >> >>"
    )
    tree = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count)
    return pdf([b"<< /Type /Catalog /Pages 2 0 R >>", tree, _FONT, stream(LINE), *[page] * count])


def stream_bomb(size: int) -> bytes:
    """A page whose content unpacks to so many bytes."""
    block = b"0 0 m\n" * 100_000
    packer = zlib.compressobj(9)
    head = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)  # depends on nothing before
    packed = head + again * (size // len(block)) + packer.flush()
    return page_of(stream(packed, b"/Filter /FlateDecode"))


def nesting_bomb(depth: int) -> bytes:
    """Arrays in arrays, in the page and in its content."""
    deep = b"[" * depth + b"]" * depth
    return page_of(stream(deep + LINE), page=b"/Deep " + deep)


def looping_forms() -> bytes:
    """A form that draws itself, in a page that draws it."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 6 0 R >> >>"
    return page_of(stream(LINE + b" /X Do"), [stream(b"/X Do", form)])


def looping_pages() -> bytes:
    """A tree of pages that holds itself."""
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R /PageLabels 3 0 R >>",
            b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Parent 2 0 R /Count 4 >>",
            b"<< /Kids [3 0 R 3 0 R] >>",
        ]
    )


def looping_tables() -> bytes:
    """A cross-reference table that names itself as the one before."""
    plain = page_of(stream(LINE))
    start = plain.rindex(b"startxref") + 10
    place = plain[start:].split(b"\n")[0]
    return plain.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev " + place)


def claims() -> dict[str, bytes]:
    """Files that say they hold gigabytes, by name."""
    image = b"/Type /XObject /Subtype /Image /BitsPerComponent 8 /ColorSpace /DeviceRGB"
    sizes = b" /Width 60000 /Height 60000"
    tree = b"<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>"
    return {
        "stream": page_of(stream(LINE, length=2_147_483_647)),
        "picture": page_of(
            stream(b"595 0 0 842 0 0 cm /X Do"), [stream(b"\0" * 99, image + sizes)]
        ),
        "pages": pdf([b"<< /Type /Catalog /Pages 2 0 R >>", tree, b"<< /Type /Page >>"]),
        "table": page_of(stream(LINE)).replace(b"xref\n0 7", b"xref\n0 2000000000"),
    }


def endless_shading(steps: int = 200_000) -> bytes:
    """A page in a shading whose colour is reckoned by a long program, at each of its pixels."""
    program = zlib.compress(b"{ pop " + b"sin " * steps + b"}")
    function = b"/FunctionType 4 /Domain [0 1000 0 1000] /Range [0 1] /Filter /FlateDecode"
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Shading << /S 5 0 R >> >> >>"
    )
    return pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            page,
            stream(b"/S sh"),
            b"<< /ShadingType 1 /ColorSpace /DeviceGray /Domain [0 1000 0 1000] /Function 6 0 R >>",
            stream(program, function),
        ]
    )
