"""Links in what was fetched: told, and never followed."""

from __future__ import annotations

import io

from fetching_helpers import Corner
from fetching_web import Answer, Site
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas


def typeset(*lines: str, links: tuple[str, ...] = ()) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A5, invariant=True)
    for number, line in enumerate(lines):
        canvas.drawString(40, 500 - 20 * number, line)
    for link in links:
        canvas.linkURL(link, (40, 300, 100, 320))
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def test_links_that_are_no_source_yet(corner: Corner, site: Site) -> None:
    links = (
        "https://h.test/new.pdf",
        site.url("/page/"),
        "https://h.test/new.pdf#page=2",
        "mailto:ada@h.test",
        "https://h.test/other",
    )
    site.on("/map.pdf", Answer(typeset("A map", links=links)))
    page = b"""<!doctype html><base href="/deep/"><a href="a.pdf#x">A</a> <a name="x">B</a>
      <a HREF='../b.pdf?x=1&amp;y=2'>B</a> <a href="javascript:x()">C</a> <a href="https://[">D</a>
      <a href="/map.pdf">known</a> <link href="style.css"> <a href="a.pdf">again</a>"""
    site.on("/page/", Answer(page, kind="text/html"))
    corner.write(
        {"id": "map", "url": site.url("/map.pdf")},
        {"id": "page", "url": site.url("/page/"), "format": "html"},
    )
    by_id = {r.id: r for r in corner.fetch()}
    assert by_id["map"].links == ("https://h.test/new.pdf", "https://h.test/other")
    assert by_id["page"].links == (site.url("/deep/a.pdf"), site.url("/b.pdf?x=1&y=2"))
    assert sorted(site.paths()) == ["/map.pdf", "/page/"]  # none of them is followed
