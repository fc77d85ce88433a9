"""`mehealth sources` and `guide`: what can be searched, and what a document is about."""

from __future__ import annotations

import pytest
from cli_helpers import CITATION, TEXT, assert_shape, the_json
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from tests.conftest import Library, Run

SOURCE = {
    "id": str, "title": str, "kind": str, "format": str, "url": TEXT, "state": str,
    "reason": str, "pages": int, "passages": int, "unread_pages": list, "unread_page_labels": list,
    "linked_from": list, "dated": TEXT, "collection": str, "added": str,
}  # fmt: skip


def test_sources_as_json(library: Library, mehealth: Run) -> None:
    done = mehealth("sources", "--json", *library.options)
    assert done.stderr == ""
    found = the_json(done)
    for source in found:
        assert_shape(source, SOURCE)
    assert [(s["id"], s["state"], s["pages"]) for s in found] == [
        ("guide", "indexed", 1),
        ("fees", "indexed", 2),
        ("plan", "indexed", 2),
        ("map", "not fetched", 0),
    ]
    assert found[3]["linked_from"] == [{"document": "plan", "pages": [2], "page_labels": ["2"]}]
    assert found[3]["url"] == "https://example.org/map.pdf"


def test_every_page_is_accounted_for(library: Library, mehealth: Run) -> None:
    found = the_json(mehealth("sources", "--pages", "--json", *library.options))
    assert [s["id"] for s in found] == ["guide", "fees", "plan"]
    for source in found:
        pages, totals = source["each_page"], source["totals"]
        assert [p["page"] for p in pages] == list(range(1, source["pages"] + 1))
        assert totals["pages"] == source["pages"]
        assert totals["passages"] == source["passages"] == sum(p["passages"] for p in pages)
        assert totals["characters"] == totals["searched"] + totals["furniture"]
        assert totals["unaccounted"] == 0
        assert all(p["characters"] > 0 and p["problem"] is None for p in pages)
    guide = (library.corpus / "guide.md").read_text(encoding="utf-8")
    marks = guide.count("#") + guide.count("- ")
    assert found[0]["totals"]["characters"] == len("".join(guide.split())) - marks + 3


@pytest.fixture(scope="module")
def with_scan(library: Library, mehealth: Run, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The small corpus with two pictures of pages in it, indexed without OCR."""
    folder = tmp_path_factory.mktemp("scanned")
    copy = library.copy(folder / "library")
    Image.radial_gradient("L").save(folder / "page.png")
    canvas = Canvas(str(copy.corpus / "scan.pdf"))
    for _ in range(2):
        canvas.drawImage(str(folder / "page.png"), 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    with (copy.corpus / "sources.toml").open("a", encoding="utf-8") as manifest:
        manifest.write('\n[[source]]\nid = "scan"\ntitle = "Old plans"\nfile = "scan.pdf"\n')
    built = mehealth("ingest", *copy.options, env={"MEHEALTH_OCR_LANGUAGES": "none"})
    assert built.returncode == 0, built.stderr
    return Library(copy.corpus, copy.index, built)


def test_pages_that_are_pictures_are_named(with_scan: Library, mehealth: Run) -> None:
    assert "scan, pages 1–2: only a picture" in with_scan.built.stderr
    scan = the_json(mehealth("sources", "--pages", "--json", *with_scan.options))[-1]
    assert scan["unread_pages"] == [1, 2]
    assert [p["fault"] for p in scan["each_page"]] == ["only a picture"] * 2
    shown = mehealth("sources", "--pages", *with_scan.options).stdout
    assert "scan" in shown
    assert "only a picture" in shown


def test_answer_says_what_was_not_searched(with_scan: Library, mehealth: Run) -> None:
    question = "Who is the mayor of Paris?"
    said = " Pages 1–2 of “Old plans” could not be read and were not searched."
    whole = the_json(mehealth("ask", question, "--json", *with_scan.options))
    assert whole["status"] == "not_found"
    assert whole["answer"].endswith(said)
    part = the_json(mehealth("ask", question, "--document", "fees", "--json", *with_scan.options))
    assert "searched" not in part["answer"]


OUTLINE = {"heading": str, "page": int, "page_label": str}


def test_guides_as_json(library: Library, mehealth: Run) -> None:
    found = the_json(mehealth("guide", "--json", *library.options))
    assert list(found) == ["schema", "index", "guides"]
    assert found["schema"] == 1
    assert [g["document"] for g in found["guides"]] == ["guide", "fees", "plan"]
    guide, fees, plan = found["guides"]
    assert list(guide) == [
        "document", "title", "publisher", "dated", "outline", "sentences", "figures", "people",
        "contacts", "acronyms",
    ]  # fmt: skip
    assert guide["title"] == "A guide to the harbour"
    assert [o["heading"] for o in guide["outline"]][1:] == ["The North Pier", "The ferry"]
    for one in guide["outline"]:
        assert_shape(one, OUTLINE)
    for citation in (*guide["sentences"], *(f["citation"] for f in plan["figures"])):
        assert_shape(citation, CITATION)
    assert [f["value"] for f in plan["figures"]] == ["£1.6 million"]
    assert fees["people"] == fees["contacts"] == fees["acronyms"] == []


def test_one_guide_as_text(library: Library, mehealth: Run) -> None:
    done = mehealth("guide", "plan", *library.options)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "Plan for the harbour",
        "(plan)",
        "",
        "In short",
        "  “The plan for the harbour foresees a new fish market.” (p. 1)",
        "  “The new fish market will cost £1.6 million and open in 2031.” (p. 2)",
        "",
        "Key figures",
        "  £1.6 million: “The new fish market will cost £1.6 million and open in 2031.” (p. 2)",
    ]
